// SPDX-License-Identifier: Apache-2.0
// The C++ layer reaches everything that the C ABI offers: raw structs, metrics, memory, hashes, extensions.
#define SHUNT_LIBRARY_ENTRY sdk_access_entry
#include <shunt/sdk/library.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <memory>

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace shunt::testing;
using shunt::sdk::Context;
using shunt::sdk::Cycle;
using shunt::sdk::View;

// Uses each of it once and says when something is not as it should be.
struct Everything {
  SHUNT_PLUGIN("everything", "3.2.1", "uses every service")
  static constexpr std::string_view kLibraryName = "access";
  static constexpr std::string_view kLibraryVersion = "9.8.7";
  static constexpr std::uint64_t kWants = SHUNT_EVENT_BIT(SHUNT_EVENT_COMPLETED);
  static constexpr std::string_view kExtraInterfaces[] = {"example.throws/1", "example.odd/1"};

  shunt::sdk::Output<double> all, some;
  shunt_metric *asked, *level, *spread;
  mutable const char* problem = "";

  explicit Everything(shunt::sdk::Init& init)
      : all(init.output<double>("all")),
        some(init.output<double>("some")),
        asked(init.counter("asked_total", "")),
        level(init.gauge("level", "")),
        spread(init.histogram("spread", "", std::array{1.0, 2.0})) {
    init.fetch("/metrics", 1'000'000'000);
  }
  void expect(bool holds, const char* what) const {
    if (!holds) problem = what;
  }

  void produce(const Cycle& cycle, View base, const shunt::sdk::Outputs& outputs) const {
    const auto whole = all(outputs);
    whole.set_all_present()[0] = 1;
    whole.set(1, 2);
    some(outputs).set(base.size() - 1, 3);
    cycle.metric_add(asked);
    cycle.metric_add(asked, 2);
    cycle.metric_set(level, 5);
    cycle.metric_add(spread, 1.5);
    expect(cycle.allocate<double>(SIZE_MAX / 4).empty(), "a size that overflows");
    expect(cycle.allocate<double>(3).size() == 3, "allocate");
    std::uint64_t hashes[4];
    const auto two = cycle.hash_blocks("aaaabbbb", 4, 7, hashes);
    expect(two.size() == 2 && two[0] == cycle.hash("aaaa", 7) && two[1] == cycle.hash("bbbb", two[0]), "hash_blocks");
    expect(cycle.extension("example.known") != nullptr && cycle.extension("example.unknown") == nullptr, "extension");
    expect(&cycle.base().raw() == &base.raw() || cycle.base().size() == base.size(), "base");
  }
  void pick_profiles(const Cycle&, View, shunt::sdk::ProfileList&) const {}
  void process_results(const Cycle&, View, shunt::sdk::Outcome& outcome) const {
    outcome.reject(429, "busy", "wait");
    expect(outcome.raw().http_status == 429, "Outcome::raw");
  }
  void picked(const Cycle&, View, const shunt::sdk::Decision& decision) const {
    expect(decision.raw().outcome == SHUNT_OUTCOME_DISPATCHED, "Decision::raw");
  }
  void events(const Context& context, const shunt::sdk::Events& batch) const {
    expect(context.retire(new std::shared_ptr<int>(tracked)) == SHUNT_OK, "retire");
    expect(batch.raw() == &batch[0] && batch.stride() >= sizeof(shunt_event), "Events::raw");
  }
  void extract(const Context&, const shunt::sdk::Page& page) const {
    expect(page.raw().size == sizeof(shunt_page), "Page::raw");
  }
  void eviction_for(const shunt::sdk::SwapQuery& query, shunt::sdk::SwapPlan& plan) const {
    expect(query.raw().n_running == plan.raw().victims_capacity, "SwapQuery::raw");
  }
  const void* extra_interface(std::string_view id) const {
    if (id == "example.throws/1") throw std::runtime_error("not today");
    return this;
  }
  static inline std::shared_ptr<int> tracked = std::make_shared<int>(1);
};
SHUNT_LIBRARY(Everything)

class SdkAccess : public ::testing::Test {
 protected:
  SdkAccess() { endpoints.add_many(2); }
  std::string_view problem() const { return SHUNT_SELF(Everything, plugin.self()).problem; }

  FakeHost host;
  EndpointSet endpoints;
  RequestBuilder request;
  PluginUnderTest plugin{sdk_access_entry, "everything", "{}", host};
};

TEST_F(SdkAccess, HotCallsReachEveryService) {
  const int extension = 0;
  host.add_extension("example.known", &extension);
  const Produced produced = plugin.produce(endpoints, request);
  EXPECT_TRUE(produced.ok()) << produced.error;
  EXPECT_EQ(problem(), "");
  EXPECT_EQ(host.metric("asked_total")->value, 3);
  EXPECT_EQ(host.metric("level")->value, 5);
  EXPECT_THAT(host.metric("spread")->observations, ElementsAre(1.5));
}

TEST_F(SdkAccess, RetiredObjectsAreDeleted) {
  plugin.events(endpoints, {Event(SHUNT_EVENT_COMPLETED).endpoint("pod-0").request(request)});
  EXPECT_EQ(Everything::tracked.use_count(), 2);
  host.run_retired();
  EXPECT_EQ(Everything::tracked.use_count(), 1) << "the retired object is deleted";
}

TEST_F(SdkAccess, SettingOneRowLeavesTheOthersAsTheyAre) {
  const Produced produced = plugin.produce(endpoints, request);
  EXPECT_THAT(produced.columns.at("all"), ElementsAre(1.0, 2.0));
  EXPECT_THAT(produced.columns.at("some"), ElementsAre(std::nullopt, 3.0));
}

TEST_F(SdkAccess, EveryWrapperGivesItsStruct) {
  host.add_profile("default");
  plugin.process_results(endpoints, request, {});
  plugin.picked(endpoints, request, {}, {});
  plugin.events(endpoints, {Event(SHUNT_EVENT_COMPLETED).endpoint("pod-0").request(request)});
  plugin.extract(endpoints, "pod-0", {});
  plugin.eviction_for(SwapBuilder("m"));
  EXPECT_EQ(problem(), "");
  EXPECT_THAT(host.misuses(), IsEmpty());
}

TEST_F(SdkAccess, AnExtraInterfaceThatThrowsIsNotThere) {
  const shunt_plugin* table = sdk_access_entry()->describe(0);
  EXPECT_EQ(table->interface_table(plugin.self(), SHUNT_LITERAL("example.throws/1")), nullptr);
  EXPECT_NE(table->interface_table(plugin.self(), SHUNT_LITERAL("example.odd/1")), nullptr);
}

TEST_F(SdkAccess, WhatIsNotWrittenIsNullInTheTable) {
  EXPECT_EQ(plugin.interface<shunt_swapper_table>(SHUNT_SWAPPER_ID)->on_swap_start, nullptr);
}

TEST_F(SdkAccess, TheLibraryHasANameOfItsOwn) {
  EXPECT_EQ(shunt::sdk::to_view(sdk_access_entry()->name), "access");
  EXPECT_EQ(shunt::sdk::to_view(sdk_access_entry()->version), "9.8.7");
  const std::string_view text(shunt_manifest_note.text, sizeof shunt_manifest_note.text);
  EXPECT_THAT(std::string(text), ::testing::HasSubstr(R"("library":{"name":"access","version":"9.8.7"})"));
}

TEST(ColumnAges, MaximumMeansCurrent) {
  const double data[2] = {1, 2};
  const std::int64_t ages[2] = {77, std::numeric_limits<std::int64_t>::max()};
  shunt_column column{};
  column.size = sizeof column;
  column.data = data;
  column.as_of_ns = ages;
  const shunt::sdk::ColumnView<double> view(column, 2);
  EXPECT_EQ(view.as_of_ns(0), 77);
  EXPECT_EQ(view.as_of_ns(1), std::nullopt);
}

}  // namespace
