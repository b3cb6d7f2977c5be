// SPDX-License-Identifier: Apache-2.0
// What the second pass knows of types beyond their names: handlers of one profile, deprecated ones, values that they write.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "config_test_support.hpp"

namespace shunt::config_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kTwoProfiles = R"("schedulingProfiles": [
  {"name": "a", "plugins": [{"pluginRef": "queue-scorer"}]}, {"name": "b", "plugins": [{"pluginRef": "queue-scorer"}]}])";

TEST(Handlers, OfOneProfileAreNotRecommendedForTwo) {
  FakeCatalog catalog;
  catalog.add("data-parallel-profile-handler", {"shunt.profile_handler/1"});
  const Loaded none =
      load(std::string(R"({"plugins": [{"type": "queue-scorer"}], )") + kTwoProfiles + "}", "a.json", catalog);
  EXPECT_THAT(none.codes(), ElementsAre("C208"));
  EXPECT_THAT(none.text(), HasSubstr("types that can handle several: disagg-profile-handler\n"));
  const Loaded wrong =
      load(std::string(R"({"plugins": [{"type": "queue-scorer"}, {"type": "data-parallel-profile-handler"}], )") +
               kTwoProfiles + "}",
           "a.json", catalog);
  EXPECT_THAT(wrong.codes(), ElementsAre("C209"));
  EXPECT_THAT(wrong.text(), HasSubstr("\"data-parallel-profile-handler\" handles one profile, and there are two"));
}

TEST(Deprecated, TypeNamesTheOneThatTookItsPlace) {
  FakeCatalog catalog;
  catalog.add("tokenizer", {"shunt.producer/1"});
  catalog.add("old-producer", {"shunt.producer/1"});
  catalog.description("tokenizer").stability = "deprecated";
  catalog.description("old-producer").stability = "deprecated";
  catalog.description("old-producer").summary = "Former name of a new one";
  const Loaded loaded = load(
      R"({"plugins": [{"type": "tokenizer"}, {"type": "old-producer"}, {"type": "queue-scorer"}]})", "a.json", catalog);
  EXPECT_THAT(loaded.codes(), ElementsAre("C220", "C220"));
  EXPECT_EQ(loaded.diagnostics.errors(), 0U);
  EXPECT_THAT(loaded.text(), HasSubstr("a.json:1:23: warning[C220]: plugin type \"tokenizer\" is deprecated"));
  EXPECT_THAT(loaded.text(), HasSubstr("use \"token-producer\""));
  EXPECT_THAT(loaded.text(), HasSubstr("note: Former name of a new one"));
}

class SessionSources : public testing::Test {
 protected:
  SessionSources() {
    catalog_.add("session-affinity-scorer", {"shunt.scorer/1"});
    catalog_.add("session-id-producer", {"shunt.producer/1"});
    catalog_.add("teller", {"shunt.producer/1"});
    catalog_.description("session-id-producer").default_producer_of = {"session_id"};
    catalog_.description("teller").writes = {"session_id"};
  }

  Loaded with(const std::string& source, const std::string& more = "", const std::string& strategy = "session_id") {
    return load(R"({"plugins": [{"type": "session-affinity-scorer", "parameters": {"strategy": ")" + strategy +
                    R"(", "sessionIdConfig": {"sources": [)" + source + "]}}}" + more + "]}",
                "a.json", catalog_);
  }

  FakeCatalog catalog_;
};

TEST_F(SessionSources, ThatNothingWritesAreNamed) {
  const Loaded loaded = with(R"({"header": "x"}, {"attribute": "session_id"})");
  ASSERT_THAT(loaded.codes(), ElementsAre("C221"));
  EXPECT_EQ(loaded.diagnostics.errors(), 0U);
  EXPECT_EQ(loaded.diagnostics.all()[0].pointer, "/plugins/0/parameters/sessionIdConfig/sources/1");
  EXPECT_THAT(loaded.text(), HasSubstr("takes sessions from \"session_id\", which nothing writes"));
  EXPECT_THAT(loaded.text(), HasSubstr("add { \"type\": \"session-id-producer\" } to \"plugins\""));
  EXPECT_THAT(with(R"({"attribute": "session_id"})", R"(, {"type": "session-id-producer", "name": "mine"})").codes(),
              ElementsAre("C221"))
      << "it writes mine/session_id";
}

TEST_F(SessionSources, ThatAreWrittenAreNot) {
  EXPECT_THAT(with(R"({"attribute": "session_id"})", R"(, {"type": "session-id-producer"})").codes(), IsEmpty());
  EXPECT_THAT(with(R"({"attribute": "session_id"})", R"(, {"type": "teller"})").codes(), IsEmpty());
  EXPECT_THAT(with(R"({"attribute": "agent"})").codes(), IsEmpty()) << "nobody knows who writes it";
  EXPECT_THAT(with(R"({"header": "x"})").codes(), IsEmpty());
  EXPECT_THAT(with(R"({"attribute": "session_id"})", "", "encoded_endpoint_header").codes(), IsEmpty()) << "not asked";
  EXPECT_THAT(with(R"({"attribute": "session_id"})", R"(, {"type": "nothing-like-it"})").codes(),
              Not(testing::Contains("C221")))
      << "it may write it";
}

TEST_F(SessionSources, OfAnInstanceNeedIt) {
  const std::string mine = R"({"attribute": "session_id", "producer": "mine"})";
  EXPECT_THAT(with(mine, R"(, {"type": "session-id-producer", "name": "mine"})").codes(), IsEmpty());
  EXPECT_THAT(with(mine).text(), HasSubstr("no plugin has the name \"mine\""));
  EXPECT_THAT(
      with(R"({"attribute": "session_id", "producer": "session-id-producer"})", R"(, {"type": "session-id-producer"})")
          .text(),
      HasSubstr("delete \"producer\""));
}

// The peer leaves such references out without a word; in a config of this program they are an error.
TEST(PeerProfiles, LeaveOutWhatFitsNoSlot) {
  const std::string body =
      "plugins: [ { type: queue-scorer }, { type: token-producer } ]\n"
      "schedulingProfiles:\n- name: default\n  plugins: [ { pluginRef: queue-scorer }, { pluginRef: token-producer } "
      "]\n";
  const Loaded loaded = load("apiVersion: llm-d.ai/v1alpha1\nkind: EndpointPickerConfig\n" + body, "epp.yaml");
  ASSERT_THAT(loaded.codes(), ElementsAre("C111"));
  EXPECT_EQ(loaded.diagnostics.errors(), 0U);
  EXPECT_THAT(loaded.text(),
              HasSubstr("\"token-producer\" is left out of profile \"default\": it is a supporting plugin"));
  EXPECT_EQ(loaded.config->profiles.front().plugins.front().plugin, "queue-scorer");
  EXPECT_THAT(json_text(written_config(*loaded.config)), HasSubstr(R"("plugins":[{"pluginRef":"queue-scorer"}])"));
  EXPECT_THAT(load(body, "own.yaml").codes(), ElementsAre("C205"));
}

}  // namespace
}  // namespace shunt::config_test
