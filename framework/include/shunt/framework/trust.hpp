// SPDX-License-Identifier: Apache-2.0
// trust.hpp: may this file become part of the process? Decided on an open descriptor, before any of it is mapped,
// because the constructors of a library run as soon as it is.
//
//   auto file = shunt::open_library("/opt/acme/fancy.so");
//   if (file) auto trusted = shunt::check_trust(*file, {});
//
// A loaded library has all the rights of the process. What is checked is who could have written it, not what it does.
#pragma once

#include <filesystem>
#include <shunt/framework/error.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace shunt {

// A file that was opened once and is only read through this descriptor from then on, so that what was checked is what
// is loaded, whatever happens to the name meanwhile.
class OpenLibrary {
 public:
  OpenLibrary(std::filesystem::path path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  ~OpenLibrary();
  OpenLibrary(OpenLibrary&& other) noexcept;
  OpenLibrary& operator=(OpenLibrary&& other) noexcept;
  OpenLibrary(const OpenLibrary&) = delete;
  OpenLibrary& operator=(const OpenLibrary&) = delete;

  const std::filesystem::path& path() const { return path_; }  // absolute
  int descriptor() const { return descriptor_; }

 private:
  std::filesystem::path path_;
  int descriptor_;
};

struct TrustOptions {
  // Files directly in these directories are trusted as the running program is: they came with it.
  std::vector<std::filesystem::path> trusted_directories;
};

// Opens a regular file for reading. A relative path counts from the working directory. The last component must not be a
// symbolic link: its target could be exchanged between check and use. Never blocks on a pipe or device.
Result<OpenLibrary> open_library(const std::filesystem::path& path);

// The file belongs to root or to the effective user, nobody else may write to it, and nobody else may write to any
// directory above it, sticky ones (/tmp) excepted. The message says which command repairs it.
Result<void> check_trust(const OpenLibrary& file, const TrustOptions& options);

// Compares a SHA-256 with the one that the config demands: 64 hex digits, in either case.
Result<void> check_pin(std::string_view path, std::string_view sha256, std::string_view pinned);

}  // namespace shunt
