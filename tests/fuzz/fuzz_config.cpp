// SPDX-License-Identifier: Apache-2.0
// The config file: text, tree, config, effective config, and back.
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <memory>
#include <shunt/framework/error_codes.hpp>
#include <utility>

#include "config_test_support.hpp"
#include "properties.hpp"

namespace {

namespace json = boost::json;

using shunt::config_test::FakeCatalog;
using shunt::fuzz::require;

constexpr const char* kFile = "config";

const FakeCatalog& catalog() {
  static const FakeCatalog types;
  return types;
}

void require_sound(const shunt::Diagnostics& diagnostics, std::string_view text) {
  shunt::fuzz::require_sound(diagnostics, text, kFile);
  for (const shunt::Diagnostic& d : diagnostics) {
    require(shunt::find_config_error_code(d.code) != nullptr, "a code that nothing explains:", d.code);
  }
}

// Walks a part of the tree: each value is found by its pointer, and stands somewhere in the text.
class PointerCheck {
 public:
  explicit PointerCheck(const shunt::Document& document) : document_(document) {}

  void visit(const json::value& value, const std::string& pointer) {
    if (visits_-- == 0) return;
    require(document_.find(pointer) == &value, "a pointer leads elsewhere:", pointer);
    // A text without any value has the tree null, which stands nowhere.
    require(document_.value_position(pointer).line != 0 || pointer.empty(), "a value stands nowhere:", pointer);
    if (const json::array* list = value.if_array()) {
      for (std::size_t i = 0; i < list->size() && visits_ > 0; ++i) {
        visit((*list)[i], shunt::child_pointer(pointer, i));
      }
    } else if (const json::object* object = value.if_object()) {
      for (const json::key_value_pair& member : *object) {
        if (visits_ == 0) return;
        const std::string child = shunt::child_pointer(pointer, std::string_view(member.key()));
        require(document_.key_position(child).line != 0, "a key stands nowhere:", child);
        visit(member.value(), child);
      }
    }
  }

 private:
  const shunt::Document& document_;
  std::size_t visits_ = 200;
};

// The effective config of a text without errors; empty where there is none.
std::optional<json::value> effective(const std::string& text, shunt::DocumentFormat format, bool must_be_right) {
  shunt::Diagnostics diagnostics;
  auto document = shunt::Document::parse(kFile, text, format, diagnostics);
  require_sound(diagnostics, text);
  require(document.has_value() || diagnostics.has_errors(), "a text is refused without a word");
  std::optional<shunt::Config> config;
  if (document) {
    PointerCheck(*document).visit(document->root(), "");
    config = read_config(std::make_shared<const shunt::Document>(std::move(*document)), diagnostics);
    require(config.has_value() || diagnostics.has_errors(), "a config is refused without a word");
  }
  if (config) {
    const std::size_t before = diagnostics.errors();
    const bool resolved = resolve_config(*config, catalog(), diagnostics);
    require(resolved == (diagnostics.errors() == before), "resolve_config contradicts its diagnostics");
  }
  require_sound(diagnostics, text);
  require(!must_be_right || !diagnostics.has_errors(),
          "an effective config is wrong:", [&] { return text + "\n" + render_text(diagnostics, false); });
  if (!config || diagnostics.has_errors()) return std::nullopt;
  json::value first = effective_config(*config);
  shunt::Diagnostics again;
  require(resolve_config(*config, catalog(), again),
          "a resolved config cannot be resolved again:", [&] { return render_text(again, false); });
  require(effective_config(*config) == first, "resolving twice changes a config");
  return first;
}

void check(const std::string& text, shunt::DocumentFormat format) {
  const std::optional<json::value> first = effective(text, format, false);
  if (!first) return;
  const std::string written = json::serialize(*first);
  const std::optional<json::value> second = effective(written, shunt::DocumentFormat::Json, true);
  require(second == first, "an effective config changes when it is read again:", [&] {
    return written + "\n" + (second ? json::serialize(*second) : std::string());
  });
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(shunt::fuzz::text_of(data, size));
  check(text, shunt::DocumentFormat::Json);
  check(text, shunt::DocumentFormat::Yaml);
  return 0;
}
