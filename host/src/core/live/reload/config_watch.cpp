// SPDX-License-Identifier: Apache-2.0
#include "live/reload/config_watch.hpp"

#include <sys/stat.h>

#include <shunt/framework/file_digest.hpp>
#include <shunt/framework/library_search.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <ctime>
#include <utility>

#include "file_io.hpp"
#include "live/reload/rehearsal_material.hpp"

namespace shunt::host {

namespace json = boost::json;

namespace {

constexpr std::time_t kTickOfFilesS = 2;  // of the coarsest file systems

// A library that others may write to, or whose folder they may write to, is refused: what is done about that changes no byte of it.
std::string rights_of(const std::filesystem::path& file) {
  std::string text;
  for (const std::filesystem::path& one : {file, file.parent_path()}) {
    struct stat now {};
    if (::stat(one.c_str(), &now) != 0) return {};
    text += " " + std::to_string(now.st_mode) + ":" + std::to_string(now.st_uid);
  }
  return text;
}

}  // namespace

ConfigWatch::ConfigWatch(boost::asio::io_context& context, std::function<void()> changed)
    : timer_(context), files_(context), changed_(std::move(changed)) {}

void ConfigWatch::begin() {
  if (on_) known_ = seen_ = contents();
}

void ConfigWatch::follow(const std::string& config_file, const Workspace& workspace, bool try_again) {
  const ReloadSettings& settings = workspace.host_settings().reload;
  on_ = settings.watch;
  try_again_ = try_again || std::exchange(take_over_try_, false);
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
    if (!library->sha256().empty()) loaded[library->path()] = library->sha256() + rights_of(library->path());
  }
  libraries_.clear();
  for (const auto& [file, sha256] : loaded) {
    if (file != config_file) libraries_.push_back(file);
  }
  Contents now = contents();
  for (const auto& [file, content] : std::exchange(taken_over_, {})) {
    if (const auto found = now.find(file); found != now.end() && found->second == content) known_[file] = content;
  }
  // A reload that has been refused has read other contents.
  known_.merge(loaded);
  known_.merge(now);
  watch();
  seen_.clear();
  wait(settle_, true);
}

void ConfigWatch::take_over(const std::filesystem::path& file) {
  std::error_code failed;
  if (file.empty() || !std::filesystem::exists(file, failed)) return;
  const auto text = read_file(file);
  if (!text) return;
  try {
    const json::value told = json::parse(*text, {}, any_bytes());
    take_over_try_ = told.at("tryAgain").as_bool();
    for (const auto& [name, content] : told.at("files").as_object()) {
      taken_over_[std::string(name)] = std::string(content.as_string());
    }
  } catch (const std::exception&) {
    // From a worker of another version, perhaps. Then what differs from what runs is tried.
    taken_over_.clear();
  }
}

void ConfigWatch::hand_on(const std::filesystem::path& file) const {
  if (file.empty() || !on_) return;
  json::object files;
  for (const auto& [name, content] : known_) files[name.string()] = content;
  // Where it cannot be written, the next worker tries once more what has been tried.
  (void)write_file(file, json::serialize(json::object{{"tryAgain", try_again_}, {"files", std::move(files)}}));
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
  found[config_file_] = sha256_of(config_file_);
  for (const std::filesystem::path& library : libraries_) found[library] = content(library);
  if (const auto files = find_libraries(folders_)) {
    for (const std::filesystem::path& file : *files) found.try_emplace(file, content(file));
  }
  return found;
}

std::string ConfigWatch::content(const std::filesystem::path& file) {
  std::string sha256 = sha256_of(file);
  return sha256.empty() ? sha256 : sha256 + rights_of(file);
}

// Libraries are large, and their folder may be busy: what has not been touched since is not read again. What was written a moment
// ago may be written once more within the same tick of the file's clock, so that is.
std::string ConfigWatch::sha256_of(const std::filesystem::path& file) {
  struct stat now {};
  if (::stat(file.c_str(), &now) != 0) return {};
  const Stamp stamp{now.st_dev, now.st_ino, now.st_size, now.st_mtim.tv_sec, now.st_mtim.tv_nsec, {}, false};
  Stamp& known = stamps_[file];
  if (known.settled && stamp.same_file(known)) return known.sha256;
  known = stamp;
  known.settled = std::time(nullptr) - now.st_mtim.tv_sec > kTickOfFilesS;
  // No config is that large, so it need not be read to see that it is another one.
  const bool readable = file != config_file_ || now.st_size <= static_cast<off_t>(Document::kMaxBytes);
  known.sha256 = readable ? file_sha256(file) : "of " + std::to_string(now.st_size) + " bytes";
  return known.sha256;
}

}  // namespace shunt::host
