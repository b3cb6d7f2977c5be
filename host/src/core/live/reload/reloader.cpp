// SPDX-License-Identifier: Apache-2.0
#include "live/reload/reloader.hpp"

#include <pthread.h>

#include <spdlog/spdlog.h>
#include <boost/asio/post.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <future>
#include <sstream>
#include <utility>

#include "live/live_host.hpp"
#include "live/reload/config_watch.hpp"
#include "live/reload/rehearsal.hpp"
#include "live/served_config.hpp"
#include "schedule_inputs.hpp"

namespace shunt::host {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kReportsKept = 32;
// For the rehearsal. More would only make it longer.
constexpr std::size_t kRecordsSearched = 256;
constexpr std::size_t kRecordedBytes = std::size_t{8} << 20;

// Runs on the keeper's thread, and is over when this returns.
template <class Work>
void run_on_keeper(EndpointKeeper& keeper, Work&& work) {
  std::packaged_task<void()> task(std::forward<Work>(work));
  keeper.post([&task] { task(); });
  task.get_future().get();
}

// Those of the newest decisions with a bundle, as lines of the requests file.
std::vector<std::string> recorded_requests(const DecisionRing& ring) {
  std::vector<std::string> requests;
  std::size_t bytes = 0;
  const auto records = ring.after(0, kRecordsSearched);
  for (auto record = records.rbegin(); record != records.rend() && bytes < kRecordedBytes; ++record) {
    if ((*record)->bundle.empty()) continue;
    boost::system::error_code wrong;
    const boost::json::value bundle = boost::json::parse((*record)->bundle, wrong);
    const boost::json::value* request = wrong ? nullptr : bundle.as_object().if_contains("request");
    if (request == nullptr) continue;
    requests.push_back(boost::json::serialize(*request));
    bytes += requests.back().size();
  }
  return requests;
}

}  // namespace

Reloader::Reloader(LiveHost& host, ReloadSource source, std::shared_ptr<const Workspace> workspace)
    : host_(host), source_(std::move(source)), current_(std::move(workspace)), guard_(asio::make_work_guard(context_)) {
  mapped_.store(current_->mapped_libraries(), std::memory_order_relaxed);
}

Reloader::~Reloader() { stop(); }

void Reloader::start() {
  if (!source_.config.empty() && source_.config != "-") {
    watch_ = std::make_unique<ConfigWatch>(context_, [this] { reload({ReloadCause::File}); });
    watch_->follow(source_.config, *current_);
  }
  thread_ = std::thread([this] { run(); });
}

void Reloader::stop() {
  if (!thread_.joinable()) return;
  asio::post(context_, [this] { context_.stop(); });
  thread_.join();
  watch_.reset();
  const std::lock_guard lock(waiting_mutex_);
  waiting_.clear();
}

void Reloader::put_off(std::function<void()> work) {
  {
    const std::lock_guard lock(waiting_mutex_);
    waiting_.push_back(std::move(work));
  }
  asio::post(context_, [this] {
    std::function<void()> next;
    {
      const std::lock_guard lock(waiting_mutex_);
      next = std::move(waiting_.front());
      waiting_.pop_front();
    }
    next();
  });
}

void Reloader::run() {
  pthread_setname_np(pthread_self(), "shunt-reload");
  while (!context_.stopped()) {
    try {
      context_.run();
    } catch (const std::exception& error) {
      spdlog::error("reload: {}", error.what());
    }
  }
}

void Reloader::reload(ReloadRequest request, Done done) {
  put_off([this, request, done = std::move(done)] { finish(reload_now(request), done); });
}

void Reloader::rollback(bool dry_run, Done done) {
  put_off([this, dry_run, done = std::move(done)] { finish(rollback_now(dry_run), done); });
}

void Reloader::tell_of_current() {
  put_off([this] {
    if (hear_published_) hear_published_(*current_);
  });
}

std::vector<ReloadReport> Reloader::reports() const {
  const std::lock_guard lock(reports_mutex_);
  return {reports_.rbegin(), reports_.rend()};
}

std::uint64_t Reloader::count(ReloadCause cause, ReloadResult result) const {
  return counts_[static_cast<std::size_t>(cause)][static_cast<std::size_t>(result)].load(std::memory_order_relaxed);
}

Diagnostic Reloader::diagnostic(std::string_view code, std::string message, std::string suggestion) const {
  Diagnostic made;
  made.code = code;
  made.file = source_.config.empty() ? default_config().name : source_.config;
  made.message = std::move(message);
  made.suggestion = std::move(suggestion);
  return made;
}

std::shared_ptr<Workspace> Reloader::build(Diagnostics& diagnostics) const {
  if (source_.config == "-") {
    diagnostics.add(diagnostic("E351", "the config came from standard input and cannot be read again",
                               "start the host with a file"));
    return nullptr;
  }
  std::istringstream nothing;
  auto text =
      source_.config.empty() ? std::optional(default_config()) : read_named(source_.config, nothing, diagnostics);
  auto candidate = std::make_shared<Workspace>(source_.plugin_path, *current_);
  auto quarantined = source_.quarantine.read();
  if (!quarantined) {
    diagnostics.add(diagnostic(quarantined.error().code, quarantined.error().message));
    return nullptr;
  }
  candidate->respect(std::move(*quarantined));
  const bool good = build_served(*candidate, std::move(text), {.previous = current_->generation()}, diagnostics);
  if (!good || !runs_in_full(*candidate, diagnostics)) return nullptr;
  return candidate;
}

// What runs without some instances already may go on without them; nothing shall lose one by a reload.
bool Reloader::runs_in_full(const Workspace& candidate, Diagnostics& diagnostics) const {
  const auto& before = current_->left_out();
  for (const LeftOutPlugin& plugin : candidate.left_out()) {
    if (std::ranges::find(before, plugin.name, &LeftOutPlugin::name) != before.end()) continue;
    diagnostics.add(diagnostic("E359", "plugin \"" + plugin.name + "\" needs a library that is in quarantine",
                               "shunt quarantine list says why, shunt quarantine lift ends it"));
  }
  return !diagnostics.has_errors();
}

ReloadReport Reloader::reload_now(const ReloadRequest& request) {
  const std::int64_t begun_ns = host_.clock().now_ns();
  ReloadReport report;
  report.cause = request.cause;
  report.dry_run = request.dry_run;
  report.wall_ns = host_.clock().wall_ns();
  report.replaced = report.generation = current_->generation()->number();
  if (watch_ != nullptr) watch_->begin();
  if (const std::shared_ptr<Workspace> candidate = build(report.diagnostics)) {
    report.changes = changes_between(*current_->generation(), *candidate->generation());
    if (report.changes.empty()) {
      report.result = ReloadResult::Unchanged;
    } else if (passes_rehearsal(*candidate, report)) {
      if (request.dry_run)
        report.result = ReloadResult::Tried;
      else
        try_publish(candidate, report);
    }
  }
  if (watch_ != nullptr && !request.dry_run) watch_->follow(source_.config, *current_);
  report.duration_ns = host_.clock().now_ns() - begun_ns;
  return report;
}

bool Reloader::passes_rehearsal(const Workspace& candidate, ReloadReport& report) const {
  const RehearsalSettings& settings = candidate.host_settings().reload.rehearsal;
  const Generation& before = *current_->generation();
  if (!settings.enabled || !calls_differ(before, *candidate.generation())) return true;
  const auto picture = host_.keeper().pictures().current();
  const RehearsalScene scene{*picture->snapshot, recorded_requests(host_.decisions()), host_.seed(),
                             host_.clock().now_ns()};
  RehearsalResult rehearsed = rehearse(candidate, before, scene, settings);
  report.rehearsed = rehearsed.decisions;
  report.rehearsal_ns = static_cast<std::int64_t>(rehearsed.milliseconds * 1e6);
  report.diagnostics.merge(std::move(rehearsed.diagnostics));
  return !report.diagnostics.has_errors();
}

void Reloader::try_publish(const std::shared_ptr<Workspace>& candidate, ReloadReport& report) {
  const std::size_t most = current_->host_settings().reload.generations;
  host_.scheduler().collect();
  if (const std::size_t retired = host_.scheduler().retired(); retired >= most) {
    report.diagnostics.add(diagnostic(
        "E352", std::to_string(retired) + " older generations still serve requests, and more are not allowed",
        "wait until requests have ended, or raise reload.generations"));
    return;
  }
  report.transfers = transfer_state(*current_->generation(), *candidate->generation());
  for (const StateTransfer& transfer : report.transfers) {
    const PluginConfig* plugin = candidate->config()->find_plugin(transfer.instance);
    if (transfer.outcome == StateTransfer::Outcome::Taken || plugin == nullptr) continue;
    if (plugin->state != StatePolicy::Required) {
      if (!transfer.problem.empty()) spdlog::warn("plugin {} starts anew: {}", transfer.instance, transfer.problem);
      continue;
    }
    const std::string why = transfer.problem.empty() ? "one of the two does not offer shunt.state" : transfer.problem;
    report.diagnostics.add(candidate->config()->diagnose(
        plugin->pointer, At::Value, "E353",
        "plugin \"" + transfer.instance + "\" would lose what it has learned, and its state is required: " + why));
  }
  if (report.diagnostics.has_errors()) {
    forget_successors(*current_->generation());
    return;
  }
  previous_ = std::exchange(current_, candidate);
  publish(current_);
  report.result = ReloadResult::Published;
  report.generation = current_->generation()->number();
}

ReloadReport Reloader::rollback_now(bool dry_run) {
  const std::int64_t begun_ns = host_.clock().now_ns();
  ReloadReport report;
  report.cause = ReloadCause::Rollback;
  report.dry_run = dry_run;
  report.wall_ns = host_.clock().wall_ns();
  report.replaced = report.generation = current_->generation()->number();
  if (previous_ == nullptr) {
    report.diagnostics.add(diagnostic("E354", "there is no earlier generation to go back to"));
  } else {
    report.changes = changes_between(*current_->generation(), *previous_->generation());
    report.result = ReloadResult::Tried;
    if (!dry_run) {
      forget_successors(*previous_->generation());
      std::swap(current_, previous_);
      publish(current_);
      report.result = ReloadResult::Published;
      report.generation = current_->generation()->number();
      if (watch_ != nullptr) watch_->begin();
    }
  }
  report.duration_ns = host_.clock().now_ns() - begun_ns;
  return report;
}

// The keeper first: a new instance hears of every endpoint before it is asked about one.
void Reloader::publish(const std::shared_ptr<const Workspace>& next) {
  EndpointKeeper& keeper = host_.keeper();
  run_on_keeper(keeper, [&] {
    keeper.set_generation(next->generation(), previous_ == nullptr ? nullptr : previous_->generation());
    for (const std::string& refused : keeper.put_endpoints("config", next->host_settings().endpoints.endpoints)) {
      spdlog::warn("{}", refused);
    }
    keeper.publish_now();
  });
  host_.scheduler().publish(next->generation());
  host_.set_left_out(next->left_out());
  rollback_target_.store(previous_ == nullptr ? 0 : previous_->generation()->number(), std::memory_order_relaxed);
  if (hear_published_) hear_published_(*next);
}

void Reloader::finish(ReloadReport report, const Done& done) {
  report.number = ++reloads_;
  mapped_.store(current_->mapped_libraries(), std::memory_order_relaxed);
  last_duration_ns_.store(report.duration_ns, std::memory_order_relaxed);
  if (!report.dry_run) {
    counts_[static_cast<std::size_t>(report.cause)][static_cast<std::size_t>(report.result)].fetch_add(
        1, std::memory_order_relaxed);
  }
  const bool refused = report.result == ReloadResult::Refused;
  spdlog::log(refused ? spdlog::level::err : spdlog::level::info, "{}", summary(report));
  for (const ConfigChange& change : report.changes) spdlog::info("reload {}: {}", report.number, change.text);
  for (const Diagnostic& found : report.diagnostics) {
    spdlog::log(found.severity == Severity::Error ? spdlog::level::err : spdlog::level::warn, "{}:{}:{}: [{}] {}",
                found.file, found.position.line, found.position.column, found.code, found.message);
  }
  {
    const std::lock_guard lock(reports_mutex_);
    reports_.push_back(report);
    if (reports_.size() > kReportsKept) reports_.pop_front();
  }
  if (done) done(report);
}

}  // namespace shunt::host
