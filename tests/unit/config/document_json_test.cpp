// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <boost/json/value.hpp>
#include <cmath>
#include <utility>
#include <vector>

#include "config_test_support.hpp"

namespace shunt::config_test {
namespace {

std::optional<Document> parse(std::string text, Diagnostics& diagnostics) {
  return Document::parse("a.json", std::move(text), DocumentFormat::Json, diagnostics);
}

// Code and message of the only diagnostic.
std::string complaint(std::string text) {
  Diagnostics diagnostics;
  EXPECT_FALSE(parse(std::move(text), diagnostics));
  EXPECT_EQ(diagnostics.errors(), 1U);
  const Diagnostic& d = diagnostics.all().at(0);
  return d.code + " " + std::to_string(d.position.line) + ":" + std::to_string(d.position.column) + " " + d.message;
}

TEST(DocumentJson, KnowsWhereEverythingIs) {
  Diagnostics diagnostics;
  const auto document = parse("{ // one\n  \"a\": [ 1, {\"b/c\": null} ],\n}", diagnostics);
  ASSERT_TRUE(document) << render_text(diagnostics, false);
  EXPECT_EQ(document->key_position("/a"), (SourcePosition{2, 3}));
  EXPECT_EQ(document->key_length("/a"), 3U);
  EXPECT_EQ(document->value_position("/a/0"), (SourcePosition{2, 10}));
  EXPECT_EQ(document->value_position("/a/1/b~1c"), (SourcePosition{2, 21}));
  EXPECT_EQ(document->value_length("/a/1/b~1c"), 4U);
  EXPECT_EQ(document->key_position("/a/0"), SourcePosition{}) << "elements have no key";
  EXPECT_EQ(document->value_position("/nothing"), SourcePosition{});
  EXPECT_EQ(document->value_position("a"), SourcePosition{}) << "not a pointer";
  EXPECT_EQ(document->source_line(2), "  \"a\": [ 1, {\"b/c\": null} ],");
  EXPECT_EQ(document->source_line(0), "");
  EXPECT_EQ(document->source_line(9), "");
  EXPECT_TRUE(document->find("/a/1/b~1c")->is_null());
  EXPECT_EQ(document->find("/a/2"), nullptr);
}

TEST(DocumentJson, DiagnosesAtTheClosestParentOfWhatIsNotThere) {
  Diagnostics diagnostics;
  const auto document = parse("{\"a\": {\"b\": 1}}", diagnostics);
  EXPECT_EQ(document->diagnose("/a/x/y", At::Value, "C105", "m").position, (SourcePosition{1, 2}));
  EXPECT_EQ(document->diagnose("/a/b", At::File, "C105", "m").position, SourcePosition{});
  EXPECT_EQ(document->diagnose("/a/b", At::Key, "C105", "m").pointer, "/a/b");
}

TEST(DocumentJson, IgnoresByteOrderMarkAndCarriageReturns) {
  Diagnostics diagnostics;
  const auto document = parse("\xEF\xBB\xBF{\r\n  \"a\": 1\r\n}", diagnostics);
  ASSERT_TRUE(document);
  EXPECT_EQ(document->value_position("/a"), (SourcePosition{2, 8}));
  EXPECT_EQ(document->source_line(2), "  \"a\": 1");
}

TEST(DocumentJson, EmptyTextIsNull) {
  for (const char* text : {"", " \n", "// nothing", "/* nothing */ \n"}) {
    Diagnostics diagnostics;
    const auto document = parse(text, diagnostics);
    ASSERT_TRUE(document) << text;
    EXPECT_TRUE(document->root().is_null());
    EXPECT_EQ(document->diagnose("", At::Value, "C105", "m").position, (SourcePosition{1, 1}));
  }
}

TEST(DocumentJson, LastDuplicateWinsAndAllAreReported) {
  Diagnostics diagnostics;
  const auto document = parse(R"({"a": 1, "b": 2, "\u0061": {"c": 3}, "b": 4})", diagnostics);
  ASSERT_TRUE(document);
  EXPECT_EQ(diagnostics.errors(), 2U);
  EXPECT_EQ(document->value_position("/a/c").column, 34U);
  EXPECT_EQ(document->find("/b")->as_int64(), 4);
  EXPECT_EQ(document->value_position("/b").column, 43U);
}

TEST(DocumentJson, NumbersAreRoundedExactly) {
  Diagnostics diagnostics;
  const auto document =
      parse("[0.1, 2.2250738585072011e-308, 1.7976931348623157e308, 1e999, 9007199254740993.0]", diagnostics);
  ASSERT_TRUE(document);
  const boost::json::array& list = document->root().as_array();
  EXPECT_EQ(list[0].as_double(), 0.1);
  EXPECT_EQ(list[1].as_double(), 2.2250738585072011e-308);
  EXPECT_EQ(list[2].as_double(), 1.7976931348623157e308);
  EXPECT_TRUE(std::isinf(list[3].as_double()));
  EXPECT_EQ(list[4].as_double(), 9007199254740992.0);
}

TEST(DocumentJson, SaysInWordsWhatIsWrong) {
  EXPECT_EQ(complaint("{\"a\" 1}"), "C101 1:6 expected \":\" after the key \"a\", found \"1\"");
  EXPECT_EQ(complaint("{a: 1}"), "C101 1:2 expected a key in double quotes, found \"a\"");
  EXPECT_EQ(complaint("{'a': 1}"), "C101 1:2 a key stands in double quotes, not in single ones");
  EXPECT_EQ(complaint("[1,,2]"), "C101 1:4 expected a value, found \",\"");
  EXPECT_EQ(complaint("[1 2]"), "C101 1:4 expected \",\" or \"]\" after this element, found \"2\"");
  EXPECT_EQ(complaint("[1\n2]"), "C101 1:3 expected \",\" or \"]\" here, found \"2\" on a later line");
  EXPECT_EQ(complaint("{} x"), "C101 1:4 expected the end of the file, found \"x\"");
  EXPECT_EQ(complaint("[1"), "C101 1:3 the file ends inside a list; expected \"]\"");
  EXPECT_EQ(complaint("/* x"), "C101 1:1 this comment is never closed; expected \"*/\"");
  EXPECT_EQ(complaint("{ # x\n}"), "C101 1:3 a comment in JSON begins with // or /*, not with #");
  EXPECT_EQ(complaint("[\"a\nb\"]"),
            "C101 1:2 this string is not closed; expected a double quote before the end of the line");
  EXPECT_EQ(complaint("[\"a\tb\"]"), "C101 1:4 a string cannot contain a tab");
  EXPECT_EQ(complaint("[\"\\x\"]"),
            "C101 1:3 unknown escape in a string; known are \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\u");
  EXPECT_EQ(complaint("[\"\\ud800\"]"),
            "C101 1:3 half of a surrogate pair is not a character; a pair is written \\ud83d\\ude00");
  EXPECT_EQ(complaint("[01]"), "C101 1:2 \"01\" is not a number in JSON: it cannot begin with 0");
  EXPECT_EQ(complaint("[1.]"), "C101 1:2 \"1.\" is not a number in JSON");
  EXPECT_EQ(complaint("[-]"), "C101 1:2 \"-\" is not a number in JSON");
  EXPECT_EQ(complaint("[1e5x]"), "C101 1:2 \"1e5x\" is not a number in JSON");
  EXPECT_EQ(complaint("[NaN]"), "C101 1:2 \"NaN\" is not a number in JSON: it has only finite ones");
  EXPECT_EQ(complaint("[-Infinity]"), "C101 1:2 \"-Infinity\" is not a number in JSON: it has no infinity");
  EXPECT_EQ(complaint("[None]"), "C101 1:2 expected a value, found \"None\"");
  EXPECT_EQ(complaint("[\"\xff\"]"), "C102 1:3 this byte is not valid UTF-8");
}

TEST(DocumentJson, BoundsSizeAndDepth) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  Diagnostics diagnostics;
  EXPECT_TRUE(parse(nested(Document::kMaxDepth), diagnostics));
  EXPECT_EQ(complaint(nested(Document::kMaxDepth + 1)).substr(0, 4), "C107");
  EXPECT_EQ(complaint(nested(1'000'000)).substr(0, 4), "C107");
  EXPECT_EQ(complaint(std::string(Document::kMaxBytes + 1, ' ')).substr(0, 4), "C108");
  EXPECT_EQ(complaint("[1e" + std::string(400, '9') + "]").substr(0, 4), "C101");
}

TEST(DocumentJson, ShowsOnlyAPartOfAVeryLongLine) {
  Diagnostics diagnostics;
  const std::string padding(100'000, ' ');
  const auto document = parse("{" + padding + "\"key\": 1," + padding + "\"b\": 2}", diagnostics);
  const Diagnostic d = document->diagnose("/key", At::Key, "C104", "m");
  EXPECT_LT(d.source_line.size(), 200U);
  EXPECT_EQ(d.source_line.substr(d.position.column - d.source_column, 5), "\"key\"");
}

TEST(DocumentFormatDetection, LooksAtNameThenAtText) {
  const auto format = [](const char* file, const char* text) {
    Diagnostics diagnostics;
    const auto document = Document::parse(file, text, DocumentFormat::Detect, diagnostics);
    return document ? document->format() : DocumentFormat::Detect;
  };
  EXPECT_EQ(format("a.yaml", "{}"), DocumentFormat::Yaml);
  EXPECT_EQ(format("a.yml", "{}"), DocumentFormat::Yaml);
  EXPECT_EQ(format("a.jsonc", ""), DocumentFormat::Json);
  EXPECT_EQ(format("config", " // x\n /* y */ {}"), DocumentFormat::Json);
  EXPECT_EQ(format("config", "# x\n{}"), DocumentFormat::Yaml);
  EXPECT_EQ(format("config", "a: 1"), DocumentFormat::Yaml);
}

}  // namespace
}  // namespace shunt::config_test
