// SPDX-License-Identifier: Apache-2.0
#include "live/reload/reloader.hpp"

#include <pthread.h>

#include <spdlog/spdlog.h>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <utility>

#include "contain/spared_libraries.hpp"
#include "live/live_host.hpp"
#include "live/reload/config_watch.hpp"

namespace shunt::host {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kReportsKept = 32;

// Refusals that may pass without a change of any file.
constexpr std::array<std::string_view, 5> kPassing = {"E352", "E358", "E359", "E360", "E362"};

// A rehearsal that crashed would crash again.
bool may_pass(const ReloadReport& report) {
  const auto passes = [](const Diagnostic& found) { return std::ranges::find(kPassing, found.code) != kPassing.end(); };
  return report.result == ReloadResult::Refused &&
         (report.took_too_long || std::ranges::any_of(report.diagnostics, passes));
}

// Of two that would both replace a third one: what is new in them was made for each of them.
bool would_be_the_same(const Generation& left, const Generation& right) {
  return std::ranges::all_of(changes_between(left, right),
                             [](const ConfigChange& change) { return change.kind == "plugin-peers"; });
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
    watch_->take_over(source_.handed_on);
    watch_->follow(source_.config, *current_, false);
  }
  thread_ = std::thread([this] { run(); });
}

void Reloader::stop() {
  if (!thread_.joinable()) return;
  stopping_.store(true, std::memory_order_relaxed);
  called_off_.store(true, std::memory_order_relaxed);
  asio::post(context_, [this] { context_.stop(); });
  thread_.join();
  watch_.reset();
  const std::lock_guard lock(waiting_mutex_);
  waiting_.clear();
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
  const bool may_share = !request.dry_run && request.cause != ReloadCause::Api;
  const std::lock_guard lock(waiting_mutex_);
  if (may_share) {
    // The one that waits has not read the file yet: it will do for both.
    for (Job& job : waiting_) {
      if (job.request.cause != request.cause || job.request.dry_run) continue;
      job.done.push_back(std::move(done));
      return;
    }
  }
  waiting_.push_back({std::move(request), {}});
  waiting_.back().done.push_back(std::move(done));
  asio::post(context_, [this] { work(); });
}

// Before whatever waits, and instead of what is still being rehearsed: it is asked for when something is wrong.
void Reloader::rollback(bool dry_run, Back back, Done done) {
  const auto out = trial();
  if (out != nullptr && !dry_run) out->withdraw();
  Job job{{ReloadCause::Rollback, dry_run}, {}, Action::Rollback};
  job.back = back;
  job.trial = out;
  job.done.push_back(std::move(done));
  put_first(std::move(job));
}

void Reloader::put_first(Job job) {
  const std::lock_guard lock(waiting_mutex_);
  const bool goes_back = job.action == Action::Rollback && (job.back == Back::Any || job.trial != nullptr);
  if (goes_back && !job.request.dry_run) called_off_.store(true, std::memory_order_relaxed);
  waiting_.push_front(std::move(job));
  asio::post(context_, [this] { work(); });
}

void Reloader::tell_of_current() {
  asio::post(context_, [this] {
    const auto heard = hear_published_ ? hear_published_(*current_) : Result<void>();
    if (!heard) spdlog::error("[{}] {}", heard.error().code, heard.error().message);
  });
}

void Reloader::work() {
  Job job;
  {
    const std::lock_guard lock(waiting_mutex_);
    if (waiting_.empty() || stopping_.load(std::memory_order_relaxed)) return;
    job = std::move(waiting_.front());
    waiting_.pop_front();
    called_off_.store(false, std::memory_order_relaxed);
  }
  // Something else may have ended it since.
  if (job.action == Action::EndCanary && job.trial != trial()) {
    ending_canary_.store(false, std::memory_order_release);
    return;
  }
  ReloadReport report = begin_report(job.request);
  try {
    act(job, report);
  } catch (const std::exception& error) {
    // Memory, mostly. Whoever asked gets an answer.
    report.result = ReloadResult::Refused;
    report.diagnostics.add(problem_of(source_, "E360", std::string("the reload failed half-way: ") + error.what()));
  }
  if (job.action == Action::EndCanary) ending_canary_.store(false, std::memory_order_release);
  finish(std::move(report), job.done);
}

void Reloader::act(const Job& job, ReloadReport& report) {
  switch (job.action) {
    case Action::Reload: return reload_now(job.request, report);
    case Action::Rollback: return rollback_now(job, report);
    case Action::Promote: return promote_now(report);
    case Action::EndCanary: return end_canary_now(job, report);
  }
}

std::vector<ReloadReport> Reloader::reports() const {
  const std::lock_guard lock(reports_mutex_);
  return {reports_.rbegin(), reports_.rend()};
}

std::uint64_t Reloader::count(ReloadCause cause, ReloadResult result) const {
  return counts_[static_cast<std::size_t>(cause)][static_cast<std::size_t>(result)].load(std::memory_order_relaxed);
}

ReloadReport Reloader::begin_report(const ReloadRequest& request) const {
  ReloadReport report;
  report.cause = request.cause;
  report.dry_run = request.dry_run;
  report.wall_ns = host_.clock().wall_ns();
  report.begun_ns = host_.clock().now_ns();
  report.replaced = report.generation = current_->generation()->number();
  return report;
}

// Another process has been told already what to begin with.
bool Reloader::is_frozen(ReloadReport& report) const {
  if (!frozen_ || !frozen_()) return false;
  report.diagnostics.add(problem_of(source_, "E360", "another process is about to take over from this one",
                                    "reload once more when it has"));
  return true;
}

void Reloader::reload_now(const ReloadRequest& request, ReloadReport& report) {
  if (is_frozen(report)) return;
  if (watch_ != nullptr && !report.dry_run) watch_->begin();
  const Candidate candidate =
      make_candidate(host_, source_, *current_, request.in_fresh_worker, called_off_, report.diagnostics);
  report.took_too_long = candidate.took_too_long;
  report.rehearsed = candidate.rehearsed;
  report.rehearsal_ns = candidate.rehearsal_ns;
  if (candidate.workspace != nullptr) {
    report.changes = changes_between(*current_->generation(), *candidate.workspace->generation());
    CanarySettings canary = candidate.workspace->host_settings().reload.canary;
    if (request.adjust_canary) request.adjust_canary(canary);
    const auto out = trial();
    if (report.changes.empty()) {
      report.result = ReloadResult::Unchanged;
      if (!report.dry_run) supersede_canary(request.cause);
    } else if (out != nullptr && !request.adjust_canary &&
               would_be_the_same(out->generation(), *candidate.workspace->generation())) {
      report.changes.clear();
      report.result = ReloadResult::Unchanged;
      report.canary = out->report();
    } else if (report.dry_run) {
      report.result = ReloadResult::Tried;
      if (canary.share > 0.0) report.canary = CanaryReport{.settings = canary};
    } else {
      put_in_force(candidate, canary, report);
    }
  }
  if (!report.dry_run) follow_files(may_pass(report));
}

// Of the canary while one is out: it is what was read last.
void Reloader::follow_files(bool try_again) {
  if (watch_ == nullptr) return;
  const auto out = trial();
  watch_->follow(source_.config, out != nullptr ? *out->candidate() : *current_, try_again);
  // The one that takes over has begun with what was left before, and leaves things itself by now.
  if (!frozen_ || !frozen_()) watch_->hand_on(source_.handed_on);
}

void Reloader::put_in_force(const Candidate& candidate, const CanarySettings& canary, ReloadReport& report) {
  const std::size_t most = current_->host_settings().reload.generations;
  host_.scheduler().collect();
  if (const std::size_t older = host_.older_generations(); older >= most) {
    report.diagnostics.add(problem_of(
        source_, "E352", std::to_string(older) + " older generations still serve requests, and more are not allowed",
        "wait until requests have ended, or raise reload.generations"));
    return;
  }
  report.took_too_long = rehearse_hand_over(host_, source_, candidate, *current_, called_off_, report.diagnostics);
  if (report.diagnostics.has_errors()) return;
  supersede_canary(report.cause);
  if (!hand_state_over(*candidate.workspace, report)) return;
  if (canary.share > 0.0) {
    begin_canary(candidate.workspace, canary, report);
  } else {
    publish(candidate.workspace, report);
  }
}

bool Reloader::hand_state_over(const Workspace& candidate, ReloadReport& report) {
  report.transfers = transfer_state(*current_->generation(), *candidate.generation());
  for (const StateTransfer& transfer : report.transfers) {
    const PluginConfig* plugin = candidate.config()->find_plugin(transfer.instance);
    if (transfer.outcome == StateTransfer::Outcome::Taken || plugin == nullptr) continue;
    if (plugin->state != StatePolicy::Required) {
      if (!transfer.problem.empty()) spdlog::warn("plugin {} starts anew: {}", transfer.instance, transfer.problem);
      continue;
    }
    const std::string why = transfer.problem.empty() ? "one of the two does not offer shunt.state" : transfer.problem;
    report.diagnostics.add(candidate.config()->diagnose(
        plugin->pointer, At::Value, "E353",
        "plugin \"" + transfer.instance + "\" would lose what it has learned, and its state is required: " + why));
  }
  if (report.diagnostics.has_errors() || is_frozen(report)) {
    forget_successors(*current_->generation());
    return false;
  }
  return true;
}

void Reloader::rollback_now(const Job& job, ReloadReport& report) {
  const auto out = trial();
  if (job.back == Back::Canary && (out == nullptr || out != job.trial)) {
    report.diagnostics.add(problem_of(source_, "E364",
                                      job.trial == nullptr ? "there is no canary" : "the canary has ended meanwhile",
                                      "look at what became of it: /v1/reloads"));
    return;
  }
  if (out != nullptr) {
    report.changes = changes_between(out->generation(), *current_->generation());
    if (!report.dry_run) return end_canary(ReloadResult::RolledBack, {}, report);
    report.result = ReloadResult::Tried;
    report.canary = out->report();
    return;
  }
  if (is_frozen(report)) return;
  if (previous_ == nullptr) {
    report.diagnostics.add(problem_of(source_, "E354", "there is no earlier generation to go back to"));
    return;
  }
  // Another host with the same state folder may have had trouble with it, or this one before a lost worker.
  for (const QuarantinedLibrary& library : in_use(source_.quarantine.read_or_known(), *previous_->generation())) {
    if (!in_use({library}, *current_->generation()).empty()) continue;  // it decides as it is
    report.diagnostics.add(problem_of(source_, "E359",
                                      "generation " + std::to_string(previous_->generation()->number()) + " needs " +
                                          library.library + ", which " + library.sentence(),
                                      "shunt quarantine list says why, shunt quarantine lift ends it"));
  }
  if (report.diagnostics.has_errors()) return;
  report.changes = changes_between(*current_->generation(), *previous_->generation());
  report.result = ReloadResult::Tried;
  if (report.dry_run) return;
  forget_successors(*previous_->generation());
  publish(previous_, report);
  if (watch_ != nullptr) watch_->begin();
  follow_files(false);
}

// The keeper first: a new instance hears of every endpoint before it is asked about one. The one before is kept for a rollback.
void Reloader::publish(std::shared_ptr<const Workspace> next, ReloadReport& report) {
  EndpointKeeper& keeper = host_.keeper();
  try {
    keeper.run_now([&] {
      keeper.set_generation(next->generation(), current_->generation());
      for (const std::string& refused : keeper.put_endpoints("config", next->host_settings().endpoints.endpoints)) {
        Diagnostic left = problem_of(source_, "E106", refused);
        left.severity = Severity::Warning;
        report.diagnostics.add(std::move(left));
      }
      keeper.publish_now();
    });
  } catch (...) {
    keeper.run_now([&] { keeper.set_generation(current_->generation()); });
    throw;
  }
  host_.scheduler().publish(next->generation());
  previous_ = std::exchange(current_, std::move(next));
  report.result = ReloadResult::Published;
  report.generation = current_->generation()->number();
  host_.set_left_out(current_->left_out());
  rollback_target_.store(previous_->generation()->number(), std::memory_order_relaxed);
  const auto heard = hear_published_ ? hear_published_(*current_) : Result<void>();
  if (heard) return;
  Diagnostic complaint = problem_of(source_, heard.error().code, heard.error().message);
  complaint.severity = Severity::Warning;
  report.diagnostics.add(std::move(complaint));
}

void Reloader::finish(ReloadReport report, const std::vector<Done>& done) {
  report.duration_ns = host_.clock().now_ns() - report.begun_ns;
  report.number = ++reloads_;
  mapped_.store(current_->mapped_libraries(), std::memory_order_relaxed);
  last_duration_ns_.store(report.duration_ns, std::memory_order_relaxed);
  if (!report.dry_run) {
    counts_[static_cast<std::size_t>(report.cause)][static_cast<std::size_t>(report.result)].fetch_add(
        1, std::memory_order_relaxed);
  }
  const bool bad = report.result == ReloadResult::Refused ||
                   (report.result == ReloadResult::RolledBack && report.cause == ReloadCause::Canary);
  spdlog::log(bad ? spdlog::level::err : spdlog::level::info, "{}", summary(report));
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
  for (const Done& hear : done) {
    if (hear) hear(report);
  }
}

}  // namespace shunt::host
