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
using ::testing::IsEmpty;
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

class QueueScorer : public ::testing::Test {
 protected:
  std::vector<double> score(const EndpointSet& endpoints, const Surroundings& around = {}) {
    const Scores scores = plugin_.score(endpoints, request_, around);
    EXPECT_THAT(scores, Succeeded());
    EXPECT_EQ(scores.unwritten(), 0u);
    return scores.values;
  }

  FakeHost host_;
  PluginUnderTest plugin_{shunt_library_entry_v1, "queue-scorer", "{}", host_};
  RequestBuilder request_;
};

TEST_F(QueueScorer, FollowsTheFormula) {
  struct Case {
    const char* what;
    Values values;
    std::vector<double> expected;
  };
  const Case cases[] = {
      {"no endpoint", {}, {}},
      {"one endpoint", {7}, {1}},
      {"one idle endpoint", {0}, {1}},
      {"all equal", {3, 3, 3}, {1, 1, 1}},
      {"spread over the range", {0, 10, 5, 2.5}, {1, 0, 0.5, 0.75}},
      {"the minimum is the reference, not zero", {100, 104, 101}, {1, 0, 0.75}},
      {"unknown rows score 0 and do not shift the others", {std::nullopt, 4, 8, 5}, {0, 1, 0, 0.75}},
      {"an unknown row beside a single known one", {std::nullopt, 5}, {0, 1}},
      {"unknown and zero differ", {std::nullopt, 0, 0}, {0, 1, 1}},
      {"nothing known", {std::nullopt, std::nullopt}, {0, 0}},
      {"more rows than one vector",
       {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10},
       {1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0}},
  };
  for (const Case& one : cases) {
    EXPECT_THAT(score(endpoints_with(one.values)), Pointwise(DoubleEq(), one.expected)) << one.what;
  }
}

TEST_F(QueueScorer, ComparesCandidatesOnly) {
  const EndpointSet endpoints = endpoints_with({0, 6, 1000, 8});
  EXPECT_THAT(score(endpoints, {.candidates = Rows{3, 1}}), Pointwise(DoubleEq(), {0.0, 1.0}));
}

TEST_F(QueueScorer, OrderOfEndpointsDoesNotMatter) {
  for (const std::size_t n : {std::size_t{64}, std::size_t{1000}}) {
    Values values;
    for (std::size_t i = 0; i < n; ++i) values.emplace_back(static_cast<double>(i * 7919 % 311));
    for (const bool partial : {false, true}) {
      if (partial) values[n / 2] = std::nullopt;
      const EndpointSet endpoints = endpoints_with(values);
      Rows rows(n);
      for (std::size_t i = 0; i < n; ++i) rows[i] = static_cast<std::uint32_t>((i * 77 + 5) % n);
      const std::vector<double> straight = score(endpoints);
      const std::vector<double> permuted = score(endpoints, {.candidates = rows});
      EXPECT_THAT(straight, Each(IsScore()));
      for (std::size_t i = 0; i < n; ++i) ASSERT_EQ(permuted[i], straight[rows[i]]) << n << " endpoints, row " << i;
    }
  }
}

TEST_F(QueueScorer, LessLoadNeverScoresLower) {
  const Values values = {9, 0, 3, 3, 250, 17, 1, 64, 4, 5};
  const std::vector<double> scores = score(endpoints_with(values));
  for (std::size_t a = 0; a < values.size(); ++a) {
    for (std::size_t b = 0; b < values.size(); ++b) EXPECT_EQ(*values[a]<*values[b], scores[a]> scores[b]);
  }
}

TEST_F(QueueScorer, NeedsItsColumn) {
  FakeHost bare;
  bare.provide("something_else");
  const PluginUnderTest plugin(shunt_library_entry_v1, "queue-scorer", "{}", bare);
  EXPECT_THAT(plugin.creation(), FailedWith(SHUNT_NOT_FOUND, HasSubstr("queue")));
  EXPECT_THAT(host_.misuses(), IsEmpty());
}

}  // namespace
