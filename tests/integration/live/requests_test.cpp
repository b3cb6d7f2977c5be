// SPDX-License-Identifier: Apache-2.0
// What a door reports of its requests is counted, told to observers in order, and forgotten.
#include "live.hpp"

#include <gmock/gmock.h>
#include <rapidcheck.h>

namespace shunt::host {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(LiveRequests, EventsComeInOrderWithTheirNumbers) {
  Live live;
  auto door = live.host.open_front_door("test");
  Passage& passage = live.begin(*door, "streamed");
  const std::uint64_t number = passage.request.number;
  door->decide(passage);
  ASSERT_TRUE(passage.dispatched());
  EXPECT_EQ(passage.targets.front().name, "pod-0");
  EXPECT_EQ(passage.targets.front().address, "10.0.0.0:8000");
  EXPECT_EQ(passage.targets.size(), 3u);
  door->report_dispatched(passage, 0);
  live.clock.advance_ms(30);
  door->report_response_started(passage, 200);
  live.clock.advance_ms(20);
  door->report_first_token(passage);
  live.clock.advance_ms(100);
  door->complete(passage, {Ending::Completed, 200, "", {100, 64, 11}});

  ASSERT_TRUE(eventually([&] { return live.witness.completed() == 1; }));
  const auto events = live.witness.events_of(number);
  EXPECT_THAT(types_of(events), ElementsAre(SHUNT_EVENT_DISPATCHED, SHUNT_EVENT_RESPONSE_STARTED,
                                            SHUNT_EVENT_FIRST_TOKEN, SHUNT_EVENT_COMPLETED));
  for (const Heard& event : events) EXPECT_EQ(event.endpoint, "pod-0");
  EXPECT_EQ(events[1].http_status, 200u);
  EXPECT_EQ(events[2].ttft_ns, 50'000'000);
  const Heard& end = events[3];
  EXPECT_EQ(end.cause, SHUNT_CAUSE_NATURAL);
  EXPECT_EQ(end.present, SHUNT_EVENT_HTTP_STATUS | SHUNT_EVENT_PROMPT_TOKENS | SHUNT_EVENT_CACHED_TOKENS |
                             SHUNT_EVENT_OUTPUT_TOKENS | SHUNT_EVENT_TTFT | SHUNT_EVENT_TPOT | SHUNT_EVENT_DURATION);
  EXPECT_EQ(end.tpot_ns, 10'000'000);
  EXPECT_EQ(end.duration_ns, 150'000'000);
  const RequestTotals totals = live.totals();
  EXPECT_EQ(totals.first_token.count, 1u);
  EXPECT_DOUBLE_EQ(totals.first_token.seconds, 0.05);
  EXPECT_DOUBLE_EQ(totals.duration.seconds, 0.15);
  EXPECT_EQ(totals.output_tokens, 11u);
  EXPECT_EQ(live.witness.broken(), "");
}

TEST(LiveRequests, NothingIsToldWhileAnotherDecisionMayFollow) {
  Live live;
  auto door = live.host.open_front_door("test");
  Passage& passage = live.begin(*door);
  door->decide(passage);
  door->report_dispatched(passage, 0);
  door->report_attempt_failed(passage);
  // Two turns of the keeper's mail: what is held must not be among it.
  for (int i = 0; i < 2; ++i) live.on_keeper([] {});
  EXPECT_THAT(live.witness.events_of(0), IsEmpty());
  passage.may_be_decided_again = false;
  door->report_dispatched(passage, 1);
  ASSERT_TRUE(eventually([&] { return live.witness.events_of(0).size() == 3; }));
  const auto events = live.witness.events_of(0);
  EXPECT_THAT(types_of(events),
              ElementsAre(SHUNT_EVENT_DISPATCHED, SHUNT_EVENT_ATTEMPT_FAILED, SHUNT_EVENT_DISPATCHED));
  EXPECT_THAT((std::vector<std::string>{events[0].endpoint, events[1].endpoint, events[2].endpoint}),
              ElementsAre("pod-0", "pod-0", "pod-1"));
  door->complete(passage, {Ending::Completed, 200});
}

TEST(LiveRequests, AnotherDecisionLeavesOutWhatFailed) {
  Live live;
  std::vector<std::uint64_t> suffering;
  live.on_keeper([&] { live.host.keeper().on_failed_attempt([&](std::uint64_t key) { suffering.push_back(key); }); });
  auto door = live.host.open_front_door("test");
  Passage& passage = live.begin(*door);
  passage.request.excluded = {endpoint_key("pod-1")};  // as the client asked
  door->decide(passage);
  const std::string first_id = passage.decision_id;
  EXPECT_EQ(passage.targets.front().name, "pod-0");
  door->report_dispatched(passage, 0);
  EXPECT_EQ(live.in_flight("pod-0"), 1);
  door->report_attempt_failed(passage);
  door->decide(passage);
  EXPECT_EQ(passage.request.attempt, 1u);
  EXPECT_EQ(passage.decision_id, first_id + "-1");
  ASSERT_TRUE(passage.dispatched());
  EXPECT_EQ(passage.targets.front().name, "pod-2");
  EXPECT_EQ(passage.targets.size(), 1u);
  EXPECT_EQ(live.in_flight("pod-0"), 0);
  EXPECT_EQ(live.in_flight("pod-2"), 1);
  door->report_dispatched(passage, 0);
  door->report_attempt_failed(passage);
  door->decide(passage);
  EXPECT_FALSE(passage.dispatched());
  EXPECT_EQ(passage.request.attempt, 2u);
  EXPECT_EQ(passage.rejection.http_status, 503u);
  EXPECT_EQ(passage.rejection.code, "rejected-no-endpoints");
  EXPECT_THAT(passage.targets, IsEmpty());
  door->complete(passage, {Ending::Failed, 503, "upstream-unavailable"});

  ASSERT_TRUE(eventually([&] { return live.witness.completed() == 1; }));
  const auto events = live.witness.events_of(0);
  EXPECT_THAT(types_of(events), ElementsAre(SHUNT_EVENT_DISPATCHED, SHUNT_EVENT_ATTEMPT_FAILED, SHUNT_EVENT_DISPATCHED,
                                            SHUNT_EVENT_ATTEMPT_FAILED, SHUNT_EVENT_COMPLETED));
  EXPECT_EQ(events[1].attempt, 0u);
  EXPECT_EQ(events[2].attempt, 1u);
  EXPECT_EQ(events[4].attempt, 2u);
  EXPECT_EQ(events[4].cause, SHUNT_CAUSE_ERROR);
  EXPECT_EQ(live.on_keeper([&] { return suffering; }),
            (std::vector<std::uint64_t>{endpoint_key("pod-0"), endpoint_key("pod-2")}));
  live.expect_nothing_in_flight();
  EXPECT_EQ(live.totals().decisions, 3u);
  EXPECT_EQ(live.totals().rejected_decisions, 1u);
  EXPECT_EQ(live.totals().retries, 1u);
  EXPECT_EQ(live.witness.broken(), "");
}

TEST(LiveRequests, CountersFollowToTheFallback) {
  Live live;
  auto door = live.host.open_front_door("test");
  Passage& passage = live.begin(*door);
  door->decide(passage);
  door->report_dispatched(passage, 0);
  door->report_attempt_failed(passage);
  EXPECT_EQ(live.in_flight("pod-0"), 1);
  door->report_dispatched(passage, 2);
  EXPECT_EQ(live.in_flight("pod-0"), 0);
  EXPECT_EQ(live.in_flight("pod-2"), 1);
  door->complete(passage, {Ending::Cancelled, 0});
  live.expect_nothing_in_flight();
  EXPECT_EQ(live.totals().retries, 1u);
  EXPECT_EQ(live.totals().decisions, 1u);
}

TEST(LiveRequests, ARejectedRequestCompletesToo) {
  Live live({.endpoints = 0});
  auto door = live.host.open_front_door("test");
  Passage& passage = live.begin(*door);
  door->decide(passage);
  EXPECT_FALSE(passage.dispatched());
  EXPECT_EQ(passage.rejection.http_status, 503u);
  door->complete(passage, {Ending::Rejected, 503, passage.rejection.code});
  ASSERT_TRUE(eventually([&] { return live.witness.completed() == 1; }));
  const auto events = live.witness.events_of(0);
  ASSERT_THAT(types_of(events), ElementsAre(SHUNT_EVENT_COMPLETED));
  EXPECT_EQ(events[0].cause, SHUNT_CAUSE_REJECTED);
  EXPECT_EQ(events[0].endpoint, "");
  EXPECT_EQ(events[0].present, SHUNT_EVENT_HTTP_STATUS);
  EXPECT_EQ(live.witness.broken(), "");
}

TEST(LiveRequests, WhatWasNeverDecidedIsCountedAndNotTold) {
  Live live;
  auto door = live.host.open_front_door("test");
  Passage& undecided = live.begin(*door, "undecided");
  door->complete(undecided, {Ending::Rejected, 400, "invalid-request"});
  door->refuse({Ending::Rejected, 431, "header-too-large"});
  door->refuse({Ending::Rejected, 400, "made-up"});
  live.serve(*door, "served");
  ASSERT_TRUE(eventually([&] { return live.witness.completed() == 1; }));
  EXPECT_EQ(live.witness.events_of(0).size(), 0u);
  EXPECT_EQ(live.totals().begun, 4u);
  EXPECT_EQ(live.totals().ended, 4u);
  EXPECT_EQ(live.outcomes(), 4u);
  for (const OutcomeCount& outcome : live.host.counts().outcomes()) {
    EXPECT_EQ(outcome.door, "test");
    EXPECT_EQ(outcome.count, 1u);
    EXPECT_NE(outcome.code, "made-up");
  }
}

TEST(LiveRequests, APassageIsUsedAgainOnlyAfterItsLastEvent) {
  Live live;
  auto door = live.host.open_front_door("test");
  // The keeper is busy: nothing can have been heard when the second one is opened.
  std::promise<void> go_on;
  live.host.keeper().post([blocked = go_on.get_future().share()] { blocked.wait(); });
  Passage& first = live.begin(*door, "first");
  door->decide(first);
  door->report_dispatched(first, 0);
  door->complete(first, {Ending::Completed, 200});
  Passage* second = door->open();
  EXPECT_NE(second, &first);
  go_on.set_value();
  door->complete(*second, {Ending::Answered, 200});
  // Never decided, so nobody had anything to hear of it: it is free at once.
  Passage* third = door->open();
  EXPECT_EQ(third, second);
  Passage* fourth = nullptr;
  std::vector<Passage*> others;
  ASSERT_TRUE(eventually([&] { return live.witness.completed() == 1; }));
  ASSERT_TRUE(eventually([&] {
    fourth = door->open();
    if (fourth == &first) return true;
    others.push_back(fourth);
    return false;
  }));
  EXPECT_EQ(fourth->request.id, "");
  EXPECT_EQ(fourth->decision_id, "");
  EXPECT_TRUE(fourth->targets.empty());
  EXPECT_TRUE(fourth->may_be_decided_again);
}

TEST(LiveRequests, PassagesOfABurstLeaveTheirMemoryBehind) {
  Live live({.witness = false});
  auto door = live.host.open_front_door("test");
  std::vector<Passage*> burst;
  for (int i = 0; i < 500; ++i) {
    burst.push_back(&live.begin(*door));
    burst.back()->request.prompt.assign(i == 499 ? 1 << 20 : 8 << 10, 'x');
    door->decide(*burst.back());
  }
  for (Passage* passage : burst) door->complete(*passage, {Ending::Completed, 200});
  std::size_t kept = 0;
  for (int i = 0; i < 500; ++i) kept += door->open()->request.prompt.capacity();
  EXPECT_LE(kept, std::size_t{64} * (8 << 10) + 500 * 16);
}

TEST(LiveRequests, WhatIsMailedIsHeardBeforeTheHostEnds) {
  Live live;
  constexpr int kRequests = 3000;  // more letters than the queue holds
  std::promise<void> go_on;
  live.host.keeper().post([blocked = go_on.get_future().share()] { blocked.wait(); });
  {
    auto door = live.host.open_front_door("test");
    for (int i = 0; i < kRequests; ++i) live.serve(*door);
  }
  go_on.set_value();
  live.host.stop();
  EXPECT_EQ(live.witness.completed(), static_cast<std::size_t>(kRequests));
  EXPECT_EQ(live.witness.events_of(7).size(), 3u);
  EXPECT_EQ(live.witness.broken(), "");
  live.expect_nothing_in_flight();
}

// A desk without pause must not keep the keeper from everything else.
TEST(LiveRequests, AFullMailboxDoesNotStarveTheOthers) {
  Live live;
  std::promise<void> go_on;
  live.host.keeper().post([blocked = go_on.get_future().share()] { blocked.wait(); });
  auto door = live.host.open_front_door("test");
  for (int i = 0; i < 2000; ++i) live.serve(*door);
  std::size_t heard = 0;
  live.host.keeper().post([&] { heard = live.witness.events().size(); });
  go_on.set_value();
  live.on_keeper([] {});
  EXPECT_LT(heard, 3000u) << "6000 letters were sorted before the next in line had its turn";
  ASSERT_TRUE(eventually([&] { return live.witness.completed() == 2000; }));
}

// Whatever becomes of requests: nothing stays counted, the sums agree, and each that was decided completes exactly once.
TEST(LiveRequests, AddUpWhateverHappens) {
  Live live({.endpoints = 2});
  std::size_t begun = 0;
  std::map<std::uint64_t, std::size_t> ends;
  const auto story_holds = [&] {
    const auto story = *rc::gen::container<std::vector<std::vector<std::uint8_t>>>(
        rc::gen::container<std::vector<std::uint8_t>>(rc::gen::inRange<std::uint8_t>(0, 5)));
    auto door = live.host.open_front_door("test");
    std::vector<Passage*> open;
    for (const auto& steps : story) {
      Passage& passage = live.begin(*door);
      ++begun;
      bool dispatched = false;
      for (const std::uint8_t step : steps) {
        if (step <= 1 && passage.may_be_decided_again) {
          door->decide(passage);
          ends[passage.request.number] = 0;
          dispatched = false;
        }
        if (!passage.dispatched()) continue;
        if (step == 2) {
          door->report_dispatched(passage, passage.targets.size() - 1);
          dispatched = true;
        }
        if (step == 3 && dispatched && passage.may_be_decided_again) door->report_attempt_failed(passage);
        if (step == 4 && dispatched) door->report_response_started(passage, 200);
      }
      open.push_back(&passage);
    }
    RC_ASSERT(live.host.requests_under_way() == static_cast<std::int64_t>(story.size()));
    std::uint8_t ending = 0;
    for (Passage* passage : open) door->complete(*passage, {static_cast<Ending>(ending++ % kEndings), 200});
    door.reset();
    RC_ASSERT(live.host.requests_under_way() == 0);
    RC_ASSERT(live.totals().begun == begun);
    RC_ASSERT(live.totals().ended == begun);
    RC_ASSERT(live.outcomes() == begun);
    live.expect_nothing_in_flight();
  };
  EXPECT_TRUE(rc::check(story_holds));
  live.host.stop();
  for (const Heard& event : live.witness.events()) {
    if (event.type == SHUNT_EVENT_COMPLETED) ++ends[event.request];
  }
  EXPECT_EQ(live.witness.completed(), ends.size());
  for (const auto& [number, times] : ends) EXPECT_EQ(times, 1u) << number;
  EXPECT_EQ(live.witness.broken(), "");
}

TEST(LiveThreads, DoorsDecideWhileThePoolChanges) {
  Live live({.endpoints = 8, .settings = [](HostSettings& settings) {
               settings.data_layer.publish_interval_ms = 1;
               settings.admin.decisions.bundles = 5;
             }});
  constexpr int kDoors = 3;
  constexpr int kRequests = 400;
  std::atomic<bool> done{false};
  std::jthread watcher([&] {
    std::uint64_t newest = 0;
    while (!done.load()) {
      const auto picture = live.picture();
      EXPECT_GE(picture->snapshot->version(), newest);
      newest = picture->snapshot->version();
      for (const RequestTotals& totals : live.host.counts().totals()) EXPECT_LE(totals.ended, totals.begun);
      for (const auto& record : live.host.decisions().after(0, 10)) EXPECT_FALSE(record->id.empty());
      std::string why;
      (void)live.host.ready(why);
      (void)live.host.scheduler().plugin_totals(*live.workspace.generation());
      std::this_thread::yield();
    }
  });
  std::jthread churn([&] {
    for (int round = 0; !done.load(); ++round) {
      std::vector<EndpointEntry> now;
      for (int i = round % 3; i < 4; ++i) now.push_back(endpoint("churn-" + std::to_string(i + round % 5)));
      live.put("churn", now);
      live.on_keeper([&] {
        live.host.keeper().set_health(endpoint_key("pod-" + std::to_string(round % 8)),
                                      round % 2 == 0 ? Health::Unhealthy : Health::Healthy, "test");
      });
    }
  });
  {
    std::vector<std::jthread> doors;
    for (int d = 0; d < kDoors; ++d) {
      doors.emplace_back([&, d] {
        auto door = live.host.open_front_door("test");
        std::vector<Passage*> open;
        for (int i = 0; i < kRequests; ++i) {
          Passage& passage = live.begin(*door, std::to_string(d));
          door->decide(passage);
          if (passage.dispatched()) {
            door->report_dispatched(passage, 0);
            if (i % 5 == 0) {
              door->report_attempt_failed(passage);
              if (i % 2 == 0) {
                door->decide(passage);
                if (passage.dispatched()) door->report_dispatched(passage, 0);
              } else {
                door->report_dispatched(passage, passage.targets.size() - 1);
              }
            }
            door->report_response_started(passage, 200);
            door->report_first_token(passage);
          }
          open.push_back(&passage);
          if (open.size() == 16 || i + 1 == kRequests) {
            for (Passage* one : open) door->complete(*one, {Ending::Completed, 200});
            open.clear();
          }
          if (i % 100 == 0) door->rest();
        }
      });
    }
  }
  done = true;
  churn.join();
  watcher.join();
  live.host.stop();
  EXPECT_EQ(live.witness.completed(), static_cast<std::size_t>(kDoors * kRequests));
  EXPECT_EQ(live.witness.broken(), "");
  EXPECT_EQ(live.host.requests_under_way(), 0);
  EXPECT_EQ(live.outcomes(), static_cast<std::uint64_t>(kDoors * kRequests));
  live.expect_nothing_in_flight();
  const auto totals = live.host.scheduler().plugin_totals(*live.workspace.generation());
  ASSERT_FALSE(totals.empty());
  EXPECT_GT(totals.front().calls, 0u) << "desks that are closed are counted too";
}

}  // namespace
}  // namespace shunt::host
