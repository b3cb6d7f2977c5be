// SPDX-License-Identifier: Apache-2.0
// What is counted of a canary and of what runs beside it.
#include "live/canary/canary_tally.hpp"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

namespace shunt::host {
namespace {

TEST(CanaryTally, ThreadsAddUpAndSidesDoNotMix) {
  CanaryTally tally;
  CanaryTally::Cell& first = tally.add_cell();
  CanaryTally::Cell& second = tally.add_cell();
  first.side(CanarySide::Canary).count_decision(true, 1'000);
  second.side(CanarySide::Canary).count_decision(false, 2'000);
  second.side(CanarySide::Canary).count_end(true);
  second.side(CanarySide::Running).count_decision(true, 50);
  first.side(CanarySide::Running).count_end(false);
  const CanaryCounts canary = tally.total(CanarySide::Canary);
  EXPECT_EQ(canary.decisions, 2u);
  EXPECT_EQ(canary.rejections, 1u);
  EXPECT_EQ(canary.ended, 1u);
  EXPECT_EQ(canary.errors, 1u);
  const CanaryCounts running = tally.total(CanarySide::Running);
  EXPECT_EQ(running.decisions, 1u);
  EXPECT_EQ(running.rejections, 0u);
  EXPECT_EQ(running.ended, 1u);
  EXPECT_EQ(running.errors, 0u);
}

TEST(CanaryTally, NothingIsNoTime) { EXPECT_EQ(CanaryTally().total(CanarySide::Canary).decision_p90_ns, 0); }

RC_GTEST_PROP(DurationBuckets, APercentileIsAnEighthTooMuchAtMost, (std::vector<std::uint32_t> durations)) {
  RC_PRE(!durations.empty());
  DurationBuckets buckets;
  for (const std::uint32_t duration : durations) buckets.add(duration);
  std::array<std::uint64_t, DurationBuckets::kBuckets> sums{};
  buckets.add_to(sums);
  std::ranges::sort(durations);
  const std::size_t rank = (durations.size() * 9 + 9) / 10 - 1;
  const std::int64_t exact = durations[rank];
  const std::int64_t found = DurationBuckets::percentile_ns(sums, 0.9);
  RC_ASSERT(found >= exact);
  RC_ASSERT(found <= exact + exact / 8);
}

TEST(DurationBuckets, WhatIsOutOfRangeIsInTheLastOne) {
  DurationBuckets buckets;
  buckets.add(-5);
  std::array<std::uint64_t, DurationBuckets::kBuckets> sums{};
  buckets.add_to(sums);
  EXPECT_EQ(sums[0], 1u);
  EXPECT_EQ(DurationBuckets::percentile_ns(sums, 0.9), 0);
  buckets.add(INT64_MAX);
  sums = {};
  buckets.add_to(sums);
  EXPECT_EQ(sums.back(), 1u);
}

}  // namespace
}  // namespace shunt::host
