// SPDX-License-Identifier: Apache-2.0
// Documents made at random: positions always point at what they name, and no bytes whatever do harm.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <vector>

#include "config_test_support.hpp"

namespace shunt::config_test {
namespace {

namespace json = boost::json;

// Writes a random tree with random spaces, line ends and comments between its tokens.
class Writer {
 public:
  explicit Writer(bool comments) : comments_(comments) {}

  std::string text;

  json::value value(int depth) {
    const int kind = *rc::gen::inRange(0, depth > 0 ? 8 : 6);
    if (kind < 6) return scalar(kind);
    return kind == 6 ? json::value(list(depth)) : json::value(object(depth));
  }

  void space() {
    const std::vector<std::string> plain = {"", "", " ", "\n", "\t", "  \r\n "};
    text += *rc::gen::elementOf(plain);
    if (comments_ && *rc::gen::inRange(0, 8) == 0)
      text += *rc::gen::elementOf(std::vector<std::string>{"/* } \" */", "// ]\n"});
  }

 private:
  json::value scalar(int kind) {
    json::value out;
    if (kind == 1) out = *rc::gen::arbitrary<bool>();
    if (kind == 2) out = *rc::gen::arbitrary<std::int64_t>();
    if (kind == 3) out = *rc::gen::inRange(-1000000, 1000000) / 64.0;
    if (kind >= 4) out = string();
    text += json::serialize(out);
    return out;
  }

  static std::string string() {
    static const std::vector<std::string> kPieces = {"a",  "b",  "\"", "\\", "/", "~", "é",
                                                     "模", "\n", "😀", " ",  ":", "#", "{"};
    std::string out;
    for (const std::string& piece : *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(kPieces))) {
      if (out.size() < 12) out += piece;
    }
    return out;
  }

  json::array list(int depth) {
    json::array out;
    text += '[';
    const int count = *rc::gen::inRange(0, 4);
    for (int i = 0; i < count; ++i) {
      if (i != 0) text += ',';
      space();
      out.push_back(value(depth - 1));
      space();
    }
    text += ']';
    return out;
  }

  json::object object(int depth) {
    json::object out;
    text += '{';
    const int count = *rc::gen::inRange(0, 4);
    for (int i = 0; i < count; ++i) {
      std::string key = string() + std::to_string(i);
      if (i != 0) text += ',';
      space();
      text += json::serialize(key);
      space();
      text += ':';
      space();
      out.emplace(key, value(depth - 1));
      space();
    }
    text += '}';
    return out;
  }

  bool comments_;
};

std::size_t offset(const Document& document, SourcePosition position) {
  std::size_t at = 0;
  for (std::uint32_t line = 1; line < position.line; ++line) at = document.text().find('\n', at) + 1;
  return at + position.column - 1;
}

// What stands in the text at each pointer is the value there, and its key.
void check_positions(const Document& document, const json::value& value, const std::string& pointer) {
  RC_ASSERT(document.find(pointer) != nullptr);
  RC_ASSERT(*document.find(pointer) == value);
  const std::size_t from = offset(document, document.value_position(pointer));
  const std::string written = document.text().substr(from, document.value_length(pointer));
  json::parse_options options;
  options.allow_comments = true;
  RC_ASSERT(json::parse(written, {}, options) == value);
  if (const json::array* list = value.if_array()) {
    for (std::size_t i = 0; i < list->size(); ++i) check_positions(document, (*list)[i], child_pointer(pointer, i));
  } else if (const json::object* object = value.if_object()) {
    for (const auto& member : *object) {
      const std::string child = child_pointer(pointer, std::string_view(member.key()));
      const std::size_t key = offset(document, document.key_position(child));
      RC_ASSERT(document.text().substr(key, document.key_length(child)) == json::serialize(member.key()));
      check_positions(document, member.value(), child);
    }
  }
}

RC_GTEST_PROP(DocumentProperty, JsonPositionsPointAtTheirValues, ()) {
  Writer writer(true);
  writer.space();
  const json::value value = writer.value(4);
  writer.space();
  Diagnostics diagnostics;
  const auto document = Document::parse("a.json", writer.text, DocumentFormat::Json, diagnostics);
  RC_ASSERT(document.has_value());
  RC_ASSERT(diagnostics.empty());
  RC_ASSERT(document->root() == value);
  check_positions(*document, value, "");
}

RC_GTEST_PROP(DocumentProperty, YamlReadsCompactJsonAlike, ()) {
  Writer writer(false);
  const std::string text = json::serialize(writer.value(4));
  Diagnostics json_problems;
  Diagnostics yaml_problems;
  const auto from_json = Document::parse("a", text, DocumentFormat::Json, json_problems);
  // YAML wants a space behind the colon of a flow mapping unless the key is quoted, as it is here.
  const auto from_yaml = Document::parse("a", text, DocumentFormat::Yaml, yaml_problems);
  RC_ASSERT(from_json.has_value());
  RC_ASSERT(from_yaml.has_value());
  RC_ASSERT(from_json->root() == from_yaml->root());
}

// Pieces that make deeper damage than random bytes do.
const std::vector<std::string>& fragments() {
  static const std::vector<std::string> kPieces = {
      "{",  "}",   "[",   "]",    ":",  ",",  "\"",      "'",    "\n",     " ",      "  ",
      "- ", "? ",  "&a ", "*a",   "<<", ": ", "#",       "|\n",  ">-",     "---",    "...",
      "!!", "!",   "%",   "@",    "`",  "\t", "\r\n",    "\xff", "\\",     "/*",     "*/",
      "//", "1e9", "0x",  ".nan", "~",  "a",  "plugins", "type", "weight", "models", "\xEF\xBB\xBF"};
  return kPieces;
}

RC_GTEST_PROP(DocumentProperty, NoBytesDoHarm, ()) {
  std::string text;
  for (const std::string& piece : *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(fragments()))) {
    text += piece;
  }
  for (const DocumentFormat format : {DocumentFormat::Json, DocumentFormat::Yaml, DocumentFormat::Detect}) {
    Diagnostics diagnostics;
    auto document = Document::parse("a", text, format, diagnostics);
    RC_ASSERT(document.has_value() || diagnostics.has_errors());
    if (document) {
      auto config = read_config(std::make_shared<const Document>(std::move(*document)), diagnostics);
      if (config) resolve_config(*config, FakeCatalog(), diagnostics);
    }
    RC_ASSERT(render_text(diagnostics, true).size() >= diagnostics.all().size());
  }
}

// Damages a working config in one place: nothing may break, and what breaks must be said.
RC_GTEST_PROP(DocumentProperty, OneDamagedPlaceDoesNoHarm, ()) {
  static const std::string kJson = R"({"plugins": [{"type": "queue-scorer", "parameters": {"window": 3}}],
    "schedulingProfiles": [{"name": "default", "plugins": [{"pluginRef": "queue-scorer", "weight": 2}]}],
    "models": {"a": {"aliases": ["b"], "ttl": 3}}, "routing": {"scheduler": {"use": "fifo"}}})";
  static const std::string kYaml =
      "plugins:\n  - &q {type: queue-scorer, parameters: {window: 3}}\n  - {<<: *q, name: second}\n"
      "schedulingProfiles:\n  - name: default\n    plugins:\n      - pluginRef: queue-scorer\n        weight: 2\n"
      "models:\n  a:\n    aliases: [b]\n    ttl: 3\nrouting:\n  scheduler:\n    use: fifo\n";
  std::string text = *rc::gen::element(kJson, kYaml);
  const auto at = static_cast<std::size_t>(*rc::gen::inRange(0, static_cast<int>(text.size())));
  const auto gone = static_cast<std::size_t>(*rc::gen::inRange(0, 4));
  text.replace(at, gone, *rc::gen::elementOf(fragments()));
  Loaded loaded = load(text, "config");
  RC_ASSERT(loaded.config.has_value() || loaded.diagnostics.has_errors());
  for (const Diagnostic& d : loaded.diagnostics) {
    RC_ASSERT(!d.message.empty());
    RC_ASSERT(d.file == "config");
  }
}

}  // namespace
}  // namespace shunt::config_test
