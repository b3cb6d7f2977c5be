// SPDX-License-Identifier: Apache-2.0
#include "live/reload/config_watch.hpp"

#include <sys/stat.h>

#include <shunt/framework/file_digest.hpp>
#include <shunt/framework/library_search.hpp>

#include <algorithm>
#include <ctime>
#include <utility>

namespace shunt::host {

namespace {

constexpr std::time_t kTickOfFilesS = 2;  // of the coarsest file systems

}  // namespace

ConfigWatch::ConfigWatch(boost::asio::io_context& context, std::function<void()> changed)
    : timer_(context), files_(context), changed_(std::move(changed)) {}

void ConfigWatch::begin() {
  if (on_) known_ = seen_ = contents();
}

void ConfigWatch::follow(const std::string& config_file, const Workspace& workspace, bool try_again) {
  const ReloadSettings& settings = workspace.host_settings().reload;
  on_ = settings.watch;
  try_again_ = try_again;
  settle_ = std::chrono::milliseconds(settings.settle_ms);
  poll_ = std::chrono::milliseconds(settings.poll_ms);
  if (!on_) {
    timer_.cancel();
    return;
  }
  config_file_ = config_file;
  folders_ = workspace.plugin_path().directories();
  // What was loaded is known exactly, whatever the files hold by now.
  Contents loaded;
  if (const auto& document = workspace.config()->document; document != nullptr) {
    loaded[config_file] = text_sha256(document->text());
  }
  for (const auto& library : workspace.registry().libraries()) {
    if (!library->sha256().empty()) loaded[library->path()] = library->sha256();
  }
  libraries_.clear();
  for (const auto& [file, sha256] : loaded) {
    if (file != config_file) libraries_.push_back(file);
  }
  // A reload that has been refused has read other contents.
  known_.merge(loaded);
  for (auto& [file, sha256] : contents()) known_.try_emplace(file, std::move(sha256));
  watch();
  seen_.clear();
  wait(settle_, true);
}

// Also for files that are not there yet: a library may come after the config that needs it.
void ConfigWatch::watch() {
  (void)files_.watch(config_file_, [this] { stir(); });
  for (const std::filesystem::path& library : libraries_) (void)files_.watch(library, [this] { stir(); });
  for (const std::filesystem::path& folder : folders_) (void)files_.watch(folder / "any", [this] { stir(); });
}

// Other files of the same folder may change without a pause: what is due soon is not put off for them.
void ConfigWatch::stir() {
  if (!soon_) wait(settle_, true);
}

void ConfigWatch::wait(std::chrono::milliseconds time, bool soon) {
  soon_ = soon;
  timer_.expires_after(time);
  timer_.async_wait([this](const boost::system::error_code& stopped) {
    if (!stopped) look();
  });
}

// A file that is written at this moment is another one at each look; one that is gone for the moment comes back.
void ConfigWatch::look() {
  if (!on_) return;
  const bool was_soon = std::exchange(soon_, false);
  const Contents before = std::exchange(seen_, contents());
  watch();
  if (seen_ == known_ && !(try_again_ && !was_soon)) return wait(poll_, false);
  // Where the config is gone for the moment, another one is on its way.
  if (seen_ != known_ && (seen_ != before || seen_[config_file_].empty())) return wait(settle_, true);
  known_ = seen_;
  changed_();
  wait(poll_, false);
}

ConfigWatch::Contents ConfigWatch::contents() {
  Contents found;
  found[config_file_] = content(config_file_);
  for (const std::filesystem::path& library : libraries_) found[library] = content(library);
  if (const auto files = find_libraries(folders_)) {
    for (const std::filesystem::path& file : *files) found.try_emplace(file, content(file));
  }
  return found;
}

// Libraries are large, and their folder may be busy: what has not been touched since is not read again. What was written a moment
// ago may be written once more within the same tick of the file's clock, so that is.
std::string ConfigWatch::content(const std::filesystem::path& file) {
  struct stat now {};
  if (::stat(file.c_str(), &now) != 0) return {};
  const Stamp stamp{now.st_dev, now.st_ino, now.st_size, now.st_mtim.tv_sec, now.st_mtim.tv_nsec, {}, false};
  Stamp& known = stamps_[file];
  if (known.settled && stamp.same_file(known)) return known.sha256;
  known = stamp;
  known.settled = std::time(nullptr) - now.st_mtim.tv_sec > kTickOfFilesS;
  known.sha256 = file_sha256(file);
  return known.sha256;
}

}  // namespace shunt::host
