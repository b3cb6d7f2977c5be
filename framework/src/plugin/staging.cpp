// SPDX-License-Identifier: Apache-2.0
#include "plugin/staging.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <vector>

#include "plugin/plugin_error.hpp"

namespace shunt::detail {
namespace {

bool is_noexec(const std::filesystem::path& directory) {
  struct statvfs mount {};
  return statvfs(directory.c_str(), &mount) == 0 && (mount.f_flag & ST_NOEXEC) != 0;
}

// A runtime directory that was inherited from another user (su, sudo) is not ours to use.
bool is_own_directory(const char* name) {
  struct stat status {};
  return name != nullptr && *name == '/' && stat(name, &status) == 0 && S_ISDIR(status.st_mode) &&
         status.st_uid == geteuid();
}

std::vector<std::filesystem::path> default_parents() {
  std::vector<std::filesystem::path> parents;
  if (const char* runtime = std::getenv("XDG_RUNTIME_DIR"); is_own_directory(runtime)) parents.emplace_back(runtime);
  std::error_code error;
  const std::filesystem::path temporary = std::filesystem::temp_directory_path(error);
  if (!error) parents.push_back(temporary);
  return parents;
}

// 0, or errno.
int write_file(const std::filesystem::path& file, std::span<const std::byte> bytes) {
  const int descriptor = open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
  if (descriptor < 0) return errno;
  int failure = 0;
  while (!bytes.empty() && failure == 0) {
    const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
    if (count >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      failure = errno;
    }
  }
  if (failure == 0 && fchmod(descriptor, S_IRUSR | S_IXUSR) != 0) failure = errno;
  if (close(descriptor) != 0 && failure == 0) failure = errno;
  if (failure != 0) unlink(file.c_str());
  return failure;
}

}  // namespace

Result<void> StagingDirectory::create(std::string_view source) {
  const std::vector<std::filesystem::path> parents = parent_.empty() ? default_parents() : std::vector{parent_};
  std::vector<std::string> failures;
  for (const std::filesystem::path& parent : parents) {
    if (is_noexec(parent)) {
      failures.push_back(quote(parent.string()) + " is mounted noexec");
      continue;
    }
    const std::error_code failed = folder_.make(parent, "shunt-copies-");
    if (!failed) return {};
    failures.push_back(quote(parent.string()) + ": " + failed.message());
  }
  return plugin_error("P168", source,
                      "cannot be copied to a private place (" + joined(failures) +
                          "): free or name a directory that this process may write to and execute from");
}

Result<std::filesystem::path> StagingDirectory::write(std::span<const std::byte> bytes, std::string_view sha256,
                                                      const std::filesystem::path& source,
                                                      const std::filesystem::path& copy) {
  if (path().empty()) {
    if (Result<void> created = create(source.string()); !created) return created.error();
  }
  constexpr std::size_t kDigits = 12;
  constexpr std::size_t kNameBytes = 100;  // file names have an upper limit, and the end is the telling part
  const std::string base = source.filename().string();
  const std::string shown = base.size() > kNameBytes ? base.substr(base.size() - kNameBytes) : base;
  std::filesystem::path file =
      path() / (std::string(sha256.substr(0, kDigits)) + '-' + std::to_string(next_++) + '-' + shown);
  if (!copy.empty() && link(copy.c_str(), file.c_str()) == 0) return file;
  if (const int failure = write_file(file, bytes); failure != 0) {
    return plugin_error("P168", source.string(),
                        "cannot be copied to " + quote(file.string()) + ": " + system_text(failure) +
                            "; free space there or name another staging directory");
  }
  return file;
}

}  // namespace shunt::detail
