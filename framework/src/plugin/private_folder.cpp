// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <shunt/framework/private_folder.hpp>
#include <string>

namespace shunt {
namespace {

namespace fs = std::filesystem;

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

void remove_abandoned(const fs::path& parent, std::string_view prefix) {
  std::error_code failed;
  for (fs::directory_iterator entry(parent, failed), end; !failed && entry != end; entry.increment(failed)) {
    if (!entry->path().filename().native().starts_with(prefix)) continue;
    const int descriptor = lock(entry->path());
    if (descriptor == -1) continue;
    std::error_code ignored;
    fs::remove_all(entry->path(), ignored);
    close(descriptor);
  }
}

}  // namespace

PrivateFolder::~PrivateFolder() {
  std::error_code ignored;
  if (!path_.empty() && creator_ == getpid()) fs::remove_all(path_, ignored);
  if (lock_ != -1) close(lock_);
}

std::error_code PrivateFolder::make(const fs::path& parent, std::string_view prefix) {
  std::error_code failed;
  const fs::path absolute = fs::absolute(parent, failed);
  if (failed) return failed;
  remove_abandoned(absolute, prefix);
  while (path_.empty()) {
    std::string name = (absolute / prefix).native() + "XXXXXX";
    if (mkdtemp(name.data()) == nullptr) return {errno, std::generic_category()};
    lock_ = lock(name);
    // Until it had its lock it may have been taken for abandoned. Where there are no locks, nobody takes it for that.
    if (lock_ != -1 || (errno != EWOULDBLOCK && errno != ENOENT)) path_ = name;
  }
  creator_ = getpid();
  return {};
}

}  // namespace shunt
