// SPDX-License-Identifier: Apache-2.0
#include "contain/leave_out.hpp"

#include <algorithm>

namespace shunt::host {

std::vector<LeftOutPlugin> leave_out(Config& config, const std::set<std::string, std::less<>>& types,
                                     const std::string& library, const std::string& why) {
  std::vector<LeftOutPlugin> out;
  std::set<std::string, std::less<>> names;
  for (const PluginConfig& plugin : config.plugins) {
    if (!types.contains(plugin.type)) continue;
    out.push_back({plugin.name, plugin.type, library, why});
    names.insert(plugin.name);
  }
  std::erase_if(config.plugins, [&](const PluginConfig& plugin) { return names.contains(plugin.name); });
  for (ProfileConfig& profile : config.profiles) {
    std::erase_if(profile.plugins, [&](const PluginReference& reference) { return names.contains(reference.plugin); });
  }
  if (names.contains(config.routing.swapper)) config.routing.swapper.clear();
  return out;
}

}  // namespace shunt::host
