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

struct Type {
  const char* name;
  const char* column;
};

class LeastLoadScorer : public ::testing::TestWithParam<Type> {
 protected:
  std::vector<double> score(const Values& values, const Surroundings& around = {}) {
    PluginUnderTest plugin(shunt_library_entry_v1, GetParam().name, "{}", host_);
    EndpointSet endpoints;
    for (std::size_t i = 0; i < values.size(); ++i) {
      Endpoint& endpoint = endpoints.add("pod-" + std::to_string(i));
      if (values[i]) endpoint.number(GetParam().column, *values[i]);
    }
    const Scores scores = plugin.score(endpoints, RequestBuilder(), around);
    EXPECT_THAT(scores, Succeeded());
    EXPECT_EQ(scores.unwritten(), 0u);
    EXPECT_THAT(host_.misuses(), IsEmpty());
    return scores.values;
  }
  FakeHost host_;
};

TEST_P(LeastLoadScorer, FollowsTheFormula) {
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
      {"unknown rows score 0 and do not shift the others", {std::nullopt, 0.5, 1, 0.75}, {0, 1, 0, 0.5}},
      {"unknown and idle differ", {std::nullopt, 0, 0}, {0, 1, 1}},
      {"nothing known", {std::nullopt, std::nullopt}, {0, 0}},
      {"more rows than one vector", {0, 1, 2, 3, 4, 5, 6, 7, 8}, {1, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125, 0}},
  };
  for (const Case& one : cases) {
    EXPECT_THAT(score(one.values), Pointwise(DoubleEq(), one.expected)) << one.what;
  }
}

TEST_P(LeastLoadScorer, OnlyTheLeastScoresOne) {
  const double next = std::nextafter(0.1, 1.0);
  const std::vector<double> scores = score({next, 0.1, 1e6});
  EXPECT_THAT(scores, ElementsAre(Lt(1.0), 1.0, 0.0));
  EXPECT_THAT(score({next, 0.1, 1e6, std::nullopt}), ElementsAre(Lt(1.0), 1.0, 0.0, 0.0));
}

TEST_P(LeastLoadScorer, ComparesCandidatesOnly) {
  EXPECT_THAT(score({0, 0.5, 1, 0.75}, {.candidates = Rows{3, 1}}), ElementsAre(0.0, 1.0));
}

TEST_P(LeastLoadScorer, NeedsItsColumn) {
  FakeHost bare;
  bare.provide("something_else");
  const PluginUnderTest plugin(shunt_library_entry_v1, GetParam().name, "{}", bare);
  EXPECT_THAT(plugin.creation(), FailedWith(SHUNT_NOT_FOUND, HasSubstr(GetParam().column)));
}

INSTANTIATE_TEST_SUITE_P(Types, LeastLoadScorer,
                         ::testing::Values(Type{"least-load-scorer", "load"},
                                           Type{"least-connections-scorer", "in_flight"}));

}  // namespace
