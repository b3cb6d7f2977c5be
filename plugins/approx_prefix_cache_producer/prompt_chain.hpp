// SPDX-License-Identifier: Apache-2.0
// prompt_chain.hpp: a request's prompt as a chain of block ids, and where the chain waits between produce() and picked().
#pragma once

#include <shunt/sdk/cycle.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace approx_prefix {

struct ChainLimits {
  std::size_t block_tokens;
  std::size_t maximum_blocks;
};

// Writes the ids to `out`, which holds maximum_blocks, and returns those written; none when the request has no prompt.
//
// In this order: the request's block hashes, its token ids, the bytes of its prompt at four to a token. The seed is made of
// target model and cache salt. Every id depends on the seed and on all blocks up to its own; given hashes may therefore
// identify single blocks or whole prefixes.
std::span<const std::uint64_t> prompt_chain(const shunt::sdk::Cycle& cycle, const ChainLimits& limits,
                                            std::span<std::uint64_t> out) noexcept;

// What is remembered of a chain per request, to tell whether the worker's scratch memory still holds it. All zero: nothing.
struct ChainTag {
  std::uint64_t length;
  std::uint64_t checksum;
};

ChainTag tag_of(std::span<const std::uint64_t> chain) noexcept;
// The first `tag.length` ids, if they are still what the tag was made of; nothing otherwise.
std::span<const std::uint64_t> recall(const ChainTag& tag, std::span<const std::uint64_t> scratch) noexcept;

}  // namespace approx_prefix
