// SPDX-License-Identifier: Apache-2.0
#include "source_watch.hpp"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace shunt::host {

namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kChanges = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE;
constexpr int kQuietMilliseconds = 100;

// What editors write beside a file while they save it, and what compilers leave.
bool is_passing(const std::string& name) {
  return name.ends_with(".so") || name.ends_with(".o") || name.starts_with('.') || name.ends_with('~') ||
         name.ends_with(".swp") || name.ends_with(".tmp") ||
         name == "4913";  // vim's probe for whether it may create files
}

Error failed(const fs::path& path, int error) {
  return {ErrorKind::Operation, "E333",
          "cannot watch " + path.string() + ": " + std::generic_category().message(error)};
}

}  // namespace

bool SourceWatch::is_left_out(const fs::path& folder) const {
  const std::string name = folder.filename().string();
  return name == "build" || name == "target" || name.starts_with('.') || folder == results_;
}

Result<SourceWatch> SourceWatch::of(const fs::path& folder, const fs::path& results) {
  const int descriptor = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (descriptor == -1) return failed(folder, errno);
  SourceWatch watch(descriptor, folder, results.lexically_normal());
  if (auto begun = watch.watch_below(folder); !begun) return begun.error();
  return watch;
}

SourceWatch::SourceWatch(SourceWatch&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      folder_(std::move(other.folder_)),
      results_(std::move(other.results_)),
      watched_(std::move(other.watched_)) {}

SourceWatch::~SourceWatch() {
  if (descriptor_ != -1) ::close(descriptor_);
}

Result<void> SourceWatch::watch_below(const fs::path& folder) {
  const int watch = ::inotify_add_watch(descriptor_, folder.c_str(), kChanges | IN_ONLYDIR | IN_EXCL_UNLINK);
  if (watch == -1) return failed(folder, errno);
  watched_[watch] = folder;
  std::error_code gone;
  for (const auto& entry : fs::directory_iterator(folder, gone)) {
    if (!entry.is_directory(gone) || entry.is_symlink(gone) || is_left_out(entry.path())) continue;
    // A folder that vanishes meanwhile has nothing to tell.
    if (auto below = watch_below(entry.path()); !below && fs::exists(entry.path(), gone)) return below.error();
  }
  return {};
}

Result<void> SourceWatch::take_events(std::vector<std::string>& changed) {
  alignas(inotify_event) std::array<char, 16384> events;
  for (;;) {
    const ssize_t n = ::read(descriptor_, events.data(), events.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return errno == EAGAIN ? Result<void>() : failed(folder_, errno);
    for (std::size_t at = 0; at < static_cast<std::size_t>(n);) {
      inotify_event event;
      std::memcpy(&event, events.data() + at, sizeof event);
      const std::string name = event.len != 0 ? events.data() + at + sizeof event : "";
      at += sizeof event + event.len;
      if ((event.mask & IN_Q_OVERFLOW) != 0) {
        changed.emplace_back("(many files)");
        continue;
      }
      const auto where = watched_.find(event.wd);
      if ((event.mask & IN_IGNORED) != 0) watched_.erase(event.wd);
      if (where == watched_.end() || name.empty()) continue;
      const fs::path path = where->second / name;
      const bool is_folder = (event.mask & IN_ISDIR) != 0;
      if (is_folder ? is_left_out(path) : is_passing(name)) continue;
      // A new file is of interest when its writer has closed it; until then it may be empty.
      if (!is_folder && (event.mask & IN_CREATE) != 0) continue;
      changed.push_back(path.lexically_relative(folder_).string());
      if (is_folder && (event.mask & (IN_CREATE | IN_MOVED_TO)) != 0) {
        std::error_code gone;
        if (auto below = watch_below(path); !below && fs::exists(path, gone)) return below.error();
      }
    }
  }
}

Result<std::vector<std::string>> SourceWatch::wait() {
  std::vector<std::string> changed;
  for (;;) {
    pollfd ready{descriptor_, POLLIN, 0};
    const int n = ::poll(&ready, 1, changed.empty() ? -1 : kQuietMilliseconds);
    if (n < 0 && errno != EINTR) return failed(folder_, errno);
    if (n == 0) break;
    if (n < 0) continue;
    if (auto taken = take_events(changed); !taken) return taken.error();
  }
  std::ranges::sort(changed);
  const auto twice = std::ranges::unique(changed);
  changed.erase(twice.begin(), twice.end());
  return changed;
}

}  // namespace shunt::host
