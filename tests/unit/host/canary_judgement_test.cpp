// SPDX-License-Identifier: Apache-2.0
// Whether a canary goes on, takes over or goes.
#include "live/canary/canary_judgement.hpp"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <functional>

namespace shunt::host {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kUs = 1'000;

// After half of the time, with as many good requests as are wanted.
CanaryEvidence good() {
  CanaryEvidence evidence;
  evidence.elapsed_ms = 30'000;
  evidence.running = {10'000, 0, 10'000, 0, 10 * kUs};
  evidence.canary = {1'000, 0, 1'000, 0, 10 * kUs};
  evidence.plugins = {{"first"}, {"second"}};
  return evidence;
}

struct Case {
  const char* name;
  std::function<void(CanaryEvidence&)> change;
  std::string_view what;  // empty: nothing speaks against it
};

// With the defaults 1 % of 1,000 is allowed, and three times its square root more: 10 + 9.5.
const Case kCases[] = {
    {"nothing", [](CanaryEvidence&) {}, ""},
    {"errors at the bound", [](CanaryEvidence& e) { e.canary.errors = 19; }, ""},
    {"errors above", [](CanaryEvidence& e) { e.canary.errors = 20; }, "errors"},
    {"errors as elsewhere", [](CanaryEvidence& e) { e.canary.errors = 120, e.running.errors = 1'000; }, ""},
    {"more than elsewhere", [](CanaryEvidence& e) { e.canary.errors = 180, e.running.errors = 1'000; }, "errors"},
    {"rejections at the bound", [](CanaryEvidence& e) { e.canary.rejections = 19; }, ""},
    {"rejections above", [](CanaryEvidence& e) { e.canary.rejections = 20; }, "rejections"},
    {"faults at the bound", [](CanaryEvidence& e) { e.plugins[1].faults = 19; }, ""},
    {"faults above", [](CanaryEvidence& e) { e.plugins[1].faults = 20; }, "faults"},
    {"faults of both", [](CanaryEvidence& e) { e.plugins[1].faults = 20, e.plugins[1].running_faults = 300; }, ""},
    {"faults spread over plugins", [](CanaryEvidence& e) { e.plugins[0].faults = e.plugins[1].faults = 15; }, ""},
    {"four of four",
     [](CanaryEvidence& e) {
       e.canary = {4, 4, 4, 4, 10 * kUs};
     },
     ""},
    {"five of five",
     [](CanaryEvidence& e) {
       e.canary = {5, 5, 0, 0, 10 * kUs};
     },
     "rejections"},
    {"little to compare with",
     [](CanaryEvidence& e) {
       e.canary.errors = 60, e.running = {0, 0, 19, 19, 0};
     },
     "errors"},
    {"enough to compare with",
     [](CanaryEvidence& e) {
       e.canary.errors = 60, e.running = {0, 0, 20, 20, 0};
     },
     ""},
    {"slow at the bound", [](CanaryEvidence& e) { e.canary.decision_p90_ns = 30 * kUs; }, ""},
    {"slower, not by much", [](CanaryEvidence& e) { e.canary.decision_p90_ns = 110 * kUs; }, ""},
    {"slower by much", [](CanaryEvidence& e) { e.canary.decision_p90_ns = 111 * kUs; }, "decision-time"},
    {"slow as elsewhere",
     [](CanaryEvidence& e) { e.canary.decision_p90_ns = 1'500 * kUs, e.running.decision_p90_ns = 500 * kUs; }, ""},
    {"slow, of a few", [](CanaryEvidence& e) { e.canary.decisions = 49, e.canary.decision_p90_ns = 500 * kUs; }, ""},
    {"slow, compared with a few",
     [](CanaryEvidence& e) { e.running.decisions = 49, e.canary.decision_p90_ns = 500 * kUs; }, ""},
    {"slow, of enough",
     [](CanaryEvidence& e) {
       e.canary.decisions = e.running.decisions = 50;
       e.canary.decision_p90_ns = 500 * kUs;
     },
     "decision-time"},
};

TEST(CanaryJudgement, Table) {
  for (const Case& one : kCases) {
    SCOPED_TRACE(one.name);
    CanaryEvidence evidence = good();
    one.change(evidence);
    const CanaryJudgement judgement = judge({}, evidence);
    if (one.what.empty()) {
      EXPECT_EQ(judgement.verdict, CanaryVerdict::Watch);
      EXPECT_TRUE(judgement.findings.empty());
      continue;
    }
    EXPECT_EQ(judgement.verdict, CanaryVerdict::RollBack);
    ASSERT_EQ(judgement.findings.size(), 1u);
    EXPECT_EQ(judgement.findings[0].what, one.what);
  }
}

TEST(CanaryJudgement, ThePluginThatFailsIsNamed) {
  CanaryEvidence evidence = good();
  evidence.plugins[1].faults = 900;
  evidence.plugins[1].running_faults = 3;
  const CanaryJudgement judgement = judge({}, evidence);
  ASSERT_EQ(judgement.findings.size(), 1u);
  EXPECT_EQ(judgement.findings[0].plugin, "second");
  EXPECT_EQ(
      judgement.findings[0].text,
      "plugin \"second\" failed, gave wrong answers or was not called 900 times in its 1000 decisions, and 3 times in "
      "10000 of the running generation");
}

TEST(CanaryJudgement, SoIsTheOneThatBecameSlow) {
  CanaryEvidence evidence = good();
  evidence.canary.decision_p90_ns = 2'000 * kUs;
  evidence.plugins[0] = {"first", 0, 0, 0.02, 0.2};      // as slow as elsewhere: there are ten times as many decisions
  evidence.plugins[1] = {"second", 0, 0, 0.015, 0.001};  // what it takes is less, but it took next to nothing
  const CanaryJudgement judgement = judge({}, evidence);
  ASSERT_EQ(judgement.findings.size(), 1u);
  EXPECT_EQ(judgement.findings[0].plugin, "second");
  EXPECT_THAT(judgement.findings[0].text, HasSubstr("up to 2000 us, and 10 us"));
}

TEST(CanaryJudgement, TimeAndRequestsMakeItTheCurrentOne) {
  const CanarySettings settings{.share = 0.1, .duration_ms = 1'000, .time_limit_ms = 5'000, .minimum_requests = 100};
  struct {
    std::int64_t elapsed_ms;
    std::uint64_t decisions;
    CanaryVerdict verdict;
  } const cases[] = {{999, 100, CanaryVerdict::Watch},     {1'000, 99, CanaryVerdict::Watch},
                     {1'000, 100, CanaryVerdict::Promote}, {4'999, 99, CanaryVerdict::Watch},
                     {5'000, 99, CanaryVerdict::RollBack}, {5'000, 100, CanaryVerdict::Promote},
                     {5'000, 0, CanaryVerdict::RollBack}};
  for (const auto& [elapsed_ms, decisions, verdict] : cases) {
    CanaryEvidence evidence = good();
    evidence.elapsed_ms = elapsed_ms;
    evidence.canary.decisions = decisions;
    const CanaryJudgement judgement = judge(settings, evidence);
    EXPECT_EQ(judgement.verdict, verdict) << elapsed_ms << " ms, " << decisions;
    if (verdict == CanaryVerdict::RollBack) {
      EXPECT_EQ(judgement.findings.at(0).what, "too-few-requests");
    }
  }
}

TEST(CanaryJudgement, ATimeLimitBelowTheDurationDoesNotCutItShort) {
  CanaryEvidence evidence = good();
  evidence.elapsed_ms = 999;
  evidence.canary.decisions = 10;
  EXPECT_EQ(judge({.duration_ms = 1'000, .time_limit_ms = 1}, evidence).verdict, CanaryVerdict::Watch);
}

// What speaks against it goes before the end of its time.
TEST(CanaryJudgement, ItIsNotPromotedInSpiteOfFaults) {
  CanaryEvidence evidence = good();
  evidence.elapsed_ms = 1'000'000;
  evidence.canary.errors = 500;
  EXPECT_EQ(judge({}, evidence).verdict, CanaryVerdict::RollBack);
}

// Twice as many bad ones of as many requests never make it better.
RC_GTEST_PROP(CanaryJudgement, MoreErrorsNeverSaveIt, (std::uint16_t errors, std::uint16_t running)) {
  CanaryEvidence evidence = good();
  evidence.canary.errors = errors % 501;
  evidence.running.errors = running % 10'001;
  const bool gone = judge({}, evidence).verdict == CanaryVerdict::RollBack;
  evidence.canary.errors *= 2;
  if (gone) {
    RC_ASSERT(judge({}, evidence).verdict == CanaryVerdict::RollBack);
  }
}

}  // namespace
}  // namespace shunt::host
