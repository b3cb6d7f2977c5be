// SPDX-License-Identifier: Apache-2.0
#include "cookie.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace {

using session_id::cookie;

TEST(Cookie, IsFoundByItsName) {
  struct Case {
    const char* header;
    const char* value;
  };
  for (const Case& one : std::vector<Case>{
           {"sid=42", "42"},
           {"a=1; sid=42; b=2", "42"},
           {"a=1;sid=42;b=2", "42"},
           {" \t a = 1 ;  sid = 42 ", "42"},
           {"sid=\"4 2\"", "4 2"},
           {"sid=\"", "\""},
           {"sid=\"\"", ""},
           {"sid=4=2", "4=2"},
           {"sid=1; sid=2", "1"},
           {"xsid=1; sidx=2; SID=3", ""},
           {"sid", ""},
           {"sid;a=1", ""},
           {"=42", ""},
           {"sid=", ""},
           {";;;", ""},
           {"", ""},
       }) {
    EXPECT_EQ(cookie(one.header, "sid"), one.value) << one.header;
  }
}

TEST(Cookie, NoHeaderLeadsAstray) {
  std::mt19937_64 draw(3);
  for (int i = 0; i < 100'000; ++i) {
    std::string header;
    for (std::uint64_t n = draw() % 20; n > 0; --n) header += "sid=;\" \t\x80"[draw() % 9];
    const std::string_view value = cookie(header, "sid");
    if (value.empty()) continue;
    ASSERT_GE(value.data(), header.data());
    ASSERT_LE(value.data() + value.size(), header.data() + header.size());
    ASSERT_EQ(value.find(';'), std::string_view::npos);
  }
}

}  // namespace
