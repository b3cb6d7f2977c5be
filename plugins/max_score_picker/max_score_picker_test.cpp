// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class MaxScorePicker : public ::testing::Test {
 protected:
  Rows pick(const char* parameters, const std::vector<double>& totals, const Surroundings& around = {}) {
    EndpointSet endpoints;
    endpoints.add_many(totals.size());
    return pick(parameters, totals, endpoints, around);
  }
  Rows pick(const char* parameters, const std::vector<double>& totals, const EndpointSet& endpoints,
            const Surroundings& around) {
    PluginUnderTest plugin(shunt_library_entry_v1, "max-score-picker", parameters, host_);
    const Picked picked = plugin.pick(totals, endpoints, RequestBuilder(), around);
    EXPECT_THAT(picked, Succeeded());
    return picked.base_rows;
  }

  FakeHost host_;
};

TEST_F(MaxScorePicker, PicksTheHighestTotals) {
  EXPECT_THAT(pick("{}", {1.5}), ElementsAre(0u));
  EXPECT_THAT(pick("{}", {0.1, 3.5, 0.2}), ElementsAre(1u));
  EXPECT_THAT(pick("{}", {-2, -1, -3}), ElementsAre(1u));
  EXPECT_THAT(pick(R"({"maxNumOfEndpoints": 2})", {0.1, 3.5, 0.2}), ElementsAre(1u, 2u));
  EXPECT_THAT(pick(R"({"maxNumOfEndpoints": 3})", {0.1, 3.5, 0.2}), ElementsAre(1u, 2u, 0u));
  EXPECT_THAT(pick(R"({"maxNumOfEndpoints": 100})", {0.1, 3.5, 0.2}), ElementsAre(1u, 2u, 0u));
  EXPECT_THAT(pick(R"({"maxNumOfEndpoints": 1e300})", {0.1, 3.5}), ElementsAre(1u, 0u));
}

TEST_F(MaxScorePicker, LessThanOneEndpointMeansOne) {
  EXPECT_THAT(pick(R"({"maxNumOfEndpoints": 0})", {0.1, 0.2}), ElementsAre(1u));
  EXPECT_THAT(pick(R"({"maxNumOfEndpoints": -3})", {0.1, 0.2}), ElementsAre(1u));
}

TEST_F(MaxScorePicker, PicksNothingFromNothing) {
  EXPECT_THAT(pick("{}", {}), IsEmpty());
  EXPECT_THAT(pick(R"({"maxNumOfEndpoints": 2})", {}), IsEmpty());
}

TEST_F(MaxScorePicker, FindsTheHighestWhereverItStands) {
  for (const std::size_t n : {std::size_t{8}, std::size_t{64}, std::size_t{1000}}) {
    std::vector<double> totals(n, 0.25);
    for (std::size_t at = 0; at < n; at += n / 8) {
      totals[at] = 7;
      EXPECT_THAT(pick("{}", totals), ElementsAre(static_cast<std::uint32_t>(at)));
      totals[at] = 0.25;
    }
  }
}

TEST_F(MaxScorePicker, TiesByOrder) {
  EXPECT_THAT(pick(R"({"ties": "first"})", {1, 2, 2, 2}), ElementsAre(1u));
  EXPECT_THAT(pick(R"({"ties": "first", "maxNumOfEndpoints": 3})", {1, 2, 2, 2}), ElementsAre(1u, 2u, 3u));
  EXPECT_THAT(pick(R"({"ties": "first", "maxNumOfEndpoints": 4})", {2, 1, 2, 1}), ElementsAre(0u, 2u, 1u, 3u));
}

TEST_F(MaxScorePicker, TiesByDrawReachEveryEndpointAboutEquallyOften) {
  // 6000 draws over 6 endpoints: 1000 each, with a standard deviation of 29.
  PluginUnderTest plugin(shunt_library_entry_v1, "max-score-picker", "{}", host_);
  EndpointSet endpoints;
  endpoints.add_many(8);
  std::vector<int> hits(8, 0);
  for (std::uint64_t seed = 1; seed <= 6000; ++seed) {
    ++hits.at(plugin.pick({2, 1, 2, 2, 2, 2, 1, 2}, endpoints, RequestBuilder(), {.seed = seed}).rows.at(0));
  }
  EXPECT_EQ(hits[1] + hits[6], 0);
  for (const std::size_t row : {0u, 2u, 3u, 4u, 5u, 7u}) {
    EXPECT_GT(hits[row], 1000 - 5 * 29) << row;
    EXPECT_LT(hits[row], 1000 + 5 * 29) << row;
  }
}

TEST_F(MaxScorePicker, DrawsDoNotDependOnTheOrderOfRows) {
  constexpr std::size_t kCount = 64;
  EndpointSet endpoints;
  endpoints.add_many(kCount);
  const std::vector<double> totals(kCount, 1.0);
  Rows reversed(kCount);
  for (std::size_t i = 0; i < kCount; ++i) reversed[i] = static_cast<std::uint32_t>(kCount - 1 - i);
  for (const char* parameters : {"{}", R"({"maxNumOfEndpoints": 5})"}) {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
      const Rows straight = pick(parameters, totals, endpoints, {.seed = seed});
      EXPECT_EQ(pick(parameters, totals, endpoints, {.seed = seed, .candidates = reversed}), straight);
    }
  }
}

TEST_F(MaxScorePicker, OnePickIsTheFirstOfMany) {
  std::vector<double> totals(100);
  for (std::size_t i = 0; i < totals.size(); ++i) totals[i] = static_cast<double>(i % 5);
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const Rows all = pick(R"({"maxNumOfEndpoints": 100})", totals, {.seed = seed});
    EXPECT_EQ(std::set<std::uint32_t>(all.begin(), all.end()).size(), totals.size());
    EXPECT_TRUE(std::is_sorted(all.begin(), all.end(), [&](auto a, auto b) { return totals[a] > totals[b]; }));
    EXPECT_EQ(pick("{}", totals, {.seed = seed}), Rows{all.front()});
    EXPECT_THAT(pick(R"({"maxNumOfEndpoints": 7})", totals, {.seed = seed}),
                ElementsAreArray(all.begin(), all.begin() + 7));
  }
}

TEST_F(MaxScorePicker, RefusesAnUnknownTieRule) {
  const PluginUnderTest plugin(shunt_library_entry_v1, "max-score-picker", R"({"ties": "last"})", host_);
  EXPECT_THAT(plugin.creation(), FailedWith(SHUNT_INVALID, HasSubstr("found \"last\"")));
}

}  // namespace
