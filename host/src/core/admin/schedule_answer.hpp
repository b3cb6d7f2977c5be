// SPDX-License-Identifier: Apache-2.0
// schedule_answer.hpp: POST /v1/schedule: the decision alone, for callers that dispatch themselves.
#pragma once

#include <shunt/framework/scheduler.hpp>

#include <atomic>
#include <cstdint>

#include "admin/http_message.hpp"
#include "live/live_host.hpp"

namespace shunt::host {

// One thread. Nothing of the host changes: no counter is raised for good, no observer hears of it, nothing is remembered.
class ScheduleAnswer {
 public:
  static constexpr std::size_t kMostRequests = 256;  // of one call, which holds up everything else on this listener

  explicit ScheduleAnswer(LiveHost& host) : host_(host) {}

  // The body is one request in the form of a line of the requests file, a list of such, or
  // {"requests": [...], "assume": false, "explain": false, "fallbacks": 0}.
  AdminResponse answer(const AdminRequest& request);

  // Any thread.
  std::uint64_t dispatched() const { return dispatched_.load(std::memory_order_relaxed); }
  std::uint64_t rejected() const { return rejected_.load(std::memory_order_relaxed); }

 private:
  class Call;
  LiveHost& host_;
  Decision decision_;
  std::uint64_t number_ = 0;
  std::atomic<std::uint64_t> dispatched_{0};
  std::atomic<std::uint64_t> rejected_{0};
};

}  // namespace shunt::host
