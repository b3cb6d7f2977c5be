// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <random>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kType[] = "utilization-detector";
constexpr std::int64_t kNow = 10'000'000'000;
constexpr std::int64_t kMillisecond = 1'000'000;

struct Row {
  std::optional<double> queue;
  std::optional<double> kv;
  std::int64_t queue_age_ms = 0;
  std::int64_t kv_age_ms = 0;
};

EndpointSet endpoints_with(const std::vector<Row>& rows) {
  EndpointSet endpoints;
  for (const Row& row : rows) {
    Endpoint& endpoint = endpoints.add("pod-" + std::to_string(endpoints.size()));
    if (row.queue) endpoint.number("queue", *row.queue).as_of("queue", kNow - row.queue_age_ms * kMillisecond);
    if (row.kv) endpoint.number("kv_cache_usage", *row.kv).as_of("kv_cache_usage", kNow - row.kv_age_ms * kMillisecond);
  }
  return endpoints;
}

Rows kept(const char* parameters, const std::vector<Row>& rows, Surroundings around = {}) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kType, parameters, host);
  around.now_ns = kNow;
  const Kept answer = plugin.filter(endpoints_with(rows), RequestBuilder(), around);
  EXPECT_THAT(answer, Succeeded()) << plugin.creation().error;
  EXPECT_THAT(host.misuses(), IsEmpty());
  return answer.base_rows;
}

TEST(UtilizationDetector, KeepsWhatHasRoom) {
  struct Case {
    const char* what;
    const char* parameters;
    std::vector<Row> rows;
    Rows kept;
  };
  const Case cases[] = {
      {"no endpoint", "{}", {}, {}},
      {"just below the thresholds, and at them", "{}", {{4, 0.79}, {5, 0}, {0, 0.8}, {4.999, 0.7999}}, {0, 3}},
      {"all are full: all are kept", "{}", {{5, 0}, {0, 0.8}}, {0, 1}},
      {"headroom raises both", R"({"headroom": 0.5})", {{7.4, 1.19}, {7.5, 0}, {0, 1.21}}, {0}},
      {"other thresholds",
       R"({"queueDepthThreshold": 2, "kvCacheUtilThreshold": 0.5})",
       {{1, 0.4}, {2, 0}, {0, 0.5}},
       {0}},
      {"what does not report is dropped", "{}", {{0, 0}, {std::nullopt, 0}, {0, std::nullopt}}, {0}},
      {"unless nobody reports", "{}", {{std::nullopt, 0}, {0, std::nullopt}}, {0, 1}},
      {"200 ms old is fresh, 201 is not", "{}", {{0, 0, 200, 200}, {0, 0, 201, 0}, {0, 0, 0, 201}}, {0}},
      {"all are too old", "{}", {{0, 0, 300, 300}, {9, 1, 300, 300}}, {0, 1}},
      {"another age", R"({"metricsStalenessThreshold": "1.5s"})", {{0, 0, 1500, 0}, {0, 0, 1501, 0}}, {0}},
      {"times to come are fresh", "{}", {{0, 0, -50, -50}, {9, 0}}, {0}},
  };
  for (const Case& one : cases) EXPECT_EQ(kept(one.parameters, one.rows), one.kept) << one.what;
}

TEST(UtilizationDetector, ValuesWithoutAnAgeAreCurrent) {
  EndpointSet endpoints;
  endpoints.add("a").number("queue", 1).number("kv_cache_usage", 0.1);
  endpoints.add("b").number("queue", 9).number("kv_cache_usage", 0.1);
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kType, "{}", host);
  EXPECT_EQ(plugin.filter(endpoints, RequestBuilder(), {.now_ns = kNow}).base_rows, (Rows{0}));
}

TEST(UtilizationDetector, SaysWhy) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kType, "{}", host);
  EXPECT_THAT(plugin
                  .explain(endpoints_with({{0, 0}, {9, 1}, {0, 0.9}, {0, 0, 500}}), RequestBuilder(), SHUNT_FILTER_ID,
                           {.now_ns = kNow})
                  .texts,
              ElementsAre("", "queue is full", "KV cache is full", "metrics are missing or too old"));
  EXPECT_THAT(
      plugin.explain(endpoints_with({{9, 1}, {9, 1}}), RequestBuilder(), SHUNT_FILTER_ID, {.now_ns = kNow}).texts,
      Each(""));
}

// Never empties; a candidate more never takes away one that had room; the order does not matter.
TEST(UtilizationDetector, NeverEmpties) {
  std::mt19937_64 draw(5);
  for (int round = 0; round < 300; ++round) {
    std::vector<Row> rows;
    for (std::uint64_t n = draw() % 9 + 1; n > 0; --n) {
      rows.push_back({static_cast<double>(draw() % 8), static_cast<double>(draw() % 10) / 10,
                      static_cast<std::int64_t>(draw() % 300), 0});
    }
    const Rows straight = kept("{}", rows);
    ASSERT_FALSE(straight.empty());
    Rows backwards;
    for (auto i = static_cast<std::uint32_t>(rows.size()); i > 0; --i) backwards.push_back(i - 1);
    Rows reversed = kept("{}", rows, {.candidates = backwards});
    std::sort(reversed.begin(), reversed.end());
    ASSERT_EQ(reversed, straight);
  }
}

TEST(UtilizationDetector, RefusesWhatIsNoTime) {
  for (const char* text : {"200", "0s", "fast", "-1s"}) {
    FakeHost host;
    const std::string parameters = std::string(R"({"metricsStalenessThreshold": ")") + text + "\"}";
    const PluginUnderTest plugin(shunt_library_entry_v1, kType, parameters, host);
    EXPECT_THAT(plugin.creation(), FailedWith(SHUNT_INVALID, HasSubstr("such as 200ms"))) << text;
  }
}

}  // namespace
