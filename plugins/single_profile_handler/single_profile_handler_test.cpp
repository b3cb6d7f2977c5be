// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kType = "single-profile-handler";

ProfileResult result_of(std::int32_t status) {
  return {.profile = 0, .status = status, .picks = {0}, .candidates = {0}, .totals = {1.0}};
}

TEST(SingleProfileHandler, RunsTheProfileOnceAndChoosesItsResult) {
  FakeHost host;
  host.add_profile("default");
  PluginUnderTest plugin(shunt_library_entry_v1, kType, "{}", host);
  EndpointSet endpoints;
  endpoints.add_many(1);
  EXPECT_THAT(plugin.pick_profiles(endpoints, RequestBuilder()).profiles, ElementsAre(0u));
  const Surroundings after{.round = 1, .done = {result_of(SHUNT_OK)}};
  EXPECT_THAT(plugin.pick_profiles(endpoints, RequestBuilder(), after).profiles, IsEmpty());
  const Verdict verdict = plugin.process_results(endpoints, RequestBuilder(), after);
  EXPECT_THAT(verdict, Succeeded());
  EXPECT_EQ(verdict.primary_result, 0u);
  EXPECT_FALSE(verdict.rejected);
}

TEST(SingleProfileHandler, LeavesTheReasonToTheRunThatFailed) {
  FakeHost host;
  host.add_profile("default");
  PluginUnderTest plugin(shunt_library_entry_v1, kType, "{}", host);
  for (const std::int32_t status : {SHUNT_UNAVAILABLE, SHUNT_ERROR}) {
    const Surroundings after{.round = 1, .done = {result_of(status)}};
    EXPECT_THAT(plugin.pick_profiles(EndpointSet(), RequestBuilder(), after).profiles, IsEmpty());
    const Verdict verdict = plugin.process_results(EndpointSet(), RequestBuilder(), after);
    EXPECT_EQ(verdict.primary_result, 0u);
    EXPECT_FALSE(verdict.rejected);
  }
}

TEST(SingleProfileHandler, RefusesSeveralProfiles) {
  FakeHost host;
  host.add_profile("prefill");
  host.add_profile("decode");
  const PluginUnderTest plugin(shunt_library_entry_v1, kType, "{}", host);
  EXPECT_THAT(plugin.creation(), FailedWith(SHUNT_INVALID, HasSubstr("there are 2")));
}

TEST(SingleProfileHandler, RejectsWhereThereIsNoProfile) {
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, kType, "{}", host);
  EXPECT_THAT(plugin.pick_profiles(EndpointSet(), RequestBuilder()).profiles, IsEmpty());
  const Verdict verdict = plugin.process_results(EndpointSet(), RequestBuilder(), {});
  EXPECT_TRUE(verdict.rejected);
  EXPECT_EQ(verdict.http_status, 503u);
  EXPECT_EQ(verdict.code, "no-profile");
  EXPECT_THAT(host.misuses(), IsEmpty());
}

}  // namespace
