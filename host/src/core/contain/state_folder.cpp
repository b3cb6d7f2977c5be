// SPDX-License-Identifier: Apache-2.0
#include "contain/state_folder.hpp"

#include <cstdlib>
#include <string_view>

namespace shunt::host {

namespace {

// What does not begin with a slash is no folder that such a variable may name.
std::string_view folder_in_environment(const char* name) {
  const char* text = std::getenv(name);
  return text != nullptr && *text == '/' ? std::string_view(text) : std::string_view();
}

}  // namespace

std::filesystem::path state_folder(const std::string& written) {
  if (!written.empty()) return std::filesystem::absolute(written);
  if (const auto folders = folder_in_environment("STATE_DIRECTORY"); !folders.empty()) {
    return folders.substr(0, folders.find(':'));
  }
  if (const auto home = folder_in_environment("XDG_STATE_HOME"); !home.empty()) {
    return std::filesystem::path(home) / "shunt";
  }
  if (const auto home = folder_in_environment("HOME"); !home.empty()) {
    return std::filesystem::path(home) / ".local/state/shunt";
  }
  return {};
}

}  // namespace shunt::host
