// SPDX-License-Identifier: Apache-2.0
#include "live/reload/config_changes.hpp"

#include <shunt/framework/instance.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

#include "field_reader.hpp"

namespace shunt::host {

namespace json = boost::json;

namespace {

// Sections that a reload takes over; those of sockets, threads and files stay as they were.
constexpr std::array<std::string_view, 2> kReloadedSections = {"endpoints", "reload"};
constexpr std::size_t kShownBytes = 12;  // of a hash

// The shortest text that reads as the same number.
std::string short_number(double number) {
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  return {text.data(), end};
}

std::string step_text(const PluginReference& reference, bool weighted) {
  std::string text = reference.plugin;
  if (weighted) text += " x" + short_number(reference.weight);
  return text;
}

// "lruCapacity 1000 -> 2000, autoTune true -> (none)". What one of the two has not, the other has.
std::string difference(const json::value& before, const json::value& after) {
  if (!before.is_object() || !after.is_object()) return "they are other ones";
  const auto shown = [](const json::value* value) {
    return value == nullptr ? std::string("(none)") : json::serialize(*value);
  };
  std::string text;
  const auto add = [&](std::string_view key, const json::value* old, const json::value* now) {
    if (old != nullptr && now != nullptr && *old == *now) return;
    text += (text.empty() ? "" : ", ") + std::string(key) + " " + shown(old) + " -> " + shown(now);
  };
  for (const auto& entry : after.get_object()) {
    add(entry.key(), before.get_object().if_contains(entry.key()), &entry.value());
  }
  for (const auto& entry : before.get_object()) {
    if (!after.get_object().contains(entry.key())) add(entry.key(), &entry.value(), nullptr);
  }
  return text;
}

class Comparison {
 public:
  Comparison(const Generation& before, const Generation& after)
      : before_(before), after_(after), old_(before.config()), new_(after.config()) {}

  std::vector<ConfigChange> run() {
    compare_plugins();
    compare_profiles();
    if (old_.handler != new_.handler) {
      add("handler", new_.handler,
          "the profile handler becomes " + in_quotes(new_.handler) + " instead of " + in_quotes(old_.handler));
    }
    compare_parts();
    compare_sections();
    if (changes_.empty() && effective_config(old_) != effective_config(new_)) {
      add("other", "", "what the config says has changed, but not what it does to a decision");
    }
    return std::move(changes_);
  }

 private:
  void add(std::string_view kind, std::string subject, std::string text, bool needs_restart = false) {
    changes_.push_back({kind, std::move(subject), std::move(text), needs_restart});
  }

  void compare_plugins() {
    for (const auto& instance : after_.instances()) {
      const PluginConfig& plugin = *new_.find_plugin(instance->name());
      const PluginConfig* other = old_.find_plugin(instance->name());
      if (other == nullptr || other->type != plugin.type) {
        add("plugin-added", plugin.name, "plugin " + in_quotes(plugin.name) + " (" + plugin.type + ") is new");
        continue;
      }
      const Instance& old = *before_.find_instance(instance->name());
      if (plugin.on_error != other->on_error) {
        add("plugin-settings", plugin.name, "plugin " + in_quotes(plugin.name) + " has another onError");
      }
      if (plugin.state != other->state) {
        add("plugin-settings", plugin.name, "plugin " + in_quotes(plugin.name) + " has another policy for its state");
      }
      if (&old != instance.get()) compare_instances(plugin, *other, old, *instance);
    }
    for (const auto& instance : before_.instances()) {
      const PluginConfig* plugin = new_.find_plugin(instance->name());
      if (plugin != nullptr && plugin->type == instance->type()) continue;
      add("plugin-removed", instance->name(),
          "plugin " + in_quotes(instance->name()) + " (" + instance->type() + ") goes");
    }
  }

  // It is a new object: one or more of these is why.
  void compare_instances(const PluginConfig& plugin, const PluginConfig& other, const Instance& old,
                         const Instance& made) {
    const std::size_t told = changes_.size();
    const Library& library = *made.library();
    if (!library.same_mapping(*old.library())) {
      add("plugin-library", plugin.name,
          "plugin " + in_quotes(plugin.name) + " comes from other bytes: " + library.path().string() + " (" +
              library.sha256().substr(0, kShownBytes) + "), before " + old.library()->path().string() + " (" +
              old.library()->sha256().substr(0, kShownBytes) + ")");
    }
    if (plugin.effective_parameters != other.effective_parameters) {
      add("plugin-parameters", plugin.name,
          "plugin " + in_quotes(plugin.name) +
              " has other parameters: " + difference(other.effective_parameters, plugin.effective_parameters));
    }
    if (changes_.size() != told) return;
    add("plugin-peers", plugin.name,
        "plugin " + in_quotes(plugin.name) + " is made anew, because something that it refers to has changed");
  }

  std::string profile_text(const Generation& generation, const ProfileConfig& profile) const {
    std::string text;
    for (const PluginReference& reference : profile.plugins) {
      const Instance* instance = generation.find_instance(reference.plugin);
      text += (text.empty() ? "" : ", ") + step_text(reference, instance != nullptr && instance->scorer != nullptr);
      if (reference.on_error != OnError::Default) text += reference.on_error == OnError::Fail ? " or fail" : " or skip";
    }
    if (profile.is_shadow()) {
      text += " (shadow" + (profile.shadow_of.empty() ? "" : " of " + in_quotes(profile.shadow_of)) + " for one in " +
              std::to_string(profile.shadow_every) + " requests)";
    }
    return text;
  }

  void compare_profiles() {
    const auto position = [](const Config& config, const ProfileConfig& profile) {
      return std::ranges::find(config.profiles, profile.name, &ProfileConfig::name);
    };
    for (const ProfileConfig& profile : new_.profiles) {
      const auto other = position(old_, profile);
      const std::string now = profile_text(after_, profile);
      if (other == old_.profiles.end()) {
        add("profile-added", profile.name, "profile " + in_quotes(profile.name) + " is new: " + now);
      } else if (const std::string then = profile_text(before_, *other); now != then) {
        add("profile-changed", profile.name, "profile " + in_quotes(profile.name) + ": " + now + "; before: " + then);
      } else if (other - old_.profiles.begin() != &profile - new_.profiles.data()) {
        add("profile-changed", profile.name, "profile " + in_quotes(profile.name) + " stands at another place");
      }
    }
    for (const ProfileConfig& profile : old_.profiles) {
      if (position(new_, profile) == new_.profiles.end()) {
        add("profile-removed", profile.name, "profile " + in_quotes(profile.name) + " goes");
      }
    }
  }

  void compare_parts() {
    // What is left of the effective config: compared as it would be written.
    static constexpr std::array<std::string_view, 6> kParts = {"limits",  "attributes", "models",
                                                               "routing", "libraries",  "pluginDirs"};
    const json::value then = effective_config(old_);
    const json::value now = effective_config(new_);
    for (const std::string_view part : kParts) {
      const json::value* left = then.as_object().if_contains(part);
      const json::value* right = now.as_object().if_contains(part);
      const bool same = (left == nullptr) == (right == nullptr) && (left == nullptr || *left == *right);
      if (!same) add(part, "", "\"" + std::string(part) + "\" has changed");
    }
  }

  void compare_sections() {
    const auto compare = [this](std::string_view key, const json::value* left, const json::value* right) {
      if (left != nullptr && right != nullptr && *left == *right) return;
      const bool reloaded = std::ranges::find(kReloadedSections, key) != kReloadedSections.end();
      add("section", std::string(key),
          "section \"" + std::string(key) + "\" has changed" +
              (reloaded ? "" : "; it takes effect when the host is started again"),
          !reloaded);
    };
    for (const auto& entry : new_.host) compare(entry.key(), old_.host.if_contains(entry.key()), &entry.value());
    for (const auto& entry : old_.host) {
      if (!new_.host.contains(entry.key())) compare(entry.key(), &entry.value(), nullptr);
    }
  }

  const Generation& before_;
  const Generation& after_;
  const Config& old_;
  const Config& new_;
  std::vector<ConfigChange> changes_;
};

}  // namespace

std::vector<ConfigChange> changes_between(const Generation& before, const Generation& after) {
  return Comparison(before, after).run();
}

json::array to_json(const std::vector<ConfigChange>& changes) {
  json::array list;
  for (const ConfigChange& change : changes) {
    list.push_back(json::object{{"kind", change.kind},
                                {"subject", change.subject},
                                {"text", change.text},
                                {"needsRestart", change.needs_restart}});
  }
  return list;
}

}  // namespace shunt::host
