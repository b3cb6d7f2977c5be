// SPDX-License-Identifier: Apache-2.0
// A reload that goes to a share of the requests first: how it begins, and each way in which it ends.
#include <spdlog/spdlog.h>
#include <boost/asio/post.hpp>

#include <utility>

#include "live/live_host.hpp"
#include "live/reload/reloader.hpp"

namespace shunt::host {

std::shared_ptr<CanaryTrial> Reloader::trial() const {
  const std::lock_guard lock(trial_mutex_);
  return trial_;
}

void Reloader::set_trial(std::shared_ptr<CanaryTrial> trial) {
  // The old one may be the last that holds its generation: it goes after the lock.
  const std::lock_guard lock(trial_mutex_);
  trial_.swap(trial);
}

std::optional<CanaryReport> Reloader::canary() const {
  const auto out = trial();
  if (out == nullptr) return std::nullopt;
  return out->report();
}

void Reloader::promote(bool dry_run, Done done) {
  Job job{{ReloadCause::Api, dry_run}, {}, Action::Promote};
  job.done.push_back(std::move(done));
  put_first(std::move(job));
}

// What a rehearsal that is under way keeps the reloader's thread from doing at once is put off; no request is.
void Reloader::look_at_canary() {
  const auto out = trial();
  if (out == nullptr || ending_canary_.load(std::memory_order_acquire)) return;
  CanaryJudgement judgement = out->judge();
  if (frozen_ && frozen_()) {
    judgement = {CanaryVerdict::RollBack, {{"hand-over", "", "another process is about to take over from this one"}}};
  }
  if (judgement.verdict == CanaryVerdict::Watch) return;
  ending_canary_.store(true, std::memory_order_relaxed);
  if (judgement.verdict == CanaryVerdict::RollBack) out->withdraw();
  Job job{{ReloadCause::Canary, false}, {}, Action::EndCanary, out, std::move(judgement)};
  put_first(std::move(job));
}

// The keeper first: a new instance hears of every endpoint before it is asked about one.
void Reloader::begin_canary(const std::shared_ptr<Workspace>& candidate, const CanarySettings& settings,
                            ReloadReport& report) {
  const std::shared_ptr<const Generation> generation = candidate->generation();
  EndpointKeeper& keeper = host_.keeper();
  try {
    auto trial = std::make_shared<CanaryTrial>(host_, candidate, host_.scheduler().add(generation),
                                               current_->generation(), settings);
    keeper.run_now([&] {
      keeper.set_canary(generation);
      keeper.publish_now();
    });
    report.canary = CanaryReport{.generation = generation->number(), .settings = settings};
    set_trial(trial);
    trial->begin();
  } catch (...) {
    set_trial(nullptr);
    forget_successors(*current_->generation());
    keeper.run_now([&] { keeper.set_canary(nullptr); });
    throw;
  }
  report.result = ReloadResult::Canary;
}

void Reloader::promote_now(ReloadReport& report) {
  if (is_frozen(report)) return;
  const auto out = trial();
  if (out == nullptr) {
    report.diagnostics.add(problem_of(source_, "E364", "there is no canary"));
    return;
  }
  report.changes = changes_between(*current_->generation(), out->generation());
  report.canary = out->report();
  report.result = ReloadResult::Tried;
  if (report.dry_run) return;
  report.result = ReloadResult::Refused;
  // It decides for all from here on, so that those who still send it a share change nothing.
  try {
    publish(out->candidate(), report);
  } catch (...) {
    end_canary(ReloadResult::RolledBack, {}, report);
    throw;
  }
  out->withdraw();
  set_trial(nullptr);
  report.result = ReloadResult::Promoted;
  follow_files(false);
}

void Reloader::end_canary_now(const Job& job, ReloadReport& report) {
  if (job.judgement.verdict == CanaryVerdict::Promote && !(frozen_ && frozen_())) return promote_now(report);
  report.changes = changes_between(job.trial->generation(), *current_->generation());
  end_canary(ReloadResult::RolledBack, job.judgement.findings, report);
}

void Reloader::end_canary(ReloadResult result, std::vector<CanaryFinding> findings, ReloadReport& report) {
  const auto out = trial();
  out->withdraw();
  report.canary = out->report(std::move(findings));
  forget_successors(*current_->generation());
  EndpointKeeper& keeper = host_.keeper();
  keeper.run_now([&] { keeper.set_canary(nullptr); });
  set_trial(nullptr);
  report.result = result;
  follow_files(false);
}

// A report of its own: the reload that comes has another one.
void Reloader::supersede_canary(ReloadCause cause) {
  if (trial() == nullptr) return;
  ReloadReport report = begin_report({cause, false});
  end_canary(ReloadResult::Superseded, {}, report);
  finish(std::move(report), {});
}

}  // namespace shunt::host
