// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

#include <cmath>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Lt;
using ::testing::Pointwise;

using Values = std::vector<std::optional<double>>;

class FastestInstanceScorer : public ::testing::TestWithParam<const char*> {
 protected:
  std::vector<double> score(const Values& values, const Surroundings& around = {}, const char* parameters = "{}") {
    PluginUnderTest plugin(shunt_library_entry_v1, GetParam(), parameters, host_);
    EndpointSet endpoints;
    for (std::size_t i = 0; i < values.size(); ++i) {
      Endpoint& endpoint = endpoints.add("pod-" + std::to_string(i));
      if (values[i]) endpoint.number("avg_latency_ms", *values[i]);
    }
    const Scores scores = plugin.score(endpoints, RequestBuilder(), around);
    EXPECT_THAT(scores, Succeeded());
    EXPECT_EQ(scores.unwritten(), 0u);
    EXPECT_THAT(host_.misuses(), IsEmpty());
    return scores.values;
  }
  FakeHost host_;
};

TEST_P(FastestInstanceScorer, FollowsTheFormula) {
  struct Case {
    const char* what;
    Values values;
    std::vector<double> expected;
  };
  const Case cases[] = {
      {"no endpoint", {}, {}},
      {"one endpoint", {0.4}, {1}},
      {"idle endpoints", {0, 0}, {1, 1}},
      {"negative zero is zero", {-0.0, 0, 1}, {1, 1, 0}},
      {"spread over the range", {0, 1, 0.5, 0.25}, {1, 0, 0.5, 0.75}},
      {"the least is the reference, not zero", {0.6, 0.8, 0.75}, {1, 0, 0.25}},
      {"unknown rows count as 0", {std::nullopt, 500, 1000, 750}, {1, 0.5, 0, 0.25}},
      {"unknown and 0 ms", {std::nullopt, 0, 4}, {1, 1, 0}},
      {"nothing known", {std::nullopt, std::nullopt}, {1, 1}},
      {"more rows than one vector", {0, 1, 2, 3, 4, 5, 6, 7, 8}, {1, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125, 0}},
  };
  for (const Case& one : cases) {
    EXPECT_THAT(score(one.values), Pointwise(DoubleEq(), one.expected)) << one.what;
  }
}

TEST_P(FastestInstanceScorer, UnknownRowsMayGoLast) {
  const auto last = [&](const Values& values) { return score(values, {}, R"({"unknown": "last"})"); };
  EXPECT_THAT(last({std::nullopt, 50, 100, 75}), Pointwise(DoubleEq(), {0.0, 1.0, 0.0, 0.5}));
  EXPECT_THAT(last({std::nullopt, 0, 0}), ElementsAre(0.0, 1.0, 1.0));
  EXPECT_THAT(last({std::nullopt, std::nullopt}), ElementsAre(0.0, 0.0));
  EXPECT_THAT(last({4, 2}), ElementsAre(0.0, 1.0));
}

TEST_P(FastestInstanceScorer, RefusesOtherWords) {
  const PluginUnderTest plugin(shunt_library_entry_v1, GetParam(), R"({"unknown": "never"})", host_);
  EXPECT_THAT(plugin.creation(), FailedWith(SHUNT_INVALID, HasSubstr("/unknown must be \"first\" or \"last\"")));
}

TEST_P(FastestInstanceScorer, OnlyTheLeastScoresOne) {
  const double next = std::nextafter(0.1, 1.0);
  const std::vector<double> scores = score({next, 0.1, 1e6});
  EXPECT_THAT(scores, ElementsAre(Lt(1.0), 1.0, 0.0));
  EXPECT_THAT(score({next, 0.1, 1e6, std::nullopt}, {}, R"({"unknown": "last"})"), ElementsAre(Lt(1.0), 1.0, 0.0, 0.0));
}

TEST_P(FastestInstanceScorer, ComparesCandidatesOnly) {
  EXPECT_THAT(score({0, 0.5, 1, 0.75}, {.candidates = Rows{3, 1}}), ElementsAre(0.0, 1.0));
}

TEST_P(FastestInstanceScorer, NeedsItsColumn) {
  FakeHost bare;
  bare.provide("something_else");
  const PluginUnderTest plugin(shunt_library_entry_v1, GetParam(), "{}", bare);
  EXPECT_THAT(plugin.creation(), FailedWith(SHUNT_NOT_FOUND, HasSubstr("avg_latency_ms")));
}

INSTANTIATE_TEST_SUITE_P(Types, FastestInstanceScorer,
                         ::testing::Values("fastest-instance-scorer", "least-response-time-scorer"));

}  // namespace
