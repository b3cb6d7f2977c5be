// SPDX-License-Identifier: Apache-2.0
// Second pass: request values that a parameter names. What plugins read whatever their parameters is known when they are made.
#include <algorithm>
#include <boost/json/value.hpp>

#include "resolve.hpp"
#include "text.hpp"

namespace shunt {

namespace json = boost::json;

using config_text::in_quotes;

namespace {

const json::value* child(const json::value* parent, std::string_view key) {
  const json::object* object = parent != nullptr ? parent->if_object() : nullptr;
  return object != nullptr ? object->if_contains(key) : nullptr;
}

std::string_view text_of(const json::value* value) {
  return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

}  // namespace

const std::string* Resolver::default_producer(std::string_view value) const {
  for (const std::string& type : catalog_.types()) {
    const PluginDescription* known = catalog_.find(type);
    const auto& names = known->default_producer_of;
    if (std::ranges::find(names, value) != names.end()) return &known->type;
  }
  return nullptr;
}

// A producer that is called like its type writes plain names; what others write stands in their manifest, or is not known.
bool Resolver::is_written(std::string_view value) const {
  return std::ranges::any_of(config_.plugins, [&](const PluginConfig& plugin) {
    const PluginDescription* known = description(plugin);
    if (known == nullptr) return true;
    const auto& names = known->default_producer_of;
    return std::ranges::find(known->writes, value) != known->writes.end() ||
           (plugin.name == plugin.type && std::ranges::find(names, value) != names.end());
  });
}

// Plugins do without a session, so one that never comes would not be noticed.
void Resolver::check_session_sources() {
  for (const PluginConfig& plugin : config_.plugins) {
    if (text_of(child(&plugin.effective_parameters, "strategy")) != "session_id") continue;
    const json::value* sources = child(child(&plugin.effective_parameters, "sessionIdConfig"), "sources");
    const json::array* list = sources != nullptr ? sources->if_array() : nullptr;
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
      const std::string_view value = text_of(child(&(*list)[i], "attribute"));
      const std::string* producer = value.empty() ? nullptr : default_producer(value);
      if (producer == nullptr) continue;  // somebody else's value
      const std::string_view instance = text_of(child(&(*list)[i], "producer"));
      std::vector<std::string> notes;
      if (instance.empty()) {
        if (is_written(value)) continue;
        notes.push_back("add { \"type\": " + in_quotes(*producer) + " } to \"plugins\"");
      } else {
        const PluginConfig* named = config_.find_plugin(instance);
        if (named != nullptr && (instance != *producer || named->type != *producer)) continue;
        notes.emplace_back(named == nullptr ? "no plugin has the name " + in_quotes(instance)
                                            : "an instance that is called like its type writes plain names: delete "
                                              "\"producer\"");
      }
      const std::string pointer = child_pointer(plugin.pointer, "parameters") + "/sessionIdConfig/sources";
      warning(
          child_pointer(pointer, i), At::Value, "C221",
          "plugin " + in_quotes(plugin.name) + " takes sessions from " + in_quotes(value) + ", which nothing writes",
          std::move(notes));
    }
  }
}

}  // namespace shunt
