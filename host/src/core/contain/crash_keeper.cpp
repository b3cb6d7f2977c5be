// SPDX-License-Identifier: Apache-2.0
#include "contain/crash_keeper.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include <shunt/framework/json_text.hpp>

#include <algorithm>
#include <system_error>

#include "contain/state_folder.hpp"
#include "file_io.hpp"
#include "live/log_format.hpp"

namespace shunt::host {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kReports = 32;
constexpr std::string_view kReadMe =
    "config.json, endpoints.json and requests.jsonl are what the plugin was called with, options.json has seed and "
    "time\n"
    "(now_ns), and library.so is the library as it was loaded. To decide the same again, for example under a "
    "debugger:\n"
    "\n"
    "  shunt schedule -c config.json --endpoints endpoints.json --requests requests.jsonl\n"
    "\n"
    "The request is as confidential as the traffic: it holds the prompt.\n";

bool can_be_written(const fs::path& folder) {
  std::error_code failed;
  make_state_folder(folder, failed);
  return !folder.empty() && access(folder.c_str(), W_OK | X_OK) == 0;
}

}  // namespace

CrashKeeper::CrashKeeper(fs::path state_folder, fs::path run_folder, Console& console)
    : folder_(std::move(state_folder)), console_(console) {
  std::error_code failed;
  // Made when there is something to write; whether that will work can be asked of what is there already.
  fs::path there = folder_;
  while (!there.empty() && there != there.root_path() && !fs::exists(there, failed)) there = there.parent_path();
  if (!folder_.empty() && access(there.c_str(), W_OK | X_OK) == 0) return;
  folder_ = std::move(run_folder);
}

void CrashKeeper::keep(CrashReport& report, const WorkerPage& page, const fs::path& inputs) {
  narrow_down(report);
  std::error_code ignored;
  if (!can_be_written(folder_)) {
    console_.message("the report of a crash cannot be written to " + folder_.string());
  }
  const fs::path file = free_name(report);
  fs::path bundle = file;
  bundle.replace_extension();
  report.bundle = keep_bundle(report, inputs, bundle);
  if (const auto written = write_file(file, json_text(report.to_json()) + "\n"); !written) {
    console_.message(written.error().message);
  }
  std::string line = report.sentence() + "; report: " + file.string();
  if (report.guilty && !report.guilty->sha256.empty()) {
    const PluginCall& call = *report.guilty;
    const auto added = Quarantine(folder_).add({call.sha256, call.library, call.instance, call.type, call.function,
                                                report.reason(), report.time, file.string()});
    line += added ? "; the library is quarantined (" + call.sha256.substr(0, 12) + ")"
                  : "; the library could not be quarantined: " + added.error().message;
  }
  log(page, line);
  fs::remove_all(inputs, ignored);
  forget_old();
}

fs::path CrashKeeper::free_name(const CrashReport& report) const {
  std::string time = report.time;
  std::erase(time, ':');
  fs::path name = folder_ / ("crash-" + time + ".json");
  std::error_code ignored;
  for (int i = 2; fs::exists(name, ignored); ++i)
    name = folder_ / ("crash-" + time + "-" + std::to_string(i) + ".json");
  return name;
}

// Where the worker had no chance to write its inputs there is nothing to decide again.
std::string CrashKeeper::keep_bundle(const CrashReport& report, const fs::path& inputs, const fs::path& to) const {
  std::error_code failed;
  if (!fs::exists(inputs / "requests.jsonl", failed)) return {};
  fs::create_directories(to, failed);
  fs::permissions(to, fs::perms::owner_all, failed);
  fs::copy(inputs, to, fs::copy_options::overwrite_existing | fs::copy_options::recursive, failed);
  if (failed) return {};
  if (report.guilty) {
    const fs::path library = inputs.parent_path() / (report.guilty->sha256 + ".so");
    fs::copy_file(library, to / "library.so", fs::copy_options::overwrite_existing, failed);
  }
  (void)write_file(to / "README", kReadMe);
  return to.string();
}

// A worker that is lost again and again must not fill the disk.
void CrashKeeper::forget_old() const {
  std::vector<fs::path> reports;
  std::error_code ignored;
  for (fs::directory_iterator entry(folder_, ignored), end; !ignored && entry != end; entry.increment(ignored)) {
    const fs::path& path = entry->path();
    if (path.extension() == ".json" && path.filename().string().starts_with("crash-")) reports.push_back(path);
  }
  std::ranges::sort(reports, std::ranges::greater(), [&](const fs::path& path) {
    std::error_code gone;
    return fs::last_write_time(path, gone);
  });
  for (std::size_t i = kReports; i < reports.size(); ++i) {
    fs::remove(reports[i], ignored);
    fs::remove_all(reports[i].replace_extension(), ignored);
  }
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
