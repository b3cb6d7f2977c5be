// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <random>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pointwise;

using Values = std::vector<double>;
constexpr std::int64_t kMillisecond = 1'000'000;

struct Row {
  std::optional<double> ttft_ms;
  std::optional<double> tpot_ms;
  double in_flight = 1;
};

EndpointSet endpoints_with(const std::vector<Row>& rows, const std::string& producer = "") {
  EndpointSet endpoints;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Endpoint& endpoint = endpoints.add("pod-" + std::to_string(i)).number("in_flight", rows[i].in_flight);
    if (rows[i].ttft_ms) endpoint.number(producer + "predicted_ttft_ms", *rows[i].ttft_ms);
    if (rows[i].tpot_ms) endpoint.number(producer + "predicted_tpot_ms", *rows[i].tpot_ms);
  }
  return endpoints;
}

struct TargetsMs {
  std::optional<std::int64_t> ttft = 100;
  std::optional<std::int64_t> tpot = 10;
};
constexpr TargetsMs kNoTargets{std::nullopt, std::nullopt};

Values score(const char* parameters, const EndpointSet& endpoints, const TargetsMs& targets = {},
             const Surroundings& around = {}) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, "latency-scorer", parameters, host);
  RequestBuilder request;
  if (targets.ttft) request.ttft_slo_ns(*targets.ttft * kMillisecond);
  if (targets.tpot) request.tpot_slo_ns(*targets.tpot * kMillisecond);
  const Scores scores = plugin.score(endpoints, request, around);
  EXPECT_THAT(scores, Succeeded());
  EXPECT_EQ(scores.unwritten(), 0u);
  EXPECT_THAT(host.misuses(), IsEmpty());
  return scores.values;
}

constexpr auto kNone = std::nullopt;

TEST(LatencyScorer, ComparesPredictionsWithTargets) {
  struct Case {
    const char* what;
    const char* parameters;
    bool targets;
    std::vector<Row> rows;
    Values expected;
  };
  constexpr char kMost[] = R"({"headroomSelectionStrategy": "most"})";
  const Case cases[] = {
      {"one endpoint: nothing to compare, 0.5 in both", "{}", true, {{50, 5}}, {0.51}},
      {"least headroom is best", "{}", true, {{100, 10}, {50, 10}, {0, 10}}, {1, 0.51, 0.01}},
      {"most headroom is best", kMost, true, {{100, 10}, {50, 10}, {0, 10}}, {0.01, 0.51, 1}},
      {"0.8 of the first token, 0.2 of the others",
       "{}",
       true,
       {{100, 0}, {0, 10}, {100, 10}, {0, 0}},
       {0.81, 0.2, 1, 0.01}},
      {"only tokens differ", "{}", true, {{50, 10}, {50, 0}}, {1, 0.01}},
      {"all equal", "{}", true, {{50, 5}, {50, 5}}, {0.51, 0.51}},
      {"those that miss a target score 0", "{}", true, {{101, 10}, {100, 11}, {100, 10}, {0, 10}}, {0, 0, 1, 0.01}},
      {"without a prediction is like no headroom at all",
       "{}",
       true,
       {{kNone, kNone}, {0, 10}, {200, 10}},
       {1, 0.01, 0}},
      {"all miss: idle ones only, the nearest first",
       kMost,
       true,
       {{150, 10, 0}, {101, 10, 2}, {300, 10, 0}},
       {1, 0, 0.01}},
      {"all miss: those that miss the token time only",
       "{}",
       true,
       {{101, 10}, {100, 11}, {100, 30}, {500, 90}},
       {0, 1, 0.01, 0}},
      {"then those that miss the first token only", kMost, true, {{101, 10}, {300, 10}, {101, 11}}, {1, 0.01, 0}},
      {"then those that miss both", "{}", true, {{200, 20}, {300, 30}}, {1, 0.01}},
      {"without targets the fastest is best", "{}", false, {{30, 3}, {20, 2}, {40, 4}}, {0.51, 1, 0.01}},
      {"one prediction of the two", "{}", true, {{100, kNone}, {50, kNone}}, {1, 0.01}},
      {"weights are relative",
       R"({"ttftWeight": 4, "tpotWeight": 4})",
       true,
       {{100, 0}, {0, 10}, {100, 10}, {0, 0}},
       {0.51, 0.51, 1, 0.01}},
      {"without weights the first token is all",
       R"({"ttftWeight": 0, "tpotWeight": 0})",
       true,
       {{100, 0}, {0, 10}},
       {1, 0.01}},
  };
  for (const Case& one : cases) {
    EXPECT_THAT(score(one.parameters, endpoints_with(one.rows), one.targets ? TargetsMs{} : kNoTargets),
                Pointwise(DoubleEq(), one.expected))
        << one.what;
  }
}

// An endpoint cannot be late for what nobody asked for, nor can it be near to that.
TEST(LatencyScorer, ATargetThatIsMissingIsMetByAll) {
  constexpr char kMost[] = R"({"headroomSelectionStrategy": "most"})";
  constexpr char kTokensOnly[] = R"({"ttftWeight": 0, "tpotWeight": 1})";
  constexpr TargetsMs kTtft{120, kNone};
  constexpr TargetsMs kTpot{kNone, 10};
  struct Case {
    const char* what;
    const char* parameters;
    TargetsMs targets;
    std::vector<Row> rows;
    Values expected;
  };
  const Case cases[] = {
      {"the one that misses the only target scores 0", "{}", kTtft, {{20, 5}, {200, 30}}, {0.51, 0}},
      {"time per token has no part", "{}", kTtft, {{100, 90}, {110, 1}, {120, 500}}, {0.01, 0.51, 1}},
      {"nor with most", kMost, kTtft, {{100, 90}, {110, 1}, {120, 500}}, {1, 0.51, 0.01}},
      {"nor where it has all of the weight", kTokensOnly, kTtft, {{100, 1}, {120, 90}}, {0.01, 1}},
      {"equal where the target is asked for: equal", "{}", kTtft, {{100, 1}, {100, 90}}, {0.51, 0.51}},
      {"all miss it: the nearest", kMost, kTtft, {{130, 90}, {200, 1}}, {1, 0.01}},
      {"all miss it: idle ones first", "{}", kTtft, {{130, 90}, {200, 1, 0}}, {0, 0.51}},
      {"only a time per token is asked for", "{}", kTpot, {{9000, 9}, {1, 11}, {1, 4}, {1, 9}}, {1, 0, 0.01, 1}},
      {"a whole answer has no time per token", "{}", {100, 10}, {{90, kNone}, {50, kNone}, {101, kNone}}, {1, 0.01, 0}},
      {"nothing asked for: the fastest, idle or not", "{}", kNoTargets, {{200, 30, 0}, {20, 5}}, {0.01, 1}},
      {"with either strategy", kMost, kNoTargets, {{30, 3}, {20, 2}, {40, 4}}, {0.51, 1, 0.01}},
      {"by the weights", "{}", kNoTargets, {{20, 30}, {40, 10}, {40, 30}}, {0.81, 0.2, 0.01}},
      {"without a prediction: as fast as can be", "{}", kNoTargets, {{kNone, kNone}, {20, 5}, {40, 5}}, {1, 0.4, 0.01}},
  };
  for (const Case& one : cases) {
    EXPECT_THAT(score(one.parameters, endpoints_with(one.rows), one.targets), Pointwise(DoubleEq(), one.expected))
        << one.what;
  }
}

TEST(LatencyScorer, TruncatesToHundredths) {
  // 0.8 * (1 - 0.995) + nothing: 1 - 0.005 is 99 hundredths and a half.
  EXPECT_THAT(score(R"({"ttftWeight": 1, "tpotWeight": 0})", endpoints_with({{100, 10}, {99.5, 10}, {0, 10}})),
              Pointwise(DoubleEq(), {1.0, 1.0, 0.01}));
  EXPECT_THAT(score(R"({"ttftWeight": 1, "tpotWeight": 0})", endpoints_with({{100, 10}, {98.5, 10}, {0, 10}})),
              Pointwise(DoubleEq(), {1.0, 0.99, 0.01}));
}

TEST(LatencyScorer, RangesUpToABillionthAreNone) {
  EXPECT_THAT(score("{}", endpoints_with({{50, 10}, {50 - 0.9e-9, 5}})), Pointwise(DoubleEq(), {1.0, 0.01}));
  EXPECT_THAT(score("{}", endpoints_with({{50, 10}, {50 - 1e-6, 5}, {50 - 1e-6, 10}})),
              Pointwise(DoubleEq(), {1.0, 0.01, 0.2}));
}

EndpointSet loaded(const std::vector<std::array<double, 3>>& rows) {
  EndpointSet endpoints;
  for (const auto& [kv, queue, matched] : rows) {
    endpoints.add("pod-" + std::to_string(endpoints.size()))
        .number("kv_cache_usage", kv)
        .number("queue", queue)
        .number("prefix_matched_blocks", matched);
  }
  return endpoints;
}

TEST(LatencyScorer, FallsBackToLoadWithoutPredictions) {
  struct Case {
    const char* what;
    const char* parameters;
    std::optional<double> total;
    std::vector<std::array<double, 3>> rows;
    Values expected;
  };
  const Case cases[] = {
      {"thirds", "{}", 4.0, {{0, 0, 4}, {0.5, 5, 2}, {1, 10, 0}}, {1, 0.5, 0}},
      {"nobody waits", "{}", 4.0, {{0.5, 0, 0}}, {0.5}},
      {"no prompt", "{}", kNone, {{0, 0, 0}}, {0.67}},
      {"the cache only",
       R"({"compositeQueueWeight": 0, "compositePrefixWeight": 0})",
       4.0,
       {{0.25, 9, 4}, {1, 0, 0}},
       {0.75, 0}},
      {"no weights: the cache only",
       R"({"compositeKVWeight": 0, "compositeQueueWeight": 0, "compositePrefixWeight": 0})",
       4.0,
       {{0.25, 9, 4}},
       {0.75}},
      {"rounded, halves away from zero",
       R"({"compositeQueueWeight": 0, "compositePrefixWeight": 0})",
       kNone,
       {{0.375, 0, 0}, {0.994, 0, 0}},
       {0.63, 0.01}},
      {"weights are relative",
       R"({"compositeKVWeight": 2, "compositeQueueWeight": 0, "compositePrefixWeight": 6})",
       4.0,
       {{0, 0, 0}, {1, 0, 4}},
       {0.25, 0.75}},
  };
  for (const Case& one : cases) {
    FakeHost host;
    PluginUnderTest plugin(shunt_library_entry_v1, "latency-scorer", one.parameters, host);
    if (one.total) host.set_value("prefix_total_blocks", *one.total);
    const Scores scores = plugin.score(loaded(one.rows), RequestBuilder());
    EXPECT_THAT(scores, Succeeded());
    EXPECT_THAT(scores.values, Pointwise(DoubleEq(), one.expected)) << one.what;
  }
  EXPECT_THAT(score("{}", EndpointSet()), IsEmpty());
}

// Straight from the README, for what is done four at a time: halves of a hundredth, queues and matches of any size, odd numbers.
TEST(LatencyScorer, FallsBackToTheFormulaForAnyNumber) {
  struct Weights {
    const char* parameters;
    double kv, queue, prefix;
  };
  const Weights all[] = {
      {"{}", 1, 1, 1},
      {R"({"compositeQueueWeight": 0, "compositePrefixWeight": 0})", 1, 0, 0},
      {R"({"compositeKVWeight": 3, "compositePrefixWeight": 0.5})", 3, 1, 0.5},
  };
  std::mt19937_64 draw(7);
  const auto below = [&](std::uint64_t bound) { return static_cast<double>(draw() % bound); };
  for (const Weights& weights : all) {
    for (const double scale : {1.0, 1e3, 1e15}) {
      std::vector<std::array<double, 3>> rows;
      for (int i = 0; i < 203; ++i) {
        rows.push_back({below(201) / 200, std::floor(scale * below(41)), std::floor(scale * below(9) / 8)});
        if (i % 50 == 7) rows.back() = {scale * -2.5, -scale, 1e300};
        if (i % 50 == 9) rows.back() = {below(10) - 1e13, 0, scale * 8 * (below(10) - 1e13)};
      }
      FakeHost host;
      PluginUnderTest plugin(shunt_library_entry_v1, "latency-scorer", weights.parameters, host);
      host.set_value("prefix_total_blocks", scale * 8);
      const Scores scores = plugin.score(loaded(rows), RequestBuilder());
      ASSERT_THAT(scores, Succeeded());
      double longest = 0;
      for (const auto& row : rows) longest = std::max(longest, row[1]);
      const double sum = weights.kv + weights.queue + weights.prefix;
      for (std::size_t i = 0; i < rows.size(); ++i) {
        const double share = weights.kv / sum * (1 - rows[i][0]) +
                             weights.queue / sum * ((longest - rows[i][1]) / longest) +
                             weights.prefix / sum * (rows[i][2] / (scale * 8));
        ASSERT_EQ(scores.values[i], std::round(100 * share) / 100)
            << i << " of " << scale << ", " << weights.parameters;
      }
    }
  }
}

TEST(LatencyScorer, ReadsTheNamedProducers) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, "latency-scorer",
                         R"({"latencyPredictionInfoProducerName": "oracle", "prefixMatchInfoProducerName": "fine"})",
                         host);
  EXPECT_THAT(plugin.score(endpoints_with({{20, 1}, {10, 1}}, "oracle/"), RequestBuilder()).values,
              Pointwise(DoubleEq(), {0.01, 1.0}));
  host.set_value("fine/prefix_total_blocks", 2.0);
  EndpointSet endpoints = endpoints_with({{20, 1}});
  endpoints[0].number("fine/prefix_matched_blocks", 2);
  EXPECT_THAT(plugin.score(endpoints, RequestBuilder()).values, ElementsAre(1.0)) << "the plain columns are not read";
}

TEST(LatencyScorer, StaysInRangeInAnyOrder) {
  constexpr std::size_t kCount = 1000;
  std::mt19937_64 draw(4);
  for (const double scale : {50.0, 150.0, 5000.0}) {
    for (const char* parameters : {"{}", R"({"headroomSelectionStrategy": "most"})"}) {
      std::vector<Row> rows;
      for (std::size_t i = 0; i < kCount; ++i) {
        const auto unit = [&] { return static_cast<double>(draw() % 1000) / 1000; };
        rows.push_back({100 + scale * (unit() - 0.5), 10 + scale / 10 * (unit() - 0.5), std::floor(unit() * 3)});
        if (draw() % 10 == 0) rows.back().ttft_ms = rows.back().tpot_ms = kNone;
      }
      const EndpointSet endpoints = endpoints_with(rows);
      Rows order(kCount);
      for (std::size_t i = 0; i < kCount; ++i) order[i] = static_cast<std::uint32_t>((i * 77 + 5) % kCount);
      const Values straight = score(parameters, endpoints);
      const Values permuted = score(parameters, endpoints, {}, {.candidates = order});
      double best = 0;
      for (std::size_t i = 0; i < kCount; ++i) {
        ASSERT_EQ(permuted[i], straight[order[i]]);
        ASSERT_TRUE(straight[i] >= 0.0 && straight[i] <= 1.0);
        best = std::max(best, straight[i]);
      }
      ASSERT_GT(best, 0.0) << "somebody is always scored";
    }
  }
}

// One endpoint at a time, straight from the README: the reference for what is done four at a time.
Values reference(const std::vector<Row>& rows, const TargetsMs& targets, bool strategy_is_most) {
  const bool any = targets.ttft || targets.tpot;
  const auto headroom = [any](std::optional<std::int64_t> target, std::optional<double> prediction) {
    if (!any) return prediction.value_or(0);
    return target ? static_cast<double>(*target) - prediction.value_or(0) : 0;
  };
  const auto ttft = [&](const Row& row) {
    return row.ttft_ms || row.tpot_ms ? headroom(targets.ttft, row.ttft_ms) : 0;
  };
  const auto tpot = [&](const Row& row) {
    return row.ttft_ms || row.tpot_ms ? headroom(targets.tpot, row.tpot_ms) : 0;
  };
  const bool most = strategy_is_most && any;
  const auto in_group = [&](const Row& row, int group) {
    const bool late = ttft(row) < 0;
    const bool slow = tpot(row) < 0;
    switch (group) {
      case 0: return !late && !slow;
      case 1: return (late || slow) && row.in_flight == 0;
      case 2: return !late && slow;
      case 3: return late && !slow;
      default: return late && slow;
    }
  };
  int group = 0;
  while (std::none_of(rows.begin(), rows.end(), [&](const Row& row) { return in_group(row, group); })) ++group;
  double low[2] = {1e300, 1e300};
  double high[2] = {-1e300, -1e300};
  for (const Row& row : rows) {
    if (!in_group(row, group)) continue;
    const double distance[2] = {std::abs(ttft(row)), std::abs(tpot(row))};
    for (int d = 0; d < 2; ++d) low[d] = std::min(low[d], distance[d]);
    for (int d = 0; d < 2; ++d) high[d] = std::max(high[d], distance[d]);
  }
  const bool flat[2] = {high[0] - low[0] <= 1e-9, high[1] - low[1] <= 1e-9};
  double weight[2] = {0.8, 0.2};
  if (flat[0] != flat[1]) weight[0] = flat[0] ? 0 : 1, weight[1] = flat[1] ? 0 : 1;
  Values scores;
  for (const Row& row : rows) {
    const double n_ttft = flat[0] ? 0.5 : (std::abs(ttft(row)) - low[0]) / (high[0] - low[0]);
    const double n_tpot = flat[1] ? 0.5 : (std::abs(tpot(row)) - low[1]) / (high[1] - low[1]);
    const double far = weight[0] * n_ttft + weight[1] * n_tpot;
    const double raw = (std::trunc((most && group == 0 ? far : 1 - far) * 100) + 1) / 100;
    scores.push_back(in_group(row, group) ? std::min(raw, 1.0) : 0.0);
  }
  return scores;
}

TEST(LatencyScorer, AnswersLikeTheReference) {
  std::mt19937_64 draw(12);
  for (int round = 0; round < 400; ++round) {
    // Coarse values hit whole hundredths, and make dimensions flat; fine ones do not.
    const double grain = std::pow(10.0, static_cast<double>(draw() % 4));
    const double late = draw() % 2 == 0 ? 60 : 130;
    const double slow = draw() % 2 == 0 ? 6 : 13;
    const bool idle = draw() % 3 == 0;
    const bool gaps = draw() % 3 == 0;
    std::vector<Row> rows;
    for (std::uint64_t n = draw() % 40 + 1; n > 0; --n) {
      const auto about = [&](double middle) {
        return middle + std::round((static_cast<double>(draw() % 1000) / 1000 - 0.5) * grain * 8) / grain;
      };
      Row row{about(late), about(slow), idle ? static_cast<double>(draw() % 2) : 1.0};
      if (gaps && draw() % 3 == 0) row.ttft_ms = kNone;
      if (gaps && draw() % 3 == 0) row.tpot_ms = kNone;
      rows.push_back(row);
    }
    const bool any = std::any_of(rows.begin(), rows.end(), [](const Row& row) { return row.ttft_ms || row.tpot_ms; });
    if (!any) continue;
    for (const TargetsMs& targets : {TargetsMs{}, TargetsMs{100, kNone}, TargetsMs{kNone, 10}, kNoTargets}) {
      ASSERT_EQ(score("{}", endpoints_with(rows), targets), reference(rows, targets, false)) << "round " << round;
      ASSERT_EQ(score(R"({"headroomSelectionStrategy": "most"})", endpoints_with(rows), targets),
                reference(rows, targets, true))
          << "round " << round;
    }
  }
}

TEST(LatencyScorer, RefusesParametersOfAnotherType) {
  FakeHost host;
  const PluginUnderTest plugin(shunt_library_entry_v1, "latency-scorer", R"({"ttftWeight": "much"})", host);
  EXPECT_THAT(plugin.creation(), FailedWith(SHUNT_INVALID, HasSubstr("/ttftWeight must be a number")));
}

}  // namespace
