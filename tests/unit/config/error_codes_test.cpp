// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <shunt/framework/error_codes.hpp>
#include <string>

namespace shunt {
namespace {

std::set<std::string> codes_in_sources() {
  std::set<std::string> codes;
  const std::regex code("\"(C[0-9]{3})\"");
  for (const auto& entry : std::filesystem::directory_iterator(SHUNT_SOURCE_DIRECTORY "/framework/src/config")) {
    if (entry.path().filename() == "error_codes.cpp") continue;
    std::ifstream in(entry.path());
    const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    for (std::sregex_iterator it(text.begin(), text.end(), code), end; it != end; ++it) codes.insert((*it)[1]);
  }
  return codes;
}

TEST(ErrorCodes, TableHasExactlyTheCodesThatAreUsed) {
  std::set<std::string> table;
  for (const ErrorCodeInfo& info : config_error_codes()) table.emplace(info.code);
  EXPECT_EQ(table, codes_in_sources());
}

TEST(ErrorCodes, AreSortedUniqueAndExplained) {
  const auto codes = config_error_codes();
  EXPECT_TRUE(std::is_sorted(codes.begin(), codes.end(), [](const ErrorCodeInfo& left, const ErrorCodeInfo& right) {
    return left.code < right.code;
  }));
  for (const ErrorCodeInfo& info : codes) {
    EXPECT_EQ(find_config_error_code(info.code), &info) << info.code;
    EXPECT_FALSE(info.title.empty());
    const auto sentences = std::count(info.explanation.begin(), info.explanation.end(), '.');
    EXPECT_GE(sentences, 2) << info.code;
    EXPECT_EQ(info.explanation.back(), '.') << info.code;
  }
  EXPECT_EQ(find_config_error_code("C999"), nullptr);
}

}  // namespace
}  // namespace shunt
