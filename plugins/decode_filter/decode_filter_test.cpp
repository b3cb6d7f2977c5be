// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class DecodeFilter : public ::testing::Test {
 protected:
  FakeHost host_;
  PluginUnderTest plugin_{shunt_library_entry_v1, "decode-filter", "{}", host_};
  EndpointSet endpoints_;
  RequestBuilder request_;
};

TEST_F(DecodeFilter, KeepsByRole) {
  struct Case {
    const char* role;
    bool kept;
  };
  const Case cases[] = {
      {"decode", true},
      {"prefill", false},
      {"encode", false},
      {"prefill-decode", true},
      {"both", true},
      {"encode-prefill", false},
      {"encode-prefill-decode", true},
      {"Decode", false},
      {"", false},
      {"other", false},
  };
  for (const Case& one : cases) endpoints_.add(std::string("role ") + one.role).label("llm-d.ai/role", one.role);
  const Kept kept = plugin_.filter(endpoints_, request_);
  EXPECT_THAT(kept, Succeeded());
  for (std::size_t i = 0; i < std::size(cases); ++i) EXPECT_EQ(kept.keep.at(i), cases[i].kept ? 1 : 0) << cases[i].role;
}

TEST_F(DecodeFilter, DecidesAboutEndpointsWithoutRole) {
  endpoints_.add("labelled otherwise").label("role", "decode");
  endpoints_.add("bare");
  EXPECT_THAT(plugin_.filter(endpoints_, request_).keep, ElementsAre(1, 1));
  endpoints_.add("with role").label("llm-d.ai/role", "encode-prefill-decode");
  EXPECT_THAT(plugin_.filter(endpoints_, request_).keep, ElementsAre(1, 1, 1));
}

TEST_F(DecodeFilter, FollowsTheCandidatesItIsGiven) {
  EXPECT_THAT(plugin_.filter(endpoints_, request_).keep, IsEmpty());
  for (std::size_t i = 0; i < 1000; ++i) {
    endpoints_.add("pod-" + std::to_string(i)).label("llm-d.ai/role", i % 4 == 0 ? "encode-prefill-decode" : "other");
  }
  EXPECT_THAT(plugin_.filter(endpoints_, request_, {.candidates = Rows{7, 4, 1, 0, 999}}).keep,
              ElementsAre(0, 1, 0, 1, 0));
  EXPECT_EQ(plugin_.filter(endpoints_, request_).base_rows.size(), 250u);
  EXPECT_THAT(host_.misuses(), IsEmpty());
}

TEST_F(DecodeFilter, SaysWhichRoleWasDropped) {
  endpoints_.add("kept").label("llm-d.ai/role", "encode-prefill-decode");
  endpoints_.add("dropped").label("llm-d.ai/role", "router");
  endpoints_.add("bare");
  EXPECT_THAT(plugin_.explain(endpoints_, request_, SHUNT_FILTER_ID).texts, ElementsAre("", "role=router", ""));
}

}  // namespace
