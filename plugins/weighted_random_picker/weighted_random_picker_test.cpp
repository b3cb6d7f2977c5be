// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <set>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::uint64_t kDraws = 4000;

class WeightedRandomPicker : public ::testing::Test {
 protected:
  Rows pick(const char* parameters, const std::vector<double>& totals, const Surroundings& around = {}) {
    PluginUnderTest plugin(shunt_library_entry_v1, "weighted-random-picker", parameters, host_);
    EndpointSet endpoints;
    endpoints.add_many(totals.size());
    const Picked picked = plugin.pick(totals, endpoints, RequestBuilder(), around);
    EXPECT_THAT(picked, Succeeded());
    return picked.base_rows;
  }
  std::vector<double> shares(const std::vector<double>& totals) {
    PluginUnderTest plugin(shunt_library_entry_v1, "weighted-random-picker", "{}", host_);
    EndpointSet endpoints;
    endpoints.add_many(totals.size());
    std::vector<double> hits(totals.size(), 0);
    for (std::uint64_t seed = 1; seed <= kDraws; ++seed) {
      hits.at(plugin.pick(totals, endpoints, RequestBuilder(), {.seed = seed}).rows.at(0)) += 1;
    }
    return hits;
  }

  FakeHost host_;
};

TEST_F(WeightedRandomPicker, ChancesFollowTheTotals) {
  const std::vector<std::vector<double>> cases = {{0.1, 0.2, 0.7}, {3, 6, 1}, {0.5, 0, 0.5}, {-4, 1, 3}, {1e-6, 3e-6}};
  for (const std::vector<double>& totals : cases) {
    const double sum = std::accumulate(totals.begin(), totals.end(), 0.0,
                                       [](double left, double total) { return left + std::max(total, 0.0); });
    const std::vector<double> hits = shares(totals);
    for (std::size_t i = 0; i < totals.size(); ++i) {
      const double share = std::max(totals[i], 0.0) / sum;
      const double deviation = std::sqrt(static_cast<double>(kDraws) * share * (1 - share));
      EXPECT_NEAR(hits[i], static_cast<double>(kDraws) * share, 5 * deviation) << ::testing::PrintToString(totals) << i;
    }
  }
}

TEST_F(WeightedRandomPicker, WithoutPositiveTotalsAllChancesAreEqual) {
  for (const std::vector<double>& totals : {std::vector<double>{0, 0, 0, 0}, std::vector<double>{-1, -2, 0, -3}}) {
    for (const double hits : shares(totals)) EXPECT_NEAR(hits, 1000, 5 * 28);
  }
}

TEST_F(WeightedRandomPicker, PutsEndpointsWithoutTotalLast) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const Rows rows = pick(R"({"maxNumOfEndpoints": 4})", {0, 1e-9, -1, 5}, {.seed = seed});
    ASSERT_EQ(rows.size(), 4u);
    EXPECT_EQ((std::set<std::uint32_t>{rows[0], rows[1]}), (std::set<std::uint32_t>{1, 3}));
  }
}

TEST_F(WeightedRandomPicker, TotalsOfAnySizeStayInTheDraw) {
  // Their powers would all underflow to 0, and the last of them would never win.
  std::vector<double> totals(8, 1e-300);
  const std::vector<double> hits = shares(totals);
  for (const double count : hits) EXPECT_NEAR(count, 500, 5 * 21);
  EXPECT_THAT(pick("{}", {0, 1e-310, 0}), ElementsAre(1u));
}

TEST_F(WeightedRandomPicker, SameSeedSamePickInAnyOrder) {
  const std::vector<double> totals = {0.5, 2, 1, 0, 3};
  const std::vector<double> permuted = {0, 0.5, 3, 1, 2};
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const Rows straight = pick(R"({"maxNumOfEndpoints": 3})", totals, {.seed = seed});
    EXPECT_EQ(pick(R"({"maxNumOfEndpoints": 3})", permuted, {.seed = seed, .candidates = Rows{3, 0, 4, 2, 1}}),
              straight);
    EXPECT_EQ(pick("{}", totals, {.seed = seed}), Rows{straight.front()});
  }
}

TEST_F(WeightedRandomPicker, GivesTheWantedNumberOfDistinctEndpoints) {
  const std::vector<double> totals(1000, 0.5);
  const Rows rows = pick(R"({"maxNumOfEndpoints": 64})", totals);
  EXPECT_EQ(std::set<std::uint32_t>(rows.begin(), rows.end()).size(), 64u);
  EXPECT_EQ(pick(R"({"maxNumOfEndpoints": 5000})", totals).size(), 1000u);
  EXPECT_EQ(pick(R"({"maxNumOfEndpoints": 0})", totals).size(), 1u);
  EXPECT_EQ(pick(R"({"maxNumOfEndpoints": -2})", totals).size(), 1u);
  EXPECT_THAT(pick("{}", {}), IsEmpty());
  EXPECT_THAT(pick(R"({"maxNumOfEndpoints": 2})", {}), IsEmpty());
}

}  // namespace
