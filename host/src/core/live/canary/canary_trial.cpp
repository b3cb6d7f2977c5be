// SPDX-License-Identifier: Apache-2.0
#include "live/canary/canary_trial.hpp"

#include <shunt/framework/instance.hpp>

#include <algorithm>
#include <utility>

#include "live/live_host.hpp"

namespace shunt::host {

namespace {

using Totals = Scheduler::PluginTotals;

// What goes wrong with a plugin: its breaker hides what it would go on doing.
std::uint64_t faults_of(const Totals& totals) { return totals.faults + totals.skipped; }

std::uint64_t difference(std::uint64_t now, std::uint64_t before) { return now > before ? now - before : 0; }

}  // namespace

CanaryTrial::CanaryTrial(LiveHost& host, std::shared_ptr<Workspace> candidate,
                         std::shared_ptr<const Generation> decides, std::shared_ptr<const Generation> running,
                         const CanarySettings& settings)
    : host_(host),
      candidate_(std::move(candidate)),
      running_(std::move(running)),
      settings_(settings),
      begun_ns_(host.clock().now_ns()),
      before_(host.scheduler().plugin_totals(*running_)),
      out_(std::make_shared<const CanaryOut>(CanaryOut{std::move(decides),
                                                       CanaryShare(settings.share, candidate_->generation()->number()),
                                                       std::make_shared<CanaryTally>()})) {}

void CanaryTrial::begin() { host_.canaries().publish(out_); }

// Measured first: threads that see it gone hand in what they have counted for it, and nobody can tell that apart any more.
void CanaryTrial::withdraw() {
  {
    const std::lock_guard lock(final_mutex_);
    if (!final_) final_ = measure();
  }
  host_.canaries().withdraw(out_);
}

CanaryEvidence CanaryTrial::evidence() const {
  const std::lock_guard lock(final_mutex_);
  return final_ ? *final_ : measure();
}

CanaryEvidence CanaryTrial::measure() const {
  CanaryEvidence evidence;
  evidence.elapsed_ms = (host_.clock().now_ns() - begun_ns_) / 1'000'000;
  evidence.running = out_->tally->total(CanarySide::Running);
  evidence.canary = out_->tally->total(CanarySide::Canary);
  // Instances that are carried over, and those of the same name and type, count in one place: what is not the canary's is the
  // running generation's.
  const std::vector<Totals> mine = host_.scheduler().plugin_totals_of_bound(generation());
  const std::vector<Totals> both = host_.scheduler().plugin_totals(*running_);
  const auto instances = generation().instances();
  const auto others = running_->instances();
  for (std::size_t i = 0; i < instances.size() && i < mine.size(); ++i) {
    CanaryPlugin plugin{instances[i]->name(), faults_of(mine[i]), 0, mine[i].seconds, 0.0};
    const auto other =
        std::ranges::find(others, instances[i]->ledger, [](const auto& instance) { return instance->ledger; });
    if (other != others.end()) {
      const auto at = static_cast<std::size_t>(other - others.begin());
      plugin.running_faults = difference(difference(faults_of(both[at]), faults_of(before_[at])), plugin.faults);
      plugin.running_seconds = std::max(0.0, both[at].seconds - before_[at].seconds - plugin.seconds);
    }
    evidence.plugins.push_back(std::move(plugin));
  }
  return evidence;
}

CanaryReport CanaryTrial::report(std::vector<CanaryFinding> findings) const {
  return {generation().number(), settings_, evidence(), std::move(findings)};
}

}  // namespace shunt::host
