// SPDX-License-Identifier: Apache-2.0
#include <shunt/sdk/least.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace {

using shunt::sdk::ColumnView;
using shunt::sdk::score_least;

std::vector<double> scores_of(const std::vector<double>& numbers, const std::vector<std::uint8_t>& valid = {}) {
  shunt_column column{};
  column.size = sizeof column;
  column.type = SHUNT_COLUMN_NUMBER;
  column.data = numbers.data();
  column.valid = valid.empty() ? nullptr : valid.data();
  std::vector<double> score(numbers.size(), -1.0);
  score_least(ColumnView<double>(column, numbers.size()), score);
  return score;
}

using Numbers = std::vector<double>;

TEST(Least, IsOneAndTheGreatestIsZero) {
  EXPECT_EQ(scores_of({}), Numbers{});
  EXPECT_EQ(scores_of({7}), Numbers{1});
  EXPECT_EQ(scores_of({3, 3, 3, 3, 3}), (Numbers{1, 1, 1, 1, 1}));
  EXPECT_EQ(scores_of({4, 0, 2, 3, 1, 0}), (Numbers{0, 1, 0.5, 0.25, 0.75, 1}));
  EXPECT_EQ(scores_of({-1e300, 1e300}), (Numbers{1, 0}));
}

// Four at a time, and the last ones one at a time.
TEST(Least, NothingElseReachesOne) {
  for (const double high : {1.0, 1e15, 1e300}) {
    const Numbers score = scores_of({0, 1e-300, high, 5e-324, 1e-30, 0, 1e-17});
    EXPECT_EQ(score[0], 1.0);
    EXPECT_EQ(score[2], 0.0);
    EXPECT_EQ(score[5], 1.0);
    for (const std::size_t i : {1u, 3u, 4u, 6u}) {
      EXPECT_LT(score[i], 1.0) << i;
      EXPECT_GT(score[i], 0.9999) << i;
    }
  }
  const double least = std::numeric_limits<double>::denorm_min();
  EXPECT_EQ(scores_of({0, least}).front(), 1.0);
  EXPECT_LT(scores_of({0, least}).back(), 1.0);
}

TEST(Least, RowsWithoutAValueAreLeftOut) {
  EXPECT_EQ(scores_of({0, 4, 2, 0, 3}, {0, 1, 1, 0, 1}), (Numbers{0, 0, 1, 0, 0.5}));
  EXPECT_EQ(scores_of({0, 0}, {0, 0}), (Numbers{0, 0}));
  Numbers all(5, -1.0);
  const Numbers numbers{0, 4, 2, 0, 3};
  score_least(numbers.data(), all);
  EXPECT_EQ(all, (Numbers{1, 0, 0.5, 1, 0.25})) << "where each counts, as it stands";
}

}  // namespace
