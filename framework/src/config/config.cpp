// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <shunt/framework/config.hpp>
#include <utility>

namespace shunt {

// Linear: configs have tens of instances, and this runs when one is built.
const PluginConfig* Config::find_plugin(std::string_view name) const {
  const auto it = std::find_if(plugins.begin(), plugins.end(), [&](const PluginConfig& p) { return p.name == name; });
  return it == plugins.end() ? nullptr : &*it;
}

const ModelConfig* Config::find_model(std::string_view id) const {
  const auto it = std::find_if(models.begin(), models.end(), [&](const ModelConfig& m) { return m.id == id; });
  return it == models.end() ? nullptr : &*it;
}

PluginConfig& Config::inject_plugin(std::string_view type, std::string_view why, std::string_view pointer) {
  PluginConfig plugin;
  plugin.pointer = pointer;
  plugin.type = type;
  plugin.name = type;
  for (int number = 2; find_plugin(plugin.name) != nullptr; ++number) {
    plugin.name = plugin.type + "-" + std::to_string(number);
  }
  plugin.parameters = boost::json::object{};
  plugin.effective_parameters = boost::json::object{};
  plugin.injected = true;
  plugin.why = why;
  plugins.push_back(std::move(plugin));
  return plugins.back();
}

// What belongs to the whole file is placed where the file begins; only an empty one has no place at all.
Diagnostic Config::diagnose(std::string_view pointer, At at, std::string_view code, std::string message,
                            std::string suggestion, std::vector<std::string> notes) const {
  if (document != nullptr) {
    const bool nowhere = pointer.empty() && document->root().is_null();
    return document->diagnose(pointer, nowhere ? At::File : at, code, std::move(message), std::move(suggestion),
                              std::move(notes));
  }
  Diagnostic d;
  d.code = code;
  d.pointer = pointer;
  d.message = std::move(message);
  d.suggestion = std::move(suggestion);
  d.notes = std::move(notes);
  return d;
}

}  // namespace shunt
