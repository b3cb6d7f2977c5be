// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/fake_parameters.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

using shunt::testing::FakeParameters;
using shunt::testing::detail::Json;
using shunt::testing::detail::parse_json;

std::string error_of(std::string_view json) { return parse_json(json).error; }

TEST(FakeParameters, PointersReachEveryNode) {
  const FakeParameters parameters(R"({"a": [1, {"b/c": "x", "d~e": null}], "f": false, "g": -2.5e3})");
  const auto text = [&](std::string_view pointer) { return parameters.find(pointer)->text; };
  EXPECT_EQ(parameters.find("")->type, SHUNT_PARAMETER_OBJECT);
  EXPECT_EQ(parameters.find("/a")->members.size(), 2u);
  EXPECT_EQ(parameters.find("/a/0")->number, 1);
  EXPECT_EQ(text("/a/1/b~1c"), "x");
  EXPECT_EQ(parameters.find("/a/1/d~0e")->type, SHUNT_PARAMETER_NULL);
  EXPECT_EQ(parameters.find("/f")->type, SHUNT_PARAMETER_FLAG);
  EXPECT_EQ(parameters.find("/g")->number, -2500);
  for (const char* nowhere : {"/b", "/a/2", "/a/x", "/a/", "/f/0", "a", "/a/0/0", "/a/00000000000000001"}) {
    EXPECT_EQ(parameters.find(nowhere), nullptr) << nowhere;
  }
}

TEST(FakeParameters, TextIsJsonInTheOrderOfTheFile) {
  EXPECT_EQ(FakeParameters(R"( { "b" : [ 1 , 0.1, true, null ], "a" : "q\"\\\n" } )").text(),
            R"({"b":[1,0.1,true,null],"a":"q\"\\\u000a"})");
  EXPECT_EQ(FakeParameters("").text(), "{}");
}

TEST(FakeParameters, EscapesBecomeUtf8) {
  const auto parsed = parse_json(R"(["\u00e4\u20ac\ud83d\ude00\t\/\b\f\r"])");
  ASSERT_EQ(parsed.error, "");
  EXPECT_EQ(parsed.value.members[0].value.text, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\t/\b\f\r");
}

TEST(FakeParameters, DefaultsOfTheSchemaFillWhatIsAbsent) {
  FakeParameters parameters(R"({"given": 1, "list": [{}, {"x": 5}], "inner": {}})");
  parameters.add_defaults(R"({"type": "object", "properties": {
      "given": {"default": 9}, "absent": {"type": "string", "default": "d"}, "bare": {"type": "number"},
      "list": {"items": {"properties": {"x": {"default": 7}}}},
      "inner": {"properties": {"y": {"default": true}}},
      "whole": {"default": {}, "properties": {"z": {"default": 3}}}}})");
  EXPECT_EQ(parameters.text(),
            R"({"given":1,"list":[{"x":7},{"x":5}],"inner":{"y":true},"absent":"d","whole":{"z":3}})");
}

TEST(FakeParameters, BrokenJsonSaysWhatAndWhere) {
  EXPECT_EQ(error_of("{\"a\": 1,}"), "a key is missing at byte 8");
  EXPECT_EQ(error_of("{\"a\": 1, \"a\": 2}"), "key \"a\" appears twice at byte 12");
  EXPECT_EQ(error_of("{\"a\" 1}"), "':' is missing at byte 5");
  EXPECT_EQ(error_of("{\"a\": 1"), "'}' is missing at byte 7");
  EXPECT_EQ(error_of("[1, 2"), "']' is missing at byte 5");
  EXPECT_EQ(error_of("{} x"), "text after the end of the value at byte 3");
  EXPECT_EQ(error_of("[inf]"), "no value starts like this at byte 1");
  EXPECT_EQ(error_of("[1e999]"), "no number at byte 1");
  EXPECT_EQ(error_of("[-]"), "no number at byte 1");
  EXPECT_EQ(error_of("[tru]"), "unknown word at byte 1");
  EXPECT_EQ(error_of("\"abc"), "a string does not end at byte 4");
  EXPECT_EQ(error_of("\"a\\q\""), "unknown escape at byte 4");
  EXPECT_EQ(error_of("\"\\u12\""), "four hexadecimal digits are missing at byte 3");
  EXPECT_EQ(error_of("\"\\ud800x\""), "half of a surrogate pair at byte 7");
  EXPECT_EQ(error_of("\"a\nb\""), "control character in a string at byte 3");
  EXPECT_EQ(error_of(""), "a value is missing at byte 0");
  EXPECT_EQ(error_of(std::string(100, '[')), "nested too deeply at byte 65");
}

TEST(FakeParameters, MistakesOfTheTestThrow) {
  EXPECT_THROW(FakeParameters("[1]"), std::invalid_argument);
  EXPECT_THROW(FakeParameters("{"), std::invalid_argument);
  EXPECT_THROW(FakeParameters("{}").add_defaults("{"), std::invalid_argument);
}

}  // namespace
