// SPDX-License-Identifier: Apache-2.0
// Second pass: what profiles consist of, and who handles them.
#include <algorithm>
#include <set>
#include <shunt/framework/suggest.hpp>
#include <utility>

#include "resolve.hpp"
#include "text.hpp"

namespace shunt {

using config_text::in_quotes;

namespace {

constexpr std::string_view kDefaultPicker = "max-score-picker";
constexpr std::string_view kDefaultHandler = "single-profile-handler";

// Handlers that have nothing to choose: they refuse a second profile.
bool handles_one(std::string_view type) { return type == kDefaultHandler || type == "data-parallel-profile-handler"; }

std::string in_words(const ProfileConfig& profile) { return "profile " + in_quotes(profile.name); }

// Where the name of a reference is written. An injected one stands for its instance, or its profile.
std::string place_of_reference(const PluginReference& reference) {
  return reference.injected ? reference.pointer : child_pointer(reference.pointer, "pluginRef");
}

}  // namespace

// No profiles: one with everything that fits a slot, in file order. Where nothing fits there is none, and only a
// decision would need one.
void Resolver::make_default_profile() {
  ProfileConfig profile;
  profile.name = "default";
  profile.injected = true;
  for (const PluginConfig& plugin : config_.plugins) {
    const PluginDescription* known = description(plugin);
    if (known == nullptr || !fits_profile(*known)) continue;
    PluginReference reference;
    reference.pointer = place_of(plugin);
    reference.plugin = plugin.name;
    reference.injected = true;
    profile.plugins.push_back(std::move(reference));
  }
  if (!profile.plugins.empty()) config_.profiles.push_back(std::move(profile));
}

// The peer does so without a word.
void Resolver::leave_out_what_fits_no_slot(ProfileConfig& profile) {
  std::erase_if(profile.plugins, [&](const PluginReference& reference) {
    const PluginDescription* known = description(reference.plugin);
    if (known == nullptr || fits_profile(*known)) return false;
    warning(place_of_reference(reference), At::Value, "C111",
            in_quotes(reference.plugin) + " is left out of " + in_words(profile) + ": it is " + what_it_is(*known),
            {"a profile consists of filters, scorers and pickers; all other plugins work without a reference"});
    return true;
  });
}

void Resolver::resolve_profile(ProfileConfig& profile) {
  if (config_.of_peer) leave_out_what_fits_no_slot(profile);
  bool all_fit = true;
  for (const PluginReference& reference : profile.plugins) all_fit = check_reference(reference, profile) && all_fit;
  if (profile.plugins.empty() && references_certain_) {
    warning(profile.pointer, At::Value, "C217",
            in_words(profile) + " has no plugins: all endpoints are the same to it");
  }
  if (!all_fit) certain_ = false;
  check_pickers(profile);
  if (profile.is_shadow()) check_shadow(profile);
}

void Resolver::check_shadow(const ProfileConfig& profile) {
  std::vector<std::string> names;
  for (const ProfileConfig& other : config_.profiles) {
    if (!other.is_shadow()) names.push_back(other.name);
  }
  if (config_.incomplete_profiles) return;
  if (names.empty()) {
    error(child_pointer(profile.pointer, "shadow"), At::Key, "C219",
          in_words(profile) + " is a shadow, and no profile decides");
  } else if (!profile.shadow_of.empty() && std::ranges::find(names, profile.shadow_of) == names.end()) {
    const auto nearest = suggest(profile.shadow_of, names);
    error(child_pointer(child_pointer(profile.pointer, "shadow"), "of"), At::Value, "C219",
          in_words(profile) + " shadows " + in_quotes(profile.shadow_of) + ", and no profile of that name decides",
          nearest ? did_you_mean(*nearest) : "");
  }
}

bool Resolver::check_reference(const PluginReference& reference, const ProfileConfig& profile) {
  const PluginConfig* plugin = find_plugin(reference.plugin);
  if (plugin == nullptr) {
    std::vector<std::string> names;
    for (const PluginConfig& one : config_.plugins) names.push_back(one.name);
    undefined(reference.plugin, place_of_reference(reference),
              in_words(profile) + " references the undefined plugin " + in_quotes(reference.plugin), std::move(names));
    return false;
  }
  const PluginDescription* known = description(*plugin);
  if (known == nullptr) return false;
  if (!fits_profile(*known)) {
    error(place_of_reference(reference), At::Value, "C205",
          "plugin " + in_quotes(plugin->name) + " does not fit into " + in_words(profile) + ": it is " +
              what_it_is(*known),
          {}, {"a profile consists of filters, scorers and pickers; all other plugins work without a reference"});
    return false;
  }
  if (reference.weight_written && reference.weight != 1 && reference.weight != 0 && !known->offers(Kind::Scorer)) {
    warning(child_pointer(reference.pointer, "weight"), At::Key, "C216",
            "the weight of " + in_quotes(plugin->name) + " has no effect: it is " + what_it_is(*known));
  }
  return true;
}

// Exactly one picker: a second is refused, a missing one is filled in where it is certain that it is missing.
void Resolver::check_pickers(ProfileConfig& profile) {
  const PluginReference* first = nullptr;
  for (const PluginReference& reference : profile.plugins) {
    const PluginDescription* known = description(reference.plugin);
    if (known == nullptr || !known->offers(Kind::Picker)) continue;
    if (first == nullptr) {
      first = &reference;
      continue;
    }
    std::vector<std::string> notes = {
        note_at("the first one, " + in_quotes(first->plugin) + ", is", place_of_reference(*first))};
    if (profile.injected) notes.emplace_back("without \"schedulingProfiles\" one profile has all that fits");
    error(place_of_reference(reference), At::Value, "C206",
          in_words(profile) + " has a second picker, " + in_quotes(reference.plugin), {}, std::move(notes));
  }
  if (first != nullptr || !certain_) return;

  PluginReference reference;
  reference.plugin = picker_for(profile);
  reference.pointer = profile.pointer;
  reference.injected = true;
  profile.plugins.push_back(std::move(reference));
}

// A picker that the file configures is the one that somebody wanted; of several, the first, as in the peer.
const std::string& Resolver::picker_for(const ProfileConfig& profile) {
  if (!default_picker_.empty()) return default_picker_;
  const auto configured = std::ranges::find_if(config_.plugins, [this](const PluginConfig& plugin) {
    const PluginDescription* known = description(plugin);
    return known != nullptr && known->offers(Kind::Picker);
  });
  default_picker_ =
      configured != config_.plugins.end()
          ? configured->name
          : inject(kDefaultPicker, "because " + in_words(profile) + " has no picker", profile.pointer).name;
  return default_picker_;
}

// Any instance that is a handler is the handler; there is nothing to reference it from.
void Resolver::resolve_handler() {
  std::vector<const PluginConfig*> handlers;
  for (const PluginConfig& plugin : config_.plugins) {
    const PluginDescription* known = description(plugin);
    if (known == nullptr || !known->offers(Kind::ProfileHandler)) continue;
    handlers.push_back(&plugin);
    if (handlers.size() == 1) continue;
    const PluginConfig& first = *handlers.front();
    error(child_pointer(plugin.pointer, "type"), At::Value, "C207",
          "a second profile handler, " + in_quotes(plugin.name) + "; there can be one", {},
          {note_at("the first one, " + in_quotes(first.name) + ", is", child_pointer(first.pointer, "type"))});
  }
  choose_handler(handlers);
}

// With one profile there is nothing to choose, so the default may be assumed; with several it may not.
void Resolver::choose_handler(const std::vector<const PluginConfig*>& handlers) {
  std::set<std::string_view> names;  // a duplicate name is an error of its own
  for (const ProfileConfig& profile : config_.profiles) {
    if (!profile.is_shadow()) names.insert(profile.name);
  }
  const std::size_t profiles = names.size();
  if (!handlers.empty()) {
    const PluginConfig& handler = *handlers.front();
    config_.handler = profiles == 0 ? "" : handler.name;
    if (handles_one(handler.type) && profiles > 1) {
      error(child_pointer(handler.pointer, "type"), At::Value, "C209",
            in_quotes(handler.type) + " handles one profile, and there are " + config_text::count(profiles));
    }
    return;
  }
  if (profiles == 0 || !certain_) return;
  if (profiles == 1) {
    const ProfileConfig& only = config_.profiles.front();
    config_.handler = inject(kDefaultHandler, "because no plugin handles " + in_words(only), only.pointer).name;
    return;
  }
  std::vector<std::string> able;
  for (const std::string& type : catalog_.types()) {
    const PluginDescription* known = catalog_.find(type);
    if (known != nullptr && known->offers(Kind::ProfileHandler) && !handles_one(type)) able.push_back(type);
  }
  error("/schedulingProfiles", At::Key, "C208",
        "there are " + config_text::count(profiles) + " profiles and no profile handler to choose among them", {},
        {able.empty() ? "no registered plugin type can handle several profiles"
                      : "types that can handle several: " + config_text::joined(able)});
}

}  // namespace shunt
