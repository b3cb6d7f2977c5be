// SPDX-License-Identifier: Apache-2.0
// Two generations that decide at a time: who decides a request, and who hears of it.
#include "live.hpp"

#include <gmock/gmock.h>

#include "live/canary/canary_trial.hpp"

namespace shunt::host {
namespace {

using ::testing::ElementsAre;

// What a reload does, step by step. The candidate has a witness of its own, which outlives the host: it hears what is left.
class Canary {
 public:
  Canary(Live& live, Witness& heard, double share)
      : witness(heard),
        candidate(std::make_shared<Workspace>(live.workspace.plugin_path(), live.workspace)),
        live_(live) {
    candidate->open("test.jsonc",
                    R"({ "libraries": ["queue_scorer.so", "max_score_picker.so", "single_profile_handler.so",
          "utilization_filter.so", "random_picker.so", "live_witness.so"],
          "plugins": [{ "type": "queue-scorer" }, { "type": "witness", "parameters": { "calls": )" +
                        witness.address() + " } }] }",
                    ".");
    candidate->build({.previous = live.workspace.generation()});
    if (candidate->generation() == nullptr) throw std::runtime_error(render_text(candidate->diagnostics(), false));
    CanarySettings settings;
    settings.share = share;
    trial = std::make_unique<CanaryTrial>(live.host, candidate, live.host.scheduler().add(candidate->generation()),
                                          live.workspace.generation(), settings);
  }

  void begin() {
    live_.on_keeper([this] { live_.host.keeper().set_canary(candidate->generation()); });
    trial->begin();
  }
  void end() {
    trial->withdraw();
    live_.on_keeper([this] { live_.host.keeper().set_canary(nullptr); });
  }
  void promote() {
    live_.on_keeper(
        [this] { live_.host.keeper().set_generation(candidate->generation(), live_.workspace.generation()); });
    live_.host.scheduler().publish(candidate->generation());
    trial->withdraw();
  }

  Witness& witness;
  std::shared_ptr<Workspace> candidate;
  std::unique_ptr<CanaryTrial> trial;

 private:
  Live& live_;
};

// By which of the two a request of this session was decided.
bool by_canary(Live& live, FrontDoor& door, const std::string& session) {
  Passage& passage = live.begin(door);
  passage.request.session = session;
  door.decide(passage);
  const bool is = passage.books.by_canary;
  door.report_dispatched(passage, 0);
  door.report_response_started(passage, 200);
  door.complete(passage, {Ending::Completed, 200});
  return is;
}

TEST(Canary, NewInstancesHearOfEveryEndpointOnceAndOfTheirOwnRequests) {
  Witness heard;
  Live live;
  Canary canary(live, heard, 1.0);
  auto door = live.host.open_front_door("test");
  canary.begin();
  EXPECT_THAT(types_of(canary.witness.events()),
              ElementsAre(SHUNT_EVENT_ENDPOINT_ADDED, SHUNT_EVENT_ENDPOINT_ADDED, SHUNT_EVENT_ENDPOINT_ADDED));
  const std::size_t before = live.witness.events().size();
  live.put("file", {endpoint("late")});
  EXPECT_EQ(canary.witness.events().size(), 4u);
  EXPECT_EQ(live.witness.events().size(), before + 1) << "both hear of those that come";
  live.serve(*door);
  EXPECT_TRUE(eventually([&] { return canary.witness.completed() == 1; }));
  EXPECT_EQ(live.witness.completed(), 0u);
  EXPECT_EQ(canary.witness.broken(), "");
  canary.end();
  live.serve(*door);
  EXPECT_TRUE(eventually([&] { return live.witness.completed() == 1; }));
  EXPECT_EQ(canary.witness.completed(), 1u);
}

TEST(Canary, ARequestEndsWithWhatItHasBegunWith) {
  Witness heard;
  Live live;
  Canary canary(live, heard, 1.0);
  auto door = live.host.open_front_door("test");
  Passage& old_one = live.begin(*door, "old");
  door->decide(old_one);
  door->report_dispatched(old_one, 0);
  canary.begin();
  Passage& new_one = live.begin(*door, "new");
  door->decide(new_one);
  door->report_dispatched(new_one, 0);
  // Further attempts, with the canary out, and behind its end.
  door->report_attempt_failed(old_one);
  door->decide(old_one);
  EXPECT_EQ(old_one.books.generation, live.workspace.generation());
  canary.end();
  door->report_attempt_failed(new_one);
  door->decide(new_one);
  EXPECT_EQ(new_one.books.generation, canary.candidate->generation());
  for (Passage* passage : {&old_one, &new_one}) {
    ASSERT_TRUE(passage->dispatched());
    door->report_dispatched(*passage, 0);
    door->report_response_started(*passage, 200);
    door->complete(*passage, {Ending::Completed, 200});
  }
  EXPECT_TRUE(eventually([&] { return live.witness.completed() == 1 && canary.witness.completed() == 1; }));
  live.expect_nothing_in_flight();
}

TEST(Canary, SessionsAreSharedOutAndCounted) {
  Witness heard;
  Live live;
  Canary canary(live, heard, 0.3);
  auto door = live.host.open_front_door("test");
  canary.begin();
  std::uint64_t tried = 0;
  constexpr std::uint64_t kSessions = 400;
  for (std::uint64_t i = 0; i < kSessions; ++i) {
    const std::string session = "session " + std::to_string(i);
    const bool first = by_canary(live, *door, session);
    EXPECT_EQ(by_canary(live, *door, session), first);
    tried += first ? 2 : 0;
  }
  const CanaryEvidence evidence = canary.trial->evidence();
  EXPECT_EQ(evidence.canary.decisions, tried);
  EXPECT_EQ(evidence.running.decisions, 2 * kSessions - tried);
  EXPECT_EQ(evidence.canary.ended + evidence.running.ended, 2 * kSessions);
  EXPECT_EQ(evidence.canary.errors + evidence.running.errors + evidence.canary.rejections + evidence.running.rejections,
            0u);
  EXPECT_GT(tried, 2 * kSessions / 5);
  EXPECT_LT(tried, 2 * kSessions / 5 * 2);
}

TEST(Canary, WhatItsCallsCostIsTakenForItsOwn) {
  Witness heard;
  Live live;
  Canary canary(live, heard, 1.0);
  auto door = live.host.open_front_door("test");
  canary.begin();
  for (int i = 0; i < 10; ++i) live.serve(*door);
  const auto carried = [](const CanaryEvidence& evidence) {
    return *std::ranges::find(evidence.plugins, "queue-scorer", &CanaryPlugin::name);
  };
  const CanaryPlugin before = carried(canary.trial->evidence());
  EXPECT_GT(before.seconds, 0.0);
  EXPECT_NEAR(before.running_seconds, 0.0, 1e-9) << "one instance, and the running generation has not called it";
  // Behind the end threads hand in what they have counted, and the numbers stay what they were.
  canary.end();
  live.serve(*door);
  EXPECT_NEAR(carried(canary.trial->evidence()).seconds, before.seconds, before.seconds * 0.1);
}

TEST(Canary, HowRequestsEndIsCountedWhereTheyWereDecided) {
  Witness heard;
  Live live;
  Canary canary(live, heard, 1.0);
  auto door = live.host.open_front_door("test");
  Passage& early = live.begin(*door);
  door->decide(early);
  canary.begin();
  const struct {
    Completion completion;
    bool error;
    bool counted;
  } cases[] = {{{Ending::Completed, 200}, false, true}, {{Ending::Completed, 404}, false, true},
               {{Ending::Completed, 500}, true, true},  {{Ending::Failed, 0, "upstream-reset"}, true, true},
               {{Ending::Cancelled, 0}, false, false},  {{Ending::Rejected, 503}, false, false}};
  std::uint64_t ended = 0;
  std::uint64_t errors = 0;
  for (const auto& [completion, error, counted] : cases) {
    Passage& passage = live.begin(*door);
    door->decide(passage);
    door->complete(passage, completion);
    ended += counted ? 1 : 0;
    errors += error ? 1 : 0;
    EXPECT_EQ(canary.trial->evidence().canary.ended, ended);
    EXPECT_EQ(canary.trial->evidence().canary.errors, errors);
  }
  door->complete(early, {Ending::Failed, 502});
  EXPECT_EQ(canary.trial->evidence().running.ended, 0u) << "it was decided before";
  EXPECT_EQ(canary.trial->evidence().canary.ended, ended);
}

TEST(Canary, PromotedItHearsOfNoEndpointAgain) {
  Witness heard;
  Live live;
  Canary canary(live, heard, 0.5);
  auto door = live.host.open_front_door("test");
  canary.begin();
  const std::size_t before = canary.witness.events().size();
  canary.promote();
  EXPECT_EQ(canary.witness.events().size(), before);
  live.serve(*door);
  EXPECT_TRUE(eventually([&] { return canary.witness.completed() == 1; }));
  EXPECT_EQ(live.host.older_generations(), 1u);
}

TEST(Canary, GoesWhenNobodyHasItAnyMore) {
  Witness heard;
  Live live;
  auto door = live.host.open_front_door("test");
  {
    Canary canary(live, heard, 1.0);
    canary.begin();
    live.serve(*door);
    EXPECT_TRUE(eventually([&] { return canary.witness.completed() == 1; }));
    EXPECT_EQ(live.host.older_generations(), 0u);
    canary.end();
    door->rest();
  }
  EXPECT_TRUE(eventually([&] {
    live.host.scheduler().collect();
    return live.host.scheduler().retired() == 0;
  }));
}

}  // namespace
}  // namespace shunt::host
