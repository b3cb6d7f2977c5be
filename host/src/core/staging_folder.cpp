// SPDX-License-Identifier: Apache-2.0
#include "staging_folder.hpp"

#include <system_error>

namespace shunt::host {

StagingFolder::StagingFolder() {
  std::error_code failed;
  const std::filesystem::path parent = std::filesystem::temp_directory_path(failed);
  if (!failed) folder_.make(parent, "shunt-staging-");
}

bool StagingFolder::made(Console& console) const {
  if (!path().empty()) return true;
  console.error("", "no folder could be made for the copies of libraries", "",
                {"set TMPDIR to one that can be written"});
  return false;
}

}  // namespace shunt::host
