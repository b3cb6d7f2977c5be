// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

#include <random>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kType[] = "concurrency-detector";

struct Row {
  double requests;
  double tokens;
};

EndpointSet endpoints_with(const std::vector<Row>& rows) {
  EndpointSet endpoints;
  for (const Row& row : rows) {
    endpoints.add("pod-" + std::to_string(endpoints.size()))
        .number("in_flight", row.requests)
        .number("in_flight_tokens", row.tokens);
  }
  return endpoints;
}

Rows kept(const char* parameters, const std::vector<Row>& rows, const Surroundings& around = {}) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kType, parameters, host);
  const Kept answer = plugin.filter(endpoints_with(rows), RequestBuilder(), around);
  EXPECT_THAT(answer, Succeeded()) << plugin.creation().error;
  EXPECT_THAT(host.misuses(), IsEmpty());
  return answer.base_rows;
}

TEST(ConcurrencyDetector, KeepsWhatIsBelowTheLimit) {
  struct Case {
    const char* what;
    const char* parameters;
    std::vector<Row> rows;
    Rows kept;
  };
  const Case cases[] = {
      {"no endpoint", "{}", {}, {}},
      {"requests by default", "{}", {{99, 9e9}, {100, 0}, {0, 0}}, {0, 2}},
      {"all are full: all are kept", "{}", {{100, 0}, {500, 0}}, {0, 1}},
      {"tokens", R"({"mode": "tokens"})", {{1e6, 999999}, {0, 1000000}}, {0}},
      {"both", R"({"mode": "hybrid"})", {{99, 999999}, {100, 0}, {0, 1e6}}, {0}},
      {"headroom raises the limits",
       R"({"mode": "hybrid", "headroom": 0.25})",
       {{124, 1249999}, {125, 0}, {0, 1.25e6}},
       {0}},
      {"other limits",
       R"({"mode": "hybrid", "maxConcurrency": 2, "maxTokenConcurrency": 10})",
       {{1, 9}, {2, 9}, {1, 10}},
       {0}},
  };
  for (const Case& one : cases) EXPECT_EQ(kept(one.parameters, one.rows), one.kept) << one.what;
}

TEST(ConcurrencyDetector, SaysWhy) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kType, R"({"mode": "hybrid"})", host);
  EXPECT_THAT(plugin.explain(endpoints_with({{0, 0}, {100, 2e6}, {0, 2e6}}), RequestBuilder(), SHUNT_FILTER_ID).texts,
              ElementsAre("", "too many requests in flight", "too many tokens in flight"));
}

TEST(ConcurrencyDetector, NeverEmptiesAndDoesNotMindTheOrder) {
  std::mt19937_64 draw(5);
  for (int round = 0; round < 300; ++round) {
    std::vector<Row> rows;
    for (std::uint64_t n = draw() % 9 + 1; n > 0; --n) {
      rows.push_back({static_cast<double>(draw() % 200), static_cast<double>(draw() % 2000000)});
    }
    const Rows straight = kept(R"({"mode": "hybrid"})", rows);
    ASSERT_FALSE(straight.empty());
    Rows backwards;
    for (auto i = static_cast<std::uint32_t>(rows.size()); i > 0; --i) backwards.push_back(i - 1);
    Rows reversed = kept(R"({"mode": "hybrid"})", rows, {.candidates = backwards});
    std::sort(reversed.begin(), reversed.end());
    ASSERT_EQ(reversed, straight);
  }
}

TEST(ConcurrencyDetector, RefusesAnUnknownMode) {
  FakeHost host;
  const PluginUnderTest plugin(shunt_library_entry_v1, kType, R"({"mode": "bytes"})", host);
  EXPECT_THAT(plugin.creation(), FailedWith(SHUNT_INVALID, HasSubstr("/mode must be requests, tokens or hybrid")));
}

}  // namespace
