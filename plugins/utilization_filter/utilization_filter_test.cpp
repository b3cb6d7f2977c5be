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

EndpointSet fleet() {
  EndpointSet endpoints;
  endpoints.add("idle").number("in_flight", 0).number("running", 0).number("queue", 0).number("kv_cache_usage", 0);
  endpoints.add("busy").number("in_flight", 9).number("running", 8).number("queue", 5).number("kv_cache_usage", 0.5);
  endpoints.add("full").number("in_flight", 10).number("running", 9).number("queue", 6).number("kv_cache_usage", 0.95);
  endpoints.add("silent");
  return endpoints;
}

TEST(UtilizationFilter, KeepsWhatIsWithinEveryLimit) {
  struct Case {
    const char* parameters;
    Rows kept;
  };
  const Case cases[] = {
      {R"({"conditions": [{"metric": "active-requests", "maxValue": 9}]})", {0, 1, 3}},
      {R"({"conditions": [{"metric": "running-requests", "maxValue": 8}]})", {0, 1, 3}},
      {R"({"conditions": [{"metric": "waiting-queue", "maxValue": 5}]})", {0, 1, 3}},
      {R"({"conditions": [{"metric": "kv-cache-utilization", "maxValue": 0.5}]})", {0, 1, 3}},
      {R"({"conditions": [{"metric": "waiting-queue", "maxValue": 6}]})", {0, 1, 2, 3}},
      {R"({"conditions": [{"metric": "waiting-queue", "maxValue": 4.999}]})", {0, 3}},
      {R"({"conditions": [{"metric": "waiting-queue", "maxValue": 0}]})", {0, 3}},
      {R"({"conditions": [{"metric": "waiting-queue", "maxValue": 5}, {"metric": "running-requests", "maxValue": 7}]})",
       {0, 3}},
      {R"({"conditions": [{"metric": "waiting-queue", "maxValue": 9}, {"metric": "waiting-queue", "maxValue": 5}]})",
       {0, 1, 3}},
  };
  for (const Case& one : cases) {
    FakeHost host;
    PluginUnderTest plugin(shunt_library_entry_v1, "utilization-filter", one.parameters, host);
    const Kept kept = plugin.filter(fleet(), RequestBuilder());
    EXPECT_THAT(kept, Succeeded());
    EXPECT_EQ(kept.base_rows, one.kept) << one.parameters;
  }
}

TEST(UtilizationFilter, FallsBackToAllOnlyWhenNothingIsLeft) {
  FakeHost host;
  PluginUnderTest strict(shunt_library_entry_v1, "utilization-filter",
                         R"({"conditions": [{"metric": "waiting-queue", "maxValue": 4}]})", host);
  PluginUnderTest lenient(shunt_library_entry_v1, "utilization-filter",
                          R"({"conditions": [{"metric": "waiting-queue", "maxValue": 4}], "fallbackOnEmpty": true})",
                          host);
  const Surroundings all_over{.candidates = Rows{2, 1}};
  const Surroundings one_within{.candidates = Rows{2, 0}};
  EXPECT_THAT(strict.filter(fleet(), RequestBuilder(), all_over).keep, ElementsAre(0, 0));
  EXPECT_THAT(lenient.filter(fleet(), RequestBuilder(), all_over).keep, ElementsAre(1, 1));
  EXPECT_THAT(lenient.filter(fleet(), RequestBuilder(), one_within).keep, ElementsAre(0, 1));
  EXPECT_THAT(lenient.filter(EndpointSet(), RequestBuilder()).keep, IsEmpty());
}

TEST(UtilizationFilter, NamesTheLimit) {
  FakeHost host;
  PluginUnderTest plugin(
      shunt_library_entry_v1, "utilization-filter",
      R"({"conditions": [{"metric": "kv-cache-utilization", "maxValue": 0.9}, {"metric": "waiting-queue", "maxValue": 4}]})",
      host);
  EXPECT_THAT(plugin.explain(fleet(), RequestBuilder(), SHUNT_FILTER_ID).texts,
              ElementsAre("", "waiting-queue 5 > 4", "kv-cache-utilization 0.95 > 0.9", ""));
}

TEST(UtilizationFilter, HandlesManyEndpoints) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, "utilization-filter",
                         R"({"conditions": [{"metric": "active-requests", "maxValue": 4}]})", host);
  EndpointSet endpoints;
  endpoints.add_many(1000);
  for (std::size_t i = 0; i < endpoints.size(); ++i) endpoints[i].number("in_flight", static_cast<double>(i % 10));
  const Rows kept = plugin.filter(endpoints, RequestBuilder()).base_rows;
  ASSERT_EQ(kept.size(), 500u);
  for (const std::uint32_t row : kept) EXPECT_LT(row % 10, 5u);
}

TEST(UtilizationFilter, ReadsOnlyWhatItsConditionsName) {
  FakeHost host;
  host.provide("queue");
  const PluginUnderTest plugin(shunt_library_entry_v1, "utilization-filter",
                               R"({"conditions": [{"metric": "waiting-queue", "maxValue": 4}]})", host);
  EXPECT_TRUE(plugin.created()) << plugin.creation().error;
  EXPECT_EQ(plugin.declared().columns.size(), 1u);
}

TEST(UtilizationFilter, RefusesConditionsThatMakeNoSense) {
  struct Case {
    const char* parameters;
    const char* message;
  };
  const Case cases[] = {
      {"{}", "/conditions must list at least one limit"},
      {R"({"conditions": []})", "/conditions must list at least one limit"},
      {R"({"conditions": [{"metric": "heat", "maxValue": 1}]})", "/conditions/0/metric: unknown metric \"heat\""},
      {R"({"conditions": [{"metric": "waiting-queue"}]})", "/conditions/0/maxValue must be a number from 0"},
      {R"({"conditions": [{"metric": "waiting-queue", "maxValue": -1}]})",
       "/conditions/0/maxValue must be a number from 0"},
      {R"({"conditions": [{"metric": "waiting-queue", "maxValue": "5"}]})", "/conditions/0/maxValue must be a number"},
  };
  for (const Case& one : cases) {
    FakeHost host;
    const PluginUnderTest plugin(shunt_library_entry_v1, "utilization-filter", one.parameters, host);
    EXPECT_THAT(plugin.creation(), FailedWith(SHUNT_INVALID, HasSubstr(one.message))) << one.parameters;
  }
}

}  // namespace
