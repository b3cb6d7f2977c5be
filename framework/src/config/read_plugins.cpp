// SPDX-License-Identifier: Apache-2.0
// First pass: instances and profiles.
#include <algorithm>
#include <boost/json/value.hpp>
#include <cmath>
#include <map>
#include <utility>

#include "config_keys.hpp"
#include "reader.hpp"
#include "text.hpp"

namespace shunt {

namespace json = boost::json;

using config_text::in_quotes;

namespace {

// Of so many requests one is compared at least; what is rarer says nothing.
constexpr std::int64_t kMaxShadowEvery = 1'000'000;

// Names that were seen, and where.
using Seen = std::map<std::string, std::string, std::less<>>;

// How an instance is called in messages: by its name, else by its place.
std::string plugin_words(const json::object& object, std::size_t index) {
  for (const char* key : {"name", "type"}) {
    const json::value* value = object.if_contains(key);
    if (value != nullptr && value->is_string() && !value->get_string().empty()) {
      return "plugin " + in_quotes(value->get_string());
    }
  }
  return "plugin " + std::to_string(index + 1);
}

// An instance that lacks something is kept nevertheless, so that references to it are not reported as well.
void read_plugin(const json::object& object, std::size_t index, const std::string& pointer, Seen& seen, Config& config,
                 const ReadContext& context) {
  ObjectReader reader(object, pointer, plugin_words(object, index), context);
  reader.allow(config_keys::kPlugin);
  PluginConfig plugin;
  plugin.pointer = pointer;
  plugin.type = reader.required_text("type").value_or("");
  plugin.name = plugin.type;
  const json::value* name = reader.member("name");
  if (name != nullptr && context.text(*name, reader.pointer("name"), reader.what("name"))) {
    plugin.name = name->get_string();
  }
  plugin.on_error = reader.on_error("onError");
  if (const auto state = reader.word("state", config_keys::kStatePolicies)) {
    plugin.state = static_cast<StatePolicy>(*state);
  }
  const json::object* parameters = reader.object("parameters");
  plugin.parameters = parameters != nullptr ? *parameters : json::object{};
  plugin.effective_parameters = plugin.parameters;

  if (plugin.name.empty()) config.incomplete_plugins = true;
  const std::string place = name != nullptr ? reader.pointer("name") : reader.pointer("type");
  if (!plugin.name.empty()) {
    const auto [it, fresh] = seen.try_emplace(plugin.name, place);
    if (!fresh) {
      std::vector<std::string> notes = {context.note_first(it->second, At::Value)};
      if (name == nullptr) notes.emplace_back("without \"name\" an instance is called like its type");
      context.error(place, At::Value, "C201", "duplicate plugin name " + in_quotes(plugin.name), {}, std::move(notes));
    }
  }
  config.plugins.push_back(std::move(plugin));
}

// What is refused leaves the default weight.
void read_weight(const ObjectReader& reader, PluginReference& reference, const ReadContext& context) {
  const auto weight = reader.number("weight");
  if (!weight) return;
  const std::string pointer = reader.pointer("weight");
  if (!std::isfinite(*weight)) {
    context.error(pointer, At::Value, "C401",
                  reader.what("weight") + " must be a finite number, found " + config_text::number(*weight));
    return;
  }
  if (*weight < 0) {
    context.error(pointer, At::Value, "C402",
                  reader.what("weight") + " must not be negative, found " + config_text::number(*weight), {},
                  {"to prefer the opposite, use a scorer that scores the opposite"});
    return;
  }
  reference.weight = *weight;
  reference.weight_written = true;
  if (*weight == 0) {
    reference.weight = 0;  // not -0
    context.warning(pointer, At::Value, "C403",
                    "with weight 0 the scores of " + in_quotes(reference.plugin) + " do not count");
  }
}

// False where it cannot be said what the entry references.
bool read_reference(const json::value& value, const std::string& pointer, const std::string& where, Seen& seen,
                    std::vector<PluginReference>& references, const ReadContext& context) {
  const json::object* object = value.if_object();
  if (object == nullptr) {
    const json::string* name = value.if_string();
    context.error(
        pointer, At::Value, "C105",
        "each plugin of " + where + " must be an object with \"pluginRef\", found " + config_text::found(value),
        name != nullptr ? "write { \"pluginRef\": " + in_quotes(*name) + " }" : "");
    return false;
  }
  ObjectReader reader(*object, pointer, where, context);
  reader.allow(config_keys::kReference);
  PluginReference reference;
  reference.pointer = pointer;
  const json::value* name = reader.member("pluginRef");
  if (name == nullptr || name->is_null()) {
    reader.missing("pluginRef", "this entry of " + where);
  } else if (context.text(*name, reader.pointer("pluginRef"), reader.what("pluginRef"))) {
    reference.plugin = name->get_string();
  }
  read_weight(reader, reference, context);
  reference.on_error = reader.on_error("onError");
  if (reference.plugin.empty()) return false;

  const auto [it, fresh] = seen.try_emplace(reference.plugin, reader.pointer("pluginRef"));
  if (fresh) {
    references.push_back(std::move(reference));
  } else {
    context.error(reader.pointer("pluginRef"), At::Value, "C202",
                  where + " references " + in_quotes(reference.plugin) + " twice", {},
                  {context.note_first(it->second, At::Value)});
  }
  return true;
}

void read_shadow(const ObjectReader& profile, ProfileConfig& to, const ReadContext& context) {
  const json::object* shadow = profile.object("shadow");
  if (shadow == nullptr) return;
  ObjectReader reader(*shadow, profile.pointer("shadow"), "shadow", context);
  reader.allow(config_keys::kShadow);
  to.shadow_every = static_cast<std::uint32_t>(reader.integer("every", 1, kMaxShadowEvery).value_or(1));
  to.shadow_of = reader.text("of").value_or("");
}

}  // namespace

void read_plugins(const ObjectReader& root, Config& config, const ReadContext& context) {
  const json::array* plugins = root.list("plugins");
  if (plugins == nullptr) {
    const json::value* value = root.member("plugins");
    config.incomplete_plugins = value != nullptr && !value->is_null();
    return;
  }
  Seen seen;
  for (std::size_t i = 0; i < plugins->size(); ++i) {
    const std::string pointer = child_pointer(root.pointer("plugins"), i);
    const json::object* object = context.object((*plugins)[i], pointer, "each plugin");
    if (object == nullptr) {
      config.incomplete_plugins = true;
      continue;
    }
    read_plugin(*object, i, pointer, seen, config, context);
  }
}

void read_profiles(const ObjectReader& root, Config& config, const ReadContext& context) {
  const json::array* profiles = root.list("schedulingProfiles");
  if (profiles == nullptr) {
    const json::value* value = root.member("schedulingProfiles");
    config.incomplete_profiles = value != nullptr && !value->is_null();
    return;
  }
  Seen seen;
  for (std::size_t i = 0; i < profiles->size(); ++i) {
    ProfileConfig profile;
    profile.pointer = child_pointer(root.pointer("schedulingProfiles"), i);
    const json::object* object = context.object((*profiles)[i], profile.pointer, "each profile");
    if (object == nullptr) {
      config.incomplete_profiles = true;
      continue;
    }
    const json::value* name = object->if_contains("name");
    const bool named = name != nullptr && name->is_string() && !name->get_string().empty();
    const std::string words = named ? in_quotes(name->get_string()) : std::to_string(i + 1);
    ObjectReader reader(*object, profile.pointer, "profile " + words, context);
    reader.allow(config_keys::kProfile);
    profile.name = reader.required_text("name").value_or("");
    if (named) {
      const auto [it, fresh] = seen.try_emplace(profile.name, reader.pointer("name"));
      if (!fresh) {
        context.error(reader.pointer("name"), At::Value, "C201", "duplicate profile name " + words, {},
                      {context.note_first(it->second, At::Value)});
      }
    }
    read_shadow(reader, profile, context);
    if (const json::array* plugins = reader.list("plugins")) {
      Seen references;
      for (std::size_t j = 0; j < plugins->size(); ++j) {
        const bool clear = read_reference((*plugins)[j], child_pointer(reader.pointer("plugins"), j),
                                          "profile " + words, references, profile.plugins, context);
        config.incomplete_profiles = config.incomplete_profiles || !clear;
      }
    } else if (const json::value* other = reader.member("plugins"); other != nullptr && !other->is_null()) {
      config.incomplete_profiles = true;
    }
    config.profiles.push_back(std::move(profile));
  }
  // Handlers know profiles by their numbers, and know nothing of shadows.
  std::ranges::stable_partition(config.profiles, [](const ProfileConfig& profile) { return !profile.is_shadow(); });
}

}  // namespace shunt
