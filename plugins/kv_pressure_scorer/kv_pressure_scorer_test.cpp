// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using ::testing::AllOf;
using ::testing::DoubleEq;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
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
  // Too many digits: ranked, and still equal.
  EXPECT_THAT(scores_of({{0.1, 1e12, 1, 9e10, 7e9}, {0.1, 1e12, 1, 9e10, 7e9}, {0.1, 1, 1e6, 0, 0}}),
              ElementsAre(1.0, 1.0, 0.0));
}

// A code of exactly 50 bits, and one of 51, which is ranked: neighbours differ at both ends of the range.
TEST(KvPressureScorer, KeepsNeighboursApart) {
  for (const double most : {std::exp2(50) - 1, std::exp2(50)}) {
    std::vector<Load> loads;
    for (const double served : {0.0, 1.0, most / 2 - 1, most / 2, most - 2, most - 1, most}) {
      loads.push_back({0.1, 0, 0, 0, std::floor(served)});
    }
    const std::vector<double> scores = scores_of(loads);
    EXPECT_EQ(scores.front(), 1.0);
    EXPECT_EQ(scores.back(), 0.0);
    for (std::size_t i = 1; i < scores.size(); ++i) EXPECT_LT(scores[i], scores[i - 1]) << i << " of " << most;
  }
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
