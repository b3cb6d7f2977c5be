// SPDX-License-Identifier: Apache-2.0
#include "live/canary/canary_tally.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace shunt::host {

namespace {

// Eight buckets between a power of two and the next: a duration is known to an eighth.
constexpr unsigned kSteps = 8;
constexpr unsigned kStepBits = 3;

void raise(std::atomic<std::uint64_t>& counter) noexcept {
  counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

std::size_t bucket_of(std::uint64_t value) {
  if (value < kSteps) return static_cast<std::size_t>(value);
  const auto shift = static_cast<unsigned>(std::bit_width(value)) - kStepBits - 1;
  const std::size_t bucket = (shift + 1) * kSteps + static_cast<std::size_t>((value >> shift) & (kSteps - 1));
  return std::min(bucket, DurationBuckets::kBuckets - 1);
}

// The largest value of the bucket.
std::int64_t upper_bound(std::size_t bucket) {
  if (bucket < kSteps) return static_cast<std::int64_t>(bucket);
  const std::size_t shift = bucket / kSteps - 1;
  return static_cast<std::int64_t>(((std::uint64_t{kSteps} + bucket % kSteps + 1) << shift) - 1);
}

}  // namespace

void DurationBuckets::add(std::int64_t nanoseconds) noexcept {
  raise(counts_[bucket_of(static_cast<std::uint64_t>(std::max<std::int64_t>(nanoseconds, 0)))]);
}

void DurationBuckets::add_to(std::array<std::uint64_t, kBuckets>& sums) const noexcept {
  for (std::size_t i = 0; i < kBuckets; ++i) sums[i] += counts_[i].load(std::memory_order_relaxed);
}

std::int64_t DurationBuckets::percentile_ns(const std::array<std::uint64_t, kBuckets>& sums, double share) noexcept {
  std::uint64_t all = 0;
  for (const std::uint64_t count : sums) all += count;
  if (all == 0) return 0;
  const auto wanted =
      std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(all))));
  std::uint64_t reached = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    reached += sums[i];
    if (reached >= wanted) return upper_bound(i);
  }
  return upper_bound(kBuckets - 1);
}

void CanaryTally::Side::count_decision(bool dispatched, std::int64_t nanoseconds) noexcept {
  raise(decisions_);
  if (!dispatched) raise(rejections_);
  durations_.add(nanoseconds);
}

void CanaryTally::Side::count_end(bool error) noexcept {
  raise(ended_);
  if (error) raise(errors_);
}

CanaryTally::Cell& CanaryTally::add_cell() {
  const std::lock_guard lock(mutex_);
  return cells_.emplace_back();
}

CanaryCounts CanaryTally::total(CanarySide which) const {
  CanaryCounts total;
  std::array<std::uint64_t, DurationBuckets::kBuckets> durations{};
  const std::lock_guard lock(mutex_);
  for (const Cell& cell : cells_) {
    const Side& side = cell.sides[static_cast<std::size_t>(which)];
    total.rejections += side.rejections_.load(std::memory_order_relaxed);
    total.decisions += side.decisions_.load(std::memory_order_relaxed);
    total.errors += side.errors_.load(std::memory_order_relaxed);
    total.ended += side.ended_.load(std::memory_order_relaxed);
    side.durations_.add_to(durations);
  }
  total.decision_p90_ns = DurationBuckets::percentile_ns(durations, 0.9);
  return total;
}

}  // namespace shunt::host
