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
