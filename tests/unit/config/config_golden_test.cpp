// SPDX-License-Identifier: Apache-2.0
// Whole messages, as users see them. SHUNT_UPDATE_GOLDEN=1 rewrites the expectations; read what changed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "config_test_support.hpp"

namespace shunt::config_test {
namespace {

namespace fs = std::filesystem;

std::string slurp(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void expect_golden(const fs::path& path, const std::string& actual) {
  if (const char* update = std::getenv("SHUNT_UPDATE_GOLDEN"); update != nullptr && *update == '1') {
    std::ofstream(path, std::ios::binary) << actual;
    return;
  }
  ASSERT_TRUE(fs::exists(path)) << path << " is missing; the output is\n" << actual;
  EXPECT_EQ(slurp(path), actual);
}

std::vector<std::string> golden_inputs() {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(SHUNT_GOLDEN_DIRECTORY)) {
    const std::string ending = entry.path().extension();
    if (ending != ".expected") names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string test_name(const testing::TestParamInfo<std::string>& input) {
  std::string name = input.param;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '.' || c == '-'; }, '_');
  return name;
}

class ConfigGolden : public testing::TestWithParam<std::string> {};

TEST_P(ConfigGolden, TextIsAsExpected) {
  const fs::path input = fs::path(SHUNT_GOLDEN_DIRECTORY) / GetParam();
  const Loaded loaded = load(slurp(input), GetParam());
  expect_golden(input.string() + ".expected", loaded.text() + loaded.diagnostics.summary() + "\n");
}

INSTANTIATE_TEST_SUITE_P(Files, ConfigGolden, testing::ValuesIn(golden_inputs()), test_name);

TEST(ConfigGoldenJson, MachineReadableFormIsAsExpected) {
  const fs::path input = fs::path(SHUNT_GOLDEN_DIRECTORY) / "several_mistakes.jsonc";
  const Loaded loaded = load(slurp(input), "several_mistakes.jsonc");
  std::string lines;
  for (const boost::json::value& one : to_json(loaded.diagnostics)) lines += json_text(one) + "\n";
  expect_golden(input.string() + ".jsonl.expected", lines);
}

}  // namespace
}  // namespace shunt::config_test
