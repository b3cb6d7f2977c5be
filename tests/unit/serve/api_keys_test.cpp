// SPDX-License-Identifier: Apache-2.0
#include "serve/front/api_keys.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace shunt::host::front {
namespace {

TEST(ApiKeysTest, OneKeyALine) {
  const ApiKeys keys = ApiKeys::parse("# comment\nalpha\n\n  beta \r\ngamma");
  for (const char* key : {"alpha", "beta", "gamma"}) EXPECT_TRUE(keys.knows(key)) << key;
  for (const char* key : {"", "alph", "alphaa", "# comment", "Alpha"}) EXPECT_FALSE(keys.knows(key)) << key;
  EXPECT_TRUE(keys.required());
  EXPECT_FALSE(ApiKeys().required());
}

TEST(ApiKeysTest, AFileWithoutKeysLetsNobodyInByMistake) {
  const auto file = std::filesystem::path(::testing::TempDir()) / "no-keys";
  std::ofstream(file) << "# none yet\n";
  const auto read = ApiKeys::read(file);
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().message, "there is no API key in " + file.string());
  EXPECT_FALSE(ApiKeys::read(file / "nowhere").has_value());
  EXPECT_FALSE(read_key(file / "nowhere").has_value());
}

TEST(ApiKeysTest, AKeyThatIsSentHasToFitAHeader) {
  const auto file = std::filesystem::path(::testing::TempDir()) / "key";
  std::ofstream(file) << "sk-1 \nmore\n";
  EXPECT_EQ(read_key(file).value(), "sk-1");
  std::ofstream(file) << "two words\n";
  EXPECT_FALSE(read_key(file).has_value());
}

TEST(ApiKeysTest, BearerSchemeInEitherCase) {
  EXPECT_EQ(bearer_key("Bearer abc"), "abc");
  EXPECT_EQ(bearer_key("bearer  abc "), "abc");
  EXPECT_EQ(bearer_key("Basic abc"), "");
  EXPECT_EQ(bearer_key("Bearer"), "");
}

}  // namespace
}  // namespace shunt::host::front
