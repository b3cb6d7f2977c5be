// SPDX-License-Identifier: Apache-2.0
// `shunt plugin validate` as people run it, on an in-tree plugin and on libraries with a planted defect.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "program.hpp"

namespace shunt::testing {
namespace {

namespace json = boost::json;

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(PluginValidate, AnInTreePluginHasNoFindings) {
  Folder folder;
  const Ran ran = folder.run({"plugin", "validate", "single_profile_handler.so", "--state", "state.json"});
  EXPECT_EQ(ran.code, 0) << ran.out;
  EXPECT_EQ(ran.err, "") << "progress is for terminals";
  EXPECT_THAT(ran.out, HasSubstr("single-profile-handler 1.0.0 (shunt.profile_handler/1)\n  parameters {}\n"));
  EXPECT_THAT(ran.out, EndsWith("\nno findings; level 5 (production) is reached; seed 1\n"));
}

TEST(PluginValidate, AFindingSaysEverything) {
  Folder folder;
  const std::string file = mutant("scorer_score_by_row");
  const Ran ran = folder.run({"plugin", "validate", file, "--only", "permutation", "--seed", "3", "--state", "s.json"});
  EXPECT_EQ(ran.code, 5) << ran.err;
  EXPECT_THAT(ran.out,
              HasSubstr("  FAILED permutation (level 4)\n    seen:      with the endpoints in the opposite order "
                        "score() answers "));
  EXPECT_THAT(ran.out, HasSubstr("\n    required:  An answer belongs to an endpoint"));
  EXPECT_THAT(ran.out, HasSubstr("\n    said by:   shunt/abi/column.h\n"));
  EXPECT_THAT(ran.out, HasSubstr("--reproduce mutant-scorer/permutation/3\n"));
  const Ran again =
      folder.run({"plugin", "validate", file, "--reproduce", "mutant-scorer/permutation/3", "--state", "s.json"});
  EXPECT_EQ(again.out, ran.out);
  EXPECT_EQ(again.code, 5);
}

TEST(PluginValidate, TheRunGoesOnAfterACrashAndAnExit) {
  Folder folder;
  for (const std::string name : {"scorer_score_exits", "scorer_score_writes_its_input"}) {
    const Ran ran = folder.run({"plugin", "validate", mutant(name), "--only", "answers,logging,unknown-keys", "-o",
                                "json", "--state", "s.json"});
    EXPECT_EQ(ran.code, 5) << ran.err;
    const json::value out = json::parse(ran.out);
    const json::array& cases = out.at("libraries").at(0).at("plugins").at(0).at("cases").as_array();
    ASSERT_EQ(cases.size(), 3U);
    EXPECT_EQ(cases[0].at("status"), "failed");
    EXPECT_EQ(cases[1].at("status"), "passed");
    EXPECT_EQ(cases[1].at("name"), "unknown-keys");
  }
}

TEST(PluginValidate, AStrayWriteIsNamed) {
  Folder folder;
  const Ran ran = folder.run(
      {"plugin", "validate", mutant("scorer_score_writes_its_input"), "--only", "answers", "--state", "s.json"});
  EXPECT_THAT(ran.out, HasSubstr("to the read-only column queue\n"));
}

TEST(PluginValidate, AHangIsEnded) {
  Folder folder;
  const Ran ran = folder.run({"plugin", "validate", mutant("scorer_score_hangs_on_nothing"), "--only", "sizes",
                              "--time-limit-ms", "500", "--state", "s.json"});
  EXPECT_EQ(ran.code, 5) << ran.err;
  EXPECT_THAT(ran.out,
              HasSubstr("    seen:      it did not end within 500 ms\n    during:    score() with 0 endpoints\n"));
}

TEST(PluginValidate, ALibraryThatDoesNotLoadGivesFour) {
  Folder folder;
  folder.write("text.so", "not a library");
  Ran ran = folder.run({"plugin", "validate", "./text.so"});
  EXPECT_EQ(ran.code, 4);
  EXPECT_THAT(ran.err, HasSubstr("error[P120]"));
  EXPECT_EQ(folder.run({"plugin", "validate", "./none.so"}).code, 4);
  ran = folder.run({"plugin", "validate", mutant("scorer_load_aborts"), "--state", "s.json"});
  EXPECT_EQ(ran.code, 4);
  EXPECT_THAT(ran.out, HasSubstr("the process ended with signal SIGABRT"));
  EXPECT_THAT(ran.out, Not(HasSubstr("FAILED create")));
}

TEST(PluginValidate, RemembersWhatFailed) {
  Folder folder;
  const std::string file = mutant("scorer_score_by_row");
  const std::map<std::string, std::string> environment{{"XDG_STATE_HOME", folder.path().string()}};
  Ran ran = folder.run({"plugin", "validate", file, "--only-failed", "--only", "permutation"}, "", environment);
  EXPECT_THAT(ran.err, HasSubstr("no earlier run of " + file + " is remembered: every case is run"));
  EXPECT_EQ(json::parse(folder.read("shunt/validate.json")).at("schema"), 1);
  ran = folder.run({"plugin", "validate", file, "--only-failed", "-o", "json"}, "", environment);
  EXPECT_EQ(ran.code, 5);
  EXPECT_EQ(json::parse(ran.out).at("libraries").at(0).at("plugins").at(0).at("cases").as_array().size(), 1U);
}

TEST(PluginValidate, SaysWhatIsWrongWithTheCommandLine) {
  Folder folder;
  Ran ran = folder.run({"plugin", "validate", "queue_scorer.so", "--only", "permutatin"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_EQ(ran.err,
            "shunt: error: there is no case \"permutatin\"; did you mean \"permutation\"?\n"
            "  run: shunt plugin validate --list\n");
  ran = folder.run({"plugin", "validate"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, HasSubstr("needs the name of a library"));
  for (const auto& [flag, value] : std::map<std::string, std::string>{
           {"--level", "6"}, {"--level", "x"}, {"--time-limit-ms", "0"}, {"--reproduce", "nonsense"}}) {
    EXPECT_EQ(folder.run({"plugin", "validate", "queue_scorer.so", flag, value}).code, 2) << flag;
  }
  ran = folder.run({"plugin", "validate", "queue_scorer.so", "--parameters", "[1]"});
  EXPECT_EQ(ran.code, 3);
  EXPECT_THAT(ran.err, HasSubstr("the parameters are no JSON object"));
  ran = folder.run({"plugin", "validate", "queue_scorer.so", "--plugin", "queue-score"});
  EXPECT_EQ(ran.code, 4);
  EXPECT_THAT(ran.err, HasSubstr("did you mean \"queue-scorer\"?"));
}

TEST(PluginValidate, TakesParameters) {
  Folder folder;
  const Ran ran = folder.run({"plugin", "validate", "max_score_picker.so", "--only", "create", "--parameters",
                              "{\"ties\": \"first\"}", "--state", "s.json"});
  EXPECT_EQ(ran.code, 0) << ran.out;
  EXPECT_THAT(ran.out, HasSubstr("parameters {\"ties\":\"first\",\"maxNumOfEndpoints\":1}"));
}

TEST(PluginValidate, AsksForParametersThatItCannotMake) {
  Folder folder;
  const std::string file = mutant("scorer_schema_asks_for_what_it_does_not_list");
  Ran ran = folder.run({"plugin", "validate", file, "--state", "s.json"});
  EXPECT_EQ(ran.code, 0) << ran.out;
  EXPECT_THAT(ran.out, HasSubstr("create: no parameters could be made that the schema accepts: give some with --par"));
  ran = folder.run({"plugin", "validate", file, "--only", "create,answers", "--parameters", "{\"model\":\"m\"}",
                    "--state", "s.json"});
  EXPECT_EQ(ran.code, 0) << ran.out;
  EXPECT_THAT(ran.out, HasSubstr("level 1 loads       ok      1 case passed\n"));
}

TEST(PluginValidate, TheSchemaDecidesWhichParametersAreTried) {
  Folder folder;
  folder.write("parameters.json", "{\"ties\": \"sometimes\", \"tise\": 1}");
  const Ran ran = folder.run(
      {"plugin", "validate", "max_score_picker.so", "--parameters-file", "parameters.json", "--state", "s.json"});
  EXPECT_EQ(ran.code, 3);
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(ran.err, HasSubstr("parameters.json:1:10: error[C304]: parameter \"ties\" of plugin type "));
  EXPECT_THAT(ran.err, HasSubstr("did you mean \"ties\"?"));
  EXPECT_THAT(ran.err, HasSubstr("2 errors; nothing was run\n"));
}

TEST(PluginValidate, WhatPassesAgainIsForgotten) {
  Folder folder;
  const std::string file = mutant("scorer_score_by_row");
  folder.run({"plugin", "validate", file, "--only", "permutation,answers", "--state", "s.json"});
  const json::value remembered = json::parse(folder.read("s.json"));
  EXPECT_EQ(remembered.at("failed").as_object().begin()->value(), json::array({"mutant-scorer/permutation"}));
  // Another library under the same name.
  folder.write("s.json", "{\"schema\": 1, \"failed\": {\"" + file + "\": [\"mutant-scorer/answers\", \"load\"]}}");
  EXPECT_EQ(folder.run({"plugin", "validate", file, "--only", "answers", "--state", "s.json"}).code, 0);
  EXPECT_EQ(json::parse(folder.read("s.json")).at("failed").at(file), json::array({"load"})) << "it was not run";
}

TEST(PluginValidate, SaysWhenACaseIsAboutSomethingElse) {
  Folder folder;
  Ran ran = folder.run({"plugin", "validate", "queue_scorer.so", "--only", "swap-answers", "--state", "s.json"});
  EXPECT_EQ(ran.code, 2) << "nothing was tried, so nothing is well";
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(ran.err, HasSubstr("none of the chosen cases is about"));
  EXPECT_THAT(ran.err, HasSubstr("error: no case was run\n"));
  // One of several libraries is enough.
  ran =
      folder.run({"plugin", "validate", "queue_scorer.so", "group.so", "--only", "swap-answers", "--state", "s.json"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  // That nothing had failed is no mistake.
  ran = folder.run({"plugin", "validate", "group.so", "--only-failed", "--state", "s.json"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("nothing failed in the last run"));
}

TEST(PluginValidate, ListsItsCases) {
  Folder folder;
  EXPECT_THAT(folder.run({"plugin", "validate", "--list"}).out, StartsWith("level 1 loads: "));
  EXPECT_EQ(json::parse(folder.run({"plugin", "validate", "--list", "-o", "json"}).out).at("levels").as_array().size(),
            5U);
}

TEST(PluginValidate, RunsInThisProcessForADebugger) {
  Folder folder;
  const Ran ran = folder.run(
      {"plugin", "validate", "queue_scorer.so", "--in-process", "--only", "answers,allocations", "--state", "s.json"});
  EXPECT_EQ(ran.code, 0) << ran.out;
  EXPECT_THAT(ran.out, HasSubstr("allocations: allocations can be counted in a process of its own only"));
}

TEST(PluginValidate, WritesJunit) {
  Folder folder;
  const Ran ran = folder.run(
      {"plugin", "validate", mutant("scorer_score_nan"), "--only", "answers", "-o", "junit", "--state", "s.json"});
  EXPECT_EQ(ran.code, 5);
  EXPECT_THAT(ran.out,
              StartsWith("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"shunt plugin validate\" "
                         "tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\" time=\""));
  EXPECT_THAT(ran.out, HasSubstr("<failure message=\"the score of row "));
}

}  // namespace
}  // namespace shunt::testing
