// SPDX-License-Identifier: Apache-2.0
// config_test_support.hpp: a catalog of plugin types without libraries, and short ways to read a config text.
#pragma once

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <map>
#include <memory>
#include <optional>
#include <shunt/framework/config.hpp>
#include <string>
#include <utility>
#include <vector>

namespace shunt::config_test {

class FakeCatalog : public PluginCatalog {
 public:
  // The types that the tests speak of.
  FakeCatalog() {
    add("queue-scorer", {"shunt.scorer/1"},
        R"({"type": "object", "additionalProperties": false, "properties": {
              "threshold": {"type": "number", "minimum": 0, "exclusiveMaximum": 1000, "default": 128,
                            "description": "waiting requests that count as full"},
              "mode": {"enum": ["linear", "square"], "default": "linear"},
              "window": {"type": "integer", "minimum": 1, "maximum": 60, "default": 5},
              "labels": {"type": "array", "items": {"type": "string", "minLength": 1},
                         "maxItems": 3, "uniqueItems": true},
              "smoothing": {"type": "object", "additionalProperties": false, "default": {},
                            "properties": {"factor": {"type": "number", "default": 0.5},
                                           "warm": {"type": "boolean", "default": false}}},
              "old": {"type": "number", "deprecated": true, "description": "use threshold"}}})");
    add("kv-cache-utilization-scorer", {"shunt.scorer/1"});
    add("prefix-cache-scorer", {"shunt.scorer/1"});
    add("prefix-cache", {"shunt.scorer/1", "shunt.producer/1"});
    add("max-score-picker", {"shunt.picker/1"},
        R"({"type": "object", "additionalProperties": false,
            "properties": {"ties": {"enum": ["random", "first"], "default": "random"}}})");
    add("random-picker", {"shunt.picker/1"});
    add("role-filter", {"shunt.filter/1"},
        R"({"type": "object", "required": ["role"], "additionalProperties": false,
            "properties": {"role": {"type": "string", "description": "value of the role label"}}})");
    add("single-profile-handler", {"shunt.profile_handler/1"});
    add("disagg-profile-handler", {"shunt.profile_handler/1"});
    add("group", {"shunt.swapper/1"},
        R"({"type": "object", "properties": {"groups": {"type": "object", "default": {}}}})");
    add("token-producer", {"shunt.producer/1"});
    add("broken-schema", {"shunt.filter/1"}, R"({"type": "object", "patternProperties": {}})");
  }

  void add(std::string type, std::vector<std::string> interfaces, std::string schema = R"({"type": "object"})") {
    PluginDescription description;
    description.type = type;
    description.version = "0.3.1";
    description.stability = "stable";
    description.interfaces = std::move(interfaces);
    description.parameters_schema = std::move(schema);
    description.library = type + ".so";
    for (char& c : description.library) c = c == '-' ? '_' : c;
    types_[type] = std::move(description);
  }
  void remove(const std::string& type) { types_.erase(type); }
  PluginDescription& description(const std::string& type) { return types_.at(type); }

  const PluginDescription* find(std::string_view type) const override {
    const auto it = types_.find(type);
    return it == types_.end() ? nullptr : &it->second;
  }
  std::vector<std::string> types() const override {
    std::vector<std::string> out;
    for (const auto& [type, description] : types_) out.push_back(type);
    return out;
  }

 private:
  std::map<std::string, PluginDescription, std::less<>> types_;
};

// Everything that reading a text gives.
struct Loaded {
  Diagnostics diagnostics;
  std::shared_ptr<const Document> document;
  std::optional<Config> config;

  std::vector<std::string> codes() const {
    std::vector<std::string> out;
    for (const Diagnostic& d : diagnostics) out.push_back(d.code);
    return out;
  }
  std::string text() const { return render_text(diagnostics, false); }
};

inline Loaded read(std::string text, std::string file = "config.jsonc") {
  Loaded loaded;
  if (auto document = Document::parse(std::move(file), std::move(text), DocumentFormat::Detect, loaded.diagnostics)) {
    loaded.document = std::make_shared<const Document>(std::move(*document));
    loaded.config = read_config(loaded.document, loaded.diagnostics);
  }
  return loaded;
}

inline Loaded load(std::string text, std::string file = "config.jsonc", const PluginCatalog& catalog = FakeCatalog()) {
  Loaded loaded = read(std::move(text), std::move(file));
  if (loaded.config) resolve_config(*loaded.config, catalog, loaded.diagnostics);
  loaded.diagnostics.sort();
  return loaded;
}

inline std::string json_text(const boost::json::value& value) { return boost::json::serialize(value); }

}  // namespace shunt::config_test
