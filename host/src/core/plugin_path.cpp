// SPDX-License-Identifier: Apache-2.0
#include "plugin_path.hpp"

#include <cstdlib>

#include "beside_program.hpp"

namespace shunt::host {

namespace {

// Relative to the folder of the executable; SHUNT_PLUGIN_LIBDIR comes from the build's idea of an installation.
constexpr const char* kInstalled = "../" SHUNT_PLUGIN_LIBDIR;
constexpr const char* kBuildTree = "../plugins";

}  // namespace

PluginPath::PluginPath(std::string_view from_environment, std::filesystem::path own) : own_(std::move(own)) {
  while (!from_environment.empty()) {
    const std::size_t colon = from_environment.find(':');
    const std::string_view directory = from_environment.substr(0, colon);
    // An empty element does not mean the working directory: libraries run with all rights of the user.
    if (!directory.empty()) before_own_.push_back(std::filesystem::absolute(directory).lexically_normal());
    from_environment.remove_prefix(colon == std::string_view::npos ? from_environment.size() : colon + 1);
  }
}

PluginPath PluginPath::of_process() {
  const char* environment = std::getenv("SHUNT_PLUGIN_PATH");
  return {environment != nullptr ? environment : "", folder_beside_program({kInstalled, kBuildTree})};
}

void PluginPath::add_config_directories(const std::vector<std::string>& directories,
                                        const std::filesystem::path& base) {
  for (const std::string& directory : directories) {
    before_own_.push_back(std::filesystem::absolute(base / directory).lexically_normal());
  }
}

std::vector<std::filesystem::path> PluginPath::directories() const {
  std::vector<std::filesystem::path> all = before_own_;
  if (!own_.empty()) all.push_back(own_);
  return all;
}

std::string PluginPath::describe() const {
  std::string out;
  for (const std::filesystem::path& directory : directories()) {
    out += out.empty() ? "looked in: " : ", ";
    out += directory.string();
  }
  return out.empty() ? "there is no folder to look in: set SHUNT_PLUGIN_PATH, or \"pluginDirs\" in the config" : out;
}

}  // namespace shunt::host
