// SPDX-License-Identifier: Apache-2.0
// staging_folder.hpp: a folder for private copies of libraries, gone when the command is: a process that crashes cannot tidy up.
// Where the command itself was killed, the next one removes what it left.
#pragma once

#include <filesystem>

#include "console.hpp"

namespace shunt::host {

class StagingFolder {
 public:
  StagingFolder();
  StagingFolder(const StagingFolder&) = delete;
  StagingFolder& operator=(const StagingFolder&) = delete;
  ~StagingFolder();

  // False, and an error on the console, where there is none.
  bool made(Console& console) const;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  int lock_ = -1;  // held on the folder for as long as it is in use
};

}  // namespace shunt::host
