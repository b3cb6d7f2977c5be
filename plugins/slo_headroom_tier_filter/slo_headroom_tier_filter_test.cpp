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

constexpr char kType[] = "slo-headroom-tier-filter";
constexpr char kNever[] = R"({"epsilonExploreNeg": 0})";
constexpr char kAlways[] = R"({"epsilonExploreNeg": 1})";
constexpr auto kNone = std::nullopt;

struct Row {
  std::optional<double> ttft_ms;
  std::optional<double> tpot_ms;
};

EndpointSet endpoints_with(const std::vector<Row>& rows, const std::string& producer = "") {
  EndpointSet endpoints;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Endpoint& endpoint = endpoints.add("pod-" + std::to_string(i));
    if (rows[i].ttft_ms) endpoint.number(producer + "predicted_ttft_ms", *rows[i].ttft_ms);
    if (rows[i].tpot_ms) endpoint.number(producer + "predicted_tpot_ms", *rows[i].tpot_ms);
  }
  return endpoints;
}

// Targets: 100 ms to the first token, 10 ms per token.
Rows kept(const char* parameters, const std::vector<Row>& rows, const Surroundings& around = {}) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kType, parameters, host);
  RequestBuilder request;
  request.ttft_slo_ns(100'000'000).tpot_slo_ns(10'000'000);
  const Kept answer = plugin.filter(endpoints_with(rows), request, around);
  EXPECT_THAT(answer, Succeeded());
  EXPECT_THAT(host.misuses(), IsEmpty());
  return answer.base_rows;
}

TEST(SloHeadroomTierFilter, KeepsOneTier) {
  struct Case {
    const char* what;
    std::vector<Row> rows;
    Rows mostly;
    Rows exploring;
  };
  const Case cases[] = {
      {"no endpoint", {}, {}, {}},
      {"one that misses", {{500, 50}}, {0}, {0}},
      {"headroom of 0 is enough", {{100, 10}, {100.1, 10}, {100, 10.1}}, {0}, {1, 2}},
      {"all meet them", {{1, 1}, {2, 2}}, {0, 1}, {0, 1}},
      {"all miss them", {{101, 1}, {1, 11}}, {0, 1}, {0, 1}},
      {"nothing predicted at all", {{kNone, kNone}, {kNone, kNone}}, {0, 1}, {0, 1}},
      {"an endpoint without a prediction is in the lower tier", {{1, 1}, {kNone, kNone}, {101, 1}}, {0}, {1, 2}},
      {"and that tier is kept where it is alone", {{101, 1}, {kNone, kNone}}, {0, 1}, {0, 1}},
      {"one prediction of the two", {{1, kNone}, {kNone, 11}, {kNone, 1}}, {0, 2}, {1}},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(kept(kNever, one.rows), one.mostly) << one.what;
    EXPECT_EQ(kept(kAlways, one.rows), one.exploring) << one.what;
  }
}

TEST(SloHeadroomTierFilter, ATargetThatIsMissingIsMetByAll) {
  struct Case {
    const char* what;
    std::optional<std::int64_t> ttft_ms;
    std::optional<std::int64_t> tpot_ms;
    std::vector<Row> rows;
    Rows mostly;
    Rows exploring;
  };
  const Case cases[] = {
      {"to the first token only", 120, kNone, {{20, 5}, {200, 30}, {100, 900}}, {0, 2}, {1}},
      {"per token only", kNone, 10, {{20, 5}, {200, 30}, {9000, 10}}, {0, 2}, {1}},
      {"all miss the only one", 10, kNone, {{20, 5}, {200, 30}}, {0, 1}, {0, 1}},
      {"none: no tiers", kNone, kNone, {{1, 1}, {500, 50}, {kNone, kNone}}, {0, 1, 2}, {0, 1, 2}},
  };
  for (const Case& one : cases) {
    FakeHost host;
    RequestBuilder request;
    if (one.ttft_ms) request.ttft_slo_ns(*one.ttft_ms * 1'000'000);
    if (one.tpot_ms) request.tpot_slo_ns(*one.tpot_ms * 1'000'000);
    PluginUnderTest mostly(shunt_library_entry_v1, kType, kNever, host);
    EXPECT_EQ(mostly.filter(endpoints_with(one.rows), request).base_rows, one.mostly) << one.what;
    PluginUnderTest exploring(shunt_library_entry_v1, kType, kAlways, host);
    EXPECT_EQ(exploring.filter(endpoints_with(one.rows), request).base_rows, one.exploring) << one.what;
    if (one.ttft_ms || one.tpot_ms) continue;
    EXPECT_THAT(mostly.explain(endpoints_with(one.rows), request, SHUNT_FILTER_ID).texts, ElementsAre("", "", ""));
  }
}

TEST(SloHeadroomTierFilter, ExploresOneInAHundredByDefault) {
  std::mt19937_64 draw(1);
  int explored = 0;
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kType, "{}", host);
  const EndpointSet endpoints = endpoints_with({{1, 1}, {500, 50}});
  RequestBuilder request;
  request.ttft_slo_ns(100'000'000).tpot_slo_ns(10'000'000);
  for (int i = 0; i < 20000; ++i) {
    const Rows rows = plugin.filter(endpoints, request, {.seed = draw()}).base_rows;
    ASSERT_EQ(rows.size(), 1u);
    explored += rows.front() == 1 ? 1 : 0;
  }
  EXPECT_NEAR(explored, 200, 60);
}

TEST(SloHeadroomTierFilter, NeverEmptiesAndDoesNotMindTheOrder) {
  std::mt19937_64 draw(8);
  for (int round = 0; round < 300; ++round) {
    std::vector<Row> rows;
    for (std::uint64_t n = draw() % 9 + 1; n > 0; --n) {
      const bool known = draw() % 4 != 0;
      rows.push_back({known ? std::optional(static_cast<double>(draw() % 200)) : kNone,
                      known ? std::optional(static_cast<double>(draw() % 20)) : kNone});
    }
    const std::uint64_t seed = draw();
    const Rows straight = kept(R"({"epsilonExploreNeg": 0.5})", rows, {.seed = seed});
    ASSERT_FALSE(straight.empty());
    Rows backwards;
    for (std::uint32_t i = static_cast<std::uint32_t>(rows.size()); i > 0; --i) backwards.push_back(i - 1);
    Rows reversed = kept(R"({"epsilonExploreNeg": 0.5})", rows, {.seed = seed, .candidates = backwards});
    std::sort(reversed.begin(), reversed.end());
    ASSERT_EQ(reversed, straight);
  }
}

TEST(SloHeadroomTierFilter, SaysWhy) {
  FakeHost host;
  RequestBuilder request;
  request.ttft_slo_ns(100'000'000).tpot_slo_ns(10'000'000);
  const EndpointSet endpoints = endpoints_with({{1, 1}, {500, 50}, {kNone, kNone}});
  PluginUnderTest mostly(shunt_library_entry_v1, kType, kNever, host);
  EXPECT_THAT(mostly.explain(endpoints, request, SHUNT_FILTER_ID).texts,
              ElementsAre("", "predicted to miss a target", "without a prediction"));
  PluginUnderTest exploring(shunt_library_entry_v1, kType, kAlways, host);
  EXPECT_THAT(exploring.explain(endpoints, request, SHUNT_FILTER_ID).texts,
              ElementsAre("meets the targets, but this request explores", "", ""));
}

TEST(SloHeadroomTierFilter, ReadsTheNamedProducer) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kType,
                         R"({"epsilonExploreNeg": 0, "latencyPredictionInfoProducerName": "oracle"})", host);
  RequestBuilder request;
  request.ttft_slo_ns(100'000'000).tpot_slo_ns(10'000'000);
  EXPECT_EQ(plugin.filter(endpoints_with({{500, 1}, {1, 1}}, "oracle/"), request).base_rows, (Rows{1}));
}

TEST(SloHeadroomTierFilter, RefusesParametersOfAnotherType) {
  FakeHost host;
  const PluginUnderTest plugin(shunt_library_entry_v1, kType, R"({"epsilonExploreNeg": "1%"})", host);
  EXPECT_THAT(plugin.creation(), FailedWith(SHUNT_INVALID, HasSubstr("/epsilonExploreNeg must be a number")));
}

}  // namespace
