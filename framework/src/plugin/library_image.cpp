// SPDX-License-Identifier: Apache-2.0
#include "plugin/library_image.hpp"

#include <sys/stat.h>
#include <unistd.h>
#include <shunt/framework/file_digest.hpp>

#include <cerrno>
#include <memory>
#include <optional>

#include "plugin/plugin_error.hpp"

namespace shunt::detail {
namespace {

constexpr int kAttempts = 4;

bool same_state(const struct stat& before, const struct stat& after) {
  return before.st_size == after.st_size && before.st_mtim.tv_sec == after.st_mtim.tv_sec &&
         before.st_mtim.tv_nsec == after.st_mtim.tv_nsec && before.st_ctim.tv_sec == after.st_ctim.tv_sec &&
         before.st_ctim.tv_nsec == after.st_ctim.tv_nsec;
}

// Fills `bytes`; 0, or errno. A file that became shorter is cut off here and noticed by the caller.
int read_all(int descriptor, std::vector<std::byte>& bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = pread(descriptor, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  bytes.resize(done);
  return 0;
}

}  // namespace

std::string LibraryImage::sha256() const {
  return text_sha256({reinterpret_cast<const char*>(bytes_.data()), bytes_.size()});
}

Result<LibraryImage> read_image(int descriptor, std::string_view path, const std::function<void()>& after_read) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    struct stat before {};
    struct stat after {};
    if (fstat(descriptor, &before) != 0) return plugin_error("P102", path, "cannot be read: " + system_text(errno));
    if (before.st_size < 0 || static_cast<std::uint64_t>(before.st_size) > kMaximumImageBytes) {
      return plugin_error("P104", path,
                          "has " + std::to_string(before.st_size) + " bytes, more than the " +
                              std::to_string(kMaximumImageBytes) +
                              " that a library may have: strip its debug sections");
    }
    std::vector<std::byte> bytes(static_cast<std::size_t>(before.st_size));
    if (const int error_number = read_all(descriptor, bytes); error_number != 0) {
      return plugin_error("P102", path, "cannot be read: " + system_text(error_number));
    }
    if (after_read) after_read();
    if (fstat(descriptor, &after) != 0) return plugin_error("P102", path, "cannot be read: " + system_text(errno));
    if (same_state(before, after) && bytes.size() == static_cast<std::size_t>(before.st_size)) {
      return LibraryImage(std::move(bytes));
    }
  }
  return plugin_error("P103", path,
                      "file changed while being read, " + std::to_string(kAttempts) +
                          " times in a row: install it under a temporary name and rename it when it is complete");
}

}  // namespace shunt::detail
