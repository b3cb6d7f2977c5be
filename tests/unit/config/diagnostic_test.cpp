// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <shunt/framework/diagnostic.hpp>

namespace shunt {
namespace {

Diagnostic at(std::uint32_t line, std::uint32_t column, std::string message = "wrong") {
  Diagnostic d;
  d.code = "C104";
  d.file = "a.jsonc";
  d.position = {line, column};
  d.length = 3;
  d.message = std::move(message);
  d.source_line = "abc def";
  return d;
}

std::string render(Diagnostic diagnostic, bool color = false) {
  Diagnostics list;
  list.add(std::move(diagnostic));
  return render_text(list, color);
}

TEST(Diagnostics, CountsAndSummarises) {
  Diagnostics list;
  EXPECT_EQ(list.summary(), "no problems");
  list.add(at(1, 1));
  EXPECT_EQ(list.summary(), "1 error");
  Diagnostic warning = at(1, 1);
  warning.severity = Severity::Warning;
  list.add(warning);
  list.add(at(2, 1));
  EXPECT_EQ(list.summary(), "2 errors, 1 warning");
  EXPECT_TRUE(list.has_errors());
  Diagnostics only_warning;
  only_warning.add(warning);
  EXPECT_EQ(only_warning.summary(), "1 warning");
  EXPECT_FALSE(only_warning.has_errors());
}

TEST(Diagnostics, SortsByPlaceAndKeepsTheOrderOfEquals) {
  Diagnostics list;
  list.add(at(2, 1, "c"));
  list.add(at(1, 9, "b"));
  list.add(at(1, 2, "first"));
  list.add(at(1, 2, "second"));
  list.sort();
  std::string order;
  for (const Diagnostic& d : list) order += d.message + " ";
  EXPECT_EQ(order, "first second b c ");
}

TEST(Diagnostics, KeepsABoundedNumberAndCountsTheRest) {
  Diagnostics one;
  Diagnostics other;
  for (std::size_t i = 0; i < Diagnostics::kKept; ++i) one.add(at(1, 1));
  for (int i = 0; i < 5; ++i) other.add(at(1, 1));
  one.merge(std::move(other));
  EXPECT_EQ(one.all().size(), Diagnostics::kKept);
  EXPECT_EQ(one.errors(), Diagnostics::kKept + 5);
  EXPECT_EQ(one.dropped(), 5U);
  EXPECT_NE(render_text(one, false).find("and 5 more problems"), std::string::npos);
}

TEST(RenderText, UnderlinesWithinTheLine) {
  EXPECT_EQ(render(at(7, 5)),
            "a.jsonc:7:5: error[C104]: wrong\n"
            "    7 | abc def\n"
            "      |     ^~~\n");
  Diagnostic d = at(7, 5);
  d.length = 100;
  EXPECT_EQ(render(d), render(at(7, 5))) << "what goes on in the next line is not drawn";
}

TEST(RenderText, PointsBehindTheEndOfTheLine) {
  Diagnostic d = at(1, 8);
  d.length = 1;
  EXPECT_EQ(render(d), "a.jsonc:1:8: error[C104]: wrong\n    1 | abc def\n      |        ^\n");
}

TEST(RenderText, ExpandsTabsAndCountsCells) {
  Diagnostic d = at(1, 8);
  d.source_line = "\t\"ä\", x";  // the x is byte 8
  d.length = 1;
  EXPECT_EQ(render(d), "a.jsonc:1:8: error[C104]: wrong\n    1 |         \"ä\", x\n      |              ^\n");
}

TEST(RenderText, HidesControlCharacters) {
  Diagnostic d = at(1, 1);
  d.source_line = "\x1b[31m";
  EXPECT_EQ(render(d).find('\x1b'), std::string::npos);
}

TEST(RenderText, FileLevelProblemHasNoSourceLine) {
  Diagnostic d = at(0, 0);
  d.suggestion = "did you mean this?";
  EXPECT_EQ(render(d), "a.jsonc: error[C104]: wrong\n  note: did you mean this?\n");
}

TEST(RenderText, ColourOnlyAddsEscapes) {
  Diagnostic d = at(3, 1);
  d.suggestion = "did you mean this?";
  d.notes = {"one", "two"};
  std::string coloured = render(d, true);
  EXPECT_NE(coloured, render(d));
  for (std::size_t from = coloured.find('\x1b'); from != std::string::npos; from = coloured.find('\x1b')) {
    coloured.erase(from, coloured.find('m', from) - from + 1);
  }
  EXPECT_EQ(coloured, render(d));
}

TEST(ToJson, HasEveryField) {
  Diagnostic d = at(3, 4);
  d.pointer = "/a";
  d.suggestion = "s";
  d.notes = {"n"};
  d.severity = Severity::Warning;
  Diagnostics list;
  list.add(d);
  boost::json::object expected;
  expected["file"] = "a.jsonc";
  expected["line"] = 3;
  expected["column"] = 4;
  expected["pointer"] = "/a";
  expected["code"] = "C104";
  expected["severity"] = "warning";
  expected["message"] = "wrong";
  expected["suggestion"] = "s";
  expected["notes"] = boost::json::array{"n"};
  const boost::json::array out = to_json(list);
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(boost::json::serialize(out[0]), boost::json::serialize(expected)) << "also in this order";
}

}  // namespace
}  // namespace shunt
