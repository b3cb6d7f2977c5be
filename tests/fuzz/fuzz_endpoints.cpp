// SPDX-License-Identifier: Apache-2.0
// The endpoints file: what is read from it as a pool, and the pool written as an endpoints file again.
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cmath>
#include <core/endpoints_file.hpp>
#include <memory>
#include <optional>
#include <set>
#include <shunt/framework/bundle.hpp>

#include "properties.hpp"

namespace {

namespace json = boost::json;

using shunt::fuzz::require;

constexpr const char* kFile = "endpoints";
// There is no such folder: names of metrics pages lead nowhere.
constexpr const char* kFolder = "no-such-folder";

// A fuzzer must not read whatever file it happens to name.
bool names_an_absolute_path(const json::value& root) {
  const json::object* object = root.if_object();
  const json::value* list = object != nullptr ? object->if_contains("endpoints") : nullptr;
  if (list == nullptr || !list->is_array()) return false;
  for (const json::value& endpoint : list->get_array()) {
    const json::value* file = endpoint.is_object() ? endpoint.get_object().if_contains("metricsFile") : nullptr;
    if (file != nullptr && file->is_string() && file->get_string().starts_with("/")) return true;
  }
  return false;
}

void require_right(const shunt::host::EndpointsFile& file) {
  std::set<std::string> names;
  for (const shunt::host::EndpointEntry& entry : file.endpoints) {
    require(!entry.definition.name.empty(), "an endpoint without name");
    require(names.insert(entry.definition.name).second, "an endpoint is there twice:", entry.definition.name);
    require(entry.metrics_age_ns >= 0, "a metrics page from the future");
    require(!entry.has_metrics, "a metrics page from nowhere");
    for (const shunt::host::WrittenAttribute& written : entry.attributes) {
      const double* number = std::get_if<double>(&written.value);
      require(number == nullptr || std::isfinite(*number), "an attribute is no number:", written.name);
    }
  }
}

// The pool that a file describes, written down; empty where the table refuses a part of it.
std::optional<json::object> pool_of(const shunt::host::EndpointsFile& file,
                                    const std::shared_ptr<shunt::AttributeTable>& attributes) {
  shunt::EndpointTable table(attributes);
  for (const shunt::host::EndpointEntry& entry : file.endpoints) {
    require(table.add(entry.definition).has_value(), "an endpoint cannot be added:", entry.definition.name);
    for (const shunt::host::WrittenAttribute& written : entry.attributes) {
      const auto attribute = attributes->find(written.name);
      require(attribute.has_value(), "an attribute is not registered:", written.name);
      const auto set =
          table.set(shunt::endpoint_key(entry.definition.name), *attribute, written.value, written.as_of_ns);
      if (!set) return std::nullopt;
    }
  }
  return snapshot_to_json(*table.publish());
}

// The same for a text; empty where it is not right.
std::optional<json::object> read(const std::string& text, bool must_be_right) {
  shunt::Diagnostics diagnostics;
  const auto document = shunt::Document::parse(kFile, text, shunt::DocumentFormat::Detect, diagnostics);
  std::optional<shunt::host::EndpointsFile> file;
  const auto attributes = std::make_shared<shunt::AttributeTable>();
  if (document && !names_an_absolute_path(document->root())) {
    file = shunt::host::read_endpoints(*document, kFolder, diagnostics);
    require(file.has_value() || diagnostics.has_errors(), "a file is refused without a word");
    if (file) {
      require_right(*file);
      shunt::host::register_attributes(*file, *attributes, diagnostics);
    }
  }
  shunt::fuzz::require_sound(diagnostics, text, kFile);
  require(!must_be_right || !diagnostics.has_errors(),
          "a written pool is wrong:", [&] { return render_text(diagnostics, false); });
  if (!file || diagnostics.has_errors()) return std::nullopt;
  return pool_of(*file, attributes);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::optional<json::object> first = read(std::string(shunt::fuzz::text_of(data, size)), false);
  if (!first) return 0;
  const std::string written = json::serialize(*first);
  const std::optional<json::object> second = read(written, true);
  require(second == first, "a pool changes when it is read again:", [&] {
    return written + "\n" + (second ? json::serialize(*second) : std::string());
  });
  return 0;
}
