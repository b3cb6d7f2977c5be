// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

#include <limits>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kType = "workload-priority-profile-handler";
constexpr std::uint32_t kThroughput = 0;
constexpr std::uint32_t kCritical = 1;
constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
const ProfileResult kDone{.profile = 1, .status = SHUNT_OK, .picks = {0}, .candidates = {0}, .totals = {1.0}};

class WorkloadPriorityProfileHandler : public ::testing::Test {
 protected:
  WorkloadPriorityProfileHandler() {
    for (const char* name : {"throughput", "latency-critical", "other"}) host_.add_profile(name);
  }
  std::uint32_t profile_of(const RequestBuilder& request, const char* parameters = "{}") {
    PluginUnderTest plugin(shunt_library_entry_v1, kType, parameters, host_);
    EXPECT_TRUE(plugin.created()) << plugin.creation().error;
    const NextProfiles next = plugin.pick_profiles(EndpointSet(), request);
    EXPECT_THAT(next, Succeeded());
    EXPECT_EQ(next.profiles.size(), 1u);
    return next.profiles.at(0);
  }
  Verdict verdict_of(const RequestBuilder& request) {
    PluginUnderTest plugin(shunt_library_entry_v1, kType, "{}", host_);
    return plugin.process_results(EndpointSet(), request, {.round = 1, .done = {kDone}});
  }
  FakeHost host_;
};

// What differs from a request that only throughput counts for: batch 5, nothing else known.
struct Difference {
  std::optional<int> priority{};
  std::optional<std::int64_t> deadline_ns{};
  std::optional<std::uint64_t> batch = 5;
  std::optional<std::uint64_t> input_bytes{};
  std::optional<double> flops{};
  std::optional<std::uint64_t> prompt_bytes{};

  void apply(RequestBuilder& request) const {
    if (priority) request.priority(*priority);
    if (deadline_ns) request.deadline_ns(*deadline_ns);
    if (batch) request.batch_size(*batch);
    if (input_bytes) request.input_bytes(*input_bytes);
    if (flops) request.estimated_flops(*flops);
    if (prompt_bytes) request.prompt_bytes(*prompt_bytes);
  }
};

TEST_F(WorkloadPriorityProfileHandler, FollowsTheTable) {
  constexpr std::int64_t kMs = 1'000'000;
  struct Case {
    const char* what;
    Difference request;
    std::uint32_t profile;
    const char* reason;
  };
  const Case cases[] = {
      {"nothing", {}, kThroughput, "throughput: neither"},
      {"no field at all: one item", {.batch = {}}, kCritical, "its batch"},
      {"priority 1", {.priority = 1}, kCritical, "its priority"},
      {"priority 2", {.priority = 2}, kCritical, "its priority"},
      {"priority 0", {.priority = 0}, kThroughput, "neither"},
      {"priority -2", {.priority = -2}, kThroughput, "neither"},
      {"deadline 249 ms", {.deadline_ns = 249 * kMs}, kCritical, "its deadline"},
      {"deadline just below", {.deadline_ns = 250 * kMs - 1}, kCritical, "its deadline"},
      {"deadline 250 ms", {.deadline_ns = 250 * kMs}, kThroughput, "neither"},
      {"deadline 0 is one", {.deadline_ns = 0}, kCritical, "its deadline"},
      {"input 500,000", {.input_bytes = 500'000}, kCritical, "its input"},
      {"input 500,001", {.input_bytes = 500'001}, kThroughput, "neither"},
      {"input 0", {.input_bytes = 0}, kCritical, "its input"},
      {"a prompt is an input", {.prompt_bytes = 500'000}, kCritical, "its input"},
      {"a long prompt", {.prompt_bytes = 500'001}, kThroughput, "neither"},
      {"the input counts before the prompt", {.input_bytes = 600'000, .prompt_bytes = 10}, kThroughput, "neither"},
      {"1e9 operations", {.flops = 1e9}, kCritical, "few operations"},
      {"more operations", {.flops = 1e9 + 1}, kThroughput, "neither"},
      {"0 operations", {.flops = 0}, kCritical, "few operations"},
      {"small operations, large input", {.input_bytes = 900'000, .flops = 5}, kCritical, "few operations"},
      {"batch 4", {.batch = 4}, kCritical, "its batch"},
      {"batch 5", {.batch = 5}, kThroughput, "neither"},
      {"batch 0", {.batch = 0}, kCritical, "its batch"},
      {"a large input in batch 0", {.batch = 0, .input_bytes = kMost}, kCritical, "input times batch"},
      {"a large input in batch 4", {.batch = 4, .input_bytes = 500'001}, kCritical, "its batch"},
      {"2,000,000 together", {.batch = 2, .input_bytes = 1'000'000}, kCritical, "input times batch"},
      {"2,000,002 together", {.batch = 2, .input_bytes = 1'000'001}, kCritical, "its batch"},
      {"the product does not wrap", {.batch = 8, .input_bytes = (1ull << 61)}, kThroughput, "neither"},
      {"nor does the greatest", {.batch = 4, .input_bytes = kMost}, kCritical, "its batch"},
  };
  for (const Case& one : cases) {
    RequestBuilder request;
    one.request.apply(request);
    EXPECT_EQ(profile_of(request), one.profile) << one.what;
    const Verdict verdict = verdict_of(request);
    EXPECT_THAT(verdict, Succeeded());
    EXPECT_EQ(verdict.primary_result, 0u);
    EXPECT_THAT(verdict.reason, HasSubstr(one.reason)) << one.what;
    EXPECT_EQ(verdict.annotations.at("workload_class"), one.profile == kCritical ? "latency-critical" : "throughput");
  }
}

TEST_F(WorkloadPriorityProfileHandler, TakesItsParameters) {
  RequestBuilder request;
  request.batch_size(4).priority(1).deadline_ns(100'000'000).input_bytes(1000).estimated_flops(10);
  constexpr const char* kNothing = R"({"priority": 2, "deadlineMs": 0, "inputBytes": 0, "estimatedFlops": 0,
                                       "combinedBytes": 0, "batchSize": 0)";
  const auto with = [&](const char* more) { return std::string(kNothing) + more + "}"; };
  EXPECT_EQ(profile_of(request, with("").c_str()), kThroughput);
  EXPECT_EQ(profile_of(request, with(R"(, "throughputProfile": "other")").c_str()), 2u);
  EXPECT_EQ(profile_of(request, R"({"latencyCriticalProfile": "other"})"), 2u);
  const char* each[] = {
      R"({"priority": 1, "deadlineMs": 0, "inputBytes": 0, "estimatedFlops": 0, "combinedBytes": 0, "batchSize": 0})",
      R"({"priority": 2, "deadlineMs": 100.5, "inputBytes": 0, "estimatedFlops": 0, "combinedBytes": 0, "batchSize": 0})",
      R"({"priority": 2, "deadlineMs": 0, "inputBytes": 1000, "estimatedFlops": 0, "combinedBytes": 0, "batchSize": 0})",
      R"({"priority": 2, "deadlineMs": 0, "inputBytes": 0, "estimatedFlops": 10, "combinedBytes": 0, "batchSize": 0})",
      R"({"priority": 2, "deadlineMs": 0, "inputBytes": 0, "estimatedFlops": 0, "combinedBytes": 4000, "batchSize": 0})",
      R"({"priority": 2, "deadlineMs": 0, "inputBytes": 0, "estimatedFlops": 0, "combinedBytes": 0, "batchSize": 4})"};
  for (const char* parameters : each) EXPECT_EQ(profile_of(request, parameters), kCritical) << parameters;
}

TEST_F(WorkloadPriorityProfileHandler, RunsOneProfileAndLeavesFailuresToIt) {
  PluginUnderTest plugin(shunt_library_entry_v1, kType, "{}", host_);
  ProfileResult failed = kDone;
  failed.status = SHUNT_UNAVAILABLE;
  EXPECT_THAT(plugin.pick_profiles(EndpointSet(), RequestBuilder(), {.round = 1, .done = {failed}}).profiles,
              IsEmpty());
  const Verdict verdict = plugin.process_results(EndpointSet(), RequestBuilder(), {.round = 1, .done = {failed}});
  EXPECT_EQ(verdict.primary_result, 0u);
  EXPECT_FALSE(verdict.rejected);
  const Verdict nothing = plugin.process_results(EndpointSet(), RequestBuilder(), {});
  EXPECT_TRUE(nothing.rejected);
  EXPECT_EQ(nothing.code, "no-profile");
  EXPECT_THAT(host_.misuses(), IsEmpty());
}

TEST_F(WorkloadPriorityProfileHandler, RefusesProfilesThatAreNotThere) {
  const PluginUnderTest plugin(shunt_library_entry_v1, kType, R"({"throughputProfile": "bulk"})", host_);
  EXPECT_THAT(plugin.creation(),
              FailedWith(SHUNT_INVALID, AllOf(HasSubstr("/throughputProfile: \"bulk\" is no scheduling profile"),
                                              HasSubstr("throughput, latency-critical, other"))));
  FakeHost empty;
  const PluginUnderTest alone(shunt_library_entry_v1, kType, "{}", empty);
  EXPECT_THAT(alone.creation(), FailedWith(SHUNT_INVALID, HasSubstr("there are none")));
}

}  // namespace
