// SPDX-License-Identifier: Apache-2.0
// canary_tally.hpp: what becomes of requests while a canary is out, on either side: counted by each deciding thread for itself, and
// added up when somebody asks.
//
//   CanaryTally::Cell& cell = tally.add_cell();
//   cell.side(CanarySide::Canary).count_decision(true, 2'100);
//   const CanaryCounts counts = tally.total(CanarySide::Canary);
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>

namespace shunt::host {

enum class CanarySide : std::uint8_t { Running, Canary };
inline constexpr std::size_t kCanarySides = 2;

struct CanaryCounts {
  std::uint64_t decisions = 0;
  std::uint64_t rejections = 0;      // of the decisions
  std::uint64_t ended = 0;           // requests
  std::uint64_t errors = 0;          // of those: failed, or answered with a status from 500 on
  std::int64_t decision_p90_ns = 0;  // 90th percentile of the decision time, an eighth too much at most; 0: no decision
};

// How often a duration was in each of many narrow ranges. Written by one thread, read by any.
class DurationBuckets {
 public:
  static constexpr std::size_t kBuckets = 320;
  void add(std::int64_t nanoseconds) noexcept;
  void add_to(std::array<std::uint64_t, kBuckets>& sums) const noexcept;
  // Upper bound of the bucket in which the share of all, 0 to 1, is reached; 0 where there are none.
  static std::int64_t percentile_ns(const std::array<std::uint64_t, kBuckets>& sums, double share) noexcept;

 private:
  std::array<std::atomic<std::uint64_t>, kBuckets> counts_{};
};

class CanaryTally {
 public:
  class alignas(64) Side {
   public:
    void count_decision(bool dispatched, std::int64_t nanoseconds) noexcept;
    void count_end(bool error) noexcept;

   private:
    friend class CanaryTally;
    std::atomic<std::uint64_t> decisions_{0};
    std::atomic<std::uint64_t> rejections_{0};
    std::atomic<std::uint64_t> ended_{0};
    std::atomic<std::uint64_t> errors_{0};
    DurationBuckets durations_;
  };
  // Written by one thread.
  struct Cell {
    Side& side(CanarySide which) noexcept { return sides[static_cast<std::size_t>(which)]; }
    std::array<Side, kCanarySides> sides;
  };

  // Lives as long as this object. Any thread.
  Cell& add_cell();
  CanaryCounts total(CanarySide which) const;

 private:
  mutable std::mutex mutex_;
  std::deque<Cell> cells_;
};

}  // namespace shunt::host
