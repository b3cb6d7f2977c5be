// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using ::testing::DoubleEq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pointwise;

using Matches = std::vector<std::optional<double>>;

EndpointSet endpoints_with(const Matches& matches, const std::string& column = "prefix_matched_blocks") {
  EndpointSet endpoints;
  for (std::size_t i = 0; i < matches.size(); ++i) {
    Endpoint& endpoint = endpoints.add("pod-" + std::to_string(i));
    if (matches[i]) endpoint.number(column, *matches[i]);
  }
  return endpoints;
}

std::vector<double> score(const std::string& parameters, const Matches& matches, double total, double block_size) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, "prefix-cache-scorer", parameters, host);
  EXPECT_THAT(plugin.creation(), Succeeded());
  host.set_value("prefix_total_blocks", total);
  host.set_value("prefix_block_size_tokens", block_size);
  const Scores scores = plugin.score(endpoints_with(matches), RequestBuilder());
  EXPECT_THAT(scores, Succeeded());
  EXPECT_EQ(scores.unwritten(), 0u);
  EXPECT_THAT(host.misuses(), IsEmpty());
  return scores.values;
}

TEST(PrefixCacheScorer, FollowsTheFormula) {
  struct Case {
    const char* what;
    const char* parameters;
    Matches matched;
    double total;
    double block_size;
    std::vector<double> expected;
  };
  const Case cases[] = {
      {"no endpoint", "{}", {}, 4, 16, {}},
      {"share of the prompt by default", "{}", {0, 1, 2, 4}, 4, 16, {0, 0.25, 0.5, 1}},
      {"length only",
       R"({"matchLengthWeight": 1, "matchLengthScaleTokens": 64})",
       {0, 1, 2, 4, 8},
       8,
       16,
       {0, 0.0625, 0.25, 1, 1}},
      {"both", R"({"matchLengthWeight": 0.5, "matchLengthScaleTokens": 64})", {0, 2, 4}, 8, 16, {0, 0.25, 0.75}},
      {"default scale", R"({"matchLengthWeight": 1})", {256, 512, 1024}, 1024, 16, {0.25, 1, 1}},
      {"rows without a match", "{}", {std::nullopt, 2}, 4, 16, {0, 0.5}},
      {"no block in the prompt", "{}", {3, 2}, 0, 16, {0, 0}},
  };
  for (const Case& one : cases) {
    EXPECT_THAT(score(one.parameters, one.matched, one.total, one.block_size), Pointwise(DoubleEq(), one.expected))
        << one.what;
  }
}

TEST(PrefixCacheScorer, MissingInformationScoresZero) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, "prefix-cache-scorer", "{}", host);
  EXPECT_THAT(plugin.score(endpoints_with({3, std::nullopt}), RequestBuilder()).values,
              Pointwise(DoubleEq(), {0.0, 0.0}));
}

TEST(PrefixCacheScorer, ScoresCandidatesOnly) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, "prefix-cache-scorer", "{}", host);
  host.set_value("prefix_total_blocks", 8.0);
  host.set_value("prefix_block_size_tokens", 16.0);
  const EndpointSet endpoints = endpoints_with({2, 4, 6, 8});
  EXPECT_THAT(plugin.score(endpoints, RequestBuilder(), {.candidates = Rows{3, 0}}).values,
              Pointwise(DoubleEq(), {1.0, 0.25}));
}

TEST(PrefixCacheScorer, ReadsTheNamedProducer) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, "prefix-cache-scorer", R"({"prefixMatchInfoProducerName": "fine"})",
                         host);
  host.set_value("fine/prefix_total_blocks", 2.0);
  host.set_value("fine/prefix_block_size_tokens", 16.0);
  host.set_value("prefix_total_blocks", 100.0);
  EXPECT_THAT(plugin.score(endpoints_with({1}, "fine/prefix_matched_blocks"), RequestBuilder()).values,
              Pointwise(DoubleEq(), {0.5}));
}

TEST(PrefixCacheScorer, DefaultProducerByItsNameHasThePlainNames) {
  FakeHost host;
  const PluginUnderTest plugin(shunt_library_entry_v1, "prefix-cache-scorer",
                               R"({"prefixMatchInfoProducerName": "approx-prefix-cache-producer"})", host);
  ASSERT_EQ(plugin.declared().columns.size(), 1u);
  EXPECT_EQ(plugin.declared().columns[0].name, "prefix_matched_blocks");
}

TEST(PrefixCacheScorer, RequiresAProducer) {
  FakeHost host;
  host.provide("queue");
  const PluginUnderTest plugin(shunt_library_entry_v1, "prefix-cache-scorer",
                               R"({"prefixMatchInfoProducerName": "fine"})", host);
  EXPECT_THAT(plugin.creation(), FailedWith(SHUNT_NOT_FOUND, HasSubstr("fine/prefix_matched_blocks")));
}

}  // namespace
