// SPDX-License-Identifier: Apache-2.0
#include <shunt/framework/endpoint_table.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace shunt {
namespace {

class SnapshotTest : public ::testing::Test {
 protected:
  AttributeId id(std::string_view name) { return *attributes->find(name); }
  void set(std::string_view endpoint, std::string_view attribute, AttributeValue value,
           std::optional<std::int64_t> as_of = std::nullopt) {
    table.set(endpoint_key(endpoint), id(attribute), std::move(value), as_of).value();
  }
  std::shared_ptr<AttributeTable> attributes = std::make_shared<AttributeTable>();
  EndpointTable table{attributes};
};

TEST_F(SnapshotTest, AnEmptyTableIsAnEmptySnapshot) {
  const auto snapshot = table.publish();
  EXPECT_EQ(snapshot->size(), 0u);
  EXPECT_EQ(snapshot->find(endpoint_key("pod-0")), SHUNT_NONE);
}

TEST_F(SnapshotTest, KeepsOrderAndFindsRowsByKey) {
  for (int i = 0; i < 100; ++i) table.add({"pod-" + std::to_string(i), "10.0.0." + std::to_string(i), {}}).value();
  table.remove("pod-7").value();
  const auto snapshot = table.publish();
  ASSERT_EQ(snapshot->size(), 99u);
  EXPECT_EQ(snapshot->name(6), "pod-6");
  EXPECT_EQ(snapshot->name(7), "pod-8");
  EXPECT_EQ(snapshot->address(7), "10.0.0.8");
  EXPECT_EQ(snapshot->find(endpoint_key("pod-7")), SHUNT_NONE);
  for (std::uint32_t row = 0; row < 99; ++row) EXPECT_EQ(snapshot->find(snapshot->keys()[row]), row);
}

TEST_F(SnapshotTest, AbsentIsNotZero) {
  table.add({"a", "", {}}).value();
  table.add({"b", "", {}}).value();
  set("b", "queue", 0.0);
  const auto snapshot = table.publish();
  const Snapshot::Column& queue = *snapshot->column(id("queue"));
  ASSERT_NE(queue.valid, nullptr);
  EXPECT_EQ(queue.valid[0], 0);
  EXPECT_EQ(queue.valid[1], 1);
  EXPECT_TRUE(snapshot->column(id("running"))->absent);
  set("a", "queue", 5.0);
  EXPECT_EQ(table.publish()->column(id("queue"))->valid, nullptr);
  EXPECT_EQ(queue.numbers(2)[0], 0.0) << "a published snapshot does not change";
}

TEST_F(SnapshotTest, SetsHaveSizesPostingsAndNoRepeats) {
  for (int i = 0; i < 64; ++i) {
    const std::string name = "pod-" + std::to_string(i);
    table.add({name, "", {}}).value();
    std::vector<std::string> models{"base", "base"};
    if (i == 5) models.push_back("rare");
    set(name, "active_models", models);
  }
  // Extractors see the table before there is a snapshot.
  const auto kept = table.get(endpoint_key("pod-5"), id("active_models"));
  EXPECT_EQ(std::get<std::vector<std::string>>(kept.value()), (std::vector<std::string>{"base", "rare"}));
  const auto snapshot = table.publish();
  const Snapshot::Column& active = *snapshot->column(id("active_models"));
  EXPECT_EQ(active.set_sizes[0], 1.0);
  EXPECT_EQ(active.set_sizes[5], 2.0);
  const SymbolTable& symbols = SymbolTable::process();
  const auto base = snapshot->posting(id("active_models"), symbols.find("base"));
  ASSERT_NE(base.dense, nullptr);
  EXPECT_EQ(base.dense[63], 1);
  const auto rare = snapshot->posting(id("active_models"), symbols.find("rare"));
  ASSERT_EQ(rare.dense, nullptr);
  ASSERT_EQ(rare.rows.size(), 1u);
  EXPECT_EQ(rare.rows[0], 5u);
  EXPECT_TRUE(snapshot->posting(id("active_models"), 0).rows.empty());
}

TEST_F(SnapshotTest, AgesAreKeptPerRow) {
  table.add({"a", "", {}}).value();
  table.add({"b", "", {}}).value();
  set("a", "queue", 1.0, 17);
  set("b", "queue", 2.0);
  const auto snapshot = table.publish();
  const Snapshot::Column& queue = *snapshot->column(id("queue"));
  ASSERT_NE(queue.as_of_ns, nullptr);
  EXPECT_EQ(queue.as_of_ns[0], 17);
  EXPECT_EQ(queue.as_of_ns[1], std::numeric_limits<std::int64_t>::max());
}

TEST_F(SnapshotTest, LabelsAreColumnsAndStandInForTopology) {
  table.add({"a", "", {{"topology.kubernetes.io/zone", "z1"}, {"team", "x"}}}).value();
  table.add({"b", "", {{"topology.kubernetes.io/zone", "z1"}}}).value();
  set("b", "zone", std::string("z2"));
  const auto snapshot = table.publish();
  const auto symbol = [&](std::string_view attribute, std::uint32_t row) {
    return SymbolTable::process().text(static_cast<const Symbol*>(snapshot->column(id(attribute))->data)[row]);
  };
  EXPECT_EQ(symbol("zone", 0), "z1");
  EXPECT_EQ(symbol("zone", 1), "z2");
  EXPECT_EQ(symbol("label:team", 0), "x");
  EXPECT_EQ(snapshot->column(id("label:team"))->valid[1], 0);
}

TEST_F(SnapshotTest, NamesAndAddressesAreColumnsOnceSomebodyReadsThem) {
  table.add({"a", "10.0.0.1:8000", {}}).value();
  table.add({"b", "", {}}).value();
  EXPECT_FALSE(attributes->find(kEndpointAddress));
  const AttributeId address = attributes->add(kEndpointAddress, AttributeType::Name).value();
  const auto snapshot = table.publish();
  const Snapshot::Column& column = *snapshot->column(address);
  EXPECT_EQ(SymbolTable::process().text(static_cast<const Symbol*>(column.data)[0]), "10.0.0.1:8000");
  EXPECT_EQ(column.valid[1], 0);
}

TEST_F(SnapshotTest, CountersOutliveTheirEndpointsRow) {
  table.add({"a", "", {}}).value();
  table.add({"b", "", {}}).value();
  set("b", "in_flight", 3.0);
  table.remove("a").value();
  auto snapshot = table.publish();
  EXPECT_EQ(snapshot->live().in_flight(snapshot->live_slot(0)), 3);
  EXPECT_FALSE(snapshot->live_slots_are_rows());
  table.remove("b").value();
  table.add({"b", "", {}}).value();
  snapshot = table.publish();
  EXPECT_EQ(snapshot->live().in_flight(snapshot->live_slot(0)), 3) << "its responses are still under way";
}

TEST_F(SnapshotTest, CountersOfGoneEndpointsAreUsedAgain) {
  std::set<std::uint32_t> slots;
  for (int i = 0; i < 100; ++i) {
    const std::string name = "pod-" + std::to_string(i);
    table.add({name, "", {}}).value();
    const auto snapshot = table.publish();
    slots.insert(snapshot->live_slot(0));
    table.live().add(snapshot->live_slot(0), 1, 7);
    table.live().add(snapshot->live_slot(0), -1, -7);
    table.remove(name).value();
  }
  EXPECT_LE(slots.size(), 2u);
}

TEST_F(SnapshotTest, CountersInUseAreNotGivenToAnother) {
  table.add({"busy", "", {}}).value();
  table.add({"seen", "", {}}).value();
  set("busy", "in_flight", 1.0);
  const auto old = table.publish();
  table.remove("busy").value();
  table.remove("seen").value();
  table.add({"new", "", {}}).value();
  const auto snapshot = table.publish();
  EXPECT_NE(snapshot->live_slot(0), old->live_slot(0)) << "a request is under way";
  EXPECT_NE(snapshot->live_slot(0), old->live_slot(1)) << "a cycle may still run on the old snapshot";
}

TEST(LiveCounters, RefusesMoreThanItHolds) {
  LiveCounters counters;
  EXPECT_FALSE(counters.reserve(LiveCounters::kMaximumSlots + 1));
  EXPECT_TRUE(counters.reserve(1));
  counters.set_requests(0, 3);
  counters.set_tokens(0, 5);
  counters.set_requests(0, 4);
  EXPECT_EQ(counters.in_flight(0), 4);
  EXPECT_EQ(counters.in_flight_tokens(0), 5);
}

// Meant for the sanitizers: a generation that is built meanwhile registers columns.
TEST(Snapshot, IsPublishedWhileAttributesAreRegistered) {
  for (int round = 0; round < 300; ++round) {
    const auto attributes = std::make_shared<AttributeTable>();
    EndpointTable table(attributes);
    table.add({"a", "a:1", {}}).value();
    std::jthread builder([&] {
      attributes->add(kEndpointName, AttributeType::Name).value();
      attributes->add(kEndpointAddress, AttributeType::Name).value();
    });
    for (int i = 0; i < 20; ++i) EXPECT_EQ(table.publish()->size(), 1u);
  }
}

TEST_F(SnapshotTest, RefusesWhatCannotBe) {
  table.add({"a", "", {}}).value();
  EXPECT_EQ(table.add({"a", "", {}}).error().message, "endpoint \"a\" exists already");
  EXPECT_EQ(table.add({"a", "", {}}).error().code, "C511");
  EXPECT_EQ(table.add({"", "", {}}).error().message, "an endpoint needs a name");
  EXPECT_EQ(table.remove("z").error().message, "there is no endpoint \"z\"");
  EXPECT_EQ(table.set(endpoint_key("a"), id("queue"), std::string("3")).error().message,
            "attribute \"queue\" is a number, not a name");
  EXPECT_EQ(table.set(endpoint_key("a"), id("queue"), std::nan("")).error().message,
            "attribute \"queue\" must be finite");
  for (const double count : {-1.0, 18446744073709551615.0}) {
    EXPECT_EQ(table.set(endpoint_key("a"), id("in_flight"), count).error().message,
              "attribute \"in_flight\" must be a count from 0 to 2^53");
  }
  EXPECT_TRUE(table.set(endpoint_key("z"), id("queue"), 1.0).has_error());
  EXPECT_EQ(attributes->add("queue", AttributeType::Set).error().message, "attribute \"queue\" is a number, not a set");
}

// A cluster that is replaced as a whole: with work for each removal that grows with the table this takes minutes.
TEST_F(SnapshotTest, ManyEndpointsAreReplacedAtOnce) {
  constexpr int kEndpoints = 50'000;
  const auto name = [](int round, int i) { return "pod-" + std::to_string(round) + "-" + std::to_string(i); };
  for (int i = 0; i < kEndpoints; ++i) table.add({name(0, i), "", {}}).value();
  for (int round = 1; round <= 2; ++round) {
    for (int i = 0; i < kEndpoints; ++i) table.add({name(round, i), "", {}}).value();
    for (int i = 0; i < kEndpoints; ++i) table.remove(name(round - 1, i)).value();
    ASSERT_EQ(table.size(), std::size_t{kEndpoints});
    const auto snapshot = table.publish();
    ASSERT_EQ(snapshot->size(), std::uint32_t{kEndpoints});
    EXPECT_EQ(snapshot->name(0), name(round, 0));
    EXPECT_EQ(snapshot->name(kEndpoints - 1), name(round, kEndpoints - 1));
  }
}

TEST_F(SnapshotTest, ANameThatComesAndGoesKeepsItsSlotAndItsPlaceAtTheEnd) {
  for (const char* name : {"a", "b", "c"}) table.add({name, "", {}}).value();
  const std::uint32_t slot = table.publish()->live_slot(0);
  for (int i = 0; i < 100; ++i) {
    table.remove("a").value();
    EXPECT_FALSE(table.contains(endpoint_key("a")));
    EXPECT_FALSE(table.get(endpoint_key("a"), id("in_flight")));
    table.add({"a", "", {}}).value();
    if (i % 7 == 0) (void)table.publish();
  }
  const auto snapshot = table.publish();
  ASSERT_EQ(snapshot->size(), 3u);
  EXPECT_EQ(snapshot->name(0), "b");
  EXPECT_EQ(snapshot->name(2), "a");
  EXPECT_EQ(snapshot->live_slot(2), slot);
}

// Against a list that does the same the slow way.
TEST_F(SnapshotTest, RemovalKeepsTheOrderOfTheRest) {
  std::vector<std::string> order;
  std::uint32_t random = 1;
  for (int step = 0; step < 20'000; ++step) {
    random = random * 1664525u + 1013904223u;
    const std::string name = "pod-" + std::to_string((random >> 8) % 200);
    const auto known = std::ranges::find(order, name);
    if (known == order.end()) {
      order.push_back(name);
      table.add({name, "", {}}).value();
    } else {
      order.erase(known);
      table.remove(name).value();
    }
    ASSERT_EQ(table.size(), order.size());
    if (step % 61 != 0) continue;
    const auto snapshot = table.publish();
    ASSERT_EQ(snapshot->size(), order.size());
    std::set<std::uint32_t> slots;
    for (std::uint32_t row = 0; row < snapshot->size(); ++row) {
      ASSERT_EQ(snapshot->name(row), order[row]);
      EXPECT_TRUE(slots.insert(snapshot->live_slot(row)).second) << "counters of two endpoints";
    }
  }
}

TEST_F(SnapshotTest, VersionsAndLayoutsTellChangesApart) {
  table.add({"a", "", {}}).value();
  const auto first = table.publish();
  set("a", "queue", 1.0);
  const auto second = table.publish();
  EXPECT_NE(first->version(), second->version());
  EXPECT_EQ(first->layout(), second->layout());
  table.add({"b", "", {}}).value();
  EXPECT_NE(table.publish()->layout(), first->layout());
}

}  // namespace
}  // namespace shunt
