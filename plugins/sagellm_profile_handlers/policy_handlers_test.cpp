// SPDX-License-Identifier: Apache-2.0
#include "handler_fixture.hpp"
#include "parallelism.hpp"
#include "short_text.hpp"

#include <cmath>
#include <limits>

namespace sagellm {
namespace {

using namespace shunt::testing;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;

constexpr const char* kTypes[] = {"fifo-profile-handler",      "priority-profile-handler",
                                  "slo-aware-profile-handler", "cost-optimized-profile-handler",
                                  "adaptive-profile-handler",  "pd-phase-profile-handler"};

using PolicyHandlers = HandlerTest;

TEST_F(PolicyHandlers, FifoTreatsAllAlike) {
  RequestBuilder request;
  request.priority(2).deadline_ns(1);
  EXPECT_EQ(profile_of("fifo-profile-handler", request), "balanced");
  EXPECT_EQ(profile_of("fifo-profile-handler", request, {}, R"({"balancedProfile": "cost"})"), "cost");
  const Verdict verdict = verdict_of("fifo-profile-handler", request);
  EXPECT_EQ(verdict.reason, "FIFO scheduling to least loaded instance");
  EXPECT_THAT(verdict.annotations, AllOf(Contains(Pair("policy", "fifo")), Contains(Pair("confidence", "1")),
                                         Contains(Pair("estimated_latency_ms", "120.3")),
                                         Contains(Pair("parallelism", "hybrid tp=4 pp=1 dp=2 ep=1"))));
}

TEST_F(PolicyHandlers, PrioritySendsTheImportantToTheFastest) {
  struct Case {
    std::optional<int> priority;
    const char* profile;
    const char* reason;
  };
  const Case cases[] = {
      {2, "fast", "Priority CRITICAL scheduling"},   {1, "fast", "Priority HIGH scheduling"},
      {0, "balanced", "Priority NORMAL scheduling"}, {{}, "balanced", "Priority NORMAL scheduling"},
      {-1, "balanced", "Priority LOW scheduling"},   {-2, "balanced", "Priority BACKGROUND scheduling"},
      {99, "fast", "Priority CRITICAL scheduling"},  {-99, "balanced", "Priority BACKGROUND scheduling"}};
  for (const Case& one : cases) {
    RequestBuilder request;
    if (one.priority) request.priority(*one.priority);
    EXPECT_EQ(profile_of("priority-profile-handler", request), one.profile) << one.reason;
    EXPECT_EQ(verdict_of("priority-profile-handler", request).reason, one.reason);
  }
  RequestBuilder high;
  high.priority(1);
  EXPECT_EQ(profile_of("priority-profile-handler", high, {}, R"({"highPriority": 2})"), "balanced");
  EXPECT_EQ(profile_of("priority-profile-handler", high, {}, R"({"fastProfile": "decode"})"), "decode");
}

TEST_F(PolicyHandlers, SloAwareGoesByTheShareOfTheDeadline) {
  struct Case {
    const char* what;
    std::int64_t waited_ms;
    std::optional<std::int64_t> deadline_ms;
    const char* profile;
    const char* reason;
    const char* urgency;
    const char* confidence;
  };
  const Case cases[] = {{"at arrival", 0, 1000, "balanced", "0.00", "0", "1"},
                        {"a sixty-seventh", 15, 1000, "balanced", "0.01", "0.015", "0.985"},
                        {"exactly the threshold", 700, 1000, "balanced", "0.70", "0.7", "0.3"},
                        {"above it", 704, 1000, "fast", "0.70", "0.704", "0.296"},
                        {"a third", 1, 3, "balanced", "0.33", "0.3333333333333333", "0.666666666667"},
                        {"at the deadline", 1000, 1000, "fast", "1.00", "1", "0"},
                        {"long after it", 90000, 1000, "fast", "1.00", "1", "0"},
                        {"a deadline of 0 is one", 0, 0, "fast", "1.00", "1", "0"},
                        {"no deadline", 90000, {}, "balanced", "0.00", "0", "1"},
                        {"arrival in the future", -500, 1000, "balanced", "0.00", "0", "1"}};
  for (const Case& one : cases) {
    RequestBuilder request;
    request.arrival_ns(5000 * kMs);
    if (one.deadline_ms) request.deadline_ns(*one.deadline_ms * kMs);
    const Surroundings around{.now_ns = (5000 + one.waited_ms) * kMs};
    EXPECT_EQ(profile_of("slo-aware-profile-handler", request, around), one.profile) << one.what;
    const Verdict verdict = verdict_of("slo-aware-profile-handler", request, around);
    EXPECT_EQ(verdict.reason, "SLO-aware scheduling (urgency: " + std::string(one.reason) + ")") << one.what;
    EXPECT_EQ(verdict.annotations.at("urgency"), one.urgency) << one.what;
    EXPECT_EQ(verdict.annotations.at("confidence"), one.confidence) << one.what;
    EXPECT_EQ(verdict.annotations.at("policy"), "slo_aware");
  }
  RequestBuilder half;
  half.arrival_ns(0).deadline_ns(2'000'000'000);
  EXPECT_EQ(profile_of("slo-aware-profile-handler", half, {}, R"({"urgencyThreshold": 0.49})"), "fast");
}

TEST_F(PolicyHandlers, TimesOfAnySizeAreSurvived) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  for (const std::int64_t arrival : {-kMost, kMost}) {
    RequestBuilder request;
    request.arrival_ns(arrival).deadline_ns(kMost);
    for (const std::int64_t now : {-kMost, kMost}) {
      EXPECT_EQ(profile_of("slo-aware-profile-handler", request, {.now_ns = now}), arrival < now ? "fast" : "balanced");
    }
  }
}

TEST_F(PolicyHandlers, CostOptimizedStatesTheCost) {
  RequestBuilder request;
  request.max_tokens(100);
  EXPECT_EQ(profile_of("cost-optimized-profile-handler", request), "cost");
  EXPECT_EQ(profile_of("cost-optimized-profile-handler", request, {}, R"({"costProfile": "fast"})"), "fast");
  // 9 for each of 8 accelerators, 100 tokens at 50 a second: 2 s.
  const Verdict dear = verdict_of("cost-optimized-profile-handler", request);
  EXPECT_EQ(dear.reason, "Cost-optimized scheduling (cost: $0.0400)");
  EXPECT_EQ(dear.annotations.at("estimated_cost"), "0.0400");
  // Nothing known: one accelerator at the standard price for a second.
  const Verdict unknown = verdict_of("cost-optimized-profile-handler", request, {}, 0, R"({"pricePerGpuHour": 36})");
  EXPECT_EQ(unknown.annotations.at("estimated_cost"), "0.0100");
  EXPECT_THAT(unknown.annotations, Not(Contains(Key("parallelism"))));
}

TEST_F(PolicyHandlers, NotesSayNothingThatIsNotKnown) {
  endpoints_.add("unknown");
  const Verdict verdict = verdict_of("fifo-profile-handler", RequestBuilder(), {}, 2);
  EXPECT_THAT(verdict.annotations, AllOf(Not(Contains(Key("estimated_latency_ms"))), Not(Contains(Key("parallelism"))),
                                         Not(Contains(Key("estimated_cost"))), Not(Contains(Key("urgency")))));
}

TEST_F(PolicyHandlers, LeaveFailedRunsToTheirReason) {
  const ProfileResult failed{.profile = 1, .status = SHUNT_UNAVAILABLE, .picks = {}, .candidates = {}, .totals = {}};
  for (const char* type : kTypes) {
    PluginUnderTest plugin(shunt_library_entry_v1, type, "{}", host_);
    const Verdict verdict = plugin.process_results(endpoints_, RequestBuilder(), {.round = 1, .done = {failed}});
    EXPECT_EQ(verdict.primary_result, 0u) << type;
    EXPECT_FALSE(verdict.rejected) << type;
    EXPECT_EQ(verdict.reason, "") << type;
    const Verdict nothing = plugin.process_results(endpoints_, RequestBuilder(), {});
    EXPECT_TRUE(nothing.rejected) << type;
    EXPECT_EQ(nothing.http_status, 503u) << type;
  }
}

TEST_F(PolicyHandlers, RefuseProfilesThatAreNotThere) {
  FakeHost other;
  other.add_profile("default");
  for (const char* type : kTypes) {
    const PluginUnderTest plugin(shunt_library_entry_v1, type, "{}", other);
    EXPECT_THAT(plugin.creation(), FailedWith(SHUNT_INVALID, AllOf(HasSubstr("is no scheduling profile"),
                                                                   HasSubstr("there are: default"))))
        << type;
  }
}

TEST(Parallelism, FollowsHintAndCount) {
  struct Case {
    double gpus;
    const char* hint;
    const char* strategy;
    double tensor, pipeline, data, expert;
  };
  const Case cases[] = {
      {1, "", "tp", 1, 1, 1, 1},           {2, "", "dp", 1, 1, 2, 1},           {3, "", "dp", 1, 1, 3, 1},
      {4, "", "tp", 4, 1, 1, 1},           {7, "", "tp", 4, 1, 1, 1},           {8, "", "hybrid", 4, 1, 2, 1},
      {15, "", "hybrid", 4, 1, 3, 1},      {16, "", "hybrid", 4, 2, 2, 1},      {6, "tp", "tp", 4, 1, 1, 1},
      {6, "pp", "pp", 1, 4, 1, 1},         {3, "pp", "pp", 1, 3, 1, 1},         {6, "dp", "dp", 1, 1, 6, 1},
      {16, "ep", "ep", 1, 1, 1, 8},        {3, "ep", "ep", 1, 1, 1, 3},         {6, "hybrid", "hybrid", 6, 1, 1, 1},
      {3, "hybrid", "hybrid", 2, 1, 1, 1}, {1, "hybrid", "hybrid", 1, 1, 1, 1}, {2, "sideways", "dp", 1, 1, 2, 1},
      {0, "", "tp", 1, 1, 1, 1},           {-4, "", "tp", 1, 1, 1, 1},          {std::nan(""), "", "tp", 1, 1, 1, 1}};
  for (const Case& one : cases) {
    const Parallelism plan = parallelism_of(one.gpus, one.hint);
    EXPECT_EQ(plan.strategy, one.strategy) << one.gpus << one.hint;
    EXPECT_EQ(plan.tensor, one.tensor) << one.gpus << one.hint;
    EXPECT_EQ(plan.pipeline, one.pipeline) << one.gpus << one.hint;
    EXPECT_EQ(plan.data, one.data) << one.gpus << one.hint;
    EXPECT_EQ(plan.expert, one.expert) << one.gpus << one.hint;
  }
}

TEST_F(PolicyHandlers, TheHintIsATag) {
  RequestBuilder request;
  request.tag("parallelism_hint", "ep");
  EXPECT_EQ(verdict_of("fifo-profile-handler", request).annotations.at("parallelism"), "ep tp=1 pp=1 dp=1 ep=8");
  EXPECT_EQ(verdict_of("fifo-profile-handler", request, {}, 0).annotations.at("parallelism"), "ep tp=1 pp=1 dp=1 ep=1");
}

TEST(ShortText, LeavesOutWhatDoesNotFit) {
  ShortText text;
  text.add(std::string(120, 'x')).add(1e300, 2);
  EXPECT_EQ(text.text(), std::string(120, 'x') + "10000000");
  EXPECT_EQ(ShortText().add(-0.125, 1).add(" ").add(2.0, 0).text(), "-0.1 2");
  EXPECT_EQ(ShortText().add_exact(0.1).add(" ").add_exact(-2.2250738585072014e-308).text(),
            "0.1 -2.2250738585072014e-308");
}

}  // namespace
}  // namespace sagellm
