// SPDX-License-Identifier: Apache-2.0
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

TEST(ConfigCheck, GoodConfig) {
  Folder folder;
  folder.write("c.jsonc", R"({"plugins":[{"type":"queue-scorer"}]})");
  const Ran ran = folder.run({"config", "check", "-c", "c.jsonc"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.out, "c.jsonc: no problems\n");
}

TEST(ConfigCheck, ReportsProblemsLikeACompiler) {
  Folder folder;
  folder.write(
      "c.jsonc",
      "{\n  \"plugins\": [\n    { \"type\": \"queue-scorer\", \"wieght\": 2 },\n    { \"type\": \"nope\" }\n  ]\n}\n");
  const Ran ran = folder.run({"config", "check", "-c", "c.jsonc"});
  EXPECT_EQ(ran.code, 3);
  EXPECT_THAT(ran.err, HasSubstr("c.jsonc:3:31: error[C104]: unknown key \"wieght\""));
  EXPECT_THAT(ran.err, HasSubstr("c.jsonc:4:15: error[C203]: plugin type \"nope\" is not registered"));
  EXPECT_THAT(ran.err, HasSubstr("note: looked in: ")) << "every failure lists the paths tried";
  EXPECT_THAT(ran.err, EndsWith("2 errors; the config cannot be used\n"));
}

TEST(ConfigCheck, JsonHasTheProblemsAsData) {
  Folder folder;
  folder.write("c.jsonc", "{ \"limits\": 7 }");
  const Ran ran = folder.run({"config", "check", "-c", "c.jsonc", "-o", "json"});
  EXPECT_EQ(ran.code, 3);
  const json::value out = json::parse(ran.out);
  EXPECT_EQ(out.at("ok"), false);
  EXPECT_EQ(out.at("errors").at(0).at("pointer"), "/limits");
}

TEST(ConfigCheck, MissingFile) {
  Folder folder;
  const Ran ran = folder.run({"config", "check", "-c", "none.jsonc"});
  EXPECT_EQ(ran.code, 3);
  EXPECT_THAT(ran.err, HasSubstr("none.jsonc: error[E101]: the file cannot be read: there is no such file"));
}

TEST(ConfigCheck, ALibraryThatFailsIsToldAtItsPlaceAndOnce) {
  Folder folder;
  folder.write("broken.so", "not a library");
  std::filesystem::permissions(folder.path() / "broken.so", std::filesystem::perms::owner_all);
  folder.write(
      "c.jsonc",
      "{ \"pluginDirs\": [\".\"],\n  \"libraries\": [ \"broken.so\" ],\n  \"plugins\": [ { \"type\": \"mine\" } ] }");
  const Ran ran = folder.run({"config", "check", "-c", "c.jsonc"});
  EXPECT_EQ(ran.code, 4) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("c.jsonc:2:18: error[P"));
  EXPECT_THAT(ran.err, ::testing::Not(HasSubstr("C203"))) << "a consequence of the same cause";
}

TEST(ConfigCheck, WhereBothApplyTheConfigIsToBlame) {
  Folder folder;
  folder.write("broken.so", "not a library");
  folder.write("c.jsonc", "{ \"pluginDirs\": [\".\"], \"libraries\": [ \"broken.so\" ], \"colour\": 1 }");
  EXPECT_EQ(folder.run({"config", "check", "-c", "c.jsonc"}).code, 3);
}

TEST(ConfigCheck, AnUnusedLibraryThatFailsIsAWarning) {
  Folder folder;
  folder.write("plugins/broken.so", "not a library");
  folder.write("c.jsonc", R"({ "pluginDirs": ["plugins"], "plugins": [ { "type": "queue-scorer" } ] })");
  const Ran ran = folder.run({"config", "check", "-c", "c.jsonc"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("broken.so: warning[P"));
  folder.write("c.jsonc", R"({ "pluginDirs": ["plugins"], "plugins": [ { "type": "mine" } ] })");
  EXPECT_THAT(folder.run({"config", "check", "-c", "c.jsonc"}).err, HasSubstr("broken.so: error[P"));
}

TEST(ConfigCheck, ARefusedParameterIsToldAtItsPlace) {
  Folder folder;
  folder.write("c.jsonc", R"json({
  "plugins": [
    { "type": "label-selector-filter", "name": "zone", "parameters": {
        "matchExpressions": [ { "key": "zone", "operator": "In" } ] } },
    { "type": "header-profile-handler", "parameters": { "defaultProfile": "fast" } },
    { "type": "prometheus-extractor", "parameters": { "defaultEngine": "vlm" } },
    { "type": "group", "parameters": { "groups": { "g": { "members": ["a", "a"] } } } },
    { "type": "queue-scorer" } ],
  "schedulingProfiles": [
    { "name": "default", "plugins": [ { "pluginRef": "zone" }, { "pluginRef": "queue-scorer" } ] } ],
  "models": { "a": {} }
}
)json");
  const Ran ran = folder.run({"config", "check", "-c", "c.jsonc"});
  EXPECT_EQ(ran.code, 3);
  EXPECT_EQ(
      ran.err,
      R"(c.jsonc:4:31: error[C501]: plugin "zone" (label-selector-filter) could not be created: parameter /matchExpressions/0: operator In needs "values"
    4 |         "matchExpressions": [ { "key": "zone", "operator": "In" } ] } },
      |                               ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
c.jsonc:5:75: error[C501]: plugin "header-profile-handler" could not be created: parameter /defaultProfile: "fast" is no scheduling profile; there are: default
    5 |     { "type": "header-profile-handler", "parameters": { "defaultProfile": "fast" } },
      |                                                                           ^~~~~~
c.jsonc:6:72: error[C501]: plugin "prometheus-extractor" could not be created: parameter /defaultEngine: there is no engine "vlm"
    6 |     { "type": "prometheus-extractor", "parameters": { "defaultEngine": "vlm" } },
      |                                                                        ^~~~~
c.jsonc:7:70: error[C501]: plugin "group" could not be created: parameter /groups/g/members lists "a" twice
    7 |     { "type": "group", "parameters": { "groups": { "g": { "members": ["a", "a"] } } } },
      |                                                                      ^~~~~~~~~~
4 errors; the config cannot be used
)");
}

TEST(ConfigMigrate, TheResultMeansTheSame) {
  Folder folder;
  folder.write("epp.yaml", R"(apiVersion: inference.networking.x-k8s.io/v1alpha1
kind: EndpointPickerConfig
plugins:
  - type: queue-scorer
  - { name: kv, type: kv-cache-utilization-scorer }
  - { type: core-metrics-extractor, parameters: { customMetrics: [ { attributeKey: a, metricSpec: b } ] } }
  - { type: file-discovery, parameters: { path: pool.yaml, watchFile: true } }
  - { type: openai-parser }
schedulingProfiles:
  - name: default
    plugins: [ { pluginRef: queue-scorer, weight: 2 }, { pluginRef: kv } ]
flowControl: { maxRequests: 3 }
)");
  const Ran checked = folder.run({"config", "check", "-c", "epp.yaml"});
  EXPECT_EQ(checked.code, 0) << checked.err;
  EXPECT_THAT(checked.err, HasSubstr("2 warnings"));
  const Ran migrated = folder.run({"config", "migrate", "-c", "epp.yaml"});
  ASSERT_EQ(migrated.code, 0) << migrated.err;
  EXPECT_EQ(json::parse(migrated.out), json::parse(R"({"apiVersion":"shunt/v1","kind":"Config",
    "plugins":[{"type":"queue-scorer"},{"type":"kv-cache-utilization-scorer","name":"kv"},
      {"type":"prometheus-extractor","name":"core-metrics-extractor",
       "parameters":{"customMetrics":[{"attribute":"a","metric":"b"}]}}],
    "schedulingProfiles":[{"name":"default",
      "plugins":[{"pluginRef":"queue-scorer","weight":2},{"pluginRef":"kv"}]}],
    "discovery":{"files":[{"path":"pool.yaml","watch":true}]}})"));
  folder.write("own.jsonc", migrated.out);
  EXPECT_EQ(folder.run({"config", "print", "-c", "own.jsonc"}).out,
            folder.run({"config", "print", "-c", "epp.yaml"}).out);
  EXPECT_EQ(folder.run({"config", "migrate", "-c", "own.jsonc"}).out, migrated.out);
}

TEST(ConfigPrint, ReadsBackAsItself) {
  Folder folder;
  folder.write("c.jsonc", R"({"plugins":[{"type":"queue-scorer","name":"q"}],
    "schedulingProfiles":[{"name":"s","shadow":{"every":3},"plugins":[{"pluginRef":"q"}]},
                          {"name":"p","plugins":[{"pluginRef":"q","weight":2.5}]}]})");
  const Ran first = folder.run({"config", "print", "-c", "c.jsonc"});
  ASSERT_EQ(first.code, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("max-score-picker")) << "defaults are filled in";
  folder.write("d.jsonc", first.out);
  EXPECT_EQ(folder.run({"config", "print", "-c", "d.jsonc"}).out, first.out);
  const Ran origin = folder.run({"config", "print", "-c", "c.jsonc", "--origin"});
  EXPECT_THAT(origin.out, HasSubstr("// injected: "));
  folder.write("e.jsonc", origin.out);
  EXPECT_EQ(folder.run({"config", "print", "-c", "e.jsonc"}).out, first.out);
  const json::value marked =
      json::parse(folder.run({"config", "print", "-c", "c.jsonc", "--origin", "-o", "json"}).out);
  EXPECT_FALSE(marked.at("injected").as_array().empty());
}

TEST(ConfigPrint, WritesFractionsAsPeopleDo) {
  Folder folder;
  folder.write("c.jsonc", R"({"plugins":[{"type":"prefix-cache-scorer","name":"q"}],
    "schedulingProfiles":[{"name":"p","plugins":[{"pluginRef":"q","weight":0.5}]}]})");
  for (const char* form : {"text", "json", "jsonl"}) {
    const Ran ran = folder.run({"config", "print", "-c", "c.jsonc", "-o", form});
    EXPECT_THAT(ran.out, ::testing::ContainsRegex("\"weight\": ?0\\.5")) << form;
    EXPECT_THAT(ran.out, ::testing::Not(::testing::ContainsRegex("[0-9]E[-0-9]"))) << form;
  }
  // The schema of parameters goes through the manifest of the library.
  EXPECT_THAT(folder.run({"plugin", "inspect", "prometheus_extractor.so", "utilization_filter.so"}).out,
              ::testing::Not(::testing::ContainsRegex("[0-9]E[-0-9]")));
}

TEST(ConfigPrint, DefaultConfigNeedsNoFile) {
  Folder folder;
  const Ran ran = folder.run({"config", "print"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("queue-scorer"));
}

TEST(ConfigSchema, IsJson) {
  Folder folder;
  const json::value schema = json::parse(folder.run({"config", "schema"}).out);
  EXPECT_TRUE(schema.at("properties").as_object().contains("schedulingProfiles"));
}

TEST(SwapPlan, AnswersAsTheContractSays) {
  Folder folder;
  folder.write("c.jsonc", R"({ "models": { "a": { "aliases": ["first"] }, "b": {}, "c": {} },
    "plugins": [ { "type": "group", "name": "g", "parameters": { "groups": {
      "one": { "swap": true, "exclusive": true, "members": ["a", "b"] }, "two": { "members": ["c"] } } } } ],
    "routing": { "swapper": { "pluginRef": "g" } } })");
  const auto plan = [&](const std::string& target, const std::string& running) {
    return folder.run({"swap", "plan", "-c", "c.jsonc", "--target", target, "--running", running});
  };
  EXPECT_EQ(plan("a", "b").out,
            "{\"schema\":1,\"target\":\"a\",\"status\":\"evict\",\"evict\":[\"b\"],\"reason\":\"\"}\n")
      << plan("a", "b").err;
  EXPECT_EQ(json::parse(plan("first", "").out).at("target"), "a");
  EXPECT_EQ(json::parse(plan("a", "").out).at("status"), "none");
  const Ran unknown = plan("d", "bb");
  EXPECT_EQ(unknown.code, 3);
  EXPECT_THAT(unknown.err, HasSubstr("error[E313]: there is no model \"d\""));
  EXPECT_THAT(unknown.err, HasSubstr("there is no model \"bb\""));
}

}  // namespace
}  // namespace shunt::testing
