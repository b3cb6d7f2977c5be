// SPDX-License-Identifier: Apache-2.0
// staging.hpp: a private directory of copies, one file per loaded content.
#pragma once

#include <cstddef>
#include <filesystem>
#include <shunt/framework/error.hpp>
#include <shunt/framework/private_folder.hpp>
#include <span>
#include <string>
#include <string_view>

namespace shunt::detail {

class StagingDirectory {
 public:
  // Empty `parent`: see LibraryStoreOptions::staging_parent. Nothing is made before the first write().
  explicit StagingDirectory(std::filesystem::path parent) : parent_(std::move(parent)) {}

  const std::filesystem::path& path() const { return folder_.path(); }

  // Writes a new executable file "<first digits of sha256>-<number>-<file name of source>". No name is ever used twice.
  // `copy`: a private file with these bytes that nobody will ever write to; where it lies on the same file system, another name for it
  // takes no space. Empty: there is none.
  Result<std::filesystem::path> write(std::span<const std::byte> bytes, std::string_view sha256,
                                      const std::filesystem::path& source, const std::filesystem::path& copy = {});

 private:
  Result<void> create(std::string_view source);

  std::filesystem::path parent_;
  PrivateFolder folder_;
  std::size_t next_ = 1;
};

}  // namespace shunt::detail
