// SPDX-License-Identifier: Apache-2.0
// scheduler.hpp: the one entry for a decision.
//
//   Scheduler scheduler;
//   scheduler.publish(generation);
//   Scheduler::Worker worker(scheduler);             // one per thread
//   scheduler.schedule(worker, *snapshot, request, {.now_ns = now, .seed = 7}, decision);
#pragma once

#include <shunt/abi/cycle.h>
#include <shunt/framework/call_counts.hpp>
#include <shunt/framework/decision.hpp>
#include <shunt/framework/endpoint_table.hpp>
#include <shunt/framework/generation.hpp>
#include <shunt/framework/request.hpp>
#include <shunt/framework/shadow.hpp>
#include <shunt/framework/snapshot.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace shunt {

class Cycle;

// What is under way at one endpoint.
struct LiveCount {
  std::int64_t requests = 0;
  std::int64_t tokens = 0;
};

// Whether circuit breakers have a say in a decision.
enum class BreakerUse : std::uint8_t {
  Ignore,  // every plugin is called: what is decided depends on the inputs alone
  Heed,    // as it would be decided now; changes nothing
  Take     // calls count, and may be probes
};

struct ScheduleOptions {
  std::int64_t now_ns = 0;      // the only clock that plugins see
  std::uint64_t seed = 0;       // of the run; mixed with the request's number, attempt, instance and round
  std::uint32_t fallbacks = 0;  // next best endpoints beyond the picks
  bool scores = false;          // fill ProfileRun::rows and totals
  bool trace = false;           // fill Decision::trace and recorded; implies scores
  bool timings = false;         // fill the wall-clock fields
  bool count = true;            // raise the live counters of the first pick, call `picked` observers, count shadow runs
  bool all_shadows = false;     // every shadow profile runs, whatever its turn
  BreakerUse breakers = BreakerUse::Ignore;
  // The candidates that a gateway allows, as endpoint keys; nullopt: all.
  std::optional<std::span<const std::uint64_t>> subset = std::nullopt;
  const shunt_queue_stats* queue = nullptr;  // what waits; nullptr: nothing
  // The live counters that this decision is to see, by row of the snapshot; empty: those of the snapshot, as they move.
  std::span<const LiveCount> live = {};
  // Outputs of producers as recorded in an earlier decision: taken over instead of calling the producers.
  const std::vector<RecordedOutput>* replay = nullptr;
  std::span<const Annotation> replay_notes = {};  // with `replay`: the notes that they had left
  // On which to decide, instead of the current one: that of an earlier attempt of the same request, whose observers have to
  // hear how it ends. Slow where the worker has gone on to another.
  const std::shared_ptr<const Generation>* generation = nullptr;
};

class Scheduler {
 public:
  // Memory and caches of one thread. Must not outlive its scheduler.
  class Worker {
   public:
    // `generation`: what it is bound to for a start; nullptr: the current one.
    explicit Worker(Scheduler& scheduler, std::shared_ptr<const Generation> generation = nullptr);
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;
    // The generation of its last decision; nullptr before the first. Of this worker's thread only, as the next one.
    const std::shared_ptr<const Generation>& generation() const noexcept { return generation_; }
    // Per instance since it was bound, in the order of Generation::instances().
    std::span<const CallCounts> plugin_times() const;

   private:
    friend class Scheduler;
    Scheduler& scheduler_;
    std::unique_ptr<Cycle> cycle_;
    std::shared_ptr<const Generation> generation_;
    std::uint64_t version_ = 0;
    const Generation* counted_ = nullptr;  // whose calls cycle_ counts; under totals_mutex_
  };

  struct PluginTotals {
    std::uint64_t calls = 0;
    std::uint64_t faults = 0;
    std::uint64_t slow = 0;
    std::uint64_t skipped = 0;
    std::uint64_t opened = 0;
    BreakerState breaker = BreakerState::Closed;  // of the instance; closed where the generation has none
    double seconds = 0.0;
  };

  // How often each shadow profile of a generation agreed, in their order; those of the same names before it are counted in.
  // Any thread.
  std::vector<ShadowCounts> shadow_totals(const Generation& generation) const;

  // Makes a generation the current one. Cycles that have begun finish on theirs. Collects. [control]
  void publish(std::shared_ptr<const Generation> generation);
  // Takes care of a generation that decides beside the current one, by ScheduleOptions::generation: by the pointer that this returns,
  // so that its requests are known when it is published. Counts as retired until then, or until nobody holds it any more. [control]
  std::shared_ptr<const Generation> add(std::shared_ptr<const Generation> generation);
  // Destroys generations that no worker uses any more, and runs the releases that plugins have asked for and that are due.
  // Workers never do the former: to be called now and then while an old generation may be in use. [control]
  void collect();
  // Generations that are no longer current and that workers or requests still have. Those that were published are told apart
  // from who else holds them; one that was only added counts as long as anybody does.
  std::size_t retired() const;
  // How long the generation that was left last took to be left: from publish() of the next one until collect() found that no worker and
  // no request had it any more. 0: none has been yet. Any thread.
  std::int64_t last_drain_ns() const { return last_drain_ns_.load(std::memory_order_relaxed); }
  std::shared_ptr<const Generation> current() const;
  // What became of the calls to each instance, and to those of earlier generations that it has taken over from, over all
  // workers. In the order of Generation::instances(). Any thread.
  std::vector<PluginTotals> plugin_totals(const Generation& generation) const;
  // Likewise, but only of workers that are bound to this very generation, since they are.
  std::vector<PluginTotals> plugin_totals_of_bound(const Generation& generation) const;

  // Decides one request. Seals it. Never throws and never fails: an error becomes a rejection. Any thread, one worker each.
  void schedule(Worker& worker, const Snapshot& snapshot, Request& request, const ScheduleOptions& options,
                Decision& decision) noexcept;

  // For a worker that has nothing to decide: it goes over to the current generation, and lets go of the one before. On the
  // worker's thread.
  void rest(Worker& worker) noexcept;

 private:
  void refresh(Worker& worker);
  void bind(Worker& worker, std::shared_ptr<const Generation> generation, std::uint64_t version);
  void count_for(Worker& worker, const Generation* generation);
  static std::shared_ptr<const Generation> lease_of(const std::shared_ptr<const Generation>& generation);
  // One that was published is given to workers, and by them to requests, through a pointer with a count of its own: whoever keeps
  // it for another reason, as for a way back, does not look like a request that has not ended.
  struct Held {
    std::shared_ptr<const Generation> generation = {};
    std::shared_ptr<const Generation> lease = {};  // nullptr: left by all
    std::chrono::steady_clock::time_point replaced = {};
    bool added = false;
  };
  mutable std::mutex mutex_;
  Held current_;
  std::vector<Held> retired_;  // so that it is never a worker that destroys one
  std::atomic<std::int64_t> last_drain_ns_{0};
  std::atomic<std::uint64_t> version_{0};
  mutable std::mutex totals_mutex_;  // held where counts move from a worker to ledgers, and by plugin_totals()
  std::vector<const Worker*> workers_;
};

}  // namespace shunt
