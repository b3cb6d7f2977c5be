// SPDX-License-Identifier: Apache-2.0
#include <shunt/sdk/prompt_tokens.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <limits>
#include <optional>

namespace {

using namespace shunt::sdk;

TEST(PromptTokens, FourBytesAreATokenAndTheRestIsOneToo) {
  static_assert(estimated_tokens(0) == 0);
  static_assert(estimated_tokens(1) == 1);
  static_assert(estimated_tokens(4) == 1);
  static_assert(estimated_tokens(5) == 2);
  static_assert(estimated_tokens(std::numeric_limits<std::uint64_t>::max()) == std::uint64_t{1} << 62);
}

TEST(PromptTokens, WhatIsToldComesBeforeWhatIsGivenAndThatBeforeTheLength) {
  constexpr std::array<std::uint32_t, 3> kIds{7, 8, 9};
  shunt_request raw{};
  raw.size = sizeof raw;
  EXPECT_EQ(prompt_tokens(Request(raw)), std::nullopt);
  raw.present |= SHUNT_REQUEST_PROMPT_BYTES;
  raw.prompt_bytes = 41;
  EXPECT_EQ(prompt_tokens(Request(raw)), 11);
  raw.token_ids = kIds.data();
  raw.n_token_ids = kIds.size();
  EXPECT_EQ(prompt_tokens(Request(raw)), 3);
  raw.present |= SHUNT_REQUEST_PROMPT_TOKENS;
  EXPECT_EQ(prompt_tokens(Request(raw)), 0);
}

TEST(PromptTokens, WhatIsNotCached) {
  struct Case {
    PromptBlocks prompt;
    double matched;
    double expected;
  };
  constexpr Case kCases[] = {
      {{.tokens = 100}, 0, 100},
      {{.tokens = 100}, 5, 100},  // of blocks of no size
      {{.tokens = 100, .total_blocks = 7, .block_tokens = 16}, 0, 112},
      {{.tokens = 100, .total_blocks = 7, .block_tokens = 16}, 3, 64},
      {{.tokens = 100, .total_blocks = 7, .block_tokens = 16}, 7, 0},
      {{.tokens = 100, .total_blocks = 7, .block_tokens = 16}, 9, 0},
      {{.tokens = 1000, .total_blocks = 10, .block_tokens = 16}, 4, 96 + 840},  // blocks end before the prompt
      {{.tokens = 0, .total_blocks = 4, .block_tokens = 16}, 1, 48},
      {{}, 0, 0},
  };
  for (const Case& one : kCases) {
    EXPECT_EQ(uncached_tokens(one.prompt, one.matched), one.expected)
        << one.prompt.tokens << " tokens, " << one.matched;
  }
}

}  // namespace
