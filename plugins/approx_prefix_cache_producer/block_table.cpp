// SPDX-License-Identifier: Apache-2.0
#include "block_table.hpp"

#include <algorithm>
#include <memory>

namespace approx_prefix {
namespace {

constexpr std::size_t kFirstMemory = std::size_t{128} << 10;

}  // namespace

BlockTable::BlockTable() {
  for (Shard& each : shards_) each.slots.store(allocate(kFirstLog2).word(), std::memory_order_relaxed);
}

BlockTable::Slots BlockTable::allocate(unsigned log2) {
  const std::size_t bytes = sizeof(Slot) << log2;
  if (free_ < bytes) {
    // As much again as there is: the number of pieces stays small, and so does what the last one wastes.
    memory_[pieces_] = Pages(std::max({bytes, bytes_, kFirstMemory}));
    free_ = memory_[pieces_++].size();
  }
  const Pages& newest = memory_[pieces_ - 1];
  Slot* const data = reinterpret_cast<Slot*>(static_cast<char*>(newest.data()) + newest.size() - free_);
  std::uninitialized_value_construct_n(data, std::size_t{1} << log2);
  free_ -= bytes;
  bytes_ += bytes;
  return {data, log2};
}

void BlockTable::place(Slots slots, std::uint64_t slot) noexcept {
  std::uint64_t at = slots.home(slot >> 32);
  while (slots.data()[at].load(std::memory_order_relaxed) != 0) at = (at + 1) & slots.mask();
  slots.data()[at].store(slot, std::memory_order_release);
}

void BlockTable::reserve(std::uint64_t id) {
  Shard& in = shard(id);
  const Slots old(in.slots.load(std::memory_order_relaxed));
  // Two thirds: beyond that, looking for what is not there reads more than one cache line.
  if (std::uint64_t{in.used + 1} * 3 <= (old.mask() + 1) * 2) return;
  const Slots larger = allocate(old.log2() + 1);
  for (std::uint64_t at = 0; at <= old.mask(); ++at) {
    if (const std::uint64_t slot = old.data()[at].load(std::memory_order_relaxed); slot != 0) place(larger, slot);
  }
  in.slots.store(larger.word(), std::memory_order_release);
}

void BlockTable::insert(std::uint64_t id, std::uint32_t number) noexcept {
  Shard& in = shard(id);
  place(Slots(in.slots.load(std::memory_order_relaxed)), slot_of(id, number));
  ++in.used;
}

void BlockTable::erase(std::uint64_t id, std::uint32_t number) noexcept {
  Shard& in = shard(id);
  const Slots slots(in.slots.load(std::memory_order_relaxed));
  const std::uint64_t mask = slots.mask();
  const std::uint64_t wanted = slot_of(id, number);
  std::uint64_t hole = slots.home(id);
  while (slots.data()[hole].load(std::memory_order_relaxed) != wanted) hole = (hole + 1) & mask;

  // What follows moves up, copy before deletion. A reader may pass the new place before and the old one after: the version
  // tells it to look again.
  const std::uint32_t version = in.version.load(std::memory_order_relaxed);
  in.version.store(version + 1, std::memory_order_relaxed);
  for (std::uint64_t at = (hole + 1) & mask;; at = (at + 1) & mask) {
    const std::uint64_t slot = slots.data()[at].load(std::memory_order_relaxed);
    if (slot == 0) break;
    if (((at - slots.home(slot >> 32)) & mask) < ((at - hole) & mask)) continue;
    slots.data()[hole].store(slot, std::memory_order_release);
    hole = at;
  }
  slots.data()[hole].store(0, std::memory_order_release);
  in.version.store(version + 2, std::memory_order_release);
  --in.used;
}

}  // namespace approx_prefix
