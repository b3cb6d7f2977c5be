// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using namespace std::string_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::Pair;

constexpr const char* kType = "data-parallel-profile-handler";

class DataParallel : public ::testing::Test {
 protected:
  DataParallel() {
    host_.add_profile("default");
    endpoints_.add("rank-0").text("endpoint:address", "10.0.0.1:8000");
    endpoints_.add("rank-1").text("endpoint:address", "10.0.0.1:8001");
    endpoints_.add("nowhere");
  }
  Verdict verdict(Rows picks, const char* parameters = "{}") {
    PluginUnderTest plugin(shunt_library_entry_v1, kType, parameters, host_);
    EXPECT_TRUE(plugin.created()) << plugin.creation().error;
    const std::int32_t status = picks.empty() ? SHUNT_UNAVAILABLE : SHUNT_OK;
    const ProfileResult done{
        .profile = 0, .status = status, .picks = picks, .candidates = picks, .totals = std::vector(picks.size(), 1.0)};
    return plugin.process_results(endpoints_, RequestBuilder(), {.round = 1, .done = {done}});
  }

  FakeHost host_;
  EndpointSet endpoints_;
};

TEST_F(DataParallel, RunsTheOneProfileOnce) {
  PluginUnderTest plugin(shunt_library_entry_v1, kType, "{}", host_);
  EXPECT_THAT(plugin.pick_profiles(endpoints_, RequestBuilder(), {}).profiles, ElementsAre(0u));
  const ProfileResult done{.profile = 0, .status = SHUNT_OK, .picks = {0}, .candidates = {0}, .totals = {1.0}};
  EXPECT_THAT(plugin.pick_profiles(endpoints_, RequestBuilder(), {.round = 1, .done = {done}}).profiles, IsEmpty());
}

TEST_F(DataParallel, NamesTheRankAndSendsToThePrimaryPort) {
  const Verdict chosen = verdict({1, 0});
  EXPECT_EQ(chosen.primary_result, 0u);
  EXPECT_THAT(chosen.request_headers, ElementsAre(Pair("x-data-parallel-host-port", Optional("10.0.0.1:8001"s))));
  EXPECT_EQ(chosen.target_port, 8000u);
  EXPECT_EQ(verdict({0}, R"({"primaryPort": 65535})").target_port, 65535u);
}

TEST_F(DataParallel, AClientNamesNoRank) {
  for (const Rows& picks : {Rows{}, Rows{2}}) {
    EXPECT_THAT(verdict(picks).request_headers, ElementsAre(Pair("x-data-parallel-host-port", std::nullopt)));
  }
}

TEST_F(DataParallel, SeveralProfilesAreRefused) {
  host_.add_profile("other");
  const PluginUnderTest plugin(shunt_library_entry_v1, kType, "{}", host_);
  EXPECT_THAT(plugin.creation(), FailedWith(SHUNT_INVALID, HasSubstr("one scheduling profile")));
}

}  // namespace
