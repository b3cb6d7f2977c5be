// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using ::testing::DoubleEq;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Pointwise;

using Values = std::vector<std::optional<double>>;

EndpointSet endpoints_with(const Values& values) {
  EndpointSet endpoints;
  for (std::size_t i = 0; i < values.size(); ++i) {
    Endpoint& endpoint = endpoints.add("pod-" + std::to_string(i));
    if (values[i]) endpoint.number("kv_cache_usage", *values[i]);
  }
  return endpoints;
}

class KvCacheUtilizationScorer : public ::testing::Test {
 protected:
  std::vector<double> score(const EndpointSet& endpoints, const Surroundings& around = {}) {
    const Scores scores = plugin_.score(endpoints, request_, around);
    EXPECT_THAT(scores, Succeeded());
    EXPECT_EQ(scores.unwritten(), 0u);
    return scores.values;
  }

  FakeHost host_;
  PluginUnderTest plugin_{shunt_library_entry_v1, "kv-cache-utilization-scorer", "{}", host_};
  RequestBuilder request_;
};

TEST_F(KvCacheUtilizationScorer, FollowsTheFormula) {
  struct Case {
    const char* what;
    Values usage;
    std::vector<double> expected;
  };
  const Case cases[] = {
      {"no endpoint", {}, {}},
      {"empty, half and full", {0, 0.5, 1}, {1, 0.5, 0}},
      {"absolute: neighbours do not matter", {0.25, 0.25}, {0.75, 0.75}},
      {"unknown is not empty", {std::nullopt, 0, 1}, {0, 1, 0}},
      {"nothing known", {std::nullopt, std::nullopt}, {0, 0}},
      {"more rows than one vector",
       {0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1},
       {1, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125, 0}},
  };
  for (const Case& one : cases) {
    EXPECT_THAT(score(endpoints_with(one.usage)), Pointwise(DoubleEq(), one.expected)) << one.what;
  }
}

TEST_F(KvCacheUtilizationScorer, OrderOfEndpointsDoesNotMatter) {
  constexpr std::size_t kCount = 1000;
  Values usage;
  for (std::size_t i = 0; i < kCount; ++i) usage.emplace_back(static_cast<double>(i * 7919 % 1001) / 1000.0);
  const EndpointSet endpoints = endpoints_with(usage);
  Rows rows(kCount);
  for (std::size_t i = 0; i < kCount; ++i) rows[i] = static_cast<std::uint32_t>((i * 77 + 5) % kCount);
  const std::vector<double> straight = score(endpoints);
  const std::vector<double> permuted = score(endpoints, {.candidates = rows});
  EXPECT_THAT(straight, Each(IsScore()));
  for (std::size_t i = 0; i < kCount; ++i) ASSERT_EQ(permuted[i], straight[rows[i]]);
}

TEST_F(KvCacheUtilizationScorer, NeedsItsColumn) {
  FakeHost bare;
  bare.provide("queue");
  const PluginUnderTest plugin(shunt_library_entry_v1, "kv-cache-utilization-scorer", "{}", bare);
  EXPECT_THAT(plugin.creation(), FailedWith(SHUNT_NOT_FOUND, HasSubstr("kv_cache_usage")));
}

}  // namespace
