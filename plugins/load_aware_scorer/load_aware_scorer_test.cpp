// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using ::testing::AllOf;
using ::testing::DoubleEq;
using ::testing::Each;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::Pointwise;

using Values = std::vector<std::optional<double>>;

EndpointSet endpoints_with(const Values& values) {
  EndpointSet endpoints;
  for (std::size_t i = 0; i < values.size(); ++i) {
    Endpoint& endpoint = endpoints.add("pod-" + std::to_string(i));
    if (values[i]) endpoint.number("queue", *values[i]);
  }
  return endpoints;
}

TEST(LoadAwareScorer, FollowsTheFormula) {
  struct Case {
    const char* parameters;
    Values queue;
    std::vector<double> expected;
  };
  const Case cases[] = {
      {"{}", {}, {}},
      {"{}", {0, 64, 127, 128, 129, 5000}, {0.5, 0.25, 0.5 / 128, 0, 0, 0}},
      {"{}", {std::nullopt, 0, 128}, {0, 0.5, 0}},
      {"{}", {std::nullopt}, {0}},
      {R"({"threshold": 4})", {0, 1, 2, 3, 4, 5}, {0.5, 0.375, 0.25, 0.125, 0, 0}},
      {R"({"threshold": 0.5})", {0, 0.25, 1}, {0.5, 0.25, 0}},
      {R"({"threshold": 1})", {0, 1}, {0.5, 0}},
  };
  for (const Case& one : cases) {
    FakeHost host;
    PluginUnderTest plugin(shunt_library_entry_v1, "load-aware-scorer", one.parameters, host);
    const Scores scores = plugin.score(endpoints_with(one.queue), RequestBuilder());
    EXPECT_THAT(scores, Succeeded());
    EXPECT_THAT(scores.values, Pointwise(DoubleEq(), one.expected)) << one.parameters;
  }
}

TEST(LoadAwareScorer, StaysBelowOneHalfInAnyOrder) {
  constexpr std::size_t kCount = 1000;
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, "load-aware-scorer", "{}", host);
  Values queue;
  for (std::size_t i = 0; i < kCount; ++i) queue.emplace_back(static_cast<double>(i * 31 % 257));
  const EndpointSet endpoints = endpoints_with(queue);
  Rows rows(kCount);
  for (std::size_t i = 0; i < kCount; ++i) rows[i] = static_cast<std::uint32_t>((i * 77 + 5) % kCount);
  const std::vector<double> straight = plugin.score(endpoints, RequestBuilder()).values;
  const std::vector<double> permuted = plugin.score(endpoints, RequestBuilder(), {.candidates = rows}).values;
  EXPECT_THAT(straight, Each(AllOf(Ge(0.0), Le(0.5))));
  for (std::size_t i = 0; i < kCount; ++i) ASSERT_EQ(permuted[i], straight[rows[i]]);
}

TEST(LoadAwareScorer, RefusesAThresholdThatIsNoNumber) {
  FakeHost host;
  const PluginUnderTest plugin(shunt_library_entry_v1, "load-aware-scorer", R"({"threshold": "high"})", host);
  EXPECT_THAT(plugin.creation(), FailedWith(SHUNT_INVALID, HasSubstr("/threshold must be a number")));
}

}  // namespace
