// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

#include <optional>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Flags = std::optional<bool>;
constexpr auto kNone = std::nullopt;

struct Row {
  Flags healthy;
  Flags available;
  Flags draining;
};

EndpointSet endpoints_with(const std::vector<Row>& rows) {
  EndpointSet endpoints;
  for (const Row& row : rows) {
    Endpoint& endpoint = endpoints.add("pod-" + std::to_string(endpoints.size()));
    if (row.healthy) endpoint.flag("healthy", *row.healthy);
    if (row.available) endpoint.flag("available", *row.available);
    if (row.draining) endpoint.flag("draining", *row.draining);
  }
  return endpoints;
}

// Every combination of three flags that may be missing.
TEST(HealthFilter, DropsOnlyWhatIsKnownToBeBad) {
  std::vector<Row> rows;
  Rows expected;
  for (const Flags healthy : {Flags(kNone), Flags(true), Flags(false)}) {
    for (const Flags available : {Flags(kNone), Flags(true), Flags(false)}) {
      for (const Flags draining : {Flags(kNone), Flags(true), Flags(false)}) {
        if (healthy != false && available != false && draining != true) {
          expected.push_back(static_cast<std::uint32_t>(rows.size()));
        }
        rows.push_back({healthy, available, draining});
      }
    }
  }
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, "health-filter", "{}", host);
  const Kept kept = plugin.filter(endpoints_with(rows), RequestBuilder());
  EXPECT_THAT(kept, Succeeded());
  EXPECT_EQ(kept.base_rows, expected);
  EXPECT_THAT(host.misuses(), IsEmpty());
}

TEST(HealthFilter, MayRemoveAll) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, "health-filter", "{}", host);
  EXPECT_THAT(plugin.filter(endpoints_with({{false, kNone, kNone}, {true, false, false}}), RequestBuilder()).keep,
              ElementsAre(0, 0));
  EXPECT_THAT(plugin.filter(EndpointSet(), RequestBuilder()).keep, IsEmpty());
}

TEST(HealthFilter, JudgesCandidatesInAnyOrder) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, "health-filter", "{}", host);
  EndpointSet endpoints;
  endpoints.add_many(1000);
  for (std::size_t i = 0; i < endpoints.size(); ++i)
    endpoints[i].flag("healthy", i % 3 != 0).flag("draining", i % 5 == 0);
  Rows order(1000);
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::uint32_t>((i * 77 + 5) % order.size());
  const Kept kept = plugin.filter(endpoints, RequestBuilder(), {.candidates = order});
  for (std::size_t i = 0; i < order.size(); ++i) {
    ASSERT_EQ(kept.keep[i], order[i] % 3 != 0 && order[i] % 5 != 0 ? 1 : 0);
  }
}

TEST(HealthFilter, SaysWhy) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, "health-filter", "{}", host);
  EXPECT_THAT(
      plugin
          .explain(endpoints_with({{false, false, true}, {true, false, true}, {true, true, true}, {true, true, false}}),
                   RequestBuilder(), SHUNT_FILTER_ID)
          .texts,
      ElementsAre("not healthy", "not available", "draining", ""));
}

TEST(HealthFilter, NeedsNoneOfItsColumns) {
  FakeHost host;
  host.provide("queue");
  PluginUnderTest plugin(shunt_library_entry_v1, "health-filter", "{}", host);
  ASSERT_THAT(plugin.creation(), Succeeded());
  EXPECT_THAT(plugin.filter(endpoints_with({{}, {}}), RequestBuilder()).keep, ElementsAre(1, 1));
}

}  // namespace
