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

constexpr char kType[] = "capacity-filter";

Endpoint& add(EndpointSet& endpoints) { return endpoints.add("pod-" + std::to_string(endpoints.size())); }

TEST(CapacityFilter, KeepsWhatCanTakeOneMore) {
  EndpointSet endpoints;
  add(endpoints).number("load", 0.949);
  add(endpoints).number("load", 0.95);
  add(endpoints).number("in_flight", 99).number("max_concurrency", 100);
  add(endpoints).number("in_flight", 100).number("max_concurrency", 100);
  add(endpoints).number("in_flight", 5000);
  add(endpoints).flag("healthy", false);
  add(endpoints).flag("healthy", true).flag("available", true).flag("draining", false);
  add(endpoints).flag("available", false);
  add(endpoints).flag("draining", true);
  add(endpoints).number("in_flight", 0).number("max_concurrency", 0);
  add(endpoints);
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kType, "{}", host);
  const Kept kept = plugin.filter(endpoints, RequestBuilder());
  EXPECT_THAT(kept, Succeeded());
  EXPECT_EQ(kept.base_rows, (Rows{0, 2, 4, 6, 10}));
  EXPECT_THAT(plugin.explain(endpoints, RequestBuilder(), SHUNT_FILTER_ID).texts,
              ElementsAre("", "load at its limit", "", "as many requests as it takes", "", "not healthy", "",
                          "not available", "draining", "as many requests as it takes", ""));
  EXPECT_THAT(plugin.filter(endpoints, RequestBuilder(), {.candidates = Rows{1, 3}}).keep, ElementsAre(0, 0))
      << "it may remove all";
  EXPECT_THAT(plugin.filter(EndpointSet(), RequestBuilder()).keep, IsEmpty());
  EXPECT_THAT(host.misuses(), IsEmpty());
}

TEST(CapacityFilter, TheLimitOfTheLoadIsChosen) {
  EndpointSet endpoints;
  add(endpoints).number("load", 0.49);
  add(endpoints).number("load", 0.5);
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kType, R"({"maxLoad": 0.5})", host);
  EXPECT_THAT(plugin.filter(endpoints, RequestBuilder()).keep, ElementsAre(1, 0));
  const PluginUnderTest bad(shunt_library_entry_v1, kType, R"({"maxLoad": "high"})", host);
  EXPECT_THAT(bad.creation(), FailedWith(SHUNT_INVALID, HasSubstr("/maxLoad must be a number")));
}

// More load or more requests never bring an endpoint back, whatever the order.
TEST(CapacityFilter, LessCapacityKeepsLess) {
  std::mt19937_64 draw(4);
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kType, "{}", host);
  EndpointSet endpoints;
  EndpointSet busier;
  for (int i = 0; i < 1000; ++i) {
    const double load = static_cast<double>(draw() % 110) / 100;
    const double in_flight = static_cast<double>(draw() % 12);
    const double room = static_cast<double>(draw() % 12);
    add(endpoints).number("load", load).number("in_flight", in_flight).number("max_concurrency", room);
    add(busier).number("load", load + 0.1).number("in_flight", in_flight + 1).number("max_concurrency", room);
  }
  Rows order(1000);
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::uint32_t>((i * 77 + 5) % order.size());
  const auto straight = plugin.filter(endpoints, RequestBuilder()).keep;
  const auto permuted = plugin.filter(endpoints, RequestBuilder(), {.candidates = order}).keep;
  const auto less = plugin.filter(busier, RequestBuilder()).keep;
  for (std::size_t i = 0; i < order.size(); ++i) {
    ASSERT_EQ(permuted[i], straight[order[i]]);
    ASSERT_LE(less[i], straight[i]);
  }
}

}  // namespace
