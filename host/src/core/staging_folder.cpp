// SPDX-License-Identifier: Apache-2.0
#include "staging_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>

namespace shunt::host {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "shunt-staging-";

// A lock ends with the process that holds it, however that ends, and counts across containers, where process numbers do not.
// -1 and errno where somebody has it (EWOULDBLOCK) or the folder is gone (ENOENT), not ours, or on a file system without locks.
int lock(const fs::path& folder) {
  const int descriptor = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (descriptor == -1) return -1;
  struct stat status {};
  int error = EPERM;
  if (fstat(descriptor, &status) == 0 && status.st_uid == geteuid()) {
    if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
      error = errno;
    } else if (fstat(descriptor, &status) == 0 && status.st_nlink > 0) {
      return descriptor;
    } else {
      error = ENOENT;  // somebody who tidies up was faster
    }
  }
  close(descriptor);
  errno = error;
  return -1;
}

void remove_abandoned(const fs::path& parent) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(parent, ignored)) {
    if (!entry.path().filename().string().starts_with(kPrefix)) continue;
    const int descriptor = lock(entry.path());
    if (descriptor == -1) continue;
    fs::remove_all(entry.path(), ignored);
    close(descriptor);
  }
}

}  // namespace

StagingFolder::StagingFolder() {
  std::error_code failure;
  const fs::path parent = fs::temp_directory_path(failure);
  if (failure) return;
  remove_abandoned(parent);
  while (path_.empty()) {
    std::string name = (parent / kPrefix).string() + "XXXXXX";
    if (mkdtemp(name.data()) == nullptr) return;
    lock_ = lock(name);
    // Until it had its lock it may have been taken for abandoned. Where there are no locks, nobody takes it for that.
    if (lock_ != -1 || (errno != EWOULDBLOCK && errno != ENOENT)) path_ = name;
  }
}

StagingFolder::~StagingFolder() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
  if (lock_ != -1) close(lock_);
}

bool StagingFolder::made(Console& console) const {
  if (!path_.empty()) return true;
  console.error("", "no folder could be made for the copies of libraries", "",
                {"set TMPDIR to one that can be written"});
  return false;
}

}  // namespace shunt::host
