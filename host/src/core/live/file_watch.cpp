// SPDX-License-Identifier: Apache-2.0
#include "live/file_watch.hpp"

#include <sys/inotify.h>

#include <algorithm>
#include <cstring>

namespace shunt::host {

namespace asio = boost::asio;

namespace {

// Not IN_MODIFY: who writes in place has closed the file when he is done.
constexpr std::uint32_t kEvents =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ATTRIB;

}  // namespace

FileWatch::FileWatch(asio::io_context& context) : state_(std::make_shared<State>(context)) {
  const int descriptor = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (descriptor < 0) return;
  state_->descriptor.assign(descriptor);
  wait(state_);
}

FileWatch::~FileWatch() {
  state_->watchers.clear();
  boost::system::error_code ignored;
  state_->descriptor.close(ignored);
}

bool FileWatch::watch(const std::filesystem::path& file, const std::function<void()>& changed) {
  std::error_code problem;
  const auto folder_of = [](const std::filesystem::path& path) {
    return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  };
  bool watched = add(folder_of(file), file, changed);
  const auto target = std::filesystem::canonical(file, problem);
  if (!problem) watched = add(folder_of(target), file, changed) && watched;
  return watched;
}

bool FileWatch::add(const std::filesystem::path& folder, const std::filesystem::path& file,
                    const std::function<void()>& changed) {
  if (!state_->descriptor.is_open()) return false;
  const int watch = ::inotify_add_watch(state_->descriptor.native_handle(), folder.c_str(), kEvents | IN_ONLYDIR);
  if (watch < 0) return false;
  auto& watchers = state_->watchers[watch];
  if (std::ranges::find(watchers, file, &Watcher::file) == watchers.end()) watchers.push_back({file, changed});
  return true;
}

void FileWatch::wait(const std::shared_ptr<State>& state) {
  state->descriptor.async_read_some(
      asio::buffer(state->events),
      [weak = std::weak_ptr(state)](const boost::system::error_code& problem, std::size_t bytes) {
        const auto self = weak.lock();
        if (!self || problem) return;
        std::vector<int> happened;
        std::vector<int> ended;
        bool lost = false;
        for (std::size_t at = 0; at + sizeof(inotify_event) <= bytes;) {
          inotify_event event;
          std::memcpy(&event, self->events.data() + at, sizeof event);
          at += sizeof event + event.len;
          lost = lost || (event.mask & IN_Q_OVERFLOW) != 0;
          if (std::ranges::find(happened, event.wd) == happened.end()) happened.push_back(event.wd);
          if ((event.mask & IN_IGNORED) != 0) ended.push_back(event.wd);
        }
        // The kernel kept no more events, and does not say in which folders they were.
        if (lost) {
          happened.clear();
          for (const auto& [watch, watchers] : self->watchers) happened.push_back(watch);
        }
        for (const int watch : happened) {
          const auto found = self->watchers.find(watch);
          if (found == self->watchers.end()) continue;
          const std::vector<Watcher> watchers = found->second;  // each may watch anew
          for (const Watcher& watcher : watchers) watcher.changed();
        }
        // The folder is gone, and its number never comes back: every swap of a mounted config leaves one.
        for (const int watch : ended) self->watchers.erase(watch);
        wait(self);
      });
}

}  // namespace shunt::host
