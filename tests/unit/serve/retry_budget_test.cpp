// SPDX-License-Identifier: Apache-2.0
#include "serve/front/retry_budget.hpp"

#include <gtest/gtest.h>

namespace shunt::host::front {
namespace {

int take_all(RetryBudget& budget, std::int64_t now_ms) {
  int taken = 0;
  for (; taken < 100'000 && budget.left(now_ms); ++taken) budget.count_retry(now_ms);
  return taken;
}

TEST(RetryBudgetTest, TenAreAlwaysThere) {
  RetryBudget budget(20);
  EXPECT_EQ(take_all(budget, 5'000), 10);
  EXPECT_EQ(take_all(budget, 14'999), 0) << "the ten seconds are not over";
  EXPECT_EQ(take_all(budget, 15'000), 10);
}

TEST(RetryBudgetTest, APartOfTheRequestsOfTenSeconds) {
  RetryBudget budget(20);
  for (int i = 0; i < 1000; ++i) budget.count_request(1'000 + i * 9);
  EXPECT_EQ(take_all(budget, 10'500), 200);
  for (int i = 0; i < 100; ++i) budget.count_request(10'600);
  EXPECT_EQ(take_all(budget, 10'700), 20);
  EXPECT_EQ(take_all(budget, 1'000'000), 10) << "all of that is long ago";
}

TEST(RetryBudgetTest, NoneAtZeroPercent) {
  RetryBudget budget(0);
  EXPECT_EQ(take_all(budget, 0), 0);
}

TEST(RetryBudgetTest, TimeThatStandsStill) {
  RetryBudget budget(100);
  for (int i = 0; i < 50; ++i) budget.count_request(0);
  EXPECT_EQ(take_all(budget, 0), 50);
}

}  // namespace
}  // namespace shunt::host::front
