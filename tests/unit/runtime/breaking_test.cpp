// SPDX-License-Identifier: Apache-2.0
// What is decided while the circuit breaker of a plugin is open: the fallback of its kind takes the place of its calls.
#include "breaking.hpp"

#include <shunt/framework/decision_json.hpp>

#include <gmock/gmock.h>

#include <random>
#include <thread>
#include <tuple>

namespace shunt::testing {
namespace {

using ::testing::HasSubstr;

const std::string kUseScorer = R"({"pluginRef": "prefers-last", "weight": 9}, )";

TEST_F(Breaking, AFilterKeepsAll) {
  use(text({R"({"type": "drops-first"}, )", R"({"pluginRef": "drops-first"}, )"}));
  EXPECT_NE(decide(), "pod-0");
  conduct = fails;
  EXPECT_THAT(decide(), HasSubstr("filter \"drops-first\" failed")) << "an error fails the request, as ever";
  EXPECT_THAT(decide(), HasSubstr("failed"));
  EXPECT_EQ(totals("drops-first").breaker, BreakerState::Open);
  EXPECT_EQ(decide(), "pod-0");
  EXPECT_EQ(calls_of_one_decision(), 0);
}

TEST_F(Breaking, AScorerAddsNothing) {
  use(text({R"({"type": "prefers-last"}, )", kUseScorer}));
  EXPECT_EQ(decide(), "pod-2");
  conduct = fails;
  EXPECT_EQ(decide(), "pod-0");
  EXPECT_EQ(decide(), "pod-0");
  EXPECT_EQ(totals("prefers-last").breaker, BreakerState::Open);
  conduct = works;
  EXPECT_EQ(decide(), "pod-0") << "well again, and nobody has asked yet";
  EXPECT_EQ(calls_of_one_decision(), 0);
}

TEST_F(Breaking, AScorerWithoutOneUsableRowHasFailedAndOneWithSomeHasNot) {
  use(text({R"({"type": "prefers-last"}, )", kUseScorer}));
  conduct = [] { return std::int32_t{SHUNT_UNAVAILABLE}; };
  for (int i = 0; i < 20; ++i) EXPECT_EQ(decide(), "pod-2");
  EXPECT_EQ(totals("prefers-last").faults, 20u);
  EXPECT_EQ(totals("prefers-last").breaker, BreakerState::Closed);
  conduct = [] { return std::int32_t{SHUNT_NOT_FOUND}; };
  for (int i = 0; i < 4; ++i) EXPECT_EQ(decide(), "pod-0");
  EXPECT_EQ(totals("prefers-last").breaker, BreakerState::Open);
}

TEST_F(Breaking, APickerGivesWayToTheBestTotal) {
  Parts parts;
  parts.picker = "picks-last";
  use(text(parts));
  EXPECT_EQ(decide(), "pod-2");
  conduct = fails;
  EXPECT_EQ(decide(), "pod-0");
  EXPECT_EQ(decide(), "pod-0");
  const std::uint64_t faults = totals("picks-last").faults;
  EXPECT_EQ(totals("picks-last").breaker, BreakerState::Open);
  conduct = works;
  EXPECT_EQ(decide(), "pod-0");
  EXPECT_EQ(calls_of_one_decision(), 0);
  EXPECT_EQ(totals("picks-last").faults, faults) << "who is not called does nothing wrong";
}

TEST_F(Breaking, TheOutputsOfAProducerAreAbsent) {
  use(text({R"({"type": "produces"}, {"type": "reads"}, )", R"({"pluginRef": "reads"}, )"}));
  EXPECT_EQ(decide(), "pod-0");
  EXPECT_FALSE(hint_absent);
  conduct = fails;
  decide();
  decide();
  EXPECT_EQ(totals("produces").breaker, BreakerState::Open);
  conduct = works;
  EXPECT_EQ(decide(), "pod-0");
  EXPECT_TRUE(hint_absent);
  EXPECT_EQ(calls_of_one_decision(), 0);
}

TEST_F(Breaking, AnObserverDoesNotHearOfDecisions) {
  use(with_budget(1, text({R"({"type": "observes"}, )", ""})));
  conduct = dawdles;
  while (totals("observes").opened == 0) EXPECT_EQ(calls_of_one_decision(), 1);
  EXPECT_EQ(totals("observes").slow, 2u) << "half of four";
  EXPECT_EQ(calls_of_one_decision(), 0);
}

TEST_F(Breaking, AProfileHandlerGivesWayToTheFirstProfile) {
  use(with_handler("runs-all-badly"));
  conduct = fails;
  for (int i = 0; i < 2; ++i) EXPECT_EQ(decide(), "profile handler \"runs-all-badly\" failed");
  EXPECT_EQ(totals("runs-all-badly").breaker, BreakerState::Open);
  EXPECT_EQ(decide(*worker, BreakerUse::Take, true), "pod-0");
  EXPECT_TRUE(decision.trace.front().skipped);
  EXPECT_EQ(decision.trace.front().plugin, "runs-all-badly");
  EXPECT_EQ(calls_of_one_decision(), 0);
  now += 100 * kMillisecond;
  decide();
  EXPECT_EQ(totals("runs-all-badly").breaker, BreakerState::Open) << "the probe was bad";
  now += 200 * kMillisecond;
  conduct = works;
  EXPECT_EQ(calls_of_one_decision(), 2) << "a decision is one probe, whatever it calls";
  EXPECT_EQ(totals("runs-all-badly").breaker, BreakerState::HalfOpen);
  EXPECT_EQ(decide(), "pod-0");
  EXPECT_EQ(totals("runs-all-badly").breaker, BreakerState::Closed);
}

// It is called three times for a decision of which only the last call goes wrong: half of the decisions are not half of the calls.
TEST_F(Breaking, AProfileHandlerIsJudgedByDecisions) {
  use(with_handler("concludes-badly"));
  conduct = fails;
  for (int i = 0; i < 2; ++i) EXPECT_EQ(decide(), "profile handler \"concludes-badly\" failed");
  EXPECT_EQ(totals("concludes-badly").breaker, BreakerState::Open);
  EXPECT_EQ(decide(), "pod-0");
}

// Both half-open at once: each decision probes both, and neither takes the other's probe.
TEST_F(Breaking, AProfileHandlerAndAScorerOfItsProfileAreProbedTogether) {
  Parts parts{R"({"type": "prefers-last"}, )", kUseScorer};
  parts.handler = "runs-all-badly";
  use(text(parts));
  conduct = fails;
  for (int i = 0; i < 4; ++i) decide();
  EXPECT_EQ(totals("runs-all-badly").breaker, BreakerState::Open);
  EXPECT_EQ(totals("prefers-last").breaker, BreakerState::Open) << "the first profile called it";
  now += 1600 * kMillisecond;
  conduct = works;
  for (int i = 0; i < 2; ++i) EXPECT_EQ(decide(), "pod-2");
  EXPECT_EQ(totals("runs-all-badly").breaker, BreakerState::Closed);
  EXPECT_EQ(totals("prefers-last").breaker, BreakerState::Closed);
}

// What it has set before it failed belongs to a decision that is not its own.
TEST_F(Breaking, NothingOfAProfileHandlerThatFailedGoesOut) {
  use(with_handler("annotates-badly", "skip"));
  EXPECT_EQ(decide(), "pod-0");
  ASSERT_EQ(decision.annotations.size(), 2u);
  conduct = fails;
  EXPECT_EQ(decide(), "pod-0");
  EXPECT_TRUE(decision.annotations.empty());
}

TEST_F(Breaking, OnErrorOfAProfileHandlerSaysWhatFollowsAFailure) {
  use(with_handler("runs-all-badly", "skip"));
  conduct = fails;
  EXPECT_EQ(decide(), "pod-0") << "the first profile decides";
  EXPECT_EQ(totals("runs-all-badly").faults, 1u);
  EXPECT_EQ(decide(), "pod-0");
  EXPECT_EQ(totals("runs-all-badly").breaker, BreakerState::Open);
  EXPECT_EQ(calls_of_one_decision(), 0);
  use(with_handler("concludes-badly", "fail"));
  decide();
  decide();
  EXPECT_EQ(decide(), "profile handler \"concludes-badly\" is not called: its circuit breaker is open");
  EXPECT_EQ(decision.http_status, 500u);
}

TEST_F(Breaking, WhereTheConfigSaysFailRequestsFailWithoutACall) {
  for (const auto& [kind, type, reference] :
       {std::tuple{"filter", "drops-first", R"({"pluginRef": "drops-first", "onError": "fail"}, )"},
        std::tuple{"scorer", "prefers-last", R"({"pluginRef": "prefers-last", "onError": "fail"}, )"}}) {
    use(text({R"({"type": ")" + std::string(type) + "\"}, ", reference}));
    conduct = fails;
    decide();
    decide();
    conduct = works;
    EXPECT_EQ(decide(), std::string(kind) + " \"" + type + "\" failed: its circuit breaker is open");
    EXPECT_EQ(decision.http_status, 500u);
    EXPECT_EQ(calls_of_one_decision(), 0);
  }
  Parts parts;
  parts.picker = "picks-last";
  std::string config = text(parts);
  const std::string reference = R"("pluginRef": "picks-last")";
  use(config.replace(config.find(reference), reference.size(), reference + R"(, "onError": "fail")"));
  conduct = fails;
  decide();
  decide();
  conduct = works;
  EXPECT_EQ(decide(), "picker \"picks-last\" failed: its circuit breaker is open");
}

TEST_F(Breaking, ProbesCloseItAgain) {
  use(text({R"({"type": "prefers-last"}, )", kUseScorer}));
  conduct = fails;
  decide();
  decide();
  now += 100 * kMillisecond - 1;
  EXPECT_EQ(calls_of_one_decision(), 0);
  conduct = works;
  now += 1;
  EXPECT_EQ(decide(), "pod-2") << "a probe counts like any other answer";
  EXPECT_EQ(totals("prefers-last").breaker, BreakerState::HalfOpen);
  EXPECT_EQ(decide(), "pod-2");
  EXPECT_EQ(totals("prefers-last").breaker, BreakerState::Closed);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(calls_of_one_decision(), 1);
}

TEST_F(Breaking, AProbeThatFailsOpensItForLonger) {
  use(text({R"({"type": "prefers-last"}, )", kUseScorer}));
  conduct = fails;
  decide();
  decide();
  now += 100 * kMillisecond;
  EXPECT_EQ(calls_of_one_decision(), 1);
  EXPECT_EQ(totals("prefers-last").breaker, BreakerState::Open);
  EXPECT_EQ(totals("prefers-last").opened, 2u);
  now += 200 * kMillisecond - 1;
  EXPECT_EQ(calls_of_one_decision(), 0);
  now += 1;
  EXPECT_EQ(calls_of_one_decision(), 1);
}

TEST_F(Breaking, SlowProbesKeepItOpenAndAReloadThatKeepsTheInstanceKeepsItsBreaker) {
  const Parts parts{R"({"type": "prefers-last"}, )", kUseScorer};
  use(with_budget(1, text(parts)));
  conduct = dawdles;
  for (int i = 0; i < 2; ++i) EXPECT_EQ(decide(), "pod-2") << "late, but right";
  EXPECT_EQ(totals("prefers-last").opened, 1u);
  now += 100 * kMillisecond;
  EXPECT_EQ(calls_of_one_decision(), 1);
  EXPECT_EQ(totals("prefers-last").opened, 2u);
  const Instance* const before = generation->find_instance("prefers-last");
  use(text(parts));  // a minute for each call
  ASSERT_EQ(generation->find_instance("prefers-last"), before);
  EXPECT_EQ(calls_of_one_decision(), 0) << "the same instance";
  EXPECT_EQ(totals("prefers-last").breaker, BreakerState::Open);
  now += 200 * kMillisecond;
  decide();
  decide();
  EXPECT_EQ(totals("prefers-last").breaker, BreakerState::Closed) << "that is fast enough now";
}

TEST_F(Breaking, AnInstanceThatTakesTheOldOnesPlaceBeginsClosedAndCountsOn) {
  use(text({R"({"type": "prefers-last"}, )", kUseScorer}));
  conduct = fails;
  for (int i = 0; i < 5; ++i) decide();
  EXPECT_EQ(totals("prefers-last").skipped, 3u);
  conduct = works;
  use(text({R"({"type": "prefers-last", "parameters": {"version": 2}}, )", kUseScorer}));
  EXPECT_EQ(decide(), "pod-2");
  const auto now_counted = totals("prefers-last");
  EXPECT_EQ(now_counted.breaker, BreakerState::Closed);
  EXPECT_EQ(now_counted.skipped, 3u);
  EXPECT_EQ(now_counted.opened, 1u);
  EXPECT_EQ(now_counted.calls, 3u);
}

TEST_F(Breaking, OnlyWhoAsksForItIsGuidedByBreakers) {
  use(text({R"({"type": "prefers-last"}, )", kUseScorer}));
  conduct = fails;
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(decide(BreakerUse::Ignore), "pod-0");
    EXPECT_EQ(decide(BreakerUse::Heed), "pod-0");
  }
  EXPECT_EQ(totals("prefers-last").breaker, BreakerState::Closed) << "neither has a say in it";
  EXPECT_EQ(calls, 40);
  for (int i = 0; i < 3; ++i) decide();
  EXPECT_EQ(totals("prefers-last").breaker, BreakerState::Open);
  conduct = works;
  now += 1000 * kMillisecond;
  EXPECT_EQ(decide(BreakerUse::Ignore), "pod-2");
  EXPECT_EQ(decide(BreakerUse::Heed), "pod-0") << "it would be a probe now, which is for real requests";
  EXPECT_EQ(totals("prefers-last").breaker, BreakerState::Open);
  EXPECT_EQ(totals("prefers-last").skipped, 0u);
}

TEST_F(Breaking, TheConfigCanTurnItOff) {
  Parts parts{R"({"type": "prefers-last"}, )", kUseScorer};
  parts.limits = R"("breaker": {"enabled": false, "calls": 1, "failedPercent": 1})";
  use(text(parts));
  conduct = fails;
  for (int i = 0; i < 50; ++i) EXPECT_EQ(calls_of_one_decision(), 1);
  EXPECT_EQ(totals("prefers-last").opened, 0u);
}

TEST_F(Breaking, ATraceSaysWhoWasNotCalled) {
  use(text({R"({"type": "prefers-last"}, {"type": "produces"}, )", kUseScorer}));
  conduct = fails;
  decide();
  decide();
  decide(*worker, BreakerUse::Take, true);
  int skipped = 0;
  for (const TraceStage& stage : decision.trace) {
    const bool open = stage.plugin == "prefers-last" || stage.plugin == "produces";
    EXPECT_EQ(stage.skipped, open) << stage.plugin;
    EXPECT_EQ(stage.defaulted, open) << stage.plugin;
    skipped += stage.skipped ? 1 : 0;
  }
  EXPECT_EQ(skipped, 2);
  const std::string json = decision_to_json(decision, Request(), *snapshot, *generation, {.trace = true});
  EXPECT_THAT(json, HasSubstr("\"skipped\":true,\"defaulted\":true"));
}

TEST_F(Breaking, CallsOfAllWorkersCountTogether) {
  use(text({R"({"type": "prefers-last"}, )", kUseScorer}));
  Scheduler::Worker other(scheduler);
  conduct = fails;
  decide(*worker);
  EXPECT_EQ(totals("prefers-last").breaker, BreakerState::Closed);
  decide(other);
  EXPECT_EQ(totals("prefers-last").breaker, BreakerState::Open);
  decide(*worker);
  decide(other);
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(totals("prefers-last").skipped, 2u);
}

TEST_F(Breaking, EveryDecisionEndsAndEveryCallIsMadeOrSkipped) {
  use(text(
      {R"({"type": "prefers-last"}, {"type": "drops-first"}, )", kUseScorer + R"({"pluginRef": "drops-first"}, )"}));
  constexpr int kThreads = 2;
  constexpr int kEach = 3000;
  std::atomic<std::int64_t> clock{1};
  std::atomic<int> dispatched{0};
  std::atomic<int> rejected{0};
  conduct = [] {
    thread_local std::minstd_rand kDice;
    // Bad times and good ones, so that breakers open and close.
    const auto roll = kDice();
    return roll % 3 == 0 ? std::int32_t{SHUNT_ERROR} : std::int32_t{SHUNT_OK};
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      Scheduler::Worker own(scheduler);
      Decision mine;
      for (int k = 0; k < kEach; ++k) {
        Request request;
        const std::int64_t at = clock.fetch_add(kMillisecond);
        scheduler.schedule(own, *snapshot, request, {.now_ns = at, .breakers = BreakerUse::Take}, mine);
        (mine.dispatched() ? dispatched : rejected).fetch_add(1);
        EXPECT_EQ(mine.code, mine.dispatched() ? "" : "plugin-failed");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(dispatched + rejected, kThreads * kEach);
  const auto filter = totals("drops-first");
  const auto scorer = totals("prefers-last");
  EXPECT_EQ(filter.calls + filter.skipped, std::uint64_t{kThreads * kEach});
  EXPECT_EQ(filter.faults, static_cast<std::uint64_t>(rejected.load())) << "one that is skipped rejects nothing";
  EXPECT_EQ(scorer.calls + scorer.skipped, static_cast<std::uint64_t>(dispatched.load()));
  EXPECT_EQ(filter.calls + scorer.calls, static_cast<std::uint64_t>(calls.load()));
  EXPECT_GT(filter.opened, 0u);
  EXPECT_GT(filter.skipped, 0u);
}

}  // namespace
}  // namespace shunt::testing
