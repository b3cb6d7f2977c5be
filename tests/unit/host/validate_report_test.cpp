// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <filesystem>
#include <fstream>
#include <set>

#include "validate/case_catalog.hpp"
#include "validate/clean_text.hpp"
#include "validate/report.hpp"
#include "validate/run_memory.hpp"
#include "validate/sample_parameters.hpp"

namespace shunt::validate {
namespace {

namespace json = boost::json;

using ::testing::ElementsAre;
using ::testing::HasSubstr;

CaseResult passed(const std::string& type, const std::string& name, std::uint32_t level) {
  CaseResult result;
  result.type = type;
  result.name = name;
  result.level = level;
  result.milliseconds = 12.4;
  return result;
}

Report sample_report() {
  Report report;
  report.file = "./my scorer.so";
  report.seed = 7;
  TypeReport library;
  library.cases = {passed("", "audit", 1), passed("", "load", 1)};
  TypeReport type;
  type.type = "my-scorer";
  type.version = "1.2.0";
  type.interfaces = {"shunt.scorer/1"};
  type.parameters = "{\"weight\":1}";
  CaseResult failed = passed("my-scorer", "permutation", 4);
  failed.status = CaseStatus::Failed;
  failed.findings.push_back({"row 1 & \"2\" <differ>", "Rows do not matter.", "shunt/abi/column.h", "a request"});
  failed.output = "noise\n";
  CaseResult skipped = passed("my-scorer", "allocations", 5);
  skipped.status = CaseStatus::Skipped;
  skipped.notes = {"nothing counts here"};
  type.cases = {passed("my-scorer", "create", 1), failed, skipped};
  report.types = {library, type};
  return report;
}

TEST(ValidateReport, Text) {
  EXPECT_EQ(text_report(sample_report()),
            "./my scorer.so\n"
            "\nlibrary\n"
            "  level 1 loads       ok      2 cases passed\n"
            "\nmy-scorer 1.2.0 (shunt.scorer/1)\n"
            "  parameters {\"weight\":1}\n"
            "  level 1 loads       ok      1 case passed\n"
            "  level 4 robust      FAILED  0 cases passed, 1 failed\n"
            "  level 5 production  ok      0 cases passed, 1 skipped\n"
            "  FAILED permutation (level 4)\n"
            "    seen:      row 1 & \"2\" <differ>\n"
            "    during:    a request\n"
            "    required:  Rows do not matter.\n"
            "    said by:   shunt/abi/column.h\n"
            "    printed:   noise\n"
            "    reproduce: shunt plugin validate './my scorer.so' --reproduce my-scorer/permutation/7\n"
            "  allocations: nothing counts here\n"
            "\n1 finding; level 3 (edges) is reached of 5; seed 7\n");
}

TEST(ValidateReport, Json) {
  const json::value all = json::parse(json_report({sample_report()}));
  EXPECT_EQ(all.at("schema"), 1);
  const json::value& library = all.at("libraries").at(0);
  EXPECT_EQ(library.at("seed"), 7);
  EXPECT_EQ(library.at("reached"), 3);
  EXPECT_EQ(library.at("loads"), true);
  const json::value& one = library.at("plugins").at(0).at("cases").at(1);
  EXPECT_EQ(one.at("status"), "failed");
  EXPECT_EQ(one.at("printed"), "noise\n");
  EXPECT_EQ(one.at("findings").at(0).at("required"), "Rows do not matter.");
  EXPECT_EQ(one.at("findings").at(0).at("reproduce"),
            "shunt plugin validate './my scorer.so' --reproduce my-scorer/permutation/7");
  EXPECT_EQ(library.at("plugins").at(0).at("parameters").at("weight"), 1);
}

TEST(ValidateReport, Junit) {
  EXPECT_EQ(
      junit_report({sample_report()}),
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites name=\"shunt plugin validate\" tests=\"5\" failures=\"1\" errors=\"0\" skipped=\"1\" "
      "time=\"0.062\">\n"
      "  <testsuite name=\"./my scorer.so\" tests=\"2\" failures=\"0\" errors=\"0\" skipped=\"0\" time=\"0.025\">\n"
      "    <testcase classname=\"./my scorer.so\" name=\"audit\" time=\"0.012\"/>\n"
      "    <testcase classname=\"./my scorer.so\" name=\"load\" time=\"0.012\"/>\n"
      "  </testsuite>\n"
      "  <testsuite name=\"my-scorer\" tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\" time=\"0.037\">\n"
      "    <testcase classname=\"my-scorer\" name=\"create\" time=\"0.012\"/>\n"
      "    <testcase classname=\"my-scorer\" name=\"permutation\" time=\"0.012\">\n"
      "      <failure message=\"row 1 &amp; &quot;2&quot; &lt;differ&gt;\">during: a request&#10;required: Rows do "
      "not matter.&#10;said by: shunt/abi/column.h&#10;reproduce: shunt plugin validate './my scorer.so' "
      "--reproduce my-scorer/permutation/7</failure>\n"
      "      <system-out>noise&#10;</system-out>\n"
      "    </testcase>\n"
      "    <testcase classname=\"my-scorer\" name=\"allocations\" time=\"0.012\">\n"
      "      <skipped message=\"nothing counts here\"/>\n"
      "    </testcase>\n"
      "  </testsuite>\n"
      "</testsuites>\n");
}

TEST(ValidateReport, WhatAPluginSaidIsCleaned) {
  EXPECT_EQ(clean_text("caf\xc3\xa9 \xf0\x9f\x98\x80\tend\n"), "caf\xc3\xa9 \xf0\x9f\x98\x80\tend\n");
  EXPECT_EQ(clean_text("caf\xe9"), "caf?");
  EXPECT_EQ(clean_text("\x1b[31mred\r\x7f"), "?[31mred??");
  EXPECT_EQ(clean_text("\xc2\x9b"), "?") << "a control character of two bytes";
  EXPECT_EQ(clean_text("\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80\xe2\x82"), "???????????")
      << "overlong, surrogate, beyond, cut off";
  EXPECT_EQ(clean_text(std::string_view("a\0b", 3)), "a?b");
}

TEST(ValidateReport, TheLevelIsTheHighestBelowWhichNothingFailed) {
  Report report = sample_report();
  report.types[1].cases[1].status = CaseStatus::Passed;
  EXPECT_EQ(reached_level(report), 5U);
  report.types[0].cases[1].status = CaseStatus::Failed;
  EXPECT_EQ(reached_level(report), 0U);
}

TEST(ValidateReport, ReproduceWordsComeBack) {
  const auto with_type = parse_reproduce_word("my-scorer/permutation/7");
  ASSERT_TRUE(with_type);
  EXPECT_EQ(with_type->type, "my-scorer");
  EXPECT_EQ(with_type->name, "permutation");
  EXPECT_EQ(with_type->seed, 7U);
  const auto of_library = parse_reproduce_word("load/1");
  ASSERT_TRUE(of_library);
  EXPECT_EQ(of_library->type, "");
  EXPECT_EQ(of_library->name, "load");
  for (const char* wrong : {"", "load", "load/", "load/x", "a/b/-1", "a/b/1x"}) {
    EXPECT_FALSE(parse_reproduce_word(wrong)) << wrong;
  }
}

TEST(ValidateCatalog, NamesAreUniqueAndLevelsRise) {
  std::set<std::string_view> names;
  std::uint32_t level = 1;
  for (const Case& one : case_catalog()) {
    EXPECT_TRUE(names.insert(one.name).second) << one.name;
    EXPECT_GE(one.level, level) << one.name;
    EXPECT_LE(one.level, levels().size());
    EXPECT_EQ(one.run == nullptr, one.scope == Scope::Audit) << one.name;
    EXPECT_FALSE(one.summary.empty());
    level = one.level;
  }
}

class Memory : public ::testing::Test {
 protected:
  Memory() {
    std::string name = (std::filesystem::temp_directory_path() / "shunt-memory-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~Memory() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_;
};

TEST_F(Memory, RemembersPerLibrary) {
  const RunMemory memory(folder_ / "deep" / "state.json");
  EXPECT_FALSE(memory.failed("a.so"));
  EXPECT_EQ(memory.remember("a.so", {"t/answers", "load"}), "");
  EXPECT_EQ(memory.remember("b.so", {}), "");
  EXPECT_EQ(memory.failed("a.so"), (FailedCases{"load", "t/answers"}));
  EXPECT_EQ(memory.failed("b.so"), FailedCases{});
}

TEST_F(Memory, WhatItCannotReadCountsAsNothing) {
  const std::filesystem::path file = folder_ / "state.json";
  std::ofstream(file) << "[not json";
  EXPECT_FALSE(RunMemory(file).failed("a.so"));
  EXPECT_EQ(RunMemory(file).remember("a.so", {"load"}), "");
  EXPECT_EQ(RunMemory(file).failed("a.so"), FailedCases{"load"});
  EXPECT_THAT(RunMemory(file / "below").remember("a.so", {}), HasSubstr("state.json"));
}

std::vector<std::string> samples(const char* schema) {
  std::vector<std::string> out;
  for (const json::value& one : sample_parameters(check_schema(schema).value(), "decode")) {
    out.push_back(json::serialize(one));
  }
  return out;
}

TEST(ValidateParameters, AreMadeFromTheSchema) {
  EXPECT_THAT(samples(R"({"type":"object","properties":{"a":{"type":"integer","default":3}}})"),
              ElementsAre(R"({"a":3})"));
  EXPECT_THAT(samples(R"({"type":"object","required":["n","w","l"],"properties":{
      "n":{"type":"number","exclusiveMinimum":2},"w":{"type":"string","enum":["x","y"]},
      "l":{"type":"array","minItems":2,"items":{"type":"string","minLength":8}}}})"),
              ElementsAre(R"({"n":3E0,"w":"x","l":["decodexx","decode1x"]})"));
  EXPECT_THAT(samples(R"({"type":"object","required":["label"],"properties":{"label":{"type":"string"},
      "values":{"type":"array","default":[],"items":{"type":"string"}},"any":{"type":"boolean"}}})"),
              ElementsAre(R"({"label":"decode","values":[]})", R"({"label":"decode","values":["decode"],"any":true})"));
}

std::vector<std::string> samples_of(const std::string& property) {
  return samples(("{\"type\":\"object\",\"required\":[\"p\"],\"properties\":{\"p\":" + property + "}}").c_str());
}

TEST(ValidateParameters, StayBetweenBounds) {
  const auto is_sampled_as = [](const std::string& property, const std::string& value) {
    EXPECT_THAT(samples_of(property), ElementsAre("{\"p\":" + value + "}")) << property;
  };
  is_sampled_as(R"({"type":"number","exclusiveMinimum":0,"exclusiveMaximum":1})", "5E-1");
  is_sampled_as(R"({"type":"number","exclusiveMinimum":0,"maximum":0.5})", "2.5E-1");
  is_sampled_as(R"({"type":"number","exclusiveMinimum":0,"minimum":0,"maximum":9})", "1E0");
  is_sampled_as(R"({"type":"number","exclusiveMaximum":1})", "0E0");
  is_sampled_as(R"({"type":"number","exclusiveMaximum":-2})", "-3E0");
  is_sampled_as(R"({"type":"integer","exclusiveMinimum":2,"exclusiveMaximum":4})", "3");
  is_sampled_as(R"({"type":"integer","minimum":2.5})", "3");
  is_sampled_as(R"({"type":"integer","exclusiveMaximum":1})", "0");
  is_sampled_as(R"({"type":"string","maxLength":3})", R"("dec")");
  is_sampled_as(R"({"type":"string","minLength":8,"maxLength":8})", R"("decodexx")");
  is_sampled_as(R"({"type":"string","maxLength":0})", R"("")");
  is_sampled_as(R"({"type":"array","minItems":2,"maxItems":2,"uniqueItems":true,
      "items":{"type":"string","minLength":4,"maxLength":4}})",
                R"(["deco","dec1"])");
  is_sampled_as(R"({"type":"array","minItems":2,"uniqueItems":true,"items":{"enum":["x","y"]}})", R"(["x","y"])");
  is_sampled_as(R"({"type":"array","minItems":2,"uniqueItems":true,"items":{"type":"integer","minimum":4}})", "[4,5]");
  is_sampled_as(R"({"type":"array","minItems":2,"items":{"const":"a"}})", R"(["a","a"])");
  is_sampled_as(R"({"type":"array","minItems":2,"uniqueItems":true,"items":{"type":"object","required":["name"],
      "properties":{"name":{"type":"string"}}}})",
                R"([{"name":"decode"},{"name":"decode1"}])");
}

TEST(ValidateParameters, EdgesLieWithinBounds) {
  const auto edges = [](const char* property) {
    const std::string text = std::string(R"({"type":"object","properties":{"p":)") + property + "}}";
    std::vector<std::string> out;
    for (const EdgeParameters& one : edge_parameters(check_schema(text).value(), json::object()))
      out.push_back(one.what);
    return out;
  };
  EXPECT_THAT(edges(R"({"type":"integer","exclusiveMinimum":2,"exclusiveMaximum":9})"),
              ElementsAre("/p = 3", "/p = 8"));
  EXPECT_THAT(edges(R"({"type":"number","minimum":-1,"exclusiveMaximum":1})"), ElementsAre("/p = -1", "/p = 0"));
  EXPECT_THAT(edges(R"({"type":"string","minLength":3,"maxLength":3})"),
              ElementsAre("/p = \"xxx\"", "/p = \"\xc3\xa9t\xc3\xa9\""));
}

}  // namespace
}  // namespace shunt::validate
