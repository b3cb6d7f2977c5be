// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using ::testing::AllOf;
using ::testing::DoubleEq;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Lt;
using ::testing::Pointwise;

constexpr const char* kType = "kv-pressure-scorer";

struct Load {
  std::optional<double> usage;
  std::optional<double> blocks;
  double depth = 0;
  double bytes = 0;
  double served = 0;
};

EndpointSet endpoints_with(const std::vector<Load>& loads) {
  EndpointSet endpoints;
  for (std::size_t i = 0; i < loads.size(); ++i) {
    Endpoint& endpoint = endpoints.add("pod-" + std::to_string(i));
    if (loads[i].usage) endpoint.number("kv_cache_usage", *loads[i].usage);
    if (loads[i].blocks) endpoint.number("kv_cache_blocks", *loads[i].blocks);
    endpoint.number("in_flight", loads[i].depth);
    endpoint.number("kv_cache_free_bytes", loads[i].bytes);
    endpoint.number("requests_served", loads[i].served);
  }
  return endpoints;
}

std::vector<double> scores_of(const std::vector<Load>& loads, const char* parameters = "{}") {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kType, parameters, host);
  EXPECT_TRUE(plugin.created()) << plugin.creation().error;
  const Scores scores = plugin.score(endpoints_with(loads), RequestBuilder());
  EXPECT_THAT(scores, Succeeded());
  EXPECT_EQ(scores.unwritten(), 0u);
  EXPECT_THAT(host.misuses(), IsEmpty());
  return scores.values;
}

TEST(KvPressureScorer, FollowsTheOrder) {
  struct Case {
    const char* what;
    std::vector<Load> loads;  // best first, all different
  };
  const Case cases[] = {
      {"tiers before requests",
       {{0.699, 1000, 9}, {0.7, 1000, 8}, {0.85, 1000, 7}, {0.95, 1000, 6}, {std::nullopt, std::nullopt, 0}}},
      {"the end of each tier",
       {{0.0, 1000, 1}, {0.699, 1000, 2}, {0.849, 1000, 1}, {0.85, 1000, 1}, {0.949, 1000, 2}, {1.0, 1000, 1}}},
      {"requests before free blocks", {{0.6, 1000, 1}, {0.1, 1000, 2}}},
      {"free blocks before free bytes", {{0.5, 1000, 1, 5}, {0.501, 1000, 1, 9}}},
      {"free blocks are counted, not shares", {{0.6, 1000, 1}, {0.1, 100, 1}}},
      {"free bytes before requests served", {{0.5, 1000, 1, 9, 4}, {0.5, 1000, 1, 8, 3}}},
      {"requests served last", {{0.5, 1000, 1, 9, 3}, {0.5, 1000, 1, 9, 4}}},
      {"without any KV cache", {{{}, {}, 1, 0, 9}, {{}, {}, 2, 0, 1}, {{}, {}, 2, 0, 2}}},
      {"a usage without blocks has a tier and nothing free", {{0.2, 10, 1}, {0.1, {}, 1}, {{}, 10, 1}}},
      {"keys that do not fit one number",
       {{0.1, 1e12, 1, 4e10, 5e9},
        {0.1, 1e12, 1, 4e10, 6e9},
        {0.1, 1e12, 1, 3e10, 1},
        {0.1, 2, 1, 9e10, 1},
        {0.1, 1e12, 5e3}}},
  };
  for (const Case& one : cases) {
    const std::vector<double> scores = scores_of(one.loads);
    EXPECT_THAT(scores, Each(IsScore())) << one.what;
    EXPECT_EQ(scores.front(), 1.0) << one.what;
    EXPECT_EQ(scores.back(), 0.0) << one.what;
    for (std::size_t i = 1; i < scores.size(); ++i) EXPECT_LT(scores[i], scores[i - 1]) << one.what << ", row " << i;
  }
}

TEST(KvPressureScorer, MeasuresTheFirstKeyThatDiffers) {
  const std::vector<Load> loads = {{0.5, 100, 0}, {0.5, 100, 4}, {0.5, 100, 2}};
  EXPECT_THAT(scores_of(loads), Pointwise(DoubleEq(), {1.0, 0.0, 0.5}));
}

TEST(KvPressureScorer, EqualIsEqual) {
  EXPECT_THAT(scores_of({}), IsEmpty());
  EXPECT_THAT(scores_of({{0.9, 10, 3}}), ElementsAre(1.0));
  EXPECT_THAT(scores_of({{0.3, 100, 3}, {0.3, 100, 3}}), ElementsAre(1.0, 1.0));
  EXPECT_THAT(scores_of({{{}, {}, 3}, {{}, {}, 3}}), ElementsAre(1.0, 1.0));
  // 700 of 1,000 and 1,700 of 2,000 used: 300 free in both, whatever the shares are rounded to; the tier decides.
  EXPECT_THAT(scores_of({{0.1, 1000, 3}, {0.55, 2000, 3}}), ElementsAre(1.0, 1.0));
  // More bits than a double has: still equal.
  EXPECT_THAT(scores_of({{0.1, 1e12, 1, 9e10, 7e9}, {0.1, 1e12, 1, 9e10, 7e9}, {0.1, 1, 1e6, 0, 0}}),
              ElementsAre(1.0, 1.0, 0.0));
}

// A code of exactly 50 bits: neighbours differ at both ends of the range.
TEST(KvPressureScorer, KeepsNeighboursApart) {
  const double most = std::exp2(50) - 1;
  std::vector<Load> loads;
  for (const double served : {0.0, 1.0, most / 2 - 1, most / 2, most - 2, most - 1, most}) {
    loads.push_back({0.1, 0, 0, 0, std::floor(served)});
  }
  const std::vector<double> scores = scores_of(loads);
  EXPECT_EQ(scores.front(), 1.0);
  EXPECT_EQ(scores.back(), 0.0);
  for (std::size_t i = 1; i < scores.size(); ++i) EXPECT_LT(scores[i], scores[i - 1]) << i;
}

// One of 51, of which the first level has 50: the best two tie there and are told apart, two others are not.
TEST(KvPressureScorer, TellsOnlyTheBestApartBehindTheFirstLevel) {
  const double most = std::exp2(51) - 1;
  const std::vector<double> scores =
      scores_of({{0.1, 0, 0, 0, most}, {0.1, 0, 0, 0, 1}, {0.1, 0, 0, 0, 0}, {0.1, 0, 0, 0, most - 1}});
  EXPECT_THAT(scores, ElementsAre(0.0, 0.875, 1.0, 0.0));
}

// Every key is so wide that the last bits of the last one are compared in the fifth level: after a tie of the best in four.
TEST(KvPressureScorer, ComparesTheLastBitOfFiveKeys) {
  const double most = std::exp2(51) - 1;
  std::vector<Load> loads = {{0.99, most, most, -most, most}, {0.0, most, -most, most, -most + 8}};
  // Each is worse than the best ones in one key.
  loads.push_back({0.0, most, -most, most, most});
  loads.push_back({0.0, most, -most, most - 1, -most});
  loads.push_back({0.0, most - 1, -most, most, -most});
  loads.push_back({0.0, most, 1 - most, most, -most});
  loads.push_back({0.7, most, -most, most, -most});
  for (const double served : {7, 1, 3, 0, 2, 6, 4, 5, 0}) loads.push_back({0.0, most, -most, most, served - most});
  const std::vector<double> scores = scores_of(loads);
  const auto at = [&](std::size_t served) {
    const std::size_t places[] = {10, 8, 11, 9, 13, 14, 12, 7, 1};
    return scores[places[served]];
  };
  EXPECT_EQ(at(0), 1.0);
  EXPECT_EQ(scores.back(), 1.0);
  for (std::size_t served = 1; served <= 8; ++served) EXPECT_LT(at(served), at(served - 1)) << served;
  EXPECT_LT(scores[2], at(8));
  for (const std::size_t row : {3u, 4u, 5u, 6u}) EXPECT_LT(scores[row], scores[row - 1]) << row;
  EXPECT_EQ(scores[0], 0.0);
}

// The best and the next one differ in the last of 150 bits, while others make every level as wide as can be.
TEST(KvPressureScorer, OnlyTheBestReachesOne) {
  const double most = std::exp2(50) - 1;
  const std::vector<double> scores = scores_of(
      {{0.1, 0, most, 0, 0}, {0.1, 0, 0, 0, 0}, {0.1, 0, 0, most, most}, {0.1, 0, 0, most, 1}, {0.1, 0, 0, most, 0}});
  EXPECT_EQ(scores[4], 1.0);
  for (std::size_t i = 1; i < scores.size(); ++i) EXPECT_LT(scores[i - 1], scores[i]) << i;
}

TEST(KvPressureScorer, TakesOddNumbersForTheNearestPossible) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const double most = std::exp2(51) - 1;
  // What is no number is not known.
  EXPECT_THAT(scores_of({{kNan, 10, 1}, {0.99, 10, 1}, {{}, {}, 1}}), ElementsAre(0.0, 1.0, 0.0));
  EXPECT_THAT(scores_of({{0.1, 10, kNan}, {0.1, 10, 1e12}}), ElementsAre(0.0, 1.0));
  EXPECT_THAT(scores_of({{0.1, kNan, 1}, {0.1, 1, 1}, {0.1, 0, 1}}), ElementsAre(0.0, 1.0, 0.0));
  EXPECT_THAT(scores_of({{0.1, 10, 1, kNan, kNan}, {0.1, 10, 1, 0, 0}}), ElementsAre(1.0, 1.0));
  // What is too large or too small is as large or small as can be.
  EXPECT_THAT(scores_of({{0.1, 10, 1, kInfinity}, {0.1, 10, 1, 1e300}, {0.1, 10, 1, most}}), Each(1.0));
  EXPECT_THAT(scores_of({{0.1, 10, -kInfinity}, {0.1, 10, -1e16}, {0.1, 10, kInfinity}}), ElementsAre(1.0, 1.0, 0.0));
  EXPECT_THAT(scores_of({{7, 10, 1}, {1, 10, 1}, {-3, 10, 1}, {0, 10, 1}, {0, -5, 1}}),
              ElementsAre(0.0, 0.0, 1.0, 1.0, AllOf(Gt(0.0), Lt(1.0))));
  EXPECT_THAT(scores_of({{-3, -5, 1}, {0, 0, 1}, {0, kInfinity, 1}, {0, most, 1}}), ElementsAre(0.0, 0.0, 1.0, 1.0));
}

TEST(KvPressureScorer, TakesItsParameters) {
  const std::vector<Load> loads = {{0.49, 100, 1}, {0.5, 100, 0}};
  EXPECT_THAT(scores_of(loads, R"({"tierThresholds": [0.5]})"), ElementsAre(1.0, 0.0));
  EXPECT_THAT(scores_of(loads, R"({"tierThresholds": [0.51]})"), ElementsAre(0.0, 1.0));
  EXPECT_THAT(scores_of(loads, R"({"depthAttribute": "requests_served"})"), ElementsAre(1.0, 0.0));
}

TEST(KvPressureScorer, AnUnknownDepthComesLast) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kType, R"({"depthAttribute": "queue"})", host);
  EndpointSet endpoints;
  endpoints.add("silent").number("kv_cache_usage", 0.1).number("kv_cache_blocks", 100);
  endpoints.add("busy").number("kv_cache_usage", 0.1).number("kv_cache_blocks", 100).number("queue", 50);
  EXPECT_THAT(plugin.score(endpoints, RequestBuilder()).values, ElementsAre(0.0, 1.0));
}

TEST(KvPressureScorer, RefusesThresholdsThatDoNotAscend) {
  FakeHost host;
  for (const char* parameters : {R"({"tierThresholds": [0.7, 0.7]})", R"({"tierThresholds": [0.7, 0.9, 0.8]})"}) {
    const PluginUnderTest plugin(shunt_library_entry_v1, kType, parameters, host);
    EXPECT_THAT(plugin.creation(), FailedWith(SHUNT_INVALID, HasSubstr("/tierThresholds must ascend"))) << parameters;
  }
}

}  // namespace
