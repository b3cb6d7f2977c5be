// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pointwise;

constexpr char kFilter[] = "endpoint-attribute-filter";
constexpr char kScorer[] = "endpoint-attribute-scorer";
constexpr auto kNone = std::nullopt;

using Values = std::vector<std::optional<double>>;

EndpointSet endpoints_with(const Values& values, const std::string& attribute = "heat") {
  EndpointSet endpoints;
  for (std::size_t i = 0; i < values.size(); ++i) {
    Endpoint& endpoint = endpoints.add("pod-" + std::to_string(i));
    if (values[i]) endpoint.number(attribute, *values[i]);
  }
  return endpoints;
}

std::string threshold(const std::string& word, double value, const std::string& more = "") {
  return R"({"attribute": "heat", "algorithm": {"type": "threshold", "threshold": {"operator": ")" + word +
         R"(", "value": )" + std::to_string(value) + "}}" + more + "}";
}

Rows kept(const std::string& parameters, const EndpointSet& endpoints, const Surroundings& around = {}) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kFilter, parameters, host);
  const Kept answer = plugin.filter(endpoints, RequestBuilder(), around);
  EXPECT_THAT(answer, Succeeded()) << plugin.creation().error;
  EXPECT_THAT(host.misuses(), IsEmpty());
  return answer.base_rows;
}

TEST(EndpointAttributeFilter, KeepsWhatComparesTrue) {
  struct Case {
    const char* word;
    Rows kept;
  };
  const Case cases[] = {{"LessThan", {0}},    {"LessThanOrEqual", {0, 1}},
                        {"GreaterThan", {2}}, {"GreaterThanOrEqual", {1, 2}},
                        {"Equal", {1}},       {"NotEqual", {0, 2}}};
  const EndpointSet endpoints = endpoints_with({1, 2, 3});
  for (const Case& one : cases) {
    EXPECT_EQ(kept(threshold(one.word, 2), endpoints), one.kept) << one.word;
  }
}

TEST(EndpointAttributeFilter, EndpointsWithoutTheAttribute) {
  const EndpointSet endpoints = endpoints_with({kNone, 1, 5});
  EXPECT_EQ(kept(threshold("LessThan", 2), endpoints), (Rows{0, 1}));
  EXPECT_EQ(kept(threshold("GreaterThan", 2), endpoints), (Rows{0, 2})) << "it reads as 0, which is no value";
  EXPECT_EQ(kept(threshold("LessThan", 2, R"(, "onMissing": "Pass")"), endpoints), (Rows{0, 1}));
  EXPECT_EQ(kept(threshold("LessThan", 2, R"(, "onMissing": "Fail")"), endpoints), (Rows{1}));
}

TEST(EndpointAttributeFilter, FallsBackOnlyWhenNothingIsLeft) {
  const EndpointSet endpoints = endpoints_with({4, 5, kNone});
  const std::string strict = threshold("LessThan", 2, R"(, "onMissing": "Fail")");
  const std::string lenient = threshold("LessThan", 2, R"(, "onMissing": "Fail", "fallbackOnEmpty": true)");
  EXPECT_EQ(kept(strict, endpoints), Rows{});
  EXPECT_EQ(kept(lenient, endpoints), (Rows{0, 1, 2}));
  EXPECT_EQ(kept(lenient, endpoints, {.candidates = Rows{1}}), (Rows{1}));
  EXPECT_EQ(kept(lenient, endpoints_with({4, 1})), (Rows{1}));
  EXPECT_EQ(kept(lenient, EndpointSet()), Rows{});
}

TEST(EndpointAttributeFilter, ReadsTheNamedProducer) {
  EXPECT_EQ(kept(threshold("LessThan", 2, R"(, "producer": "dcgm")"), endpoints_with({1, 3}, "dcgm/heat")), (Rows{0}));
}

TEST(EndpointAttributeFilter, SaysWhy) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kFilter, threshold("LessThan", 2, R"(, "onMissing": "Fail")"), host);
  EXPECT_THAT(plugin.explain(endpoints_with({1, 3, kNone}), RequestBuilder(), SHUNT_FILTER_ID).texts,
              ElementsAre("", "beyond the threshold", "without the attribute"));
}

TEST(EndpointAttributeFilter, RefusesWhatMakesNoSense) {
  struct Case {
    const char* parameters;
    const char* message;
  };
  const Case cases[] = {
      {"{}", "/attribute must name an attribute"},
      {R"({"attribute": "heat"})", "/operator must be LessThan"},
      {R"({"attribute": "heat", "algorithm": {"type": "threshold", "threshold": {"operator": "Above", "value": 1}}})",
       "/algorithm/threshold/operator must be LessThan"},
      {R"({"attribute": "heat", "algorithm": {"type": "threshold", "threshold": {"operator": "Equal"}}})",
       "/algorithm/threshold/value must be a number"},
  };
  for (const Case& one : cases) {
    FakeHost host;
    const PluginUnderTest plugin(shunt_library_entry_v1, kFilter, one.parameters, host);
    EXPECT_THAT(plugin.creation(), FailedWith(SHUNT_INVALID, HasSubstr(one.message))) << one.parameters;
  }
  FakeHost host;
  host.provide("queue");
  const PluginUnderTest unknown(shunt_library_entry_v1, kFilter, threshold("Equal", 1), host);
  EXPECT_THAT(unknown.creation(), FailedWith(SHUNT_NOT_FOUND, HasSubstr("heat")));
}

std::string linear(const std::string& type, const std::string& normalization = "") {
  return R"({"attributeKey": "heat", "algorithm": {"type": "linear_)" + type + "_is_better\"" + normalization + "}}";
}
const std::string kFixed = R"(, "normalization": {"fixedRange": {"min": 10, "max": 20}})";
const std::string kAdaptive = R"(, "normalization": {"adaptiveRange": {}})";

std::vector<double> score(const std::string& parameters, const EndpointSet& endpoints,
                          const Surroundings& around = {}) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kScorer, parameters, host);
  const Scores scores = plugin.score(endpoints, RequestBuilder(), around);
  EXPECT_THAT(scores, Succeeded()) << plugin.creation().error;
  EXPECT_EQ(scores.unwritten(), 0u);
  return scores.values;
}

TEST(EndpointAttributeScorer, FollowsTheFormula) {
  struct Case {
    const char* what;
    std::string parameters;
    Values values;
    std::vector<double> expected;
  };
  const Case cases[] = {
      {"no endpoint", linear("lower"), {}, {}},
      {"low is best, among the candidates", linear("lower"), {10, 12.5, 20}, {1, 0.75, 0}},
      {"high is best", linear("higher"), {10, 12.5, 20}, {0, 0.25, 1}},
      {"adaptive is the default", linear("higher", kAdaptive), {10, 12.5, 20}, {0, 0.25, 1}},
      {"all equal", linear("lower"), {7, 7}, {1, 1}},
      {"all equal, high is best", linear("higher"), {7}, {1}},
      {"a missing value scores 0 and takes no part", linear("lower"), {10, kNone, 20}, {1, 0, 0}},
      {"one value beside missing ones", linear("lower"), {kNone, 5}, {0, 1}},
      {"no values at all", linear("lower"), {kNone, kNone}, {0, 0}},
      {"negative values", linear("higher"), {-4, -2, 0}, {0, 0.5, 1}},
      {"a fixed range", linear("lower", kFixed), {10, 15, 20}, {1, 0.5, 0}},
      {"cut at its ends", linear("lower", kFixed), {9, 21}, {1, 0}},
      {"cut at its ends, high is best", linear("higher", kFixed), {9, 21, 12}, {0, 1, 0.2}},
      {"missing in a fixed range", linear("higher", kFixed), {kNone, 15}, {0, 0.5}},
  };
  for (const Case& one : cases) {
    EXPECT_THAT(score(one.parameters, endpoints_with(one.values)), Pointwise(DoubleEq(), one.expected)) << one.what;
  }
}

TEST(EndpointAttributeScorer, StaysInRangeAndOrderInAnyOrder) {
  constexpr std::size_t kCount = 1000;
  std::mt19937_64 draw(3);
  Values values;
  for (std::size_t i = 0; i < kCount; ++i) {
    values.push_back(draw() % 9 == 0 ? kNone : std::optional(static_cast<double>(draw() % 300) / 10));
  }
  const EndpointSet endpoints = endpoints_with(values);
  Rows order(kCount);
  for (std::size_t i = 0; i < kCount; ++i) order[i] = static_cast<std::uint32_t>((i * 77 + 5) % kCount);
  for (const std::string& parameters :
       {linear("lower"), linear("higher"), linear("lower", kFixed), linear("higher", kFixed)}) {
    const bool lower = parameters.find("lower") != std::string::npos;
    const std::vector<double> straight = score(parameters, endpoints);
    const std::vector<double> permuted = score(parameters, endpoints, {.candidates = order});
    for (std::size_t i = 0; i < kCount; ++i) {
      ASSERT_EQ(permuted[i], straight[order[i]]);
      ASSERT_TRUE(straight[i] >= 0.0 && straight[i] <= 1.0);
      const std::size_t other = (i * 13 + 1) % kCount;
      if (values[i] && values[other] && *values[i] < *values[other]) {
        ASSERT_GE(lower ? straight[i] : straight[other], lower ? straight[other] : straight[i]);
      }
    }
  }
}

TEST(EndpointAttributeScorer, RefusesWhatMakesNoSense) {
  struct Case {
    std::string parameters;
    const char* message;
  };
  const Case cases[] = {
      {"{}", "/attributeKey must name an attribute"},
      {R"({"attributeKey": "heat"})", "/algorithm/type must be"},
      {R"({"attributeKey": "heat", "algorithm": {"type": "log"}})", "/algorithm/type must be"},
      {linear("lower", R"(, "normalization": {"fixedRange": {"min": 1, "max": 1}})"), "\"min\" must be below \"max\""},
      {linear("lower", R"(, "normalization": {"fixedRange": {"min": 1}})"), "\"min\" must be below \"max\""},
      {linear("lower", R"(, "normalization": {"fixedRange": {"min": 1, "max": 2}, "adaptiveRange": {}})"), "both"},
  };
  for (const Case& one : cases) {
    FakeHost host;
    const PluginUnderTest plugin(shunt_library_entry_v1, kScorer, one.parameters, host);
    EXPECT_THAT(plugin.creation(), FailedWith(SHUNT_INVALID, HasSubstr(one.message))) << one.parameters;
  }
}

}  // namespace
