// SPDX-License-Identifier: Apache-2.0
#include "contain/crash_keeper.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include <shunt/framework/json_text.hpp>

#include <algorithm>
#include <map>
#include <system_error>
#include <utility>

#include "contain/crash_bundle.hpp"
#include "contain/state_folder.hpp"
#include "file_io.hpp"
#include "live/log_format.hpp"

namespace shunt::host {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kReports = 32;
constexpr std::size_t kShownDigits = 12;

bool can_be_written(const fs::path& folder) {
  std::error_code failed;
  make_state_folder(folder, failed);
  return !folder.empty() && access(folder.c_str(), W_OK | X_OK) == 0;
}

fs::path free_name(const CrashReport& report, const fs::path& folder) {
  std::string time = report.time;
  std::erase(time, ':');
  fs::path name = folder / ("crash-" + time + ".json");
  std::error_code ignored;
  for (int i = 2; fs::exists(name, ignored); ++i) name = folder / ("crash-" + time + "-" + std::to_string(i) + ".json");
  return name;
}

std::vector<QuarantinedLibrary> merged(std::vector<QuarantinedLibrary> all,
                                       const std::vector<QuarantinedLibrary>& more) {
  for (const QuarantinedLibrary& library : more) {
    if (std::ranges::find(all, library.sha256, &QuarantinedLibrary::sha256) == all.end()) all.push_back(library);
  }
  return all;
}

// A worker that is lost again and again must not fill the disk. A bundle may be there without its report, where that could not be
// written or somebody has removed it.
void forget_old(const fs::path& folder) {
  std::map<fs::path, fs::file_time_type> newest;  // of report and bundle, by their name without extension
  std::error_code ignored;
  for (fs::directory_iterator entry(folder, ignored), end; !ignored && entry != end; entry.increment(ignored)) {
    fs::path path = entry->path();
    const bool known = path.extension() == ".json" || !path.has_extension();
    if (!known || !path.filename().string().starts_with("crash-")) continue;
    std::error_code gone;
    const auto written = fs::last_write_time(path, gone);
    if (gone) continue;
    auto& time = newest.try_emplace(path.replace_extension(), written).first->second;
    time = std::max(time, written);
  }
  std::vector<std::pair<fs::file_time_type, fs::path>> all;
  for (const auto& [path, time] : newest) all.emplace_back(time, path);
  std::ranges::sort(all, std::ranges::greater());
  for (std::size_t i = kReports; i < all.size(); ++i) {
    fs::remove_all(all[i].second, ignored);
    fs::remove(all[i].second.replace_extension(".json"), ignored);
  }
}

}  // namespace

CrashKeeper::CrashKeeper(fs::path state_folder, fs::path run_folder, Console& console)
    : folder_(std::move(state_folder)), run_folder_(std::move(run_folder)), console_(console) {
  std::error_code failed;
  // Made when there is something to write; whether that will work can be asked of what is there already.
  fs::path there = folder_;
  while (!there.empty() && there != there.root_path() && !fs::exists(there, failed)) there = there.parent_path();
  if (!folder_.empty() && access(there.c_str(), W_OK | X_OK) == 0) return;
  folder_ = run_folder_;
}

// What protects the next worker comes first, and what takes most space last.
bool CrashKeeper::keep(CrashReport& report, const WorkerPage& page, const fs::path& inputs) {
  narrow_down(report);
  Place place = write_report(report, folder_);
  if (place.report.empty() && folder_ != run_folder_) {
    const std::string problem = std::exchange(place.problem, {});
    place = write_report(report, run_folder_);
    console_.message("the report of a crash could not be kept in the state folder: " + problem);
  }
  std::string line = report.sentence();
  line += place.report.empty() ? "; there is no report: " + place.problem : "; report: " + place.report.string();
  bool added = false;
  if (report.guilty && !report.guilty->sha256.empty()) {
    const auto before = quarantined();
    added = std::ranges::find(before, report.guilty->sha256, &QuarantinedLibrary::sha256) == before.end();
    line += put_into_quarantine(report, place.report);
  }
  if (!place.report.empty()) {
    fs::path bundle = place.report;
    report.bundle = keep_crash_bundle(report, inputs, bundle.replace_extension());
    if (report.bundle.empty() && place.report.parent_path() != run_folder_) {
      report.bundle = keep_crash_bundle(report, inputs, run_folder_ / bundle.filename());
    }
    if (!report.bundle.empty() && !write_file(place.report, json_text(report.to_json()) + "\n")) {
      line += "; what it was called with: " + report.bundle;
    }
  }
  log(page, line);
  std::error_code ignored;
  fs::remove_all(inputs, ignored);
  forget_old(folder_);
  if (folder_ != run_folder_) forget_old(run_folder_);
  return added;
}

CrashKeeper::Place CrashKeeper::write_report(const CrashReport& report, const fs::path& folder) const {
  if (!can_be_written(folder)) return {{}, folder.string() + " cannot be written to"};
  fs::path file = free_name(report, folder);
  const auto written = write_file(file, json_text(report.to_json()) + "\n");
  return written ? Place{std::move(file), {}} : Place{{}, written.error().message};
}

// Answers how that went, for the log.
std::string CrashKeeper::put_into_quarantine(const CrashReport& report, const fs::path& file) {
  const PluginCall& call = *report.guilty;
  const QuarantinedLibrary entry{call.sha256,   call.library,    call.instance, call.type,
                                 call.function, report.reason(), report.time,   file.string()};
  std::string said = "; the library is quarantined (" + call.sha256.substr(0, kShownDigits) + ")";
  const auto added = Quarantine(folder_).add(entry);
  const auto same = [&entry](const QuarantinedLibrary& other) { return other.sha256 == entry.sha256; };
  std::erase_if(unwritten_, same);
  if (!added) {
    unwritten_.push_back(entry);
    return said + " until this host ends, and not beyond: " + added.error().message;
  }
  std::erase_if(last_read_, same);
  last_read_.push_back(entry);
  if (!*added) said += ", though another process keeps " + folder_.string() + " locked";
  return said;
}

std::vector<QuarantinedLibrary> CrashKeeper::quarantined() {
  if (auto read = Quarantine(folder_).read()) last_read_ = *std::move(read);
  return merged(last_read_, unwritten_);
}

std::vector<QuarantinedLibrary> CrashKeeper::unwritten() {
  std::erase_if(unwritten_, [this](const QuarantinedLibrary& library) {
    if (!Quarantine(folder_).add(library)) return false;
    last_read_.push_back(library);
    return true;
  });
  const auto read = Quarantine(folder_).read();
  return read ? unwritten_ : merged(last_read_, unwritten_);
}

// A worker that says nothing leaves suspects only. Who is among them each time is guilty.
void CrashKeeper::narrow_down(CrashReport& report) {
  if (report.guilty || report.others.empty()) return;
  if (report.cause == EndCause::Killed || report.cause == EndCause::Ended) return;
  std::set<std::string> now;
  for (const PluginCall& call : report.others) now.insert(call.sha256);
  if (suspects_.empty()) {
    suspects_ = std::move(now);
    return;
  }
  std::erase_if(suspects_, [&](const std::string& sha256) { return !now.contains(sha256); });
  if (suspects_.size() != 1) return;
  const auto found = std::ranges::find(report.others, *suspects_.begin(), &PluginCall::sha256);
  report.guilty = *found;
  report.guilty_because = "it was running each time that a worker was lost like this";
  suspects_.clear();
}

// In the form of the worker's own lines, which can write none any more.
void CrashKeeper::log(const WorkerPage& page, const std::string& line) const {
  if (page.log_known.load(std::memory_order_acquire) == 0) return console_.message(line);
  try {
    const std::string file(page.log_file, strnlen(page.log_file, sizeof page.log_file));
    std::shared_ptr<spdlog::sinks::sink> sink;
    if (file.empty()) {
      sink = std::make_shared<spdlog::sinks::stderr_sink_st>();
    } else {
      sink = std::make_shared<spdlog::sinks::basic_file_sink_st>(file);
    }
    sink->set_formatter(make_log_formatter(page.log_json != 0));
    spdlog::logger logger("supervisor", sink);
    logger.error("{}", line);
    logger.flush();
  } catch (const std::exception&) {
    console_.message(line);
  }
}

}  // namespace shunt::host
