// SPDX-License-Identifier: Apache-2.0
// private_folder.hpp: a folder for files of this process only, gone when the process is. One that was killed cannot tidy up; the
// next one that makes a folder in the same place does it for it.
//
//   PrivateFolder folder;
//   if (const std::error_code failed = folder.make("/tmp", "shunt-copies-")) return failed;
//   use(folder.path() / "file");
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string_view>
#include <system_error>

namespace shunt {

class PrivateFolder {
 public:
  PrivateFolder() = default;
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;
  // Removes the folder and what is in it, unless this is a forked child of the process that made it.
  ~PrivateFolder();

  // Makes it, with mode 0700 and a name of its own after `prefix`. Folders in `parent` with that prefix are removed first where
  // they belong to this user and the process that made them has ended, however it did. Once only.
  std::error_code make(const std::filesystem::path& parent, std::string_view prefix);
  // Empty before make() and where that failed.
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  int lock_ = -1;  // held on the folder for as long as it is in use
  pid_t creator_ = 0;
};

}  // namespace shunt
