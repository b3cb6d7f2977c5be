// SPDX-License-Identifier: Apache-2.0
#include "duration.hpp"

#include <gtest/gtest.h>

namespace {

using duration::parse_nanoseconds;

TEST(Duration, NumbersWithUnits) {
  struct Case {
    const char* text;
    std::optional<std::int64_t> expected;
  };
  constexpr auto kNone = std::nullopt;
  const Case cases[] = {
      {"200ms", 200'000'000},
      {"1s", 1'000'000'000},
      {"1.5s", 1'500'000'000},
      {"1m30s", 90'000'000'000},
      {"2h", 7'200'000'000'000},
      {"7us", 7000},
      {"3ns", 3},
      {"0", 0},
      {"0s", 0},
      {".5s", 500'000'000},
      {"", kNone},
      {"5", kNone},
      {"ms", kNone},
      {"-1s", kNone},
      {"-0s", kNone},
      {"1 s", kNone},
      {"1s ", kNone},
      {"1d", kNone},
      {"1e3s", kNone},
      {"infs", kNone},
      {"nans", kNone},
      {"1s30", kNone},
      {"300000000h", kNone},
      {"0x1s", kNone},
  };
  for (const Case& one : cases) EXPECT_EQ(parse_nanoseconds(one.text), one.expected) << one.text;
}

}  // namespace
