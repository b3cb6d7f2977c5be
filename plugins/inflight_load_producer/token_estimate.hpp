// SPDX-License-Identifier: Apache-2.0
// token_estimate.hpp: how many tokens a request makes an endpoint work on.
#pragma once

#include "load_counters.hpp"

#include <cmath>
#include <cstdint>
#include <optional>

namespace inflight_load {

// A whole number of tokens from any number.
inline std::int64_t whole_tokens(double tokens) noexcept {
  if (!(tokens > 0.0)) return 0;
  return tokens < static_cast<double>(kMostTokens) ? std::llround(tokens) : kMostTokens;
}

// What is known of a prompt.
struct Prompt {
  double tokens = 0.0;        // all of it
  double total_blocks = 0.0;  // of it, as far as blocks are told apart
  double block_tokens = 0.0;  // 0: blocks are not told apart
};

// Tokens of the prompt that an endpoint has not cached: the rest of its blocks, and what lies beyond the last of them.
inline double uncached_tokens(const Prompt& prompt, double matched_blocks) noexcept {
  const double indexed = prompt.total_blocks * prompt.block_tokens;
  const double uncached = indexed - matched_blocks * prompt.block_tokens;
  const double tail = prompt.tokens - indexed;
  return (uncached > 0.0 ? uncached : 0.0) + (tail > 0.0 ? tail : 0.0);
}

// Whether and how tokens of the answer are counted.
struct OutputEstimate {
  bool counts = false;
  double ratio = 1.5;  // to the tokens of the prompt
  std::optional<double> most{};
};

// Tokens that the answer will probably have; 0 where they are not counted.
inline double output_tokens(const OutputEstimate& how, double prompt_tokens,
                            std::optional<std::uint64_t> max_tokens) noexcept {
  if (!how.counts) return 0.0;
  double tokens = std::round(prompt_tokens * how.ratio);
  // A client that asks for no token at all has not said how many it takes.
  if (max_tokens && *max_tokens > 0 && static_cast<double>(*max_tokens) < tokens)
    tokens = static_cast<double>(*max_tokens);
  if (how.most && *how.most < tokens) tokens = *how.most;
  return tokens;
}

}  // namespace inflight_load
