// SPDX-License-Identifier: Apache-2.0
#include "prompt_chain.hpp"

#include <algorithm>

namespace approx_prefix {
namespace {

constexpr std::size_t kBytesPerToken = 4;

// A bijection on 64 bits, after which all bits depend on all others.
constexpr std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

std::uint64_t seed_of(const shunt::sdk::Cycle& cycle) noexcept {
  const std::uint64_t model = cycle.hash(cycle.request().target_model());
  if (!shunt::sdk::is_present(cycle.request().raw().cache_salt)) return model;
  return cycle.hash(cycle.request().cache_salt(), model);
}

std::span<const std::uint64_t> hash(const shunt::sdk::Cycle& cycle, const void* data, std::size_t size,
                                    std::size_t block, std::span<std::uint64_t> out) noexcept {
  const std::uint64_t n =
      cycle.host().hash_blocks(&cycle.host(), data, size, block, seed_of(cycle), out.data(), out.size());
  return out.first(std::min<std::size_t>(n, out.size()));
}

}  // namespace

std::span<const std::uint64_t> prompt_chain(const shunt::sdk::Cycle& cycle, const ChainLimits& limits,
                                            std::span<std::uint64_t> out) noexcept {
  const shunt::sdk::Request request = cycle.request();
  const std::span<std::uint64_t> chain = out.first(std::min(out.size(), limits.maximum_blocks));
  if (const auto given = request.block_hashes(); !given.empty()) {
    // A sum over (hash, position): one addition from block to block, where hashing the hashes would wait for each other.
    const std::size_t n = std::min(given.size(), chain.size());
    std::uint64_t prefix = seed_of(cycle);
    for (std::size_t i = 0; i < n; ++i) {
      prefix += mix(given[i] + (i + 1) * 0x9e3779b97f4a7c15ull);
      chain[i] = mix(prefix);
    }
    return chain.first(n);
  }
  const std::size_t block = limits.block_tokens * kBytesPerToken;
  if (const auto tokens = request.token_ids(); !tokens.empty()) {
    return hash(cycle, tokens.data(), tokens.size_bytes(), block, chain);
  }
  return hash(cycle, request.prompt().data(), request.prompt().size(), block, chain);
}

ChainTag tag_of(std::span<const std::uint64_t> chain) noexcept {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < chain.size(); ++i) sum += chain[i] ^ i;
  return {chain.size(), sum};
}

std::span<const std::uint64_t> recall(const ChainTag& tag, std::span<const std::uint64_t> scratch) noexcept {
  if (tag.length == 0 || tag.length > scratch.size()) return {};
  const auto chain = scratch.first(tag.length);
  return tag_of(chain).checksum == tag.checksum ? chain : std::span<const std::uint64_t>();
}

}  // namespace approx_prefix
