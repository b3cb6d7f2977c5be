// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/matchers.hpp>
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Filter {
  const char* type;
  std::vector<std::string> kept;
  bool keeps_bare;
};

void PrintTo(const Filter& filter, std::ostream* out) { *out << filter.type; }

class RoleFilters : public ::testing::TestWithParam<Filter> {
 protected:
  const int bare_ = GetParam().keeps_bare ? 1 : 0;
  FakeHost host_;
  PluginUnderTest plugin_{shunt_library_entry_v1, GetParam().type, "{}", host_};
  EndpointSet endpoints_;
  RequestBuilder request_;
};

INSTANTIATE_TEST_SUITE_P(
    Types, RoleFilters,
    ::testing::Values(Filter{"decode-filter", {"decode", "prefill-decode", "both", "encode-prefill-decode"}, true},
                      Filter{"prefill-filter",
                             {"prefill", "encode-prefill", "prefill-decode", "both", "encode-prefill-decode"},
                             false},
                      Filter{"encode-filter", {"encode", "encode-prefill", "encode-prefill-decode"}, false}));

TEST_P(RoleFilters, KeepsByRole) {
  const char* const roles[] = {
      "decode", "prefill", "encode", "prefill-decode", "both", "encode-prefill", "encode-prefill-decode",
      "Decode", "Both",    "",       "other"};
  for (const char* role : roles) endpoints_.add(std::string("role ") + role).label("llm-d.ai/role", role);
  const Kept kept = plugin_.filter(endpoints_, request_);
  EXPECT_THAT(kept, Succeeded());
  const std::vector<std::string>& wanted = GetParam().kept;
  for (std::size_t i = 0; i < std::size(roles); ++i) {
    EXPECT_EQ(kept.keep.at(i), std::count(wanted.begin(), wanted.end(), roles[i])) << roles[i];
  }
}

TEST_P(RoleFilters, DecidesAboutEndpointsWithoutRole) {
  endpoints_.add("labelled otherwise").label("role", GetParam().kept.front());
  endpoints_.add("bare");
  EXPECT_THAT(plugin_.filter(endpoints_, request_).keep, ElementsAre(bare_, bare_));
  endpoints_.add("with role").label("llm-d.ai/role", "encode-prefill-decode");
  EXPECT_THAT(plugin_.filter(endpoints_, request_).keep, ElementsAre(bare_, bare_, 1));
}

TEST_P(RoleFilters, FollowsTheCandidatesItIsGiven) {
  EXPECT_THAT(plugin_.filter(endpoints_, request_).keep, IsEmpty());
  for (std::size_t i = 0; i < 1000; ++i) {
    endpoints_.add("pod-" + std::to_string(i)).label("llm-d.ai/role", i % 4 == 0 ? "encode-prefill-decode" : "other");
  }
  EXPECT_THAT(plugin_.filter(endpoints_, request_, {.candidates = Rows{7, 4, 1, 0, 999}}).keep,
              ElementsAre(0, 1, 0, 1, 0));
  EXPECT_EQ(plugin_.filter(endpoints_, request_).base_rows.size(), 250u);
  EXPECT_THAT(host_.misuses(), IsEmpty());
}

TEST_P(RoleFilters, SaysWhichRoleWasDropped) {
  endpoints_.add("kept").label("llm-d.ai/role", "encode-prefill-decode");
  endpoints_.add("dropped").label("llm-d.ai/role", "router");
  endpoints_.add("bare");
  EXPECT_THAT(plugin_.explain(endpoints_, request_, SHUNT_FILTER_ID).texts,
              ElementsAre("", "role=router", GetParam().keeps_bare ? "" : "no llm-d.ai/role label"));
}

}  // namespace
