// SPDX-License-Identifier: Apache-2.0
// desk_lanes.hpp: with which generation a thread decides a request: the current one or, while it is out, the canary.
//
//   DeskLanes::Lane& lane = lanes.lane_of(passage);
//   options.generation = lanes.generation_of(passage, lane);
//   scheduler.schedule(lane.worker(), snapshot, passage.request, options, decision);
//   lane.follow();
#pragma once

#include <shunt/framework/scheduler.hpp>

#include <cstdint>
#include <memory>
#include <optional>

#include "live/canary/canary_out.hpp"
#include "live/passage.hpp"

namespace shunt::host {

// Of one thread.
class DeskLanes {
 public:
  // A worker of its own for each: going over from one generation to another takes a while.
  class Lane {
   public:
    Lane(Scheduler& scheduler, std::shared_ptr<const Generation> generation);
    Scheduler::Worker& worker() noexcept { return worker_; }
    // Behind each decision: what the next two say is about the generation that has made it.
    void follow();
    const std::shared_ptr<const Generation>& generation() const noexcept { return generation_; }
    std::uint64_t wants() const noexcept { return wants_; }  // events that observers of it want

   private:
    Scheduler::Worker worker_;
    std::shared_ptr<const Generation> generation_;
    std::uint64_t wants_ = 0;
  };

  DeskLanes(Scheduler& scheduler, const CanarySlot& canaries);

  // Looks whether a canary is out. One that has begun on a generation stays there, where observers have to hear how it ends.
  Lane& lane_of(const Passage& passage) noexcept;
  // For ScheduleOptions::generation; nullptr: the current one.
  const std::shared_ptr<const Generation>* generation_of(const Passage& passage, const Lane& lane) const noexcept;

  // Nothing unless a canary is out.
  void count_decision(Passage& passage, const Lane& lane, bool dispatched) noexcept;
  void count_end(const Passage& passage, const Completion& completion) noexcept;

  // For a thread without work: lets go of generations that are not in use any more.
  void rest() noexcept;

 private:
  void follow_canary() noexcept;

  Scheduler& scheduler_;
  Lane current_;
  CanarySlot::Reader canaries_;
  const CanaryOut* out_ = nullptr;  // that canaries_ has answered with
  std::optional<Lane> canary_;
  CanaryTally::Cell* cell_ = nullptr;  // of out_
};

}  // namespace shunt::host
