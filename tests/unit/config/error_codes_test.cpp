// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <shunt/framework/error_codes.hpp>
#include <string>

namespace shunt {
namespace {

// Every string literal of the form "C104".
void collect(const std::string& text, std::set<std::string>& codes) {
  const auto digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '9'; };
  for (std::size_t at = text.find("\"C"); at != std::string::npos; at = text.find("\"C", at + 1)) {
    if (at + 5 < text.size() && digit(at + 2) && digit(at + 3) && digit(at + 4) && text[at + 5] == '"') {
      codes.insert(text.substr(at + 1, 4));
    }
  }
}

std::set<std::string> codes_in_sources() {
  std::set<std::string> codes;
  for (const auto& entry : std::filesystem::directory_iterator(SHUNT_SOURCE_DIRECTORY "/framework/src/config")) {
    if (entry.path().filename() == "error_codes.cpp") continue;
    std::ifstream in(entry.path());
    collect({std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()}, codes);
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
