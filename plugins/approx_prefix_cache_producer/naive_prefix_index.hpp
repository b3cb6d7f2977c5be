// SPDX-License-Identifier: Apache-2.0
// naive_prefix_index.hpp: for tests, what PrefixIndex has to answer, written so that it is plainly right, and chains to ask with.
#pragma once

#include "prefix_index.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <span>
#include <vector>

namespace approx_prefix {

using Chain = std::vector<std::uint64_t>;
using Matches = std::map<std::uint64_t, std::uint32_t>;  // endpoint key to depth, endpoints without a match left out

inline std::uint64_t mixed(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

// Ids of a prompt given by its blocks: equal prefixes have equal ids.
inline Chain chain_of(std::span<const std::uint8_t> blocks) {
  Chain ids;
  std::uint64_t id = 1;
  for (const std::uint8_t block : blocks) ids.push_back(id = mixed(id * 257 + block + 1));
  return ids;
}

// `length` blocks that nobody else has, behind `shared` blocks of the prompt numbered `base`.
inline Chain long_chain(std::uint64_t number, std::size_t length, std::size_t shared = 0, std::uint64_t base = 0) {
  Chain ids(length);
  for (std::size_t i = 0; i < length; ++i) ids[i] = mixed((i < shared ? base : number) * 0x9e3779b97f4a7c15ull + i + 1);
  return ids;
}

inline Matches matches(const PrefixIndex& index, std::span<const Level> levels) {
  Matches found;
  for (const Level& level : levels) {
    index.for_each_holder(level, [&](std::uint64_t key) { found[key] = level.depth; });
  }
  return found;
}
inline Matches match(const PrefixIndex& index, const Chain& chain) {
  std::vector<Level> workspace(workspace_size(chain.size()));
  return matches(index, index.match(chain, workspace));
}
inline Matches walk(const PrefixIndex& index, const Chain& chain) {
  std::vector<Level> workspace(workspace_size(chain.size()));
  return matches(index, index.walk(chain, workspace));
}

class NaivePrefixIndex {
 public:
  void insert(std::uint64_t endpoint, const Chain& chain, std::size_t capacity) {
    const std::size_t n = std::min(chain.size(), capacity);
    if (n == 0) return;
    std::list<std::uint64_t>& blocks = blocks_[endpoint];
    for (std::size_t i = n; i-- > 0;) {
      blocks.remove(chain[i]);
      blocks.push_front(chain[i]);
    }
    while (blocks.size() > capacity) blocks.pop_back();
  }
  void purge(std::uint64_t endpoint) { blocks_.erase(endpoint); }

  Matches match(const Chain& chain) const {
    Matches found;
    for (const auto& [endpoint, blocks] : blocks_) {
      std::uint32_t depth = 0;
      while (depth < chain.size() && holds(blocks, chain[depth])) ++depth;
      if (depth > 0) found[endpoint] = depth;
    }
    return found;
  }
  // No endpoint holds a block of the chain without the block before it.
  bool leaf_first(const Chain& chain) const {
    for (const auto& [endpoint, blocks] : blocks_) {
      for (std::size_t i = 1; i < chain.size(); ++i) {
        if (holds(blocks, chain[i]) && !holds(blocks, chain[i - 1])) return false;
      }
    }
    return true;
  }
  std::size_t holdings() const {
    std::size_t n = 0;
    for (const auto& [endpoint, blocks] : blocks_) n += blocks.size();
    return n;
  }

 private:
  static bool holds(const std::list<std::uint64_t>& blocks, std::uint64_t id) {
    return std::find(blocks.begin(), blocks.end(), id) != blocks.end();
  }
  std::map<std::uint64_t, std::list<std::uint64_t>> blocks_;
};

}  // namespace approx_prefix
