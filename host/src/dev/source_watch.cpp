// SPDX-License-Identifier: Apache-2.0
#include "source_watch.hpp"

#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "process/interruption.hpp"

namespace shunt::host {

namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kChanges = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE;
constexpr int kQuietMilliseconds = 100;
// From one look whether the folder is still the same to the next: the kernel may tell late, or never.
constexpr int kLookMilliseconds = 500;

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

std::pair<std::uint64_t, std::uint64_t> identity_of(const fs::path& folder) {
  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0) return {};
  return {status.st_dev, status.st_ino};
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
  if (auto begun = watch.watch_all(); !begun) return begun.error();
  return watch;
}

SourceWatch::SourceWatch(SourceWatch&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      folder_(std::move(other.folder_)),
      results_(std::move(other.results_)),
      watched_(std::move(other.watched_)),
      watch_(other.watch_),
      identity_(other.identity_) {}

SourceWatch::~SourceWatch() {
  if (descriptor_ != -1) ::close(descriptor_);
}

Result<void> SourceWatch::watch_all() {
  identity_ = identity_of(folder_);
  if (auto begun = watch_below(folder_); !begun) return begun;
  // Adding it once more answers with the watch that it has.
  watch_ = ::inotify_add_watch(descriptor_, folder_.c_str(), kChanges | IN_ONLYDIR | IN_EXCL_UNLINK);
  return {};
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
      if ((event.mask & IN_IGNORED) != 0) watched_.erase(event.wd);
      const auto where = watched_.find(event.wd);
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

bool SourceWatch::is_same_folder() const { return watched_.contains(watch_) && identity_of(folder_) == identity_; }

// A folder that was made anew is another one to the kernel. False while there is none.
Result<bool> SourceWatch::find_again() {
  for (const auto& [watch, folder] : watched_) ::inotify_rm_watch(descriptor_, watch);
  watched_.clear();
  std::error_code gone;
  if (!fs::exists(folder_, gone)) return false;
  if (auto begun = watch_all(); !begun && fs::exists(folder_, gone)) return begun.error();
  return is_same_folder();
}

Result<std::vector<std::string>> SourceWatch::wait() {
  std::vector<std::string> changed;
  for (;;) {
    std::array<pollfd, 2> ready{{{descriptor_, POLLIN, 0}, {process::Interruption::descriptor(), POLLIN, 0}}};
    const int n = ::poll(ready.data(), ready.size(), changed.empty() ? kLookMilliseconds : kQuietMilliseconds);
    process::Interruption::check();
    if (n < 0 && errno != EINTR) return failed(folder_, errno);
    if (n > 0) {
      if (auto taken = take_events(changed); !taken) return taken.error();
    } else if (!is_same_folder()) {
      const auto found = find_again();
      if (!found) return found.error();
      if (*found) changed.emplace_back(".");
    } else if (n == 0 && !changed.empty()) {
      break;
    }
  }
  std::ranges::sort(changed);
  const auto twice = std::ranges::unique(changed);
  changed.erase(twice.begin(), twice.end());
  return changed;
}

}  // namespace shunt::host
