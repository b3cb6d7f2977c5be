// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <random>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kType[] = "prefix-cache-affinity-filter";

struct Row {
  std::optional<double> matched;
  double in_flight_tokens = 0;
  std::optional<double> predicted_ttft_ms = {};
};

EndpointSet endpoints_with(const std::vector<Row>& rows, const std::string& producer = "") {
  EndpointSet endpoints;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Endpoint& endpoint = endpoints.add("pod-" + std::to_string(i)).number("in_flight_tokens", rows[i].in_flight_tokens);
    if (rows[i].matched) endpoint.number(producer + "prefix_matched_blocks", *rows[i].matched);
    if (rows[i].predicted_ttft_ms) endpoint.number("predicted_ttft_ms", *rows[i].predicted_ttft_ms);
  }
  return endpoints;
}

Rows kept(const std::string& parameters, const EndpointSet& endpoints, std::optional<double> total = 10.0,
          const Surroundings& around = {}) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kType, parameters, host);
  if (total) host.set_value("prefix_total_blocks", *total);
  const Kept answer = plugin.filter(endpoints, RequestBuilder(), around);
  EXPECT_THAT(answer, Succeeded());
  EXPECT_THAT(host.misuses(), IsEmpty());
  return answer.base_rows;
}

TEST(PrefixCacheAffinityFilter, KeepsWhatHasThePromptCached) {
  struct Case {
    const char* what;
    const char* parameters;
    std::vector<Row> rows;
    std::optional<double> total;
    Rows kept;
  };
  const Case cases[] = {
      {"no endpoint", "{}", {}, 10, {}},
      {"one endpoint", "{}", {{0}}, 10, {0}},
      {"from the threshold on", "{}", {{10}, {8}, {7.9}, {0}}, 10, {0, 1}},
      {"an endpoint without a match", "{}", {{9}, {std::nullopt}}, 10, {0}},
      {"nobody", "{}", {{7}, {1}}, 10, {0, 1}},
      {"everybody", "{}", {{8}, {9}}, 10, {0, 1}},
      {"no prompt", "{}", {{8}, {1}}, std::nullopt, {0, 1}},
      {"an empty prompt", "{}", {{8}, {1}}, 0, {0, 1}},
      {"threshold 0 filters nothing", R"({"affinityThreshold": 0})", {{8}, {1}}, 10, {0, 1}},
      {"a negative one neither", R"({"affinityThreshold": -1})", {{8}, {1}}, 10, {0, 1}},
      {"all of the prompt", R"({"affinityThreshold": 1})", {{10}, {9.99}}, 10, {0}},
      {"always exploring", R"({"explorationProbability": 1})", {{10}, {1}}, 10, {0, 1}},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(kept(one.parameters, endpoints_with(one.rows), one.total), one.kept) << one.what;
  }
}

TEST(PrefixCacheAffinityFilter, ASlowEndpointLosesItsRequests) {
  struct Case {
    const char* what;
    const char* parameters;
    std::vector<Row> rows;
    Rows kept;
  };
  // 1000 tokens per second: a token in flight is a millisecond.
  constexpr char kSlow[] = R"({"peakPrefillThroughput": 1000, "maxTTFTPenaltyMs": 500})";
  constexpr char kPredicted[] = R"({"ttftSource": "latencyPredictor", "maxTTFTPenaltyMs": 500})";
  const Case cases[] = {
      {"just within the penalty", kSlow, {{10, 700}, {0, 200}, {0, 900}}, {0}},
      {"one token above it", kSlow, {{10, 701}, {0, 200}, {0, 900}}, {0, 1, 2}},
      {"the best sticky one counts", kSlow, {{10, 5000}, {10, 100}, {0, 0}}, {0, 1}},
      {"nobody else to go to", kSlow, {{10, 5000}, {10, 9000}}, {0, 1}},
      {"no penalty: always", R"({"maxTTFTPenaltyMs": 0})", {{10, 1e12}, {0, 0}}, {0}},
      {"the defaults: 18 s at 15928 tokens per second", "{}", {{10, 286704}, {0, 0}}, {0}},
      {"and one token more", "{}", {{10, 286705}, {0, 0}}, {0, 1}},
      {"predicted, within", kPredicted, {{10, 9e9, 600}, {0, 0, 100}}, {0}},
      {"predicted, above", kPredicted, {{10, 0, 600.5}, {0, 0, 100}}, {0, 1}},
      {"nothing predicted for the sticky ones", kPredicted, {{10, 0}, {0, 0, 100}}, {0, 1}},
      {"nothing predicted for the others: they count as infinitely slow", kPredicted, {{10, 0, 9e9}, {0, 0}}, {0}},
      {"nothing predicted at all", kPredicted, {{10, 0}, {0, 0}}, {0}},
      {"one prediction on each side will do", kPredicted, {{10, 0}, {10, 0, 100}, {0, 0, 100}, {0, 0}}, {0, 1}},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(kept(one.parameters, endpoints_with(one.rows)), one.kept) << one.what;
  }
}

TEST(PrefixCacheAffinityFilter, ExploresAsOftenAsConfigured) {
  const EndpointSet endpoints = endpoints_with({{10}, {0}});
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kType, R"({"explorationProbability": 0.25})", host);
  host.set_value("prefix_total_blocks", 10.0);
  int explored = 0;
  std::mt19937_64 draw(1);
  for (int i = 0; i < 4000; ++i) {
    const std::uint64_t seed = draw();
    const Rows rows = plugin.filter(endpoints, RequestBuilder(), {.seed = seed}).base_rows;
    explored += rows.size() == 2 ? 1 : 0;
    ASSERT_EQ(plugin.filter(endpoints, RequestBuilder(), {.seed = seed}).base_rows, rows) << "the same draw again";
  }
  EXPECT_NEAR(explored, 1000, 120);
}

TEST(PrefixCacheAffinityFilter, OnlyCandidatesAreCompared) {
  const EndpointSet endpoints = endpoints_with({{10}, {0}, {9}, {3}});
  EXPECT_EQ(kept("{}", endpoints, 10, {.candidates = Rows{3, 1}}), (Rows{3, 1}));
  EXPECT_EQ(kept("{}", endpoints, 10, {.candidates = Rows{3, 2}}), (Rows{2}));
}

TEST(PrefixCacheAffinityFilter, ReadsTheNamedProducer) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kType, R"({"prefixMatchInfoProducerName": "fine"})", host);
  host.set_value("fine/prefix_total_blocks", 10.0);
  EXPECT_EQ(plugin.filter(endpoints_with({{2}, {9}}, "fine/"), RequestBuilder()).base_rows, (Rows{1}));
}

TEST(PrefixCacheAffinityFilter, SaysWhy) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kType, "{}", host);
  host.set_value("prefix_total_blocks", 10.0);
  EXPECT_THAT(plugin.explain(endpoints_with({{10}, {0}}), RequestBuilder(), SHUNT_FILTER_ID).texts,
              ElementsAre("", "has too little of the prompt cached"));
}

// Never empties; what it keeps are all or all sticky ones; more tokens at sticky endpoints never make it stick more.
TEST(PrefixCacheAffinityFilter, KeepsAllOrTheStickyOnes) {
  std::mt19937_64 draw(2);
  for (int round = 0; round < 500; ++round) {
    std::vector<Row> rows;
    for (std::uint64_t n = draw() % 12 + 1; n > 0; --n) {
      rows.push_back({static_cast<double>(draw() % 11), static_cast<double>(draw() % 400000)});
    }
    Rows all;
    Rows sticky;
    for (std::uint32_t i = 0; i < rows.size(); ++i) {
      all.push_back(i);
      if (*rows[i].matched >= 8) sticky.push_back(i);
    }
    const Rows now = kept("{}", endpoints_with(rows));
    ASSERT_FALSE(now.empty());
    ASSERT_TRUE(now == all || now == sticky);
    for (const std::uint32_t i : sticky) rows[i].in_flight_tokens += 100000;
    if (now == all) {
      ASSERT_EQ(kept("{}", endpoints_with(rows)), all);
    }
  }
}

TEST(PrefixCacheAffinityFilter, RequiresAProducer) {
  FakeHost host;
  host.provide("in_flight_tokens");
  const PluginUnderTest plugin(shunt_library_entry_v1, kType, "{}", host);
  EXPECT_THAT(plugin.creation(), FailedWith(SHUNT_NOT_FOUND, HasSubstr("prefix_matched_blocks")));
}

}  // namespace
