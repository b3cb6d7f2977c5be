// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

#include <optional>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using ::testing::DoubleEq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pointwise;

struct Row {
  double in_flight_tokens;
  std::optional<double> matched = {};
};

EndpointSet endpoints_with(const std::vector<Row>& rows) {
  EndpointSet endpoints;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Endpoint& endpoint = endpoints.add("pod-" + std::to_string(i)).number("in_flight_tokens", rows[i].in_flight_tokens);
    if (rows[i].matched) endpoint.number("prefix_matched_blocks", *rows[i].matched);
  }
  return endpoints;
}

TEST(TokenLoadScorer, FollowsTheFormula) {
  struct Case {
    const char* what;
    const char* parameters;
    std::optional<std::uint64_t> prompt_tokens;
    std::optional<double> total_blocks;  // of 16 tokens
    std::vector<Row> rows;
    std::vector<double> expected;
  };
  constexpr char kThousand[] = R"({"queueThresholdTokens": 1000})";
  const Case cases[] = {
      {"no endpoint", kThousand, {}, {}, {}, {}},
      {"tokens in flight only", kThousand, {}, {}, {{0}, {250}, {999}, {1000}, {1001}}, {1, 0.75, 1 - 0.999, 0, 0}},
      {"the request's own count everywhere", kThousand, 500, {}, {{0}, {250}, {500}, {600}}, {0.5, 0.25, 0, 0}},
      {"without those that are cached",
       kThousand,
       500,
       32.0,
       {{0, 0}, {0, 10}, {0, 31}},
       {1 - 0.512, 1 - 0.352, 1 - 0.016}},
      {"what lies beyond the blocks too", kThousand, 500, 30.0, {{0, 0}, {0, 10}, {0, 30}}, {0.5, 0.66, 0.98}},
      {"never less than nothing", kThousand, 500, 32.0, {{100, 32}, {100, 40}}, {0.9, 0.9}},
      {"without a match", kThousand, 500, 32.0, {{0, {}}, {0, 10}}, {1 - 0.512, 1 - 0.352}},
      {"blocks stand in for an unknown length", kThousand, {}, 32.0, {{0, 0}, {0, 10}}, {1 - 0.512, 1 - 0.352}},
      {"the default threshold", "{}", {}, {}, {{1048576}, {4194304}}, {0.75, 0}},
  };
  for (const Case& one : cases) {
    FakeHost host;
    PluginUnderTest plugin(shunt_library_entry_v1, "token-load-scorer", one.parameters, host);
    RequestBuilder request;
    if (one.prompt_tokens) request.prompt_tokens(*one.prompt_tokens);
    if (one.total_blocks) {
      host.set_value("prefix_total_blocks", *one.total_blocks);
      host.set_value("prefix_block_size_tokens", 16.0);
    }
    const Scores scores = plugin.score(endpoints_with(one.rows), request);
    EXPECT_THAT(scores, Succeeded());
    EXPECT_THAT(scores.values, Pointwise(::testing::DoubleNear(1e-12), one.expected)) << one.what;
    EXPECT_THAT(host.misuses(), IsEmpty());
  }
}

TEST(TokenLoadScorer, WithoutACountTheTextCounts) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, "token-load-scorer", R"({"queueThresholdTokens": 1000})", host);
  RequestBuilder text;
  text.prompt(std::string(1601, 'x'));
  EXPECT_THAT(plugin.score(endpoints_with({{0}, {99}}), text).values, Pointwise(DoubleEq(), {1 - 0.401, 0.5}));
  RequestBuilder ids;
  ids.token_id(1).token_id(2);
  EXPECT_THAT(plugin.score(endpoints_with({{98}}), ids).values, Pointwise(DoubleEq(), {0.9}));
}

TEST(TokenLoadScorer, WorksWithoutAnyPrefixEstimate) {
  FakeHost host;
  host.provide("in_flight_tokens");
  PluginUnderTest plugin(shunt_library_entry_v1, "token-load-scorer", "{}", host);
  ASSERT_THAT(plugin.creation(), Succeeded());
  EXPECT_THAT(plugin.score(endpoints_with({{2097152}}), RequestBuilder()).values, Pointwise(DoubleEq(), {0.5}));
}

TEST(TokenLoadScorer, TakesTheTokensThatAProducerCounted) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, "token-load-scorer", R"({"queueThresholdTokens": 1000})", host);
  host.set_value("prompt_tokens", 400.0);
  RequestBuilder request;
  EXPECT_THAT(plugin.score(endpoints_with({{100}}), request).values, Pointwise(DoubleEq(), {0.5}));
  request.prompt_tokens(900);
  EXPECT_THAT(plugin.score(endpoints_with({{100}}), request).values, Pointwise(DoubleEq(), {0.0}))
      << "the request's own";
}

TEST(TokenLoadScorer, FallsWithTokensAndRisesWithMatchesInAnyOrder) {
  constexpr std::size_t kCount = 1000;
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, "token-load-scorer", R"({"queueThresholdTokens": 5000})", host);
  host.set_value("prefix_total_blocks", 100.0);
  host.set_value("prefix_block_size_tokens", 16.0);
  std::vector<Row> rows;
  for (std::size_t i = 0; i < kCount; ++i) {
    rows.push_back({static_cast<double>(i * 37 % 6000), static_cast<double>(i * 7 % 101)});
  }
  const EndpointSet endpoints = endpoints_with(rows);
  Rows order(kCount);
  for (std::size_t i = 0; i < kCount; ++i) order[i] = static_cast<std::uint32_t>((i * 77 + 5) % kCount);
  RequestBuilder request;
  request.prompt_tokens(1590);
  const std::vector<double> straight = plugin.score(endpoints, request).values;
  const std::vector<double> permuted = plugin.score(endpoints, request, {.candidates = order}).values;
  for (std::size_t i = 0; i < kCount; ++i) {
    ASSERT_EQ(permuted[i], straight[order[i]]);
    ASSERT_GE(straight[i], 0.0);
    ASSERT_LE(straight[i], 1.0);
    const std::size_t other = (i * 13 + 1) % kCount;
    if (rows[i].in_flight_tokens <= rows[other].in_flight_tokens && rows[i].matched >= rows[other].matched) {
      ASSERT_GE(straight[i], straight[other]);
    }
  }
}

TEST(TokenLoadScorer, RefusesAThresholdThatIsNoNumber) {
  FakeHost host;
  const PluginUnderTest plugin(shunt_library_entry_v1, "token-load-scorer", R"({"queueThresholdTokens": "4M"})", host);
  EXPECT_THAT(plugin.creation(), FailedWith(SHUNT_INVALID, HasSubstr("/queueThresholdTokens must be a number")));
}

}  // namespace
