// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using ::testing::DoubleEq;
using ::testing::HasSubstr;
using ::testing::Pointwise;

EndpointSet endpoints_with(const std::vector<double>& in_flight) {
  EndpointSet endpoints;
  for (std::size_t i = 0; i < in_flight.size(); ++i) {
    endpoints.add("pod-" + std::to_string(i)).number("in_flight", in_flight[i]);
  }
  return endpoints;
}

std::vector<double> score(const char* parameters, const EndpointSet& endpoints, const Surroundings& around = {}) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, "active-request-scorer", parameters, host);
  const Scores scores = plugin.score(endpoints, RequestBuilder(), around);
  EXPECT_THAT(scores, Succeeded());
  EXPECT_EQ(scores.unwritten(), 0u);
  return scores.values;
}

TEST(ActiveRequestScorer, FollowsTheFormula) {
  struct Case {
    const char* what;
    const char* parameters;
    std::vector<double> in_flight;
    std::vector<double> expected;
  };
  const Case cases[] = {
      {"no endpoint", "{}", {}, {}},
      {"all idle", "{}", {0, 0}, {1, 1}},
      {"one busy endpoint is the busiest", "{}", {4}, {0}},
      {"relative to the busiest", "{}", {0, 1, 2, 4}, {1, 0.75, 0.5, 0}},
      {"all equally busy", "{}", {3, 3}, {0, 0}},
      {"at the threshold and above it", R"({"idleThreshold": 2})", {2, 3, 4}, {1, 0.25, 0}},
      {"nobody above the threshold", R"({"idleThreshold": 4})", {2, 3, 4}, {1, 1, 1}},
      {"a gap between idle and busy", R"({"maxBusyScore": 0.5})", {0, 1, 4}, {1, 0.375, 0}},
      {"idle or nothing", R"({"maxBusyScore": 0})", {0, 1, 4}, {1, 0, 0}},
  };
  for (const Case& one : cases) {
    EXPECT_THAT(score(one.parameters, endpoints_with(one.in_flight)), Pointwise(DoubleEq(), one.expected)) << one.what;
  }
}

TEST(ActiveRequestScorer, AnEndpointWithoutAValueIsIdle) {
  EndpointSet endpoints = endpoints_with({2, 4});
  endpoints.add("silent");
  EXPECT_THAT(score("{}", endpoints), Pointwise(DoubleEq(), {0.5, 0.0, 1.0}));
}

TEST(ActiveRequestScorer, FallsWithTheLoadInAnyOrder) {
  constexpr std::size_t kCount = 1000;
  std::vector<double> in_flight;
  for (std::size_t i = 0; i < kCount; ++i) in_flight.push_back(static_cast<double>(i * 31 % 257));
  const EndpointSet endpoints = endpoints_with(in_flight);
  for (const char* parameters : {"{}", R"({"idleThreshold": 17, "maxBusyScore": 0.6})"}) {
    Rows rows(kCount);
    for (std::size_t i = 0; i < kCount; ++i) rows[i] = static_cast<std::uint32_t>((i * 77 + 5) % kCount);
    const std::vector<double> straight = score(parameters, endpoints);
    const std::vector<double> permuted = score(parameters, endpoints, {.candidates = rows});
    for (std::size_t i = 0; i < kCount; ++i) {
      ASSERT_EQ(permuted[i], straight[rows[i]]);
      ASSERT_GE(straight[i], 0.0);
      ASSERT_LE(straight[i], 1.0);
      const std::size_t other = (i * 13 + 1) % kCount;
      if (in_flight[i] < in_flight[other]) {
        ASSERT_GE(straight[i], straight[other]);
      }
    }
  }
}

TEST(ActiveRequestScorer, RefusesParametersOfAnotherType) {
  FakeHost host;
  const PluginUnderTest plugin(shunt_library_entry_v1, "active-request-scorer", R"({"idleThreshold": "few"})", host);
  EXPECT_THAT(plugin.creation(), FailedWith(SHUNT_INVALID, HasSubstr("/idleThreshold must be a number")));
}

}  // namespace
