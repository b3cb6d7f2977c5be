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

using Ids = std::vector<std::string>;

// Every combination that matters: swap and exclusive (s, x), neither (n), persistent (p).
constexpr const char* kSixGroups = R"({"groups": {
  "sx": {"swap": true, "exclusive": true, "persistent": false, "members": ["a1", "a2"]},
  "nx": {"swap": false, "exclusive": true, "members": ["b1", "b2"]},
  "sn": {"swap": true, "exclusive": false, "members": ["c1", "c2"]},
  "nn": {"swap": false, "exclusive": false, "members": ["d1", "d2"]},
  "p": {"swap": true, "exclusive": false, "persistent": true, "members": ["p1", "p2"]},
  "px": {"swap": false, "exclusive": true, "persistent": true, "members": ["e1"]}}})";

class Group : public ::testing::Test {
 protected:
  Eviction eviction(const char* parameters, const std::string& target, const Ids& running) {
    PluginUnderTest plugin(shunt_library_entry_v1, "group", parameters, host_);
    EXPECT_TRUE(plugin.created()) << plugin.creation().error;
    SwapBuilder query(target);
    for (const std::string& id : running) query.running(id);
    const Eviction answer = plugin.eviction_for(query);
    EXPECT_THAT(answer, Succeeded());
    EXPECT_THAT(host_.misuses(), IsEmpty());
    return answer;
  }

  FakeHost host_;
};

TEST_F(Group, EvictsByTheRules) {
  const Ids all = {"a1", "a2", "b1", "b2", "c1", "c2", "d1", "d2", "e1", "p1", "p2"};
  struct Case {
    const char* target;
    Ids running;
    Ids victims;
  };
  const Case cases[] = {
      {"a1", all, {"a2", "b1", "b2", "c1", "c2", "d1", "d2"}},
      {"b1", all, {"a1", "a2", "c1", "c2", "d1", "d2"}},
      {"c1", all, {"c2"}},
      {"d1", all, {}},
      {"p1", all, {"p2"}},
      {"e1", all, {"a1", "a2", "b1", "b2", "c1", "c2", "d1", "d2"}},
      {"a1", {}, {}},
      {"a1", {"a1"}, {}},
      {"a1", {"a1", "a2"}, {"a2"}},
      {"a1", {"p1", "p2", "e1"}, {}},
      {"c1", {"a1", "b1"}, {}},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(eviction(kSixGroups, one.target, one.running).victims, one.victims) << one.target;
  }
}

TEST_F(Group, ModelsInNoGroupReplaceEachOtherAndUnloadOthers) {
  EXPECT_THAT(eviction("{}", "x", {"w", "y"}).victims, ElementsAre("w", "y"));
  EXPECT_THAT(eviction(kSixGroups, "x", {"a1", "e1", "p1", "y"}).victims, ElementsAre("a1", "y"));
  EXPECT_THAT(eviction(kSixGroups, "c1", {"x"}).victims, IsEmpty());
  EXPECT_THAT(eviction(kSixGroups, "a1", {"x", "y"}).victims, ElementsAre("x", "y"));
}

TEST_F(Group, SettingsThatAreLeftOutAreSwapAndExclusive) {
  const char* parameters = R"({"groups": {"g": {"members": ["a", "b"]}, "empty": {}}})";
  EXPECT_THAT(eviction(parameters, "a", {"b", "x"}).victims, ElementsAre("b", "x"));
  EXPECT_THAT(eviction(parameters, "x", {"a", "b"}).victims, ElementsAre("a", "b"));
}

TEST_F(Group, SaysWhy) {
  EXPECT_EQ(eviction(kSixGroups, "a1", {"a2"}).reason, "");
  EXPECT_EQ(eviction(kSixGroups, "a1", {"b1"}).reason, "");
  EXPECT_EQ(eviction(kSixGroups, "a1", {"a2", "b1"}).reason, "");
  EXPECT_EQ(eviction(kSixGroups, "d1", {"a1"}).reason, "");
}

TEST_F(Group, BusyAndLoadingModelsAreVictimsLikeOthers) {
  PluginUnderTest plugin(shunt_library_entry_v1, "group", kSixGroups, host_);
  SwapBuilder query("a1");
  query.running("a2").in_flight(3);
  query.running("b1").state(SHUNT_MODEL_STARTING).loading();
  EXPECT_THAT(plugin.eviction_for(query).victims, ElementsAre("a2", "b1"));
}

TEST_F(Group, APinnedModelMakesTheSwapImpossible) {
  PluginUnderTest plugin(shunt_library_entry_v1, "group", kSixGroups, host_);
  SwapBuilder blocked("a1");
  blocked.running("a2");
  blocked.running("b1").pinned();
  const Eviction refused = plugin.eviction_for(blocked);
  EXPECT_EQ(refused.status, SHUNT_IMPOSSIBLE);
  EXPECT_EQ(refused.reason, "group sx would unload \"b1\", which is pinned");
  SwapBuilder beside("c1");
  beside.running("b1").pinned();
  beside.running("c2");
  EXPECT_THAT(plugin.eviction_for(beside).victims, ElementsAre("c2"));
}

TEST_F(Group, LogsCommittedSwapsAtDebugLevel) {
  PluginUnderTest plugin(shunt_library_entry_v1, "group", kSixGroups, host_);
  SwapBuilder query("a1");
  query.running("a2");
  query.running("b1");
  EXPECT_THAT(plugin.swap_start(query, 7), Succeeded());
  EXPECT_THAT(plugin.swap_start(SwapBuilder("d1"), 8), Succeeded());
  ASSERT_EQ(host_.logs().size(), 2u);
  EXPECT_EQ(host_.logs()[0].level, SHUNT_LOG_DEBUG);
  EXPECT_EQ(host_.logs()[0].text, "swap 7: a1 of group sx replaces a2, b1");
  EXPECT_EQ(host_.logs()[1].text, "swap 8: d1 of group nn replaces nothing");
  host_.set_log_level(SHUNT_LOG_INFO);
  EXPECT_THAT(plugin.swap_start(query, 9), Succeeded());
  EXPECT_EQ(host_.logs().size(), 2u);
  EXPECT_THAT(host_.misuses(), IsEmpty());
}

TEST_F(Group, RefusesGroupsThatContradictEachOther) {
  const auto creation = [&](const char* parameters) {
    return PluginUnderTest(shunt_library_entry_v1, "group", parameters, host_).creation();
  };
  EXPECT_THAT(creation(R"json({"groups": {"(default)": {"members": ["a"]}}})json"),
              FailedWith(SHUNT_INVALID, HasSubstr("(default)")));
  EXPECT_THAT(creation(R"({"groups": {"one": {"members": ["a", "b"]}, "two": {"members": ["c", "b"]}}})"),
              FailedWith(SHUNT_INVALID, AllOf(HasSubstr("\"b\""), HasSubstr("\"one\" and \"two\""))));
  EXPECT_THAT(creation(R"({"groups": {"one": {"members": ["a", "a"]}}})"),
              FailedWith(SHUNT_INVALID, HasSubstr("/groups/one/members lists \"a\" twice")));
  EXPECT_THAT(creation(R"({"groups": {"one": {"swap": "yes"}}})"),
              FailedWith(SHUNT_INVALID, HasSubstr("/groups/one/swap must be true or false")));
}

}  // namespace
