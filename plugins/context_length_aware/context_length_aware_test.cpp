// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

#include <string>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pointwise;

constexpr char kType[] = "context-length-aware";
constexpr char kLabel[] = "llm-d.ai/context-length-range";
constexpr char kFiltering[] = R"({"enableFiltering": true})";

EndpointSet fleet() {
  EndpointSet endpoints;
  endpoints.add("short").label(kLabel, "0-10000");
  endpoints.add("long").label(kLabel, "10000-100000");
  endpoints.add("any");
  endpoints.add("bad").label(kLabel, "much");
  return endpoints;
}

TEST(ContextLengthAware, ScoresByTheRangeOfTheLabel) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kType, "{}", host);
  RequestBuilder request;
  request.prompt_tokens(10000);
  const Scores scores = plugin.score(fleet(), request);
  EXPECT_THAT(scores, Succeeded());
  EXPECT_THAT(scores.values, Pointwise(DoubleEq(), {0.3 + 0.7 * (0.7 * 0.5), 0.3 + 0.7 * (0.7 * 0.1 + 0.3), 0.5, 0.0}));
  RequestBuilder longer;
  longer.prompt_tokens(11000);
  EXPECT_DOUBLE_EQ(plugin.score(fleet(), longer)[0], 0.15);
  EXPECT_THAT(plugin.score(EndpointSet(), request).values, IsEmpty());
  EXPECT_THAT(host.misuses(), IsEmpty());
}

TEST(ContextLengthAware, FiltersOnlyWhenToldTo) {
  FakeHost host;
  PluginUnderTest scoring(shunt_library_entry_v1, kType, "{}", host);
  PluginUnderTest filtering(shunt_library_entry_v1, kType, kFiltering, host);
  struct Case {
    std::uint64_t tokens;
    Rows kept;
  };
  const Case cases[] = {{0, {0, 2}},     {9999, {0, 2}},   {10000, {0, 1, 2}},
                        {10001, {1, 2}}, {100000, {1, 2}}, {100001, {2}}};
  for (const Case& one : cases) {
    RequestBuilder request;
    request.prompt_tokens(one.tokens);
    EXPECT_EQ(scoring.filter(fleet(), request).base_rows, (Rows{0, 1, 2, 3}));
    EXPECT_EQ(filtering.filter(fleet(), request).base_rows, one.kept) << one.tokens;
    EXPECT_EQ(filtering.filter(fleet(), request, {.candidates = Rows{3}}).base_rows, Rows{}) << "it may remove all";
  }
}

TEST(ContextLengthAware, LengthIsCountedOrEstimated) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kType, kFiltering, host);
  RequestBuilder bytes;
  bytes.prompt_bytes(40000);
  EXPECT_EQ(plugin.filter(fleet(), bytes).base_rows, (Rows{0, 1, 2}));
  bytes.prompt_bytes(40001);
  EXPECT_EQ(plugin.filter(fleet(), bytes).base_rows, (Rows{1, 2})) << "10000 tokens and some bytes of one more";
  RequestBuilder ids;
  ids.prompt(std::string(80000, 'x')).token_id(1).token_id(2);
  EXPECT_EQ(plugin.filter(fleet(), ids).base_rows, (Rows{0, 2})) << "what is given is counted";
  RequestBuilder both;
  both.prompt_bytes(40003).estimated_prompt_tokens(20000);
  EXPECT_EQ(plugin.filter(fleet(), both).base_rows, (Rows{1, 2}));
  EXPECT_EQ(plugin.filter(fleet(), RequestBuilder()).base_rows, (Rows{0, 2})) << "unknown is nothing";
}

TEST(ContextLengthAware, AProducerKnowsTheLength) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kType, kFiltering, host);
  host.set_value("prompt_tokens", 50000.0);
  RequestBuilder request;
  request.prompt("short");
  EXPECT_EQ(plugin.filter(fleet(), request).base_rows, (Rows{1, 2}));
  request.prompt_tokens(7);
  EXPECT_EQ(plugin.filter(fleet(), request).base_rows, (Rows{0, 2})) << "but what the request says counts";
}

TEST(ContextLengthAware, AnEmptyLabelIsNoRange) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kType, kFiltering, host);
  EndpointSet endpoints;
  endpoints.add("empty").label(kLabel, "");
  endpoints.add("none");
  RequestBuilder request;
  request.prompt_tokens(5);
  EXPECT_THAT(plugin.score(endpoints, request).values, ElementsAre(0.0, 0.5));
  EXPECT_EQ(plugin.filter(endpoints, request).base_rows, Rows{1});
  EXPECT_THAT(plugin.explain(endpoints, request, SHUNT_SCORER_ID).texts,
              ElementsAre("the label is no range", "no range"));
}

TEST(ContextLengthAware, AnotherLabel) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kType, R"({"label": "work"})", host);
  EndpointSet endpoints;
  endpoints.add("a").label("work", "5-5");
  endpoints.add("b").label(kLabel, "5-5");
  RequestBuilder request;
  request.prompt_tokens(5);
  EXPECT_THAT(plugin.score(endpoints, request).values, ElementsAre(1.0, 0.5));
  const PluginUnderTest none(shunt_library_entry_v1, kType, R"({"label": ""})", host);
  EXPECT_THAT(none.creation(), FailedWith(SHUNT_INVALID, HasSubstr("/label must name a label")));
}

TEST(ContextLengthAware, SaysWhy) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kType, "{}", host);
  RequestBuilder request;
  request.prompt_tokens(20);
  EXPECT_THAT(
      plugin.explain(fleet(), request, SHUNT_SCORER_ID).texts,
      ElementsAre("prompt is within the range", "prompt is outside of the range", "no range", "the label is no range"));
}

// More labels than are remembered within a call, in any order.
TEST(ContextLengthAware, ManyLabelsInAnyOrder) {
  constexpr std::size_t kCount = 1000;
  EndpointSet endpoints;
  for (std::size_t i = 0; i < kCount; ++i) {
    const std::size_t low = i * 37 % 300;
    endpoints.add("pod-" + std::to_string(i)).label(kLabel, std::to_string(low) + "-" + std::to_string(low + i % 90));
  }
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kType, kFiltering, host);
  Rows order(kCount);
  for (std::size_t i = 0; i < kCount; ++i) order[i] = static_cast<std::uint32_t>((i * 77 + 5) % kCount);
  RequestBuilder request;
  request.prompt_tokens(150);
  const std::vector<double> straight = plugin.score(endpoints, request).values;
  const std::vector<double> permuted = plugin.score(endpoints, request, {.candidates = order}).values;
  const std::vector<std::uint8_t> keep = plugin.filter(endpoints, request).keep;
  for (std::size_t i = 0; i < kCount; ++i) {
    ASSERT_EQ(permuted[i], straight[order[i]]);
    const std::size_t low = i * 37 % 300;
    const bool inside = low <= 150 && 150 <= low + i % 90;
    ASSERT_EQ(keep[i], inside ? 1 : 0);
    ASSERT_EQ(straight[i] >= 0.3, inside);
  }
}

}  // namespace
