// SPDX-License-Identifier: Apache-2.0
#include "staging_folder.hpp"

#include <cstdlib>
#include <string>
#include <system_error>

namespace shunt::host {

StagingFolder::StagingFolder() {
  std::error_code ignored;
  std::string name = (std::filesystem::temp_directory_path(ignored) / "shunt-XXXXXX").string();
  if (mkdtemp(name.data()) != nullptr) path_ = name;
}

StagingFolder::~StagingFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

bool StagingFolder::made(Console& console) const {
  if (!path_.empty()) return true;
  console.error("", "no folder could be made for the copies of libraries", "",
                {"set TMPDIR to one that can be written"});
  return false;
}

}  // namespace shunt::host
