// SPDX-License-Identifier: Apache-2.0
// config_changes.hpp: what differs between the generation that runs and one that would take its place.
#pragma once

#include <shunt/framework/generation.hpp>

#include <boost/json/array.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace shunt::host {

struct ConfigChange {
  // "plugin-added", "plugin-removed", "plugin-parameters", "plugin-library", "plugin-settings", "plugin-peers", "profile-added",
  // "profile-removed", "profile-changed", "handler", "limits", "attributes", "models", "routing", "libraries",
  // "pluginDirs", "section", "other".
  std::string_view kind;
  std::string subject;  // name of the instance, profile or section; empty where the kind says it all
  std::string text;     // a sentence for people
  // The reload takes it over only in part or not at all: the process has to be started again for it.
  bool needs_restart = false;
};

// In the order of the new config; what is gone comes last. Empty: both do the same.
std::vector<ConfigChange> changes_between(const Generation& before, const Generation& after);

boost::json::array to_json(const std::vector<ConfigChange>& changes);

}  // namespace shunt::host
