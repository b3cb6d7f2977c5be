// SPDX-License-Identifier: Apache-2.0
// staging_folder.hpp: a folder for private copies of libraries, gone when the command is: processes of it that crash cannot tidy up.
#pragma once

#include <shunt/framework/private_folder.hpp>

#include <filesystem>

#include "console.hpp"

namespace shunt::host {

class StagingFolder {
 public:
  StagingFolder();

  // False, and an error on the console, where there is none.
  bool made(Console& console) const;
  const std::filesystem::path& path() const { return folder_.path(); }

 private:
  PrivateFolder folder_;
};

}  // namespace shunt::host
