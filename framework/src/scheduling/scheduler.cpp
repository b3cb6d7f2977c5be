// SPDX-License-Identifier: Apache-2.0
#include <shunt/framework/scheduler.hpp>

#include "runtime/reclaimer.hpp"
#include "scheduling/cycle.hpp"
#include "scheduling/tick_clock.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <unordered_map>

namespace shunt {
namespace {

// Releases belong off the request path; only a program that never collects comes here, and then a little per request is
// better than memory without bound.
constexpr std::size_t kLargestBacklog = 1024;
constexpr std::size_t kCollectedAtOnce = 16;
// Of a worker that is bound to another generation than the current one: the next decision looks again.
constexpr std::uint64_t kNoVersion = ~std::uint64_t{0};

void add_counts(Scheduler::PluginTotals& to, const CallCounts& counted, double seconds_per_tick) {
  to.calls += counted.calls;
  to.faults += counted.faults;
  to.slow += counted.slow;
  to.skipped += counted.skipped;
  to.opened += counted.opened;
  to.seconds += static_cast<double>(counted.ticks) * seconds_per_tick;
}

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

Scheduler::Worker::Worker(Scheduler& scheduler, std::shared_ptr<const Generation> generation)
    : scheduler_(scheduler), cycle_(std::make_unique<Cycle>()) {
  if (generation != nullptr) {
    scheduler.bind(*this, std::move(generation), kNoVersion);
  } else {
    scheduler.refresh(*this);
  }
  const std::lock_guard lock(scheduler.totals_mutex_);
  scheduler.workers_.push_back(this);
}

Scheduler::Worker::~Worker() {
  const std::lock_guard lock(scheduler_.totals_mutex_);
  cycle_->hand_in();
  std::erase(scheduler_.workers_, this);
}

std::span<const CallCounts> Scheduler::Worker::plugin_times() const { return cycle_->times(); }

std::vector<Scheduler::PluginTotals> Scheduler::plugin_totals(const Generation& generation) const {
  const auto instances = generation.instances();
  std::vector<PluginTotals> totals(instances.size());
  std::unordered_map<const CallCounts*, PluginTotals*> by_ledger;
  const double seconds_per_tick = nanoseconds_per_tick() * 1e-9;
  const std::lock_guard lock(totals_mutex_);
  for (std::size_t i = 0; i < instances.size(); ++i) {
    const CallCounts& ledger = *instances[i]->ledger;
    by_ledger.emplace(&ledger, &totals[i]);
    add_counts(totals[i], ledger, seconds_per_tick);
    if (generation.plan().breaker.enabled) totals[i].breaker = instances[i]->breaker.state();
  }
  for (const Worker* worker : workers_) {
    worker->cycle_->for_each_count([&](const CallCounts& ledger, const CallCounts& counted) {
      if (const auto found = by_ledger.find(&ledger); found != by_ledger.end()) {
        add_counts(*found->second, counted, seconds_per_tick);
      }
    });
  }
  return totals;
}

std::vector<Scheduler::PluginTotals> Scheduler::plugin_totals_of_bound(const Generation& generation) const {
  std::vector<PluginTotals> totals(generation.instances().size());
  const double seconds_per_tick = nanoseconds_per_tick() * 1e-9;
  const std::lock_guard lock(totals_mutex_);
  for (const Worker* worker : workers_) {
    if (worker->counted_ != &generation) continue;
    std::size_t i = 0;
    worker->cycle_->for_each_count([&](const CallCounts&, const CallCounts& counted) {
      if (i < totals.size()) add_counts(totals[i++], counted, seconds_per_tick);
    });
  }
  return totals;
}

std::vector<ShadowCounts> Scheduler::shadow_totals(const Generation& generation) const {
  const auto& ledgers = generation.plan().shadow_ledgers;
  std::vector<ShadowCounts> totals(ledgers.size());
  const std::lock_guard lock(totals_mutex_);
  for (std::size_t i = 0; i < ledgers.size(); ++i) {
    totals[i] += *ledgers[i];
    for (const Worker* worker : workers_) {
      worker->cycle_->for_each_shadow([&](const ShadowCounts& ledger, const ShadowCounts& counted) {
        if (&ledger == ledgers[i].get()) totals[i] += counted;
      });
    }
  }
  return totals;
}

std::shared_ptr<const Generation> Scheduler::lease_of(const std::shared_ptr<const Generation>& generation) {
  if (generation == nullptr) return nullptr;
  const auto owner = std::make_shared<const std::shared_ptr<const Generation>>(generation);
  return {owner, generation.get()};
}

void Scheduler::publish(std::shared_ptr<const Generation> generation) {
  Held next{std::move(generation)};
  next.lease = lease_of(next.generation);
  {
    const std::lock_guard lock(mutex_);
    retired_.reserve(retired_.size() + 1);
    if (current_.generation != nullptr && current_.generation != next.generation) {
      current_.replaced = std::chrono::steady_clock::now();
      retired_.push_back(std::move(current_));
    } else if (current_.lease != nullptr) {
      next.lease = current_.lease;
    }
    // One that comes back is in use again; listed twice, it would count as in use for ever.
    std::erase_if(retired_, [&next](const Held& held) {
      if (held.generation != next.generation) return false;
      if (held.lease != nullptr) next.lease = held.lease;
      return true;
    });
    current_ = std::move(next);
    version_.fetch_add(1, std::memory_order_release);
  }
  collect();
}

std::shared_ptr<const Generation> Scheduler::add(std::shared_ptr<const Generation> generation) {
  std::shared_ptr<const Generation> lease = lease_of(generation);
  const std::lock_guard lock(mutex_);
  retired_.push_back({.generation = std::move(generation), .lease = lease, .added = true});
  return lease;
}

void Scheduler::collect() {
  std::vector<std::shared_ptr<const Generation>> unused;
  {
    const std::lock_guard lock(mutex_);
    // Workers copy that of current_ only, under the lock, and otherwise what somebody else holds: a count of one can no longer rise.
    for (Held& held : retired_) {
      if (held.lease != nullptr && held.lease.use_count() == 1) {
        held.lease.reset();
        const std::chrono::nanoseconds drained = std::chrono::steady_clock::now() - held.replaced;
        if (!held.added) last_drain_ns_.store(drained.count(), std::memory_order_relaxed);
      }
      if (held.lease == nullptr && held.generation.use_count() == 1) unused.push_back(std::move(held.generation));
    }
    std::erase_if(retired_, [](const Held& held) { return held.generation == nullptr; });
  }
  unused.clear();
  Reclaimer::process().collect();
}

std::size_t Scheduler::retired() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(
      std::ranges::count_if(retired_, [](const Held& held) { return held.added || held.lease != nullptr; }));
}

std::shared_ptr<const Generation> Scheduler::current() const {
  const std::lock_guard lock(mutex_);
  return current_.generation;
}

// Binding allocates and takes its time, so it happens outside the lock; when it fails the version stays behind, and the next
// request tries again instead of running on what is half bound.
void Scheduler::refresh(Worker& worker) {
  std::shared_ptr<const Generation> latest;
  std::uint64_t version = 0;
  {
    const std::lock_guard lock(mutex_);
    latest = current_.lease;
    version = version_.load(std::memory_order_relaxed);
  }
  if (latest != nullptr && latest != worker.generation_) return bind(worker, std::move(latest), version);
  worker.version_ = version;
}

void Scheduler::bind(Worker& worker, std::shared_ptr<const Generation> generation, std::uint64_t version) {
  // Where memory runs out half-way, the next decision binds anew instead of running on what is half bound.
  worker.version_ = kNoVersion;
  worker.generation_ = nullptr;
  count_for(worker, nullptr);
  worker.cycle_->bind(generation, totals_mutex_);
  count_for(worker, generation.get());
  worker.generation_ = std::move(generation);
  worker.version_ = version;
}

void Scheduler::count_for(Worker& worker, const Generation* generation) {
  const std::lock_guard lock(totals_mutex_);
  worker.counted_ = generation;
}

void Scheduler::rest(Worker& worker) noexcept {
  if (version_.load(std::memory_order_acquire) == worker.version_) return;
  try {
    refresh(worker);
  } catch (const std::bad_alloc&) {
    // It stays with the one it has until there is memory for another.
  }
}

void Scheduler::schedule(Worker& worker, const Snapshot& snapshot, Request& request, const ScheduleOptions& options,
                         Decision& decision) noexcept {
  try {
    if (options.generation != nullptr) [[unlikely]] {
      if (worker.generation_ != *options.generation) bind(worker, *options.generation, kNoVersion);
    } else if (version_.load(std::memory_order_acquire) != worker.version_) [[unlikely]] {
      refresh(worker);
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
    if (Reclaimer::process().backlog() > kLargestBacklog) [[unlikely]]
      Reclaimer::process().collect(kCollectedAtOnce);
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
