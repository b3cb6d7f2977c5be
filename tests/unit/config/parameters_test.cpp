// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <limits>
#include <shunt/framework/parameters.hpp>

namespace shunt {
namespace {

namespace json = boost::json;

// Code and message of every problem; empty where there is none.
std::string problems_of(std::string_view schema_text, const json::value& value) {
  const Result<Schema> schema = check_schema(schema_text);
  if (!schema) return schema.error().code + " " + schema.error().message;
  Diagnostics diagnostics;
  const bool ok = schema->check(value, {nullptr, "", "plugin \"p\"", true}, diagnostics);
  EXPECT_EQ(ok, !diagnostics.has_errors());
  std::string out;
  for (const Diagnostic& d : diagnostics) {
    out += (out.empty() ? "" : "\n") + std::string(d.severity == Severity::Warning ? "warning " : "") + d.code + " " +
           d.message + (d.suggestion.empty() ? "" : ": " + d.suggestion);
  }
  return out;
}

std::string problems(std::string_view schema_text, std::string_view value) {
  return problems_of(schema_text, json::parse(value));
}

std::string refused(std::string_view schema_text) {
  const Result<Schema> schema = check_schema(schema_text);
  if (schema) return "";
  EXPECT_EQ(schema.error().kind, ErrorKind::Plugin);
  EXPECT_EQ(schema.error().code, "C308");
  return schema.error().message;
}

std::string completed(std::string_view schema_text, std::string_view value) {
  return json::serialize(check_schema(schema_text)->apply_defaults(json::parse(value)));
}

TEST(CheckSchema, AcceptsTheSubset) {
  EXPECT_EQ(refused("{}"), "");
  EXPECT_EQ(
      refused(
          R"({"type": ["object", "null"], "title": "t", "description": "d", "additionalProperties": {"type": "number"},
    "required": ["a"], "properties": {"a": {"type": "array", "items": {"enum": [1, "x"]}, "minItems": 1, "maxItems": 2,
    "uniqueItems": true}, "b": {"const": 3, "deprecated": true, "default": 3}, "c": {"minLength": 1, "maxLength": 3,
    "minimum": 0, "maximum": 1, "exclusiveMinimum": -1, "exclusiveMaximum": 2}}})"),
      "");
}

TEST(CheckSchema, NamesTheKeywordThatItDoesNotKnow) {
  EXPECT_EQ(refused(R"({"properties": {"a": {"pattern": "x"}}})"),
            "the schema at /properties/a uses the keyword \"pattern\", which is outside the supported subset");
  EXPECT_EQ(
      refused(R"({"minimun": 3})"),
      "the schema uses the keyword \"minimun\", which is outside the supported subset; did you mean \"minimum\"?");
}

TEST(CheckSchema, RefusesWhatMakesNoSense) {
  EXPECT_EQ(refused("{"), "the schema is not JSON: incomplete JSON");
  EXPECT_EQ(refused("3"), "the schema must be an object, found the number 3");
  EXPECT_EQ(
      refused(R"({"type": "float"})"),
      "the schema at /type must be one of object, array, string, number, integer, boolean, null, or a list of them");
  EXPECT_NE(refused(R"({"type": []})"), "");
  EXPECT_NE(refused(R"({"properties": []})"), "");
  EXPECT_NE(refused(R"({"items": [{}]})"), "");
  EXPECT_NE(refused(R"({"required": [1]})"), "");
  EXPECT_NE(refused(R"({"enum": []})"), "");
  EXPECT_NE(refused(R"({"minLength": -1})"), "");
  EXPECT_NE(refused(R"({"maxItems": 1.5})"), "");
  EXPECT_NE(refused(R"({"minimum": "0"})"), "");
  EXPECT_NE(refused(R"({"deprecated": 1})"), "");
  EXPECT_NE(refused(R"({"description": 1})"), "");
  EXPECT_EQ(refused(R"({"minimum": 2, "maximum": 1})"), "the schema has a \"minimum\" above its \"maximum\"");
  EXPECT_EQ(refused(R"({"properties": {"a": {"type": "integer", "default": 1.5}}})"),
            "the schema at /properties/a has a default that it refuses itself: the parameters of the default must be a "
            "whole number, found the number 1.5");
}

TEST(CheckSchema, RefusesDefaultsThatNobodyMayWrite) {
  EXPECT_EQ(refused(R"({"properties": {"a": {"enum": ["x", "y"], "default": "z"}}})"),
            "the schema at /properties/a has a default that it refuses itself: the parameters of the default cannot be "
            "\"z\"");
  EXPECT_EQ(
      refused(R"({"properties": {"a": {"const": 3, "default": 4}}})"),
      "the schema at /properties/a has a default that it refuses itself: the parameters of the default must be 3, "
      "found the number 4");
  EXPECT_EQ(
      refused(R"({"properties": {"a": {"uniqueItems": true, "default": [1, 2, 1.0]}}})"),
      "the schema at /properties/a has a default that it refuses itself: the parameters of the default contains 1 "
      "twice");
  EXPECT_NE(refused(R"({"items": {"properties": {"a": {"items": {"enum": [1]}, "default": [1, 2]}}}})"), "");
  EXPECT_NE(refused(R"({"additionalProperties": {"minLength": 2, "default": "a"}})"), "");
  EXPECT_NE(refused(R"({"default": {"a": [1, 1]}, "properties": {"a": {"uniqueItems": true}}})"), "");
}

TEST(CheckParameters, Types) {
  EXPECT_EQ(problems(R"({"type": "integer"})", "3.0"), "") << "a whole number, however written";
  EXPECT_NE(problems(R"({"type": "integer"})", "3.5"), "");
  EXPECT_EQ(problems(R"({"type": "number"})", "18446744073709551615"), "");
  EXPECT_EQ(problems(R"({"type": ["string", "null"]})", "null"), "");
  EXPECT_EQ(problems(R"({"type": ["string", "boolean"]})", "3"),
            "C302 the parameters of plugin \"p\" must be a string or true or false, found the number 3");
}

TEST(CheckParameters, ChoicesCompareByValue) {
  EXPECT_EQ(problems(R"({"enum": [1, {"a": [2]}]})", "1.0"), "");
  EXPECT_EQ(problems(R"({"enum": [1, {"a": [2], "b": 1}]})", R"({"b": 1, "a": [2.0]})"), "");
  EXPECT_EQ(problems(R"({"enum": ["first", "random"]})", R"("frist")"),
            "C304 the parameters of plugin \"p\" cannot be \"frist\": did you mean \"first\"?");
  EXPECT_EQ(problems(R"({"const": 2})", "3"), "C304 the parameters of plugin \"p\" must be 2, found the number 3");
}

TEST(CheckParameters, Bounds) {
  const char* schema = R"({"minimum": 0, "exclusiveMaximum": 1})";
  EXPECT_EQ(problems(schema, "0"), "");
  EXPECT_EQ(problems(schema, "-0.5"), "C305 the parameters of plugin \"p\" must be at least 0, found -0.5");
  EXPECT_EQ(problems(schema, "1"), "C305 the parameters of plugin \"p\" must be below 1, found 1");
  EXPECT_EQ(problems(R"({"exclusiveMinimum": 0})", "0"),
            "C305 the parameters of plugin \"p\" must be above 0, found 0");
  EXPECT_EQ(problems(R"({"maximum": 2})", "2.5"), "C305 the parameters of plugin \"p\" must be at most 2, found 2.5");
}

TEST(CheckParameters, Sizes) {
  EXPECT_EQ(problems(R"({"maxLength": 2})", R"("äö")"), "") << "characters, not bytes";
  EXPECT_EQ(problems(R"({"minLength": 2})", R"("ä")"),
            "C306 the parameters of plugin \"p\" must have at least 2 characters, found 1");
  EXPECT_EQ(problems(R"({"minItems": 1})", "[]"),
            "C306 the parameters of plugin \"p\" must have at least 1 element, found 0");
  EXPECT_EQ(problems(R"({"uniqueItems": true})", R"([1, "1", {"a": 1, "b": 2}, [1]])"), "");
  EXPECT_EQ(problems(R"({"uniqueItems": true})", R"([{"a": 1, "b": 2}, {"b": 2.0, "a": 1}])"),
            "C306 the parameters of plugin \"p\" contains an object twice");
}

TEST(CheckParameters, UnknownKeys) {
  EXPECT_EQ(problems(R"({"properties": {"a": {}}, "additionalProperties": false})", R"({"b": 1})"),
            "C301 unknown parameter \"b\" of plugin \"p\": did you mean \"a\"?");
  EXPECT_EQ(problems(R"({"properties": {"window": {}}})", R"({"b": 1})"),
            "warning C301 unknown parameter \"b\" of plugin \"p\"");
  EXPECT_EQ(problems(R"({"properties": {"a": {}}, "additionalProperties": true})", R"({"b": 1})"), "");
  EXPECT_EQ(problems(R"({"type": "object"})", R"({"b": 1})"), "") << "nothing is said about keys";
  EXPECT_EQ(problems(R"({"additionalProperties": {"type": "object", "properties": {"x": {"type": "string"}}}})",
                     R"({"g": {"x": 1}})"),
            "C302 parameter \"g.x\" of plugin \"p\" must be a string, found the number 1");
}

TEST(CheckParameters, AMisspeltKeyIsNotAlsoMissing) {
  const char* schema = R"({"required": ["url"], "properties": {"url": {}}, "additionalProperties": false})";
  EXPECT_EQ(problems(schema, R"({"ulr": 1})"), "C301 unknown parameter \"ulr\" of plugin \"p\": did you mean \"url\"?");
  EXPECT_EQ(problems(schema, "{}"), "C303 the parameters of plugin \"p\" lack \"url\"");
}

TEST(CheckParameters, NumbersMustBeFiniteEverywhere) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(problems_of("{}", json::value(nan)),
            "C401 the parameters of plugin \"p\" must be a finite number, found NaN");
  EXPECT_EQ(problems_of("{}", json::object{{"a", json::array{1, nan}}}),
            "C401 parameter \"a\" of plugin \"p\" must hold only finite numbers");
  EXPECT_EQ(problems_of(R"({"properties": {"a": {"type": "array"}}})", json::object{{"a", json::array{nan}}}),
            "C401 parameter \"a\" of plugin \"p\" must hold only finite numbers");
}

TEST(ApplyDefaults, FillsInAtAllDepths) {
  const char* schema = R"({"type": "object", "properties": {
    "a": {"type": "integer", "default": 3},
    "o": {"type": "object", "default": {}, "properties": {"x": {"default": "y"}}},
    "absent": {"type": "object", "properties": {"x": {"default": "y"}}},
    "l": {"type": "array", "items": {"type": "object", "properties": {"n": {"default": 1}}}}},
    "additionalProperties": {"type": "object", "properties": {"swap": {"default": true}}}})";
  EXPECT_EQ(completed(schema, "{}"), R"({"a":3,"o":{"x":"y"}})");
  EXPECT_EQ(completed(schema, R"({"l": [{}, {"n": 2}], "g": {}, "a": 4.0})"),
            R"({"l":[{"n":1},{"n":2}],"g":{"swap":true},"a":4,"o":{"x":"y"}})");
}

RC_GTEST_PROP(ApplyDefaults, IsIdempotentAndKeepsWhatIsWritten, ()) {
  static const Schema kSchema = *check_schema(R"({"type": "object", "properties": {
    "a": {"type": "integer", "default": 3}, 
    "b": {"type": "object", "default": {}, "properties": {"c": {"default": 1}}}}})");
  json::object written;
  for (const std::string& key :
       *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>("a", "x", "y"))) {
    written[key] = *rc::gen::arbitrary<int>();
  }
  const json::value once = kSchema.apply_defaults(written);
  RC_ASSERT(kSchema.apply_defaults(once) == once);
  for (const auto& member : written) RC_ASSERT(once.as_object().at(member.key()) == member.value());
}

}  // namespace
}  // namespace shunt
