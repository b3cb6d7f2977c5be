// SPDX-License-Identifier: Apache-2.0
// request_counts.hpp: how requests ended and how long they took, counted by each deciding thread for itself and added up when
// somebody asks.
//
//   RequestCounts::Cell& cell = counts.add_cell("http");
//   cell.count(Ending::Completed, "");
//   for (const OutcomeCount& outcome : counts.outcomes()) ...
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "live/passage.hpp"

namespace shunt::host {

// By the one thread that writes this counter; others may read it at any moment.
inline void raise_own(std::atomic<std::uint64_t>& counter, std::uint64_t by = 1) noexcept {
  counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

// A histogram with fixed bounds, written by one thread and read by others.
class LatencyHistogram {
 public:
  // Upper bounds in seconds; one more bucket for what exceeds the last.
  static std::span<const double> bounds();
  void add(std::int64_t nanoseconds) noexcept;

  struct Sum {
    std::vector<std::uint64_t> buckets;  // not cumulative
    std::uint64_t count = 0;
    double seconds = 0.0;
    void merge(const LatencyHistogram& other);
  };

 private:
  static constexpr std::size_t kBounds = 20;
  std::atomic<std::uint64_t> buckets_[kBounds + 1] = {};
  std::atomic<std::int64_t> nanoseconds_{0};
  friend struct Sum;
};

// The values of the label `code`. An empty one is for requests that completed.
std::span<const std::string_view> outcome_codes();

struct OutcomeCount {
  std::string door;
  Ending ending = Ending::Completed;
  std::string_view code;
  std::uint64_t count = 0;
};

struct RequestTotals {
  std::string door;
  std::uint64_t begun = 0;  // passages opened and requests refused
  std::uint64_t ended = 0;
  std::uint64_t decisions = 0;
  std::uint64_t rejected_decisions = 0;
  std::uint64_t retries = 0;
  std::uint64_t prompt_tokens = 0;
  std::uint64_t cached_tokens = 0;
  std::uint64_t output_tokens = 0;
  LatencyHistogram::Sum decision;      // of schedule() alone
  LatencyHistogram::Sum duration;      // arrival to end
  LatencyHistogram::Sum first_token;   // dispatched to first byte of content, streamed answers
  LatencyHistogram::Sum output_token;  // between tokens
};

class RequestCounts {
 public:
  // Written by one thread; on cache lines of its own.
  struct alignas(64) Cell {
    explicit Cell(std::string name);
    const std::string door;
    std::atomic<std::uint64_t> begun{0};
    std::atomic<std::uint64_t> ended{0};
    std::atomic<std::uint64_t> decisions{0};
    std::atomic<std::uint64_t> rejected_decisions{0};
    std::atomic<std::uint64_t> retries{0};
    std::atomic<std::uint64_t> prompt_tokens{0};
    std::atomic<std::uint64_t> cached_tokens{0};
    std::atomic<std::uint64_t> output_tokens{0};
    LatencyHistogram decision;
    LatencyHistogram duration;
    LatencyHistogram first_token;
    LatencyHistogram output_token;
    void count(Ending ending, std::string_view code) noexcept;

   private:
    friend class RequestCounts;
    std::deque<std::atomic<std::uint64_t>> outcomes_;  // by ending and code
  };

  // Lives as long as this object.
  Cell& add_cell(std::string_view door);
  // Every (door, ending, code) that has been counted at least once, in a fixed order.
  std::vector<OutcomeCount> outcomes() const;
  // One for each door.
  std::vector<RequestTotals> totals() const;

 private:
  mutable std::mutex mutex_;
  std::deque<Cell> cells_;
};

}  // namespace shunt::host
