// SPDX-License-Identifier: Apache-2.0
#include "core/bundle_files.hpp"

#include <gtest/gtest.h>

namespace shunt::host {
namespace {

TEST(BundleFileName, KeepsPlainIds) {
  EXPECT_EQ(bundle_file_name("r1"), "r1.json");
  EXPECT_EQ(bundle_file_name("a-b_c.7"), "a-b_c.7.json");
}

TEST(BundleFileName, NeverLeavesTheFolder) {
  for (const char* id : {"../../etc/passwd", "/etc/passwd", "..", ".", ""}) {
    const std::string name = bundle_file_name(id);
    EXPECT_EQ(name.find('/'), std::string::npos) << id;
    EXPECT_NE(name.front(), '.') << id;
  }
}

TEST(BundleFileName, ReplacedCharactersDoNotMakeNamesEqual) {
  EXPECT_NE(bundle_file_name("a/b"), bundle_file_name("a:b"));
  EXPECT_NE(bundle_file_name("a/b"), bundle_file_name("a_b"));
}

TEST(BundleFileName, LongIdsStayApart) {
  const std::string long_id(400, 'x');
  EXPECT_LT(bundle_file_name(long_id).size(), 200U);
  EXPECT_NE(bundle_file_name(long_id), bundle_file_name(long_id + "y"));
}

}  // namespace
}  // namespace shunt::host
