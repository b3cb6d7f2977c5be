// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <boost/json/value.hpp>
#include <cmath>
#include <utility>

#include "config_test_support.hpp"

namespace shunt::config_test {
namespace {

std::optional<Document> parse(std::string text, Diagnostics& diagnostics) {
  return Document::parse("a.yaml", std::move(text), DocumentFormat::Yaml, diagnostics);
}

std::string tree(std::string text) {
  Diagnostics diagnostics;
  const auto document = parse(std::move(text), diagnostics);
  return document ? json_text(document->root()) : render_text(diagnostics, false);
}

std::string code(std::string text) {
  Diagnostics diagnostics;
  const bool parsed = parse(std::move(text), diagnostics).has_value();
  return diagnostics.empty() ? "" : diagnostics.all().at(0).code + (parsed ? " with tree" : "");
}

TEST(DocumentYaml, TypesScalarsByTheCoreSchema) {
  EXPECT_EQ(tree("[1, -2, +3, 0x1F, 0o17, 18446744073709551615]"), "[1,-2,3,31,15,18446744073709551615]");
  EXPECT_EQ(tree("[true, False, TRUE, null, ~, NULL]"), "[true,false,true,null,null,null]");
  EXPECT_EQ(tree("[yes, no, on, off, y, 0123, -007, 1_000, 0b1, 12:30, 1.2.3, +-1, 0x, .]"),
            R"(["yes","no","on","off","y","0123","-007","1_000","0b1","12:30","1.2.3","+-1","0x","."])");
  EXPECT_EQ(tree(R"(["1", '2', "true", "null"])"), R"(["1","2","true","null"])");
  EXPECT_EQ(tree("[1.5, -.5, 1e3, 3.]"), "[1.5E0,-5E-1,1E3,3E0]");
  EXPECT_EQ(tree("[inf, nan, Infinity, -]"), R"(["inf","nan","Infinity","-"])");
  EXPECT_EQ(tree("[!!str 1, !!int '2', !!float 3, !!bool 'true', ! 4, !!null '']"), R"(["1",2,3E0,true,"4",null])");
  EXPECT_EQ(tree("a: |\n  x\n  y\nb: >\n  x\n  y\n"), R"({"a":"x\ny\n","b":"x y\n"})");
}

TEST(DocumentYaml, KeepsNumbersThatAreNotFinite) {
  Diagnostics diagnostics;
  const auto document = parse("[.nan, .inf, -.inf, 1e999, 1e-999]", diagnostics);
  const boost::json::array& list = document->root().as_array();
  EXPECT_TRUE(std::isnan(list[0].as_double()));
  EXPECT_EQ(list[1].as_double(), INFINITY);
  EXPECT_EQ(list[2].as_double(), -INFINITY);
  EXPECT_EQ(list[3].as_double(), INFINITY);
  EXPECT_EQ(list[4].as_double(), 0);
}

TEST(DocumentYaml, ConvertsKeysToStrings) {
  EXPECT_EQ(tree("{1: a, true: b, ~: c, 'd': e}"), R"({"1":"a","true":"b","null":"c","d":"e"})");
}

TEST(DocumentYaml, KnowsWhereEverythingIs) {
  Diagnostics diagnostics;
  const auto document = parse(
      "# comment\r\n"
      "plugins:\r\n"
      "  - type: queue\r\n"
      "    'name': \"a \\\" b\"\r\n"
      "  - &x !!map {k: [1, two]}\r\n"
      "empty:\r\n"
      "last: *x\r\n",
      diagnostics);
  ASSERT_TRUE(document) << render_text(diagnostics, false);
  EXPECT_EQ(document->key_position("/plugins"), (SourcePosition{2, 1}));
  EXPECT_EQ(document->key_length("/plugins"), 7U);
  EXPECT_EQ(document->value_position("/plugins/0"), (SourcePosition{3, 5}));
  EXPECT_EQ(document->value_position("/plugins/0/type"), (SourcePosition{3, 11}));
  EXPECT_EQ(document->value_length("/plugins/0/type"), 5U);
  EXPECT_EQ(document->key_length("/plugins/0/name"), 6U);
  EXPECT_EQ(document->value_length("/plugins/0/name"), 8U);
  EXPECT_EQ(document->value_position("/plugins/1"), (SourcePosition{5, 14}));
  EXPECT_EQ(document->value_position("/plugins/1/k/1"), (SourcePosition{5, 22}));
  EXPECT_EQ(document->value_position("/empty"), (SourcePosition{6, 1})) << "what is not written is its key";
  EXPECT_EQ(document->value_position("/last"), (SourcePosition{7, 7}));
  EXPECT_EQ(document->value_length("/last"), 2U);
  EXPECT_EQ(document->value_position("/last/k/1"), (SourcePosition{5, 22})) << "where the alias leads";
  EXPECT_EQ(document->source_line(3), "  - type: queue");
}

TEST(DocumentYaml, MergesMaps) {
  EXPECT_EQ(tree("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}"), R"({"a":{"x":1,"y":2},"b":{"y":3,"x":1}})");
  EXPECT_EQ(tree("a: &a {x: 1}\nb: &b {x: 2, z: 3}\nc: {<<: [*a, *b], y: 0}"),
            R"({"a":{"x":1},"b":{"x":2,"z":3},"c":{"y":0,"x":1,"z":3}})");
  EXPECT_EQ(tree("{'<<': 1}"), R"({"<<":1})") << "quoted, it is a key like any other";
  EXPECT_EQ(code("{<<: 1}"), "C109 with tree");
}

TEST(DocumentYaml, ReportsAllDuplicates) {
  Diagnostics diagnostics;
  const auto document = parse("a: 1\nb: {c: 1, c: 2}\na: 3\n", diagnostics);
  ASSERT_TRUE(document);
  EXPECT_EQ(diagnostics.errors(), 2U);
  EXPECT_EQ(json_text(document->root()), R"({"a":3,"b":{"c":2}})");
  EXPECT_EQ(document->value_position("/a"), (SourcePosition{3, 4}));
}

TEST(DocumentYaml, EmptyTextIsNull) {
  for (const char* text : {"", "\n", "# nothing\n", "---\n", "---\n...\n"}) EXPECT_EQ(tree(text), "null") << text;
}

TEST(DocumentYaml, RefusesWhatAConfigCannotMean) {
  EXPECT_EQ(code("a: 1\n---\nb: 2\n"), "C109");
  EXPECT_EQ(code("? [a, b]\n: 1\n"), "C109");
  EXPECT_EQ(code("a: !custom {b: 1}"), "C109");
  EXPECT_EQ(code("a: !!int x"), "C109");
  EXPECT_EQ(code("a: &a [*a]"), "C109");
  EXPECT_EQ(code("a: *b"), "C101");
  EXPECT_EQ(code("a: \"b"), "C101");
  EXPECT_EQ(code("a: [b"), "C101");
  EXPECT_EQ(code("a: \x01"), "C102");
  EXPECT_EQ(code("a: 1\rb: 2"), "C102");
  EXPECT_EQ(code(std::string("a: \0", 4)), "C102");
}

TEST(DocumentYaml, BoundsDepthAndExpansion) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(code(nested(Document::kMaxDepth)), "");
  EXPECT_EQ(code(nested(Document::kMaxDepth + 1)), "C107");
  EXPECT_NE(code(std::string(1'000'000, '[')), "");

  std::string laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string name = "a" + std::to_string(i);
    laughs += name + ": &" + name + " [";
    for (int j = 0; j < 9; ++j) laughs += "*a" + std::to_string(i - 1) + (j < 8 ? ", " : "]\n");
  }
  EXPECT_EQ(code(laughs), "C108");

  std::string deep = "a0: &a0 []\n";
  for (int i = 1; i < 70; ++i) {
    deep += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
  }
  EXPECT_EQ(code(deep), "C107");
}

}  // namespace
}  // namespace shunt::config_test
