// SPDX-License-Identifier: Apache-2.0
// handler_fixture.hpp: one pool and the profiles that the handlers name, for their tests.
#pragma once

#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

#include <string>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace sagellm {

class HandlerTest : public ::testing::Test {
 protected:
  static constexpr std::int64_t kMs = 1'000'000;
  HandlerTest() {
    for (const char* name : {"fast", "balanced", "cost", "prefill", "decode"}) host_.add_profile(name);
    endpoints_.add("slow").number("avg_latency_ms", 900);
    endpoints_.add("quick")
        .number("avg_latency_ms", 120.26)
        .number("gpu_count", 8)
        .number("price_per_gpu_hour", 9)
        .number("tokens_per_second", 50);
  }

  // The name of the one profile that is asked for.
  std::string profile_of(const char* type, const shunt::testing::RequestBuilder& request,
                         const shunt::testing::Surroundings& around = {}, const char* parameters = "{}") {
    shunt::testing::PluginUnderTest plugin(shunt_library_entry_v1, type, parameters, host_);
    EXPECT_TRUE(plugin.created()) << plugin.creation().error;
    const shunt::testing::NextProfiles next = plugin.pick_profiles(endpoints_, request, around);
    EXPECT_THAT(next, shunt::testing::Succeeded());
    EXPECT_EQ(next.profiles.size(), 1u);
    static constexpr const char* kNames[] = {"fast", "balanced", "cost", "prefill", "decode"};
    return kNames[next.profiles.at(0)];
  }
  // The verdict after a run that picked the endpoint of this row.
  shunt::testing::Verdict verdict_of(const char* type, const shunt::testing::RequestBuilder& request,
                                     shunt::testing::Surroundings around = {}, std::uint32_t row = 1,
                                     const char* parameters = "{}") {
    shunt::testing::PluginUnderTest plugin(shunt_library_entry_v1, type, parameters, host_);
    around.round = 1;
    around.done = {{.profile = 0, .status = SHUNT_OK, .picks = {row}, .candidates = {0, 1}, .totals = {0.0, 1.0}}};
    EXPECT_TRUE(plugin.pick_profiles(endpoints_, request, around).profiles.empty());
    shunt::testing::Verdict verdict = plugin.process_results(endpoints_, request, around);
    EXPECT_THAT(verdict, shunt::testing::Succeeded());
    EXPECT_EQ(verdict.primary_result, 0u);
    EXPECT_FALSE(verdict.rejected);
    EXPECT_TRUE(host_.misuses().empty());
    return verdict;
  }

  shunt::testing::FakeHost host_;
  shunt::testing::EndpointSet endpoints_;
};

}  // namespace sagellm
