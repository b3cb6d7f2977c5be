// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <shunt/framework/trust.hpp>
#include <system_error>
#include <utility>

#include "plugin/plugin_error.hpp"

namespace shunt {
namespace {

using detail::plugin_error;
using detail::quote;
using detail::shell_word;
using detail::system_text;

constexpr mode_t kWritableByOthers = S_IWGRP | S_IWOTH;

std::string_view writers(mode_t mode) {
  if ((mode & kWritableByOthers) == kWritableByOthers) return "its group and by everybody";
  return (mode & S_IWOTH) != 0 ? "everybody" : "its group";
}

std::string_view file_kind(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISSOCK(mode)) return "a socket";
  if (S_ISCHR(mode) || S_ISBLK(mode)) return "a device";
  return "no regular file";
}

// Every directory that a name passes through, as written and as resolved: whoever may write to one of the first kind
// can exchange a symbolic link, whoever may write to one of the second kind can exchange the file.
Result<std::vector<std::filesystem::path>> directories_above(const std::filesystem::path& file, std::string_view name) {
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(file.parent_path(), error);
  if (error) return plugin_error("P102", name, "has a directory that cannot be resolved: " + error.message());
  std::vector<std::filesystem::path> found;
  for (const std::filesystem::path& chain : {real, file.parent_path()}) {
    std::filesystem::path prefix;
    for (const std::filesystem::path& component : chain) {
      if (component.empty()) continue;
      prefix /= component;
      if (std::find(found.begin(), found.end(), prefix) == found.end()) found.push_back(prefix);
    }
  }
  return found;
}

// Whether the file lies directly in one of the directories, whatever they are called.
bool lies_in(const std::filesystem::path& file, const std::vector<std::filesystem::path>& directories) {
  return std::any_of(directories.begin(), directories.end(), [&file](const std::filesystem::path& directory) {
    std::error_code error;
    return std::filesystem::equivalent(file.parent_path(), directory, error) && !error;
  });
}

Error open_failure(const std::filesystem::path& path, int error_number) {
  const std::string name = path.string();
  if (error_number == ELOOP) {
    std::error_code error;
    const std::filesystem::path target = std::filesystem::canonical(path, error);
    const std::string real = error ? "the file itself" : quote(target.string());
    return plugin_error("P110", name,
                        "is a symbolic link, which could be pointed elsewhere between check and use: name " + real +
                            " instead, or copy the file there");
  }
  if (error_number == ENOENT || error_number == ENOTDIR) {
    return plugin_error("P101", name, "does not exist: check the name and the plugin path");
  }
  if (error_number == EACCES) {
    return plugin_error("P102", name,
                        "cannot be read: " + system_text(error_number) + "; allow user " + std::to_string(geteuid()) +
                            " to read it: chmod a+r " + shell_word(name));
  }
  if (error_number == ENXIO)
    return plugin_error("P111", name, "is a socket, not a regular file: name the shared object");
  return plugin_error("P102", name, "cannot be opened: " + system_text(error_number));
}

}  // namespace

OpenLibrary::~OpenLibrary() {
  if (descriptor_ >= 0) close(descriptor_);
}

OpenLibrary::OpenLibrary(OpenLibrary&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

OpenLibrary& OpenLibrary::operator=(OpenLibrary&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

Result<OpenLibrary> open_library(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::path absolute = std::filesystem::absolute(path, error);
  if (path.empty() || error) return plugin_error("P101", path.string(), "is not a usable path: name a file");
  // Without O_NONBLOCK, opening a pipe would wait for its writer.
  const int descriptor = open(absolute.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (descriptor < 0) return open_failure(absolute, errno);
  OpenLibrary file(std::move(absolute), descriptor);
  struct stat status {};
  if (fstat(descriptor, &status) != 0) return open_failure(file.path(), errno);
  if (!S_ISREG(status.st_mode)) {
    return plugin_error(
        "P111", file.path().string(),
        "is " + std::string(file_kind(status.st_mode)) + ", not a regular file: name the shared object");
  }
  return file;
}

Result<void> check_trust(const OpenLibrary& file, const TrustOptions& options) {
  if (lies_in(file.path(), options.trusted_directories)) return {};
  const std::string name = file.path().string();
  struct stat status {};
  if (fstat(file.descriptor(), &status) != 0) return open_failure(file.path(), errno);
  if (status.st_uid != 0 && status.st_uid != geteuid()) {
    return plugin_error("P112", name,
                        "belongs to user " + std::to_string(status.st_uid) +
                            ", who could change what this process (user " + std::to_string(geteuid()) +
                            ") runs: chown root " + shell_word(name));
  }
  if ((status.st_mode & kWritableByOthers) != 0) {
    return plugin_error("P113", name,
                        "may be written by " + std::string(writers(status.st_mode)) +
                            ", who could change what this process runs: chmod go-w " + shell_word(name));
  }
  const Result<std::vector<std::filesystem::path>> directories = directories_above(file.path(), name);
  if (!directories) return directories.error();
  for (const std::filesystem::path& directory : *directories) {
    struct stat above {};
    if (stat(directory.c_str(), &above) != 0) {
      return plugin_error(
          "P102", name,
          "has a directory that cannot be checked: " + quote(directory.string()) + ": " + system_text(errno));
    }
    // In a sticky directory only the owner of a file may exchange it.
    if (!S_ISDIR(above.st_mode) || (above.st_mode & S_ISVTX) != 0) continue;
    if ((above.st_mode & kWritableByOthers) != 0) {
      return plugin_error("P114", name,
                          "lies below the directory " + quote(directory.string()) + ", which may be written by " +
                              std::string(writers(above.st_mode)) + ", who could exchange the file: chmod go-w " +
                              shell_word(directory.string()));
    }
  }
  return {};
}

Result<void> check_pin(std::string_view path, std::string_view sha256, std::string_view pinned) {
  const bool well_formed =
      pinned.size() == 64 && pinned.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
  if (!well_formed) {
    return plugin_error("P116", path,
                        "is pinned to " + quote(pinned) + ", which is no SHA-256 (64 hex digits); the file has " +
                            std::string(sha256) + ": correct the pin");
  }
  const bool equal =
      std::equal(pinned.begin(), pinned.end(), sha256.begin(), sha256.end(), [](char wanted, char found) {
        return (wanted >= 'A' && wanted <= 'F' ? static_cast<char>(wanted - 'A' + 'a') : wanted) == found;
      });
  if (!equal) {
    return plugin_error("P115", path,
                        "has SHA-256 " + std::string(sha256) + ", the config pins " + std::string(pinned) +
                            ": install the pinned file, or pin the new one if you trust it");
  }
  return {};
}

}  // namespace shunt
