// SPDX-License-Identifier: Apache-2.0
// holder_sets.hpp: sets of endpoints, one per block, each with the LRU node that ties endpoint and block together.
//
// Up to four holders stand in the word itself, one per 16-bit lane, lowest lane first. Beyond that the word is
//   offset << 32 | count << 16 | 0xffff
// and the holders lie at `offset` of a pool, in a run that is a small hash table: a word with the binary logarithm of its
// capacity, the lanes, the nodes. A run keeps its size for ever, so a reader of a recycled run stays within it.
#pragma once

#include "block.hpp"
#include "segmented_array.hpp"

#include <array>
#include <bit>

namespace approx_prefix {

class HolderSets {
 public:
  HolderSets();

  static std::uint32_t count(Holders holders) noexcept {
    if (spilled(holders)) return static_cast<std::uint32_t>(holders >> 16 & kLaneMask);
    return (static_cast<std::uint32_t>(std::bit_width(holders)) + 15) / 16;
  }
  // Calls visit(EndpointId) for each holder; while a writer moves one, perhaps twice. [any thread]
  template <class Visit>
  void for_each(Holders holders, Visit&& visit) const {
    if (!spilled(holders)) return for_each_lane(holders, visit);
    const std::uint32_t run = offset(holders);
    const std::uint32_t lane_words = capacity(run) / 4;
    for (std::uint32_t i = 0; i < lane_words; ++i) {
      for_each_lane(words_[run + 1 + i].load(std::memory_order_acquire), visit);
    }
  }

  // The rest is for the one writer.

  // The node of a holder; 0 when it holds nothing.
  std::uint32_t find(const Block& block, EndpointId endpoint) const noexcept;
  // Adds a holder that is not there. Throws std::bad_alloc and leaves everything as it was.
  void add(Block& block, EndpointId endpoint, std::uint32_t node);
  // Removes a holder that is there.
  void remove(Block& block, EndpointId endpoint) noexcept;
  std::size_t bytes() const noexcept { return words_.bytes(); }

 private:
  static constexpr std::uint64_t kLaneMask = 0xffff;
  static constexpr unsigned kSmallestLog2 = 3;
  static constexpr unsigned kLargestLog2 = 17;

  static bool spilled(Holders holders) noexcept { return (holders & kLaneMask) == kLaneMask; }
  static std::uint32_t offset(Holders holders) noexcept { return static_cast<std::uint32_t>(holders >> 32); }
  static Holders spill(std::uint32_t run, std::uint32_t count) noexcept {
    return std::uint64_t{run} << 32 | std::uint64_t{count} << 16 | kLaneMask;
  }
  template <class Visit>
  static void for_each_lane(std::uint64_t lanes, Visit& visit) {
    for (; lanes != 0; lanes >>= 16) {
      if ((lanes & kLaneMask) != 0) visit(static_cast<EndpointId>(lanes & kLaneMask));
    }
  }

  unsigned log2_capacity(std::uint32_t run) const noexcept;
  std::uint32_t capacity(std::uint32_t run) const noexcept { return 1u << log2_capacity(run); }
  EndpointId lane(std::uint32_t run, std::uint32_t at) const noexcept;
  void set_lane(std::uint32_t run, std::uint32_t at, EndpointId endpoint) noexcept;
  std::uint32_t node(std::uint32_t run, std::uint32_t at) const noexcept;
  void set_node(std::uint32_t run, std::uint32_t at, std::uint32_t value) noexcept;
  std::uint32_t home(std::uint32_t run, EndpointId endpoint) const noexcept;
  // Where the endpoint stands in a run, or the empty lane that ends the search for it.
  std::uint32_t position(std::uint32_t run, EndpointId endpoint) const noexcept;

  std::uint32_t allocate_run(unsigned log2);
  void free_run(std::uint32_t run) noexcept;
  std::uint32_t copy_run(std::uint32_t from, unsigned log2);
  std::uint32_t shrunk(std::uint32_t run, std::uint32_t holders) noexcept;
  void place(std::uint32_t run, EndpointId endpoint, std::uint32_t node_index) noexcept;
  void erase_from_run(std::uint32_t run, EndpointId endpoint) noexcept;
  void move_inline(Block& block, std::uint32_t run) noexcept;

  SegmentedArray<std::atomic<std::uint64_t>, 12> words_;
  std::array<std::uint32_t, kLargestLog2 + 1> free_runs_{};
};

}  // namespace approx_prefix
