// SPDX-License-Identifier: Apache-2.0
// block_table.hpp: from a block's id to its number, for one writer and any number of readers that take no lock.
#pragma once

#include "pages.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace approx_prefix {

// Open addressing over 8-byte slots (low half of the id, number of the block), in shards that grow each on its own: no
// insertion waits for more than one small shard. A shard that has grown leaves its old slots to readers that still look
// there; sizes double, so all old slots together take no more than the current ones.
//
// Ids must be well mixed. Only half of an id is compared: the caller compares the rest.
class BlockTable {
 public:
  BlockTable();

  // [any thread]
  void prefetch(std::uint64_t id) const noexcept {
    const Slots slots(shard(id).slots.load(std::memory_order_acquire));
    __builtin_prefetch(slots.data() + slots.home(id));
  }
  // The first block with this id for which accept(number) holds; 0 when there is none. A false "none" is possible only
  // while a writer changes this very shard again and again. [any thread]
  template <class Accept>
  std::uint32_t find(std::uint64_t id, Accept&& accept) const {
    const Shard& in = shard(id);
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      const std::uint32_t version = in.version.load(std::memory_order_acquire);
      if (const std::uint32_t found = scan(in, id, accept); found != 0) return found;
      if (version % 2 == 0 && in.version.load(std::memory_order_acquire) == version) break;
    }
    return 0;
  }

  // Makes the next insert() of this id succeed. Throws std::bad_alloc. [writer]
  void reserve(std::uint64_t id);
  // Adds a block whose id is not there. [writer]
  void insert(std::uint64_t id, std::uint32_t number) noexcept;
  // Removes a block that is there. [writer]
  void erase(std::uint64_t id, std::uint32_t number) noexcept;
  std::size_t bytes() const noexcept { return bytes_; }

 private:
  using Slot = std::atomic<std::uint64_t>;
  static constexpr unsigned kShardBits = 10;
  static constexpr unsigned kFirstLog2 = 4;
  static constexpr int kAttempts = 3;

  // Address and size of a shard's slots in one word, so that readers load both at once.
  class Slots {
   public:
    explicit Slots(std::uintptr_t word) noexcept : word_(word) {}
    Slots(Slot* data, unsigned log2) noexcept : word_(reinterpret_cast<std::uintptr_t>(data) | log2) {}
    std::uintptr_t word() const noexcept { return word_; }
    Slot* data() const noexcept { return reinterpret_cast<Slot*>(word_ & ~std::uintptr_t{63}); }
    unsigned log2() const noexcept { return static_cast<unsigned>(word_ & 63); }
    std::uint64_t mask() const noexcept { return (std::uint64_t{1} << log2()) - 1; }
    std::uint64_t home(std::uint64_t id) const noexcept { return id & mask(); }

   private:
    std::uintptr_t word_;
  };
  struct Shard {
    std::atomic<std::uintptr_t> slots{0};
    std::atomic<std::uint32_t> version{0};  // odd while slots move
    std::uint32_t used = 0;
  };

  static constexpr std::uint64_t slot_of(std::uint64_t id, std::uint32_t number) { return id << 32 | number; }
  const Shard& shard(std::uint64_t id) const noexcept { return shards_[id >> (64 - kShardBits)]; }
  Shard& shard(std::uint64_t id) noexcept { return shards_[id >> (64 - kShardBits)]; }

  template <class Accept>
  static std::uint32_t scan(const Shard& in, std::uint64_t id, Accept& accept) {
    const Slots slots(in.slots.load(std::memory_order_acquire));
    const std::uint64_t mask = slots.mask();
    const std::uint32_t tag = static_cast<std::uint32_t>(id);
    std::uint64_t at = slots.home(id);
    for (std::uint64_t steps = 0; steps <= mask; ++steps, at = (at + 1) & mask) {
      const std::uint64_t slot = slots.data()[at].load(std::memory_order_acquire);
      if (slot == 0) return 0;
      const auto number = static_cast<std::uint32_t>(slot);
      if (slot >> 32 == tag && accept(number)) return number;
    }
    return 0;
  }

  Slots allocate(unsigned log2);
  static void place(Slots slots, std::uint64_t slot) noexcept;

  std::array<Shard, std::size_t{1} << kShardBits> shards_;
  std::array<Pages, 64> memory_;  // each as large as all before it, so that these are enough
  std::size_t pieces_ = 0;
  std::size_t free_ = 0;  // bytes left at the end of the last piece of memory
  std::size_t bytes_ = 0;
};

}  // namespace approx_prefix
