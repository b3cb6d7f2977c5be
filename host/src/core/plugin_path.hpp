// SPDX-License-Identifier: Apache-2.0
// plugin_path.hpp: the folders in which libraries are looked for.
//
//   PluginPath path = PluginPath::of_process();
//   path.add_config_directories(config.plugin_dirs, folder_of_config);
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::host {

class PluginPath {
 public:
  // `from_environment`: folders separated by colons. `own`: the plugin folder that belongs to the program, trusted as the
  // program is; empty where it has none.
  PluginPath(std::string_view from_environment, std::filesystem::path own);

  // SHUNT_PLUGIN_PATH, and the folder beside the running executable: of its installation, else of its build tree.
  static PluginPath of_process();

  // Those of a config come after the environment and before the program's own. Relative ones count from `base`.
  void add_config_directories(const std::vector<std::string>& directories, const std::filesystem::path& base);

  std::vector<std::filesystem::path> directories() const;
  const std::filesystem::path& own() const { return own_; }

  // For messages: "looked in: a, b".
  std::string describe() const;

 private:
  std::vector<std::filesystem::path> before_own_;
  std::filesystem::path own_;
};

}  // namespace shunt::host
