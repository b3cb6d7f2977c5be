// SPDX-License-Identifier: Apache-2.0
// kv_cache.hpp: the blocks of one server's KV cache. Sequences with the same beginning share blocks, and a block that nobody
// holds keeps its content until it is needed for something else, least recently used first. As in vLLM.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

namespace shunt::sim {

class KvCache {
 public:
  using Block = std::uint32_t;
  explicit KvCache(std::uint32_t capacity) : capacity_(capacity) {}

  // Takes `count` blocks and appends them to `held`: as many with the first of these hashes as there are, others for the
  // rest. Gives the number of the former; nothing is taken where the blocks do not suffice.
  std::optional<std::uint32_t> acquire(std::span<const std::uint64_t> hashes, std::uint32_t count,
                                       std::vector<Block>& held);
  // One more block. False where there is none.
  bool extend(std::vector<Block>& held);
  // From now on `block`, which is held, is found by this hash, unless another block is.
  void publish(Block block, std::uint64_t hash);
  // Gives back all of `held`. The end of a sequence is reused before its beginning.
  void release(std::vector<Block>& held);
  // Forgets the content of the blocks that nobody holds.
  void forget();

  std::uint32_t capacity() const { return capacity_; }
  std::uint32_t used() const { return used_; }
  std::uint32_t available() const { return capacity_ - used_; }
  // Blocks that can be found by a hash, held or not.
  std::size_t cached() const { return index_.size(); }

 private:
  static constexpr Block kNone = std::numeric_limits<Block>::max();
  struct Entry {
    std::uint64_t hash = 0;
    std::uint32_t holders = 0;
    bool published = false;
    Block previous = kNone;  // in the list of those that nobody holds
    Block next = kNone;
  };

  Block take_free();
  void hold(Block block);
  void unlink(Block block);

  std::uint32_t capacity_;
  std::uint32_t used_ = 0;
  // Grows up to the capacity: a thousand idle servers need no memory for blocks.
  std::vector<Entry> entries_;
  std::unordered_map<std::uint64_t, Block> index_;
  Block oldest_ = kNone;
  Block newest_ = kNone;
};

}  // namespace shunt::sim
