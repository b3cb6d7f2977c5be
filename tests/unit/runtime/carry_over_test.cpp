// SPDX-License-Identifier: Apache-2.0
// Which instances of a running generation serve in the next one.
#include "building.hpp"

#include <shunt/framework/scheduler.hpp>

#include <gmock/gmock.h>

namespace shunt::testing {
namespace {

class CarryOver : public ::testing::Test, public Workbench {
 protected:
  void type(const std::string& name, std::function<std::int32_t(Scripted&)> create = {}) {
    library.add(name, {SHUNT_SCORER_ID}, [this, name, create = std::move(create)](Scripted& self) {
      ++made[name];
      return create ? create(self) : SHUNT_OK;
    });
  }
  static const Instance* at(const Built& built, std::string_view name) { return built.generation->find_instance(name); }
  std::map<std::string, int> made;
};

const std::string kUse = "{ \"pluginRef\": \"a\" }, ";

TEST_F(CarryOver, AnInstanceStaysWhenNothingOfItChanges) {
  type("a");
  const Built first = build(config_text("{\"type\": \"a\", \"parameters\": {\"x\": 1}},", kUse));
  ASSERT_NE(first.generation, nullptr) << first.text;
  const Built second = rebuild(
      config_text("{\"type\": \"a\", \"parameters\": {\"x\": 1}},", "{ \"pluginRef\": \"a\", \"weight\": 7 }, "),
      first.generation);
  ASSERT_NE(second.generation, nullptr) << second.text;
  EXPECT_EQ(at(first, "a"), at(second, "a"));
  EXPECT_EQ(at(first, "picker"), at(second, "picker"));
  EXPECT_EQ(made["a"], 1);
}

TEST_F(CarryOver, OtherParametersAnotherNameOrAnotherTypeMakeANewOne) {
  type("a");
  type("b");
  const Built first = build(config_text("{\"type\": \"a\", \"parameters\": {\"x\": 1}},", kUse));
  for (const char* plugin : {"{\"type\": \"a\", \"parameters\": {\"x\": 2}},", "{\"type\": \"b\", \"name\": \"a\"},"}) {
    const Built second = rebuild(config_text(plugin, kUse), first.generation);
    ASSERT_NE(second.generation, nullptr) << second.text;
    EXPECT_NE(at(first, "a"), at(second, "a")) << plugin;
  }
  const Built renamed = rebuild(
      config_text("{\"type\": \"a\", \"name\": \"c\", \"parameters\": {\"x\": 1}},", "{ \"pluginRef\": \"c\" }, "),
      first.generation);
  ASSERT_NE(renamed.generation, nullptr) << renamed.text;
  EXPECT_NE(at(renamed, "c"), at(first, "a"));
}

TEST_F(CarryOver, WhoHoldsAPeerIsMadeAnewWithIt) {
  type("peer");
  type("a", [](Scripted& self) {
    const void* table = nullptr;
    void* other = nullptr;
    std::uint32_t slot = 0;
    return self.host().peer(self.info->init, abi_text("peer"), abi_text(SHUNT_SCORER_ID), &table, &other, &slot);
  });
  const std::string both = "{\"type\": \"a\"}, {\"type\": \"peer\", \"parameters\": {\"x\": ";
  const Built first = build(config_text(both + "1}},", kUse));
  ASSERT_NE(first.generation, nullptr) << first.text;
  const Built same = rebuild(config_text(both + "1}},", kUse), first.generation);
  ASSERT_NE(same.generation, nullptr) << same.text;
  EXPECT_EQ(at(first, "a"), at(same, "a"));
  const Built other = rebuild(config_text(both + "2}},", kUse), first.generation);
  ASSERT_NE(other.generation, nullptr) << other.text;
  EXPECT_NE(at(first, "peer"), at(other, "peer"));
  EXPECT_NE(at(first, "a"), at(other, "a"));
}

TEST_F(CarryOver, WhoKnowsTheProfilesIsMadeAnewWhenTheirListChanges) {
  type("a", [](Scripted& self) {
    (void)self.host().profile_count(self.info->init);
    return SHUNT_OK;
  });
  const std::string plugins = "{ \"plugins\": [ {\"type\": \"a\"}, {\"type\": \"picker\"}, {\"type\": \"handler\"} ], ";
  const std::string one = "{ \"name\": \"x\", \"plugins\": [ {\"pluginRef\": \"a\"}, {\"pluginRef\": \"picker\"} ] }";
  const std::string two = "{ \"name\": \"y\", \"plugins\": [ {\"pluginRef\": \"picker\"} ] }";
  const Built first = build(plugins + "\"schedulingProfiles\": [ " + one + " ] }");
  ASSERT_NE(first.generation, nullptr) << first.text;
  const Built same = rebuild(plugins + "\"schedulingProfiles\": [ " + one + " ] }", first.generation);
  EXPECT_EQ(at(first, "a"), at(same, "a"));
  const Built more = rebuild(plugins + "\"schedulingProfiles\": [ " + one + ", " + two + " ] }", first.generation);
  ASSERT_NE(more.generation, nullptr) << more.text;
  EXPECT_NE(at(first, "a"), at(more, "a"));
  EXPECT_EQ(at(first, "picker"), at(more, "picker"));
}

TEST_F(CarryOver, ASharedInstanceLivesAsLongAsOneOfItsGenerations) {
  int gone = 0;
  library.add("a", {SHUNT_SCORER_ID}, [&gone](Scripted& self) {
    self.destroyed = [&gone] { ++gone; };
    return SHUNT_OK;
  });
  Built first = build(config_text("{\"type\": \"a\"},", kUse));
  Built second = rebuild(config_text("{\"type\": \"a\"},", kUse), first.generation);
  first.generation = nullptr;
  EXPECT_EQ(gone, 0);
  second.generation = nullptr;
  EXPECT_EQ(gone, 1);
}

TEST_F(CarryOver, ARefusedConfigTouchesNothing) {
  int gone = 0;
  library.add("a", {SHUNT_SCORER_ID}, [&gone](Scripted& self) {
    self.destroyed = [&gone] { ++gone; };
    return self.write("mine", SHUNT_COLUMN_NUMBER, SHUNT_SCOPE_ENDPOINT) == SHUNT_OK ? SHUNT_OK : SHUNT_ERROR;
  });
  library.add("observer", {SHUNT_OBSERVER_ID},
              [](Scripted& self) { return self.write("seen", SHUNT_COLUMN_NUMBER, SHUNT_SCOPE_ENDPOINT); });
  library.add("refuses", {SHUNT_SCORER_ID}, [](Scripted&) { return SHUNT_INVALID; });
  const Built first = build(config_text("{\"type\": \"observer\"},"));
  ASSERT_NE(first.generation, nullptr) << first.text;
  const auto ids = first.generation->instances()[0]->endpoint_output_ids;
  const Built wrong = rebuild(config_text("{\"type\": \"observer\"}, {\"type\": \"refuses\"},"), first.generation);
  EXPECT_EQ(wrong.generation, nullptr);
  EXPECT_EQ(first.generation->instances()[0]->endpoint_output_ids, ids);
  const Built right = rebuild(config_text("{\"type\": \"observer\"},"), first.generation);
  ASSERT_NE(right.generation, nullptr) << right.text;
  EXPECT_EQ(right.generation->instances()[0], first.generation->instances()[0]);
}

TEST_F(CarryOver, CountsOfCallsGoOnOverGenerations) {
  type("a");
  EndpointTable table{attributes};
  ASSERT_TRUE(table.add({"pod-1", "10.0.0.1:80", {}}));
  const auto snapshot = table.publish();
  Scheduler scheduler;
  const auto calls_of = [&scheduler](const Built& built) {
    const auto totals = scheduler.plugin_totals(*built.generation);
    std::uint64_t calls = 0;
    for (std::size_t i = 0; i < totals.size(); ++i) {
      if (built.generation->instances()[i]->name() == "a") calls = totals[i].calls;
    }
    return calls;
  };
  const auto decide = [&](Scheduler::Worker& worker) {
    Request request;
    Decision decision;
    scheduler.schedule(worker, *snapshot, request, {}, decision);
  };
  // The scripted handler names no profile; this one runs all of them.
  const auto text = [&](int x) {
    return "{ \"plugins\": [ {\"type\": \"a\", \"parameters\": {\"x\": " + std::to_string(x) +
           "}}, {\"type\": \"picker\"}, {\"type\": \"runs-all\"} ], \"schedulingProfiles\": [ { \"name\": \"p\", "
           "\"plugins\": [ {\"pluginRef\": \"a\"}, {\"pluginRef\": \"picker\"} ] } ] }";
  };
  static constexpr shunt_profile_handler_table kRunsAll{
      sizeof(shunt_profile_handler_table), 0,
      [](void*, const shunt_cycle* cycle, const shunt_view*, std::uint32_t* next, std::uint32_t, std::uint32_t* n) {
        *n = cycle->n_done == 0 ? 1 : 0;
        next[0] = 0;
        return std::int32_t{SHUNT_OK};
      },
      [](void*, const shunt_cycle*, const shunt_view*, shunt_outcome* outcome) {
        outcome->primary_result = 0;
        return std::int32_t{SHUNT_OK};
      }};
  library.add("runs-all", {SHUNT_PROFILE_HANDLER_ID}).tables[SHUNT_PROFILE_HANDLER_ID] = &kRunsAll;
  const Built first = build(text(1));
  ASSERT_NE(first.generation, nullptr) << first.text;
  scheduler.publish(first.generation);
  Scheduler::Worker early(scheduler);
  decide(early);
  decide(early);
  EXPECT_EQ(calls_of(first), 2u);
  const Built second = rebuild(text(2), first.generation);  // another instance of the same name
  ASSERT_NE(second.generation, nullptr) << second.text;
  scheduler.publish(second.generation);
  {
    Scheduler::Worker late(scheduler);
    decide(late);
    EXPECT_EQ(calls_of(second), 3u) << "one by the new worker, two by the old one, which has not moved yet";
  }
  decide(early);
  EXPECT_EQ(calls_of(second), 4u);
  EXPECT_EQ(calls_of(first), 4u) << "both have the same ledger";
}

TEST_F(CarryOver, ADecisionMayBeMadeOnAnEarlierGeneration) {
  type("a");
  EndpointTable table{attributes};
  ASSERT_TRUE(table.add({"pod-1", "10.0.0.1:80", {}}));
  const auto snapshot = table.publish();
  Scheduler scheduler;
  const Built first = build(config_text("{\"type\": \"a\", \"parameters\": {\"x\": 1}},", kUse));
  const Built second = rebuild(config_text("{\"type\": \"a\", \"parameters\": {\"x\": 2}},", kUse), first.generation);
  scheduler.publish(second.generation);
  Scheduler::Worker worker(scheduler);
  Request request;
  Decision decision;
  scheduler.schedule(worker, *snapshot, request, {.generation = &first.generation}, decision);
  EXPECT_EQ(decision.generation, first.generation->number());
  Request next;
  scheduler.schedule(worker, *snapshot, next, {}, decision);
  EXPECT_EQ(decision.generation, second.generation->number());
}

}  // namespace
}  // namespace shunt::testing
