// SPDX-License-Identifier: Apache-2.0
#include "length_range.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace {

using namespace context_length;
using Kind = LengthRange::Kind;

TEST(LengthRange, IsTwoNumbersWithADash) {
  struct Case {
    const char* text;
    Kind kind;
    double low = 0;
    double high = 0;
  };
  const Case cases[] = {
      {"0-2048", Kind::Known, 0, 2048},
      {"2048-8192", Kind::Known, 2048, 8192},
      {" 1 - 2 ", Kind::Known, 1, 2},
      {"7-7", Kind::Known, 7, 7},
      {"", Kind::Bad},
      {"-", Kind::Bad},
      {"5", Kind::Bad},
      {"5-", Kind::Bad},
      {"-5", Kind::Bad},
      {"8-4", Kind::Bad},
      {"1-2-3", Kind::Bad},
      {"a-b", Kind::Bad},
      {"1.5-2", Kind::Bad},
      {"0-2048,4096-8192", Kind::Bad},
      {"1-99999999999999999999", Kind::Bad},
  };
  for (const Case& one : cases) {
    const LengthRange range = parse_range(one.text);
    EXPECT_EQ(range.kind, one.kind) << one.text;
    if (one.kind != Kind::Known) continue;
    EXPECT_EQ(range.low, one.low) << one.text;
    EXPECT_EQ(range.high, one.high) << one.text;
  }
}

TEST(LengthRange, ScoresAsTheFormulaSays) {
  struct Case {
    const char* what;
    LengthRange range;
    double length;
    double expected;
  };
  const Case cases[] = {
      {"no label", {}, 100, 0.5},
      {"a bad label", {Kind::Bad}, 100, 0},
      {"no width", {Kind::Known, 5, 5}, 5, 1},
      {"narrow and short", {Kind::Known, 0, 10000}, 0, 0.3 + 0.7 * (0.7 * 0.5 + 0.3)},
      {"the upper end belongs to it", {Kind::Known, 0, 10000}, 10000, 0.3 + 0.7 * (0.7 * 0.5)},
      {"the lower end too", {Kind::Known, 10000, 20000}, 10000, 0.3 + 0.7 * (0.7 * 0.5 + 0.3)},
      {"in the middle of a wide one", {Kind::Known, 0, 90000}, 45000, 0.3 + 0.7 * (0.7 * 0.1 + 0.3 * 0.5)},
      {"one token above", {Kind::Known, 0, 1000}, 1001, 0.3 / 1.001},
      {"a thousand above", {Kind::Known, 0, 1000}, 2000, 0.15},
      {"a thousand below", {Kind::Known, 3000, 4000}, 2000, 0.15},
  };
  for (const Case& one : cases) EXPECT_DOUBLE_EQ(range_score(one.range, one.length), one.expected) << one.what;
}

TEST(LengthRange, InsideIsAboveThreeTenthsAndOutsideBelow) {
  for (double low = 0; low < 5000; low += 611) {
    for (double width = 0; width < 300000; width = width * 3 + 1) {
      const LengthRange range{Kind::Known, low, low + width};
      double before = 2;
      for (double length = 0; length < 400000; length = length * 1.7 + 1) {
        const double score = range_score(range, length);
        if (range.holds(length)) {
          ASSERT_GT(score, 0.3 - 1e-12);
          ASSERT_LE(score, 1.0);
          ASSERT_LE(score, before) << "a longer prompt has less room";
          before = score;
        } else {
          ASSERT_GT(score, 0.0);
          ASSERT_LT(score, 0.3);
        }
      }
    }
  }
}

TEST(RangeCache, AnswersForEverySymbolBesideOthers) {
  auto cache = std::make_unique<RangeCache>();
  std::atomic<int> wrong{0};
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int round = 0; round < 20; ++round) {
        for (std::uint32_t symbol = 1; symbol < 5000; ++symbol) {
          const LengthRange range = cache->get(symbol, [&] {
            return LengthRange{Kind::Known, static_cast<double>(symbol), static_cast<double>(symbol) + 1};
          });
          if (range.kind != Kind::Known || range.low != symbol || range.high != symbol + 1.0) ++wrong;
        }
      }
    });
  }
  threads.clear();
  EXPECT_EQ(wrong, 0);
  int parsed = 0;
  cache->get(1, [&] { return ++parsed, LengthRange{}; });
  EXPECT_EQ(parsed, 0) << "it is remembered";
}

}  // namespace
