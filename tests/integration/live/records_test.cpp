// SPDX-License-Identifier: Apache-2.0
// Decisions that are remembered: how many, with what, and that a bundle makes the same decision again.
#include "live.hpp"

#include <shunt/framework/bundle.hpp>
#include <shunt/framework/decision_json.hpp>

#include <gmock/gmock.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "requests_file.hpp"
#include "schedule_inputs.hpp"

namespace shunt::host {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<std::shared_ptr<const DecisionRecord>> all(Live& live) { return live.host.decisions().after(0, 100'000); }

// As `shunt schedule --bundle` does it.
std::string again(const std::string& bundle_text, const std::string& witness) {
  (void)witness;
  Diagnostics diagnostics;
  const json::value bundle = json::parse(bundle_text);
  ScheduleInputs inputs(PluginPath(SHUNT_WITNESS_DIRECTORY, SHUNT_PLUGIN_DIRECTORY));
  const auto part = [&](const char* key) { return NamedText{key, json::serialize(bundle.at(key)), "."}; };
  inputs.load(part("config"), part("endpoints"), part("request"));
  if (inputs.diagnostics().has_errors()) return render_text(inputs.diagnostics(), false);
  const Snapshot& snapshot = inputs.pool().at(0);
  auto run = bundle_run(bundle, snapshot);
  if (!run) return run.error().message;
  Scheduler scheduler;
  scheduler.publish(inputs.workspace().generation());
  Scheduler::Worker worker(scheduler);
  Decision decision;
  scheduler.schedule(worker, snapshot, inputs.requests().front(), run->options(), decision);
  return decision_to_json(decision, inputs.requests().front(), snapshot, *inputs.workspace().generation(),
                          {.trace = true});
}

LiveOptions with_decisions(std::uint32_t keep, std::uint32_t per_second, std::uint32_t bundles) {
  LiveOptions options;
  options.settings = [=](HostSettings& settings) { settings.admin.decisions = {keep, per_second, bundles}; };
  return options;
}

TEST(DecisionRecords, SoManyASecondAreExplained) {
  Live live(with_decisions(1000, 3, 0));
  auto door = live.host.open_front_door("test");
  for (int i = 0; i < 10; ++i) live.serve(*door, "r" + std::to_string(i));
  ASSERT_TRUE(eventually([&] { return all(live).size() == 3; }));
  live.clock.advance_ms(1000);
  for (int i = 10; i < 20; ++i) live.serve(*door, "r" + std::to_string(i));
  ASSERT_TRUE(eventually([&] { return all(live).size() == 6; }));
  const auto records = all(live);
  EXPECT_EQ(records[3]->request_id, "r10");
  EXPECT_EQ(records[3]->sequence, 4u);
  for (const auto& record : records) {
    EXPECT_EQ(record->door, "test");
    EXPECT_EQ(record->endpoint, "pod-0");
    EXPECT_EQ(record->profile, "default");
    EXPECT_TRUE(record->dispatched);
    EXPECT_THAT(record->id, SizeIs(16));
    EXPECT_THAT(record->explanation, HasSubstr("queue-scorer"));
    EXPECT_THAT(record->explanation, HasSubstr(record->request_id));
    EXPECT_THAT(record->explanation, testing::Not(HasSubstr("pppp"))) << "no prompt is ever kept";
    EXPECT_EQ(record->bundle, "");
    EXPECT_EQ(live.host.decisions().find(record->id), record);
  }
  EXPECT_EQ(live.host.decisions().newest(), 6u);
  EXPECT_THAT(live.host.decisions().after(4, 10), SizeIs(2));
  EXPECT_EQ(live.host.decisions().after(0, 2).front()->sequence, 5u);
}

TEST(DecisionRecords, RejectionsAreKeptBeyondThatInTheirOrder) {
  LiveOptions options = with_decisions(1000, 2, 0);
  options.endpoints = 0;
  Live live(options);
  auto door = live.host.open_front_door("test");
  for (int i = 0; i < 30; ++i) {
    Passage& passage = live.begin(*door, "r" + std::to_string(i));
    door->decide(passage);
    door->complete(passage, {Ending::Rejected, 503, passage.rejection.code});
  }
  ASSERT_TRUE(eventually([&] { return all(live).size() == 10; }));
  const auto records = all(live);
  for (std::size_t i = 0; i < records.size(); ++i) {
    EXPECT_EQ(records[i]->request_id, "r" + std::to_string(i));
    EXPECT_EQ(records[i]->code, "rejected-no-endpoints");
    EXPECT_EQ(records[i]->http_status, 503u);
    EXPECT_FALSE(records[i]->dispatched);
    EXPECT_EQ(records[i]->explanation.empty(), i >= 2);
  }
}

// What is explained costs the keeper more than the desk: a backlog would grow for as long as the load lasts.
TEST(DecisionRecords, ALateKeeperIsSentNoMoreThanItCanTake) {
  Live live(with_decisions(10'000, 10'000, 10'000));
  auto door = live.host.open_front_door("test");
  std::promise<void> go;
  live.host.keeper().post([wait = go.get_future().share()] { wait.wait(); });
  for (int i = 0; i < 500; ++i) live.serve(*door);
  go.set_value();
  ASSERT_TRUE(eventually([&] { return all(live).size() >= 32; }));
  live.on_keeper([] {});
  const auto records = all(live);
  EXPECT_THAT(records, SizeIs(32));
  EXPECT_EQ(std::ranges::count_if(records, [](const auto& record) { return !record->bundle.empty(); }), 4);
  live.serve(*door, "after");
  ASSERT_TRUE(eventually([&] { return all(live).size() == 33; }));
}

TEST(DecisionRecords, NoneWhereNoneAreWanted) {
  Live live(with_decisions(0, 50, 50));
  auto door = live.host.open_front_door("test");
  for (int i = 0; i < 10; ++i) live.serve(*door);
  door.reset();
  live.host.stop();
  EXPECT_THAT(all(live), IsEmpty());
}

TEST(DecisionRecords, ABundleMakesTheSameDecisionAgain) {
  LiveOptions options = with_decisions(1000, 1000, 1000);
  options.endpoints = 4;
  options.more_plugins =
      R"(, { "type": "utilization-filter", "parameters": { "conditions": [ { "metric": "active-requests", "maxValue": 2 } ] } })";
  Live live(options);
  auto door = live.host.open_front_door("test");
  live.put("file", {endpoint("sick"), endpoint("well", "10.1.0.2:80", {{"zone", "z"}})});
  live.on_keeper([&] {
    live.host.keeper().set_health(endpoint_key("sick"), Health::Unhealthy, "down");
    live.host.keeper().set_health(endpoint_key("pod-1"), Health::Healthy, "");
    live.host.keeper().publish_now();
  });
  // Requests pile up, so that each decision sees other counters, and the later ones are rejected.
  std::vector<Passage*> open;
  for (int i = 0; i < 20; ++i) {
    Passage& passage = live.begin(*door, "r" + std::to_string(i));
    passage.request.headers = {{"x-a", "v"}};
    passage.request.priority = i % 3;
    door->decide(passage);
    if (i % 4 == 1 && passage.dispatched()) {
      door->report_dispatched(passage, 0);
      door->report_attempt_failed(passage);
      door->decide(passage);
    }
    open.push_back(&passage);
    live.clock.advance_ms(1007);
  }
  for (Passage* passage : open) door->complete(*passage, {Ending::Completed, 200});
  door.reset();
  live.host.stop();
  const auto records = all(live);
  ASSERT_GE(records.size(), 20u);
  std::size_t rejected = 0;
  std::size_t retried = 0;
  for (const auto& record : records) {
    ASSERT_NE(record->bundle, "") << record->request_id;
    rejected += record->dispatched ? 0u : 1u;
    retried += record->attempt == 0 ? 0u : 1u;
    const json::value bundle = json::parse(record->bundle);
    EXPECT_EQ(bundle.at("subset").as_array().size(), 5u);
    const std::string recorded = json::serialize(bundle.at("decision"));
    EXPECT_EQ(json::serialize(json::parse(again(record->bundle, live.witness.address()))), recorded);
  }
  EXPECT_GT(rejected, 0u);
  EXPECT_GT(retried, 0u);
}

TEST(DecisionRing, KeepsTheLastAndDropsBundlesFirst) {
  DecisionRing ring(5, 2);
  for (int i = 0; i < 9; ++i) {
    DecisionRecord record;
    record.id = std::to_string(i);
    record.explanation = "e";
    record.bundle = "b";
    ring.add(std::move(record));
  }
  const auto records = ring.after(0, 100);
  ASSERT_THAT(records, SizeIs(5));
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(records[i]->id, std::to_string(i + 4));
    EXPECT_EQ(records[i]->sequence, i + 5);
    EXPECT_EQ(records[i]->bundle, i < 3 ? "" : "b");
    EXPECT_EQ(records[i]->explanation, "e");
    EXPECT_EQ(ring.find(records[i]->id), records[i]);
  }
  EXPECT_EQ(ring.find("3"), nullptr);
  EXPECT_EQ(ring.newest(), 9u);
}

TEST(DecisionRing, KeepsNoMoreTextThanItMay) {
  DecisionRing ring(100, 100, 1000);
  for (int i = 0; i < 50; ++i) {
    DecisionRecord record;
    record.id = std::to_string(i);
    record.explanation.assign(100, 'e');
    record.bundle.assign(100, 'b');
    ring.add(std::move(record));
  }
  std::size_t bytes = 0;
  const auto records = ring.after(0, 100);
  ASSERT_THAT(records, SizeIs(50)) << "what was decided is still known";
  for (const auto& record : records) bytes += record->explanation.size() + record->bundle.size();
  EXPECT_LE(bytes, 1000u);
  EXPECT_GE(bytes, 800u);
  EXPECT_NE(records.back()->explanation, "");
  EXPECT_NE(records.back()->bundle, "");
  EXPECT_EQ(records.front()->explanation, "");
  EXPECT_EQ(ring.find("0"), records.front());
  // One alone may be larger than everything.
  DecisionRecord huge;
  huge.id = "huge";
  huge.explanation.assign(5000, 'e');
  ring.add(std::move(huge));
  EXPECT_EQ(ring.find("huge")->explanation, "");
}

}  // namespace
}  // namespace shunt::host
