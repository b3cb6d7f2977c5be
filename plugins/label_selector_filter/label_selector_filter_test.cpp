// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Four endpoints: two tiers, one with an empty value, one without the label.
EndpointSet fleet() {
  EndpointSet endpoints;
  endpoints.add("gold").label("tier", "gold").label("zone", "a");
  endpoints.add("iron").label("tier", "iron").label("zone", "b");
  endpoints.add("blank").label("tier", "");
  endpoints.add("none").label("zone", "a");
  return endpoints;
}

Rows kept_by(const char* type, const std::string& parameters) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, type, parameters, host);
  EXPECT_TRUE(plugin.created()) << plugin.creation().error;
  const Kept kept = plugin.filter(fleet(), RequestBuilder());
  EXPECT_THAT(kept, Succeeded());
  return kept.base_rows;
}

TEST(LabelSelectorFilter, FollowsKubernetesSemantics) {
  struct Case {
    const char* parameters;
    Rows kept;
  };
  const Case cases[] = {
      {R"({})", {0, 1, 2, 3}},
      {R"({"matchLabels": {"tier": "gold"}})", {0}},
      {R"({"matchLabels": {"tier": ""}})", {2}},
      {R"({"matchLabels": {"tier": "gold", "zone": "a"}})", {0}},
      {R"({"matchLabels": {"tier": "gold", "zone": "b"}})", {}},
      {R"({"matchLabels": {"no-such-label": "x"}})", {}},
      {R"({"matchExpressions": [{"key": "tier", "operator": "In", "values": ["iron", "gold"]}]})", {0, 1}},
      {R"({"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["iron", "gold"]}]})", {2, 3}},
      {R"({"matchExpressions": [{"key": "tier", "operator": "Exists"}]})", {0, 1, 2}},
      {R"({"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]})", {3}},
      {R"({"matchExpressions": [{"key": "tier", "operator": "Exists", "values": []}]})", {0, 1, 2}},
      {R"({"matchLabels": {"zone": "a"}, "matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]})", {3}},
      {R"({"matchExpressions": [{"key": "tier", "operator": "Exists"},
                                {"key": "tier", "operator": "NotIn", "values": ["gold"]}]})",
       {1, 2}},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(kept_by("label-selector-filter", one.parameters), one.kept) << one.parameters;
    EXPECT_EQ(kept_by("by-label-selector", one.parameters), one.kept) << one.parameters;
  }
}

TEST(LabelSelectorFilter, ByLabelKeepsListedValues) {
  struct Case {
    const char* parameters;
    Rows kept;
  };
  const Case cases[] = {
      {R"({"label": "tier", "validValues": ["gold"]})", {0}},
      {R"({"label": "tier", "validValues": ["gold", "iron"], "allowsNoLabel": false})", {0, 1}},
      {R"({"label": "tier", "validValues": ["gold"], "allowsNoLabel": true})", {0, 3}},
      {R"({"label": "tier", "allowsNoLabel": true})", {3}},
      {R"({"label": "tier", "validValues": ["tin"]})", {}},
  };
  for (const Case& one : cases) EXPECT_EQ(kept_by("by-label", one.parameters), one.kept) << one.parameters;
}

TEST(LabelSelectorFilter, FollowsTheCandidatesItIsGiven) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, "label-selector-filter", R"({"matchLabels": {"zone": "a"}})", host);
  EXPECT_THAT(plugin.filter(fleet(), RequestBuilder(), {.candidates = Rows{3, 1, 0}}).keep, ElementsAre(1, 0, 1));
  EXPECT_THAT(plugin.filter(EndpointSet(), RequestBuilder()).keep, IsEmpty());
  EXPECT_THAT(host.misuses(), IsEmpty());
}

TEST(LabelSelectorFilter, HandlesManyEndpoints) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, "label-selector-filter", R"({"matchLabels": {"part": "3"}})", host);
  EndpointSet endpoints;
  endpoints.add_many(1000);
  for (std::size_t i = 0; i < endpoints.size(); ++i) endpoints[i].label("part", std::to_string(i % 10));
  const Rows kept = plugin.filter(endpoints, RequestBuilder()).base_rows;
  ASSERT_EQ(kept.size(), 100u);
  for (const std::uint32_t row : kept) EXPECT_EQ(row % 10, 3u);
}

TEST(LabelSelectorFilter, NamesTheLabelThatDoesNotFit) {
  FakeHost host;
  PluginUnderTest plugin(
      shunt_library_entry_v1, "label-selector-filter",
      R"({"matchLabels": {"zone": "a"}, "matchExpressions": [{"key": "tier", "operator": "Exists"}]})", host);
  EXPECT_THAT(plugin.explain(fleet(), RequestBuilder(), SHUNT_FILTER_ID).texts,
              ElementsAre("", "zone=b", "no label zone", "no label tier"));
}

TEST(LabelSelectorFilter, RefusesSelectorsThatMakeNoSense) {
  struct Case {
    const char* type;
    const char* parameters;
    const char* message;
  };
  const Case cases[] = {
      {"label-selector-filter", R"({"matchExpressions": [{"key": "t", "operator": "In"}]})",
       "/matchExpressions/0: operator In needs \"values\""},
      {"label-selector-filter", R"({"matchExpressions": [{"key": "t", "operator": "NotIn", "values": []}]})",
       "operator NotIn needs \"values\""},
      {"label-selector-filter", R"({"matchExpressions": [{"key": "t", "operator": "Exists", "values": ["x"]}]})",
       "operator Exists takes no \"values\""},
      {"label-selector-filter", R"({"matchExpressions": [{"key": "t", "operator": "DoesNotExist", "values": ["x"]}]})",
       "operator DoesNotExist takes no \"values\""},
      {"label-selector-filter", R"({"matchExpressions": [{"key": "t", "operator": "Near"}]})", "found \"Near\""},
      {"label-selector-filter", R"({"matchExpressions": [{"key": "", "operator": "Exists"}]})",
       "/matchExpressions/0/key must name a label"},
      {"label-selector-filter", R"({"matchLabels": {"tier": 3}})", "/matchLabels/tier must be a string"},
      {"by-label", R"({"validValues": ["x"]})", "/label must name a label"},
      {"by-label", R"({"label": "tier"})", "no endpoint can fit"},
  };
  for (const Case& one : cases) {
    FakeHost host;
    const PluginUnderTest plugin(shunt_library_entry_v1, one.type, one.parameters, host);
    EXPECT_THAT(plugin.creation(), FailedWith(SHUNT_INVALID, HasSubstr(one.message))) << one.parameters;
  }
}

}  // namespace
