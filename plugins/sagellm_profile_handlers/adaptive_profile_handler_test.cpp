// SPDX-License-Identifier: Apache-2.0
#include "handler_fixture.hpp"

namespace sagellm {
namespace {

using namespace shunt::testing;

constexpr const char* kType = "adaptive-profile-handler";

class AdaptiveProfileHandler : public HandlerTest {};

struct Case {
  const char* what;
  std::optional<int> priority;
  std::optional<double> load;
  bool own_deadline;  // 2 s, of which 1.5 have passed
  std::vector<QueueBand> bands;
  bool queued_deadline;
  const char* profile;
  const char* policy;
  const char* reason;
};

TEST_F(AdaptiveProfileHandler, FollowsTheOrderOfItsRules) {
  constexpr const char* kHigh = "high priority requests detected";
  constexpr const char* kSlo = "SLO requests under high load";
  constexpr const char* kCost = "low load, optimizing for cost";
  constexpr const char* kDefault = "default SLO-aware scheduling";
  const Case cases[] = {
      {"important", 1, 0.1, false, {}, false, "fast", "priority", kHigh},
      {"critical", 2, 0.9, true, {}, false, "fast", "priority", kHigh},
      {"another one that is important waits", 0, 0.1, false, {{1, 3}, {0, 2}}, false, "balanced", "priority", kHigh},
      {"others wait", 0, 0.1, false, {{0, 3}, {-1, 2}}, false, "cost", "cost_optimized", kCost},
      {"an empty queue says nothing", 0, 0.1, false, {}, false, "cost", "cost_optimized", kCost},
      {"deadline and high load", 0, 0.81, true, {}, false, "fast", "slo_aware", kSlo},
      {"deadline of another and high load", 0, 0.81, false, {{0, 1}}, true, "balanced", "slo_aware", kSlo},
      {"exactly 0.8 is not high", 0, 0.8, true, {}, false, "fast", "slo_aware", kDefault},
      {"no deadline at high load", 0, 0.95, false, {}, false, "balanced", "slo_aware", kDefault},
      {"exactly 0.3 is not low", 0, 0.3, false, {}, false, "balanced", "slo_aware", kDefault},
      {"low load", 0, 0.29, false, {}, false, "cost", "cost_optimized", kCost},
      {"a deadline at low load", 0, 0.29, true, {}, false, "cost", "cost_optimized", kCost},
      {"an idle pool", {}, 0.0, false, {}, false, "cost", "cost_optimized", kCost},
      {"an unknown load is not low", {}, {}, false, {}, false, "balanced", "slo_aware", kDefault},
      {"nor high", {}, {}, true, {}, false, "fast", "slo_aware", kDefault},
  };
  for (const Case& one : cases) {
    RequestBuilder request;
    if (one.priority) request.priority(*one.priority);
    if (one.own_deadline) request.arrival_ns(0).deadline_ns(2000 * kMs);
    const Surroundings around{
        .now_ns = 1500 * kMs, .mean_load = one.load, .bands = one.bands, .any_deadline = one.queued_deadline};
    EXPECT_EQ(profile_of(kType, request, around), one.profile) << one.what;
    const Verdict verdict = verdict_of(kType, request, around);
    EXPECT_EQ(verdict.annotations.at("policy"), "adaptive") << one.what;
    EXPECT_EQ(verdict.annotations.at("adaptive_policy"), one.policy) << one.what;
    EXPECT_EQ(verdict.annotations.at("adaptive_reason"), one.reason) << one.what;
  }
}

TEST_F(AdaptiveProfileHandler, TakesItsParameters) {
  RequestBuilder request;
  request.priority(1).arrival_ns(0).deadline_ns(2000 * kMs);
  const Surroundings around{.now_ns = 1500 * kMs, .mean_load = 0.5};
  const auto with = [&](const char* parameters) { return profile_of(kType, request, around, parameters); };
  EXPECT_EQ(with("{}"), "fast");
  EXPECT_EQ(with(R"({"highPriority": 2, "urgencyThreshold": 0.75})"), "balanced");
  EXPECT_EQ(with(R"({"highPriority": 2, "urgencyThreshold": 0.74})"), "fast");
  EXPECT_EQ(with(R"({"highPriority": 2, "lowLoad": 0.6})"), "cost");
  EXPECT_EQ(with(R"({"highPriority": 2, "lowLoad": 0.6, "highLoad": 0.4})"), "fast");
  EXPECT_EQ(with(R"({"fastProfile": "decode"})"), "decode");
}

}  // namespace
}  // namespace sagellm
