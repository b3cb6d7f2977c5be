// SPDX-License-Identifier: Apache-2.0
// Second pass: where parameters name models. A schema can say that a name is a string, not that somebody has it.
#include <algorithm>
#include <boost/json/value.hpp>
#include <shunt/framework/suggest.hpp>

#include "resolve.hpp"
#include "text.hpp"

namespace shunt {

namespace json = boost::json;

using config_text::in_quotes;

namespace {

// The built-in swapper whose parameters are lists of models.
constexpr std::string_view kGroupSwapper = "group";

// Null where there is no such member or it is of another type: the plugin's schema has complained then.
const json::object* object_at(const json::value& value, std::string_view key) {
  const json::object* object = value.if_object();
  const json::value* member = object != nullptr ? object->if_contains(key) : nullptr;
  return member != nullptr ? member->if_object() : nullptr;
}

}  // namespace

// A member that is no model would never be loaded nor make room, and whoever wrote it believes that it does.
void Resolver::check_group_members() {
  const json::value* models = config_.document != nullptr ? config_.document->find("/models") : nullptr;
  if (models != nullptr && !models->is_object() && !models->is_null()) return;  // nothing is known about models
  for (const PluginConfig& plugin : config_.plugins) {
    if (plugin.type != kGroupSwapper || plugin.injected) continue;
    const json::object* groups = object_at(plugin.parameters, "groups");
    if (groups == nullptr) continue;
    for (const auto& group : *groups) {
      const json::object* object = group.value().if_object();
      const json::value* members = object != nullptr ? object->if_contains("members") : nullptr;
      if (members != nullptr) check_members(plugin, group.key(), *members);
    }
  }
}

void Resolver::check_members(const PluginConfig& plugin, std::string_view group, const json::value& members) {
  if (!members.is_array()) return;
  if (model_names_.empty()) {
    for (const ModelConfig& model : config_.models) model_names_.emplace(model.id, model.id);
    for (const ModelConfig& model : config_.models) {
      for (const std::string& alias : model.aliases) model_names_.emplace(alias, model.id);
    }
  }
  const std::string list = child_pointer(
      child_pointer(child_pointer(child_pointer(plugin.pointer, "parameters"), "groups"), group), "members");
  for (std::size_t i = 0; i < members.get_array().size(); ++i) {
    const json::string* name = members.get_array()[i].if_string();
    if (name == nullptr) continue;
    const auto known = model_names_.find(std::string(*name));
    const bool alias = known != model_names_.end();
    if (alias && known->second == std::string_view(*name)) continue;
    std::vector<std::string> notes;
    std::optional<std::string> close;
    if (alias) {
      close = known->second;
      notes.push_back(in_quotes(*name) + " is an alias; groups have the ids of models");
    } else {
      std::vector<std::string> ids;
      for (const ModelConfig& model : config_.models) ids.push_back(model.id);
      close = suggest(std::string_view(*name), ids);
      notes.push_back(ids.empty() ? "the config has no models" : "models: " + config_text::joined(ids));
    }
    error(child_pointer(list, i), At::Value, "C213",
          "group " + in_quotes(group) + " of plugin " + in_quotes(plugin.name) + " lists the undefined model " +
              in_quotes(*name),
          close ? did_you_mean(*close) : "", std::move(notes));
  }
}

}  // namespace shunt
