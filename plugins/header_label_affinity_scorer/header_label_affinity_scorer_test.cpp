// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

#include <optional>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kType[] = "header-label-affinity-scorer";
constexpr char kTier[] = R"({"headerName": "X-Tier", "labelKey": "tier"})";

EndpointSet fleet() {
  EndpointSet endpoints;
  endpoints.add("a").label("tier", "gold");
  endpoints.add("b").label("tier", "Gold");
  endpoints.add("c").label("other", "gold");
  endpoints.add("d").label("tier", "gold");
  return endpoints;
}

TEST(HeaderLabelAffinityScorer, OneWhereTheValuesAreEqual) {
  struct Case {
    const char* what;
    std::optional<std::string> header;
    std::vector<double> expected;
  };
  const Case cases[] = {
      {"a value that endpoints have", "gold", {1, 0, 0, 1}},
      {"case matters", "Gold", {0, 1, 0, 0}},
      {"a value that nobody has", "silver", {0, 0, 0, 0}},
      {"an empty value", "", {0, 0, 0, 0}},
      {"no header", std::nullopt, {0, 0, 0, 0}},
  };
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kType, kTier, host);
  for (const Case& one : cases) {
    RequestBuilder request;
    if (one.header) request.header("x-tier", *one.header);
    const Scores scores = plugin.score(fleet(), request);
    EXPECT_THAT(scores, Succeeded());
    EXPECT_EQ(scores.values, one.expected) << one.what;
  }
  EXPECT_THAT(plugin.score(EndpointSet(), RequestBuilder()).values, IsEmpty());
  EXPECT_THAT(host.misuses(), IsEmpty());
}

TEST(HeaderLabelAffinityScorer, ScoresCandidatesInAnyOrder) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kType, kTier, host);
  EndpointSet endpoints;
  endpoints.add_many(1000);
  for (std::size_t i = 0; i < endpoints.size(); i += 3) endpoints[i].label("tier", "t" + std::to_string(i % 7));
  Rows order(1000);
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::uint32_t>((i * 77 + 5) % order.size());
  RequestBuilder request;
  request.header("x-tier", "t4");
  const Scores scores = plugin.score(endpoints, request, {.candidates = order});
  for (std::size_t i = 0; i < order.size(); ++i) {
    ASSERT_EQ(scores[i], order[i] % 3 == 0 && order[i] % 7 == 4 ? 1.0 : 0.0);
  }
}

TEST(HeaderLabelAffinityScorer, NeedsBothNames) {
  struct Case {
    const char* parameters;
    const char* message;
  };
  const Case cases[] = {{"{}", "/headerName is missing"},
                        {R"({"headerName": "x"})", "/labelKey is missing"},
                        {R"({"headerName": "", "labelKey": "tier"})", "/headerName is missing"},
                        {R"({"headerName": 1, "labelKey": "tier"})", "/headerName must be a string"}};
  for (const Case& one : cases) {
    FakeHost host;
    const PluginUnderTest plugin(shunt_library_entry_v1, kType, one.parameters, host);
    EXPECT_THAT(plugin.creation(), FailedWith(SHUNT_INVALID, HasSubstr(one.message))) << one.parameters;
  }
}

}  // namespace
