// SPDX-License-Identifier: Apache-2.0
// dev_project.hpp: a folder with the sources of a plugin: how it is built, and what it is tried with.
#pragma once

#include <filesystem>
#include <shunt/framework/error.hpp>
#include <string>
#include <utility>
#include <vector>

#include "core/arguments.hpp"

namespace shunt::host {

struct DevProject {
  std::filesystem::path folder;  // absolute
  // Where libraries lie after a build. One of its own, so that neither tests nor other flags slow every save down.
  std::filesystem::path output;
  std::vector<std::vector<std::string>> configure;  // commands before the first build, in `folder`
  std::vector<std::string> build;
  // Where cargo leaves libraries, to be copied to `output` under the names of plugins. Empty: nothing to copy.
  std::filesystem::path cargo_output;
  std::vector<std::pair<std::string, std::string>> environment;
  std::filesystem::path config;
  std::filesystem::path endpoints;  // empty: a swapper is asked instead
  std::filesystem::path requests;
};

// E331 where the folder has nothing to build, or nothing to try it with. `sdk`: where a package of the SDK lies that belongs
// to this program; empty: CMake looks in its usual places.
Result<DevProject> find_dev_project(const PluginDevArguments& arguments, const std::filesystem::path& sdk);

}  // namespace shunt::host
