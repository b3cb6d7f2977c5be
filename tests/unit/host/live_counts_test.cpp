// SPDX-License-Identifier: Apache-2.0
// Counts of one thread, added up by another.
#include "live/request_counts.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

namespace shunt::host {
namespace {

TEST(RequestCounts, AddUpByDoor) {
  RequestCounts counts;
  RequestCounts::Cell& first = counts.add_cell("http");
  RequestCounts::Cell& second = counts.add_cell("http");
  RequestCounts::Cell& other = counts.add_cell("schedule");
  for (RequestCounts::Cell* cell : {&first, &second, &other}) {
    raise_own(cell->begun, 3);
    cell->count(Ending::Completed, "");
    cell->count(Ending::Rejected, "rejected-saturated");
    cell->count(Ending::Rejected, "what a plugin thought of");
    cell->duration.add(1'500'000);
  }
  const auto totals = counts.totals();
  ASSERT_EQ(totals.size(), 2u);
  EXPECT_EQ(totals[0].door, "http");
  EXPECT_EQ(totals[0].begun, 6u);
  EXPECT_EQ(totals[0].ended, 6u);
  EXPECT_EQ(totals[0].duration.count, 2u);
  EXPECT_DOUBLE_EQ(totals[0].duration.seconds, 0.003);
  EXPECT_EQ(totals[1].ended, 3u);
  const auto outcomes = counts.outcomes();
  ASSERT_EQ(outcomes.size(), 6u);
  EXPECT_EQ(outcomes[0].ending, Ending::Completed);
  EXPECT_EQ(outcomes[0].count, 2u);
  EXPECT_EQ(outcomes[1].code, "rejected-saturated");
  EXPECT_EQ(outcomes[2].code, outcome_codes().back());
}

TEST(RequestCounts, ALatencyBelongsToTheFirstBoundThatHoldsIt) {
  RequestCounts counts;
  RequestCounts::Cell& cell = counts.add_cell("http");
  const auto bounds = LatencyHistogram::bounds();
  EXPECT_TRUE(std::ranges::is_sorted(bounds));
  cell.duration.add(-5);                 // clocks of another thread
  cell.duration.add(1'000);              // exactly the first bound
  cell.duration.add(1'001);              // right above it
  cell.duration.add(1'000'000'000'000);  // beyond the last
  const auto sum = counts.totals().front().duration;
  EXPECT_EQ(sum.buckets.size(), bounds.size() + 1);
  EXPECT_EQ(sum.buckets[0], 2u);
  EXPECT_EQ(sum.buckets[1], 1u);
  EXPECT_EQ(sum.buckets.back(), 1u);
  EXPECT_EQ(sum.count, 4u);
}

TEST(RequestCounts, NobodySeesMoreEndsThanBeginnings) {
  RequestCounts counts;
  RequestCounts::Cell& cell = counts.add_cell("http");
  std::atomic<bool> done{false};
  std::jthread door([&] {
    for (int i = 0; i < 100'000; ++i) {
      raise_own(cell.begun);
      cell.count(Ending::Completed, "");
    }
    done = true;
  });
  while (!done.load()) {
    const RequestTotals totals = counts.totals().front();
    ASSERT_LE(totals.ended, totals.begun);
  }
}

TEST(RequestCounts, CellsShareNoCacheLine) {
  RequestCounts counts;
  for (int i = 0; i < 8; ++i) EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&counts.add_cell("http")) % 64, 0u);
}

}  // namespace
}  // namespace shunt::host
