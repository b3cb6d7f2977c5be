// SPDX-License-Identifier: Apache-2.0
#include "beside_program.hpp"

#include <system_error>

namespace shunt::host {

std::filesystem::path this_program() {
  std::error_code failure;
  return std::filesystem::read_symlink("/proc/self/exe", failure);
}

std::filesystem::path folder_beside_program(std::initializer_list<const char*> relative) {
  const std::filesystem::path executable = this_program();
  if (executable.empty()) return {};
  std::error_code failure;
  for (const char* one : relative) {
    const std::filesystem::path directory = (executable.parent_path() / one).lexically_normal();
    if (std::filesystem::is_directory(directory, failure)) return directory;
  }
  return {};
}

}  // namespace shunt::host
