// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kType = "header-profile-handler";

class HeaderProfileHandler : public ::testing::Test {
 protected:
  HeaderProfileHandler() {
    for (const char* name : {"prefill", "decode", "batch"}) host_.add_profile(name);
  }

  Rows profiles_for(const char* parameters, const RequestBuilder& request) {
    PluginUnderTest plugin(shunt_library_entry_v1, kType, parameters, host_);
    EXPECT_TRUE(plugin.created()) << plugin.creation().error;
    const NextProfiles next = plugin.pick_profiles(EndpointSet(), request);
    EXPECT_THAT(next, Succeeded());
    return next.profiles;
  }
  Verdict verdict_for(const RequestBuilder& request, const Surroundings& around = {}) {
    PluginUnderTest plugin(shunt_library_entry_v1, kType, "{}", host_);
    return plugin.process_results(EndpointSet(), request, around);
  }

  FakeHost host_;
};

TEST_F(HeaderProfileHandler, RunsTheProfileOfTheHeader) {
  RequestBuilder request;
  request.header("content-type", "application/json").header("epp-profile", "batch");
  EXPECT_THAT(profiles_for("{}", request), ElementsAre(2u));
  RequestBuilder renamed;
  renamed.header("x-profile", "prefill").header("epp-profile", "batch");
  EXPECT_THAT(profiles_for(R"({"headerName": "X-Profile"})", renamed), ElementsAre(0u));
}

TEST_F(HeaderProfileHandler, RunsTheDefaultWithoutHeader) {
  EXPECT_THAT(profiles_for("{}", RequestBuilder()), ElementsAre(1u));
  EXPECT_THAT(profiles_for(R"({"defaultProfile": "batch"})", RequestBuilder()), ElementsAre(2u));
  RequestBuilder blank;
  blank.header("epp-profile", "");
  EXPECT_THAT(profiles_for("{}", blank), ElementsAre(1u));
}

TEST_F(HeaderProfileHandler, RunsOneProfileOnly) {
  PluginUnderTest plugin(shunt_library_entry_v1, kType, "{}", host_);
  const ProfileResult done{.profile = 1, .status = SHUNT_UNAVAILABLE, .picks = {}, .candidates = {}, .totals = {}};
  EXPECT_THAT(plugin.pick_profiles(EndpointSet(), RequestBuilder(), {.round = 1, .done = {done}}).profiles, IsEmpty());
  const Verdict verdict = plugin.process_results(EndpointSet(), RequestBuilder(), {.round = 1, .done = {done}});
  EXPECT_EQ(verdict.primary_result, 0u);
  EXPECT_FALSE(verdict.rejected);
}

TEST_F(HeaderProfileHandler, RejectsAnUnknownProfileByName) {
  for (const char* name : {"Batch", "batch ", "nowhere"}) {
    RequestBuilder request;
    request.header("epp-profile", name);
    EXPECT_THAT(profiles_for("{}", request), IsEmpty());
    const Verdict verdict = verdict_for(request);
    EXPECT_TRUE(verdict.rejected);
    EXPECT_EQ(verdict.http_status, 429u);
    EXPECT_EQ(verdict.code, "unknown-profile");
    EXPECT_EQ(verdict.reason, "there is no scheduling profile \"" + std::string(name) + "\"");
  }
}

TEST_F(HeaderProfileHandler, RepeatsOnlyShortPrintableText) {
  RequestBuilder request;
  request.header("epp-profile", "a\r\nb\"\x7f\xc3" + std::string(500, 'x'));
  const std::string reason = verdict_for(request).reason;
  EXPECT_THAT(reason, HasSubstr("\"a??b???xxx"));
  EXPECT_LT(reason.size(), 110u);
}

TEST_F(HeaderProfileHandler, RefusesADefaultThatIsNoProfile) {
  const PluginUnderTest plugin(shunt_library_entry_v1, kType, R"({"defaultProfile": "decoed"})", host_);
  EXPECT_THAT(plugin.creation(), FailedWith(SHUNT_INVALID, AllOf(HasSubstr("\"decoed\" is no scheduling profile"),
                                                                 HasSubstr("prefill, decode, batch"))));
  FakeHost empty;
  const PluginUnderTest alone(shunt_library_entry_v1, kType, "{}", empty);
  EXPECT_THAT(alone.creation(), FailedWith(SHUNT_INVALID, HasSubstr("there are none")));
}

}  // namespace
