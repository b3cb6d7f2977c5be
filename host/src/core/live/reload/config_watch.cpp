// SPDX-License-Identifier: Apache-2.0
#include "live/reload/config_watch.hpp"

#include <shunt/framework/file_digest.hpp>
#include <shunt/framework/instance.hpp>

#include <algorithm>
#include <utility>

namespace shunt::host {

ConfigWatch::ConfigWatch(boost::asio::io_context& context, std::function<void()> changed)
    : timer_(context), files_(context), changed_(std::move(changed)) {}

void ConfigWatch::begin() {
  if (on_) known_ = seen_ = contents();
}

void ConfigWatch::follow(const std::string& config_file, const Workspace& workspace) {
  const ReloadSettings& settings = workspace.host_settings().reload;
  on_ = settings.watch;
  settle_ = std::chrono::milliseconds(settings.settle_ms);
  poll_ = std::chrono::milliseconds(settings.poll_ms);
  if (!on_) {
    timer_.cancel();
    return;
  }
  // What was loaded is known exactly, whatever the files hold by now.
  Contents known;
  watched_ = {config_file};
  const auto read = known_.find(config_file);
  known[config_file] = read != known_.end() ? read->second : file_sha256(config_file);
  for (const auto& instance : workspace.generation()->instances()) {
    // Of equal bytes elsewhere the instance itself may come; what counts is where the config takes them from.
    const RegisteredType* type = workspace.registry().find(instance->type());
    const auto& library = type == nullptr ? instance->library() : type->library;
    if (library->sha256().empty() || known.contains(library->path())) continue;
    watched_.push_back(library->path());
    const auto refused = known_.find(library->path());
    known[library->path()] = refused != known_.end() ? refused->second : library->sha256();
  }
  known_ = std::move(known);
  for (const std::filesystem::path& file : watched_) (void)files_.watch(file, [this] { wait(settle_); });
  seen_.clear();
  wait(settle_);
}

void ConfigWatch::wait(std::chrono::milliseconds time) {
  timer_.expires_after(time);
  timer_.async_wait([this](const boost::system::error_code& stopped) {
    if (!stopped) look();
  });
}

// A file that is written at this moment is another one at each look; one that is gone for the moment comes back.
void ConfigWatch::look() {
  if (!on_) return;
  const Contents before = std::exchange(seen_, contents());
  for (const std::filesystem::path& file : watched_) (void)files_.watch(file, [this] { wait(settle_); });
  if (seen_ == known_) return wait(poll_);
  // Where a file is gone for the moment, another one is on its way.
  const bool complete = std::ranges::none_of(seen_, [](const auto& file) { return file.second.empty(); });
  if (seen_ != before || !complete) return wait(settle_);
  known_ = seen_;
  changed_();
  wait(poll_);
}

ConfigWatch::Contents ConfigWatch::contents() const {
  Contents found;
  for (const std::filesystem::path& file : watched_) found[file] = file_sha256(file);
  return found;
}

}  // namespace shunt::host
