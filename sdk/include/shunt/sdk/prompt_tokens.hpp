// SPDX-License-Identifier: Apache-2.0
// prompt_tokens.hpp: how many tokens a prompt has where nobody says so, and how many of them an endpoint has not cached.
#pragma once

#include <shunt/sdk/request.hpp>

#include <cstdint>
#include <optional>

namespace shunt::sdk {

// Tokens of a text of so many bytes: one for every four, and one for the rest.
constexpr std::uint64_t estimated_tokens(std::uint64_t bytes) noexcept { return bytes / 4 + (bytes % 4 != 0 ? 1 : 0); }

// Tokens of a request's prompt: as told, counted or estimated; as many as its token ids; or by its length. Nothing where none of
// these is known.
inline std::optional<std::uint64_t> prompt_tokens(const Request& request) noexcept {
  if (const auto told = request.prompt_tokens()) return told;
  if (!request.token_ids().empty()) return request.token_ids().size();
  if (const auto bytes = request.prompt_bytes()) return estimated_tokens(*bytes);
  return std::nullopt;
}

// A prompt in blocks, as prefix producers tell them apart.
struct PromptBlocks {
  double tokens = 0.0;        // all of the prompt
  double total_blocks = 0.0;  // of it; the last one may be a part of a block, and a long prompt may have more
  double block_tokens = 0.0;  // tokens per block; 0: blocks are not told apart
};

// Tokens of the prompt that an endpoint has not cached: its other blocks, a partial one counting as whole, and what lies beyond
// the last of them.
inline double uncached_tokens(const PromptBlocks& prompt, double matched_blocks) noexcept {
  const double in_blocks = prompt.total_blocks * prompt.block_tokens;
  const double uncached = in_blocks - matched_blocks * prompt.block_tokens;
  const double tail = prompt.tokens - in_blocks;
  return (uncached > 0.0 ? uncached : 0.0) + (tail > 0.0 ? tail : 0.0);
}

}  // namespace shunt::sdk
