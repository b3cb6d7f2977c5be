// SPDX-License-Identifier: Apache-2.0
// leave_out.hpp: a config without the instances that a library would have brought which must not be loaded.
#pragma once

#include <shunt/framework/config.hpp>

#include <set>
#include <string>
#include <vector>

namespace shunt::host {

// An instance that the config wants and that does not run.
struct LeftOutPlugin {
  std::string name;
  std::string type;
  std::string library;
  std::string why;
};

// Takes out every instance of these types, with all references to it: profiles without them are completed as usual, and a
// reference in parameters is for the plugin to complain about. Before resolve_config(). Answers what was taken out.
std::vector<LeftOutPlugin> leave_out(Config& config, const std::set<std::string, std::less<>>& types,
                                     const std::string& library, const std::string& why);

}  // namespace shunt::host
