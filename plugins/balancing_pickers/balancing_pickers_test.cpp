// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numeric>
#include <set>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::uint64_t kDraws = 4000;

class BalancingPickers : public ::testing::Test {
 protected:
  static EndpointSet endpoints_with(const std::vector<std::optional<double>>& loads) {
    EndpointSet endpoints;
    for (std::size_t i = 0; i < loads.size(); ++i) {
      Endpoint& endpoint = endpoints.add("pod-" + std::to_string(i));
      if (loads[i]) endpoint.number("load", *loads[i]);
    }
    return endpoints;
  }
  // How often each row is picked over many seeds.
  std::vector<double> hits(const char* type, const std::vector<double>& totals, const EndpointSet& endpoints) {
    PluginUnderTest plugin(shunt_library_entry_v1, type, "{}", host_);
    std::vector<double> count(totals.size(), 0);
    for (std::uint64_t seed = 1; seed <= kDraws; ++seed) {
      const Picked picked = plugin.pick(totals, endpoints, RequestBuilder(), {.seed = seed});
      EXPECT_THAT(picked, Succeeded());
      count.at(picked.rows.at(0)) += 1;
    }
    EXPECT_THAT(host_.misuses(), IsEmpty());
    return count;
  }
  FakeHost host_;
};

// Decides `n` requests, each dispatched to what was picked; the base rows.
Rows decide(PluginUnderTest& plugin, const EndpointSet& endpoints, std::size_t n, std::uint64_t first_number,
            const std::optional<Rows>& candidates = {}, std::uint32_t outcome = SHUNT_OUTCOME_DISPATCHED) {
  Rows rows;
  const std::size_t count = candidates ? candidates->size() : endpoints.size();
  for (std::size_t i = 0; i < n; ++i) {
    RequestBuilder request;
    request.number(first_number + i);
    Surroundings around{.candidates = candidates};
    const Picked picked = plugin.pick(std::vector<double>(count, 0.5), endpoints, request, around);
    EXPECT_THAT(picked, Succeeded());
    rows.push_back(picked.base_rows.at(0));
    around.candidates.reset();
    around.done = {
        {.profile = 0, .status = SHUNT_OK, .picks = {rows.back()}, .candidates = {rows.back()}, .totals = {0.5}}};
    EXPECT_THAT(plugin.picked(endpoints, request, {.outcome = outcome}, around), Succeeded());
  }
  return rows;
}

TEST_F(BalancingPickers, RoundRobinTakesTurns) {
  PluginUnderTest plugin(shunt_library_entry_v1, "round-robin-picker", "{}", host_);
  EndpointSet endpoints;
  endpoints.add_many(5);
  const Rows round = decide(plugin, endpoints, 5, 0);
  EXPECT_EQ(std::set<std::uint32_t>(round.begin(), round.end()).size(), 5u);
  EXPECT_EQ(decide(plugin, endpoints, 5, 5), round);
  EXPECT_THAT(host_.misuses(), IsEmpty());
}

TEST_F(BalancingPickers, RoundRobinSkipsWhatIsNotThereAndKeepsItsTurn) {
  PluginUnderTest plugin(shunt_library_entry_v1, "round-robin-picker", "{}", host_);
  EndpointSet endpoints;
  endpoints.add_many(5);
  const Rows round = decide(plugin, endpoints, 5, 0);
  Rows fewer;
  for (std::uint32_t row = 0; row < 5; ++row) {
    if (row != round[1]) fewer.push_back(row);
  }
  EXPECT_EQ(decide(plugin, endpoints, 4, 5, fewer), (Rows{round[0], round[2], round[3], round[4]}));
  EXPECT_EQ(decide(plugin, endpoints, 2, 9), (Rows{round[0], round[1]}));
  EXPECT_EQ(decide(plugin, endpoints, 3, 11, Rows{3}), (Rows{3, 3, 3}));
}

TEST_F(BalancingPickers, RoundRobinCountsDecisionsNotQuestions) {
  PluginUnderTest plugin(shunt_library_entry_v1, "round-robin-picker", "{}", host_);
  EndpointSet endpoints;
  endpoints.add_many(3);
  const Rows refused = decide(plugin, endpoints, 3, 0, {}, SHUNT_OUTCOME_REJECTED);
  EXPECT_EQ(refused, Rows(3, refused[0]));
  EXPECT_THAT(plugin.pick({}, EndpointSet(), RequestBuilder()).rows, IsEmpty());
  // A request that this instance has not picked for takes no turn either.
  RequestBuilder unseen;
  unseen.number(99);
  plugin.picked(endpoints, unseen, {}, {.done = {{.picks = {2}, .candidates = {2}, .totals = {1.0}}}});
  EXPECT_EQ(decide(plugin, endpoints, 1, 7), Rows{refused[0]});
}

TEST_F(BalancingPickers, WeightedChancesFollowTheFreeCapacity) {
  struct Case {
    std::vector<std::optional<double>> loads;
    std::vector<double> capacity;
  };
  const Case cases[] = {{{0.9, 0.8, 0.3}, {0.1, 0.2, 0.7}},
                        {{0.0, 1.0, 0.5}, {1, 0, 0.5}},
                        {{std::nullopt, 0.5, 0.0}, {1, 0.5, 1}},
                        {{2.0, 0.75}, {0, 0.25}},
                        {{1.0, 1.0, 1.0, 1.0}, {1, 1, 1, 1}}};
  for (const Case& one : cases) {
    const double sum = std::accumulate(one.capacity.begin(), one.capacity.end(), 0.0);
    const std::vector<double> count =
        hits("weighted-round-robin-picker", std::vector<double>(one.loads.size(), 0), endpoints_with(one.loads));
    for (std::size_t i = 0; i < count.size(); ++i) {
      const double share = one.capacity[i] / sum;
      const double deviation = std::sqrt(static_cast<double>(kDraws) * share * (1 - share));
      EXPECT_NEAR(count[i], static_cast<double>(kDraws) * share, 5 * deviation)
          << ::testing::PrintToString(one.capacity) << i;
    }
  }
}

TEST_F(BalancingPickers, PowerOfTwoTakesTheBetterOfTwo) {
  // The best of n distinct ones wins in every pair that it is in, the worst in none: shares 2 (n - 1 - rank) / (n (n - 1)).
  EndpointSet endpoints;
  endpoints.add_many(5);
  const std::vector<double> totals = {0.5, 0.1, 0.9, 0.3, 0.7};
  const std::vector<double> share = {0.2, 0.0, 0.4, 0.1, 0.3};
  const std::vector<double> count = hits("power-of-two-picker", totals, endpoints);
  for (std::size_t i = 0; i < totals.size(); ++i) {
    const double deviation = std::sqrt(static_cast<double>(kDraws) * share[i] * (1 - share[i]));
    EXPECT_NEAR(count[i], static_cast<double>(kDraws) * share[i], 5 * deviation) << i;
  }
}

TEST_F(BalancingPickers, PowerOfTwoOfEqualsIsFair) {
  EndpointSet endpoints;
  endpoints.add_many(4);
  for (const double count : hits("power-of-two-picker", {1, 1, 1, 1}, endpoints)) EXPECT_NEAR(count, 1000, 5 * 28);
}

TEST_F(BalancingPickers, PowerOfTwoOfTwoIsTheBetterOne) {
  PluginUnderTest plugin(shunt_library_entry_v1, "power-of-two-picker", "{}", host_);
  EndpointSet endpoints;
  endpoints.add_many(3);
  const auto pick = [&](const std::vector<double>& totals, const Rows& rows) {
    return plugin.pick(totals, endpoints, RequestBuilder(), {.candidates = rows}).base_rows;
  };
  EXPECT_THAT(pick({0.2, 0.3}, {0, 2}), ElementsAre(2u));
  EXPECT_THAT(pick({0.3, 0.2}, {0, 2}), ElementsAre(0u));
  EXPECT_THAT(pick({0.3, 0.3}, {2, 1}), ElementsAre(2u)) << "the first of equal ones";
  EXPECT_THAT(pick({-1}, {1}), ElementsAre(1u));
  EXPECT_THAT(pick({}, {}), IsEmpty());
}

}  // namespace
