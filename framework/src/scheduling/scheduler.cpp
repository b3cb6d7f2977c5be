// SPDX-License-Identifier: Apache-2.0
#include <shunt/framework/scheduler.hpp>

#include "scheduling/cycle.hpp"
#include "scheduling/tick_clock.hpp"

#include <chrono>
#include <exception>

namespace shunt {
namespace {

struct ClockPair {
  std::uint64_t tick = ticks();
  std::chrono::steady_clock::time_point time = std::chrono::steady_clock::now();
};

}  // namespace

double nanoseconds_per_tick() noexcept {
  static const ClockPair kStart;
  ClockPair now;
  // The first answer would divide by nothing: wait until the two clocks have moved apart enough to compare them.
  while (now.time - kStart.time < std::chrono::microseconds(200)) now = ClockPair{};
  const std::chrono::duration<double, std::nano> elapsed = now.time - kStart.time;
  return elapsed.count() / static_cast<double>(now.tick - kStart.tick);
}

Scheduler::Worker::Worker(Scheduler& scheduler) : cycle_(std::make_unique<Cycle>()) {
  const std::lock_guard lock(scheduler.mutex_);
  generation_ = scheduler.current_;
  version_ = scheduler.version_.load(std::memory_order_relaxed);
  if (generation_ != nullptr) cycle_->bind(generation_);
}

Scheduler::Worker::~Worker() = default;

std::span<const Scheduler::Worker::PluginTime> Scheduler::Worker::plugin_times() const { return cycle_->times(); }

void Scheduler::publish(std::shared_ptr<const Generation> generation) {
  const std::lock_guard lock(mutex_);
  current_ = std::move(generation);
  version_.fetch_add(1, std::memory_order_release);
}

std::shared_ptr<const Generation> Scheduler::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

void Scheduler::schedule(Worker& worker, const Snapshot& snapshot, Request& request, const ScheduleOptions& options,
                         Decision& decision) noexcept {
  try {
    if (version_.load(std::memory_order_acquire) != worker.version_) [[unlikely]] {
      const std::lock_guard lock(mutex_);
      worker.generation_ = current_;
      worker.version_ = version_.load(std::memory_order_relaxed);
      if (worker.generation_ != nullptr) worker.cycle_->bind(worker.generation_);
    }
    request.seal();
    if (worker.generation_ == nullptr) [[unlikely]] {
      decision.clear();
      decision.http_status = 503;
      decision.code = "no-generation";
      decision.reason = "no config is active";
      return;
    }
    worker.cycle_->run(snapshot, request, options, decision);
  } catch (const std::exception& error) {
    // Only memory can run out here; the request must end all the same.
    decision.outcome = Outcome::Rejected;
    decision.http_status = 500;
    try {
      decision.code = "internal-error";
      decision.reason = error.what();
    } catch (...) {
      decision.reason.clear();
    }
  }
}

}  // namespace shunt
