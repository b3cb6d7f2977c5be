// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>
#include <shunt/framework/plugin_error_codes.hpp>
#include <string>

#include "support.hpp"

namespace shunt {
namespace {

std::set<std::string> codes_in_sources() {
  std::set<std::string> codes;
  const std::regex pattern("\"(P[0-9]{3})\"");
  const std::filesystem::path sources = std::filesystem::path(SHUNT_SOURCE_DIRECTORY) / "framework/src/plugin";
  for (const auto& entry : std::filesystem::directory_iterator(sources)) {
    if (entry.path().extension() != ".cpp" || entry.path().filename() == "plugin_error_codes.cpp") continue;
    const std::string text = test::read_file(entry.path());
    for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end; ++match) {
      codes.insert((*match)[1].str());
    }
  }
  return codes;
}

TEST(PluginErrorCodes, TableHasExactlyTheCodesThatAreUsed) {
  std::set<std::string> listed;
  for (const PluginErrorCode& entry : plugin_error_codes()) listed.emplace(entry.code);
  EXPECT_EQ(listed, codes_in_sources());
}

TEST(PluginErrorCodes, AreSortedUniqueAndExplained) {
  const auto codes = plugin_error_codes();
  EXPECT_TRUE(std::is_sorted(codes.begin(), codes.end(),
                             [](const auto& left, const auto& right) { return left.code < right.code; }));
  for (const PluginErrorCode& entry : codes) {
    EXPECT_FALSE(entry.title.empty()) << entry.code;
    EXPECT_GT(entry.explanation.size(), 60U) << entry.code;
    EXPECT_EQ(entry.explanation.back(), '.') << entry.code;
    EXPECT_EQ(find_plugin_error_code(entry.code), &entry) << "listed twice: " << entry.code;
  }
  EXPECT_EQ(find_plugin_error_code("P999"), nullptr);
}

}  // namespace
}  // namespace shunt
