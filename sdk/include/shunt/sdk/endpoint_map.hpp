// SPDX-License-Identifier: Apache-2.0
// endpoint_map.hpp: a bounded number of endpoints, each with an index of its own into arrays of the plugin: what state per
// endpoint is kept by. Hot calls look endpoints up while events add and remove them.
//
//   EndpointMap map(4096);                                       // in the constructor
//   std::vector<Load> loads(map.capacity());
//   if (const auto at = map.find(view.key(row)); at != EndpointMap::kNone) use(loads[at]);   // in a hot call
//   const auto at = map.insert(event.endpoint);                  // in events()
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace shunt::sdk {

// Allocates in the constructor only: 20 to 28 bytes per endpoint.
class EndpointMap {
 public:
  // No index: there is no such endpoint, or no room for one more.
  static constexpr std::uint32_t kNone = UINT32_MAX;

  // Room for `capacity` endpoints, 1 to 2^30; out of range: the nearest that is.
  explicit EndpointMap(std::size_t capacity)
      : capacity_(std::clamp<std::size_t>(capacity, 1, std::size_t{1} << 30)),
        mask_(std::bit_ceil(capacity_ * 2) - 1),
        table_(std::make_unique<std::atomic<std::uint32_t>[]>(mask_ + 1)),
        keys_(std::make_unique<std::atomic<std::uint64_t>[]>(capacity_)) {
    free_.reserve(capacity_);
    for (std::size_t i = capacity_; i > 0; --i) free_.push_back(static_cast<std::uint32_t>(i - 1));
  }

  // Most endpoints at a time; indices are below it.
  std::size_t capacity() const noexcept { return capacity_; }
  // Endpoints at this moment. [any thread]
  std::size_t size() const noexcept { return size_.load(std::memory_order_relaxed); }

  // Index of an endpoint, kNone where it has none. Takes no lock. What it answers may be over by the time it is used: where that
  // matters, what lies under an index says whose it is. [any thread]
  std::uint32_t find(std::uint64_t key) const noexcept {
    // Beside an erase() an endpoint may be looked for where it is no more, or not yet: then it is looked for again.
    for (int tries = 0; tries < kTries; ++tries) {
      const std::uint32_t version = version_.load(std::memory_order_acquire);
      for (std::size_t at = key & mask_;; at = (at + 1) & mask_) {
        const std::uint32_t entry = table_[at].load(std::memory_order_acquire);
        if (entry == 0) break;
        if (keys_[entry - 1].load(std::memory_order_acquire) == key) return entry - 1;
      }
      if ((version & 1) == 0 && version_.load(std::memory_order_relaxed) == version) return kNone;
    }
    return kNone;
  }
  // Whose index it is; 0: nobody's. `index` is below capacity(). [any thread]
  std::uint64_t key(std::uint32_t index) const noexcept { return keys_[index].load(std::memory_order_acquire); }

  // Gives an endpoint an index, the one that it has where it has one; kNone where all are taken, or the key is 0.
  // [one thread at a time, with erase()]
  std::uint32_t insert(std::uint64_t key) noexcept {
    if (key == 0) return kNone;
    std::size_t at = key & mask_;
    for (; table_[at].load(std::memory_order_relaxed) != 0; at = (at + 1) & mask_) {
      const std::uint32_t index = table_[at].load(std::memory_order_relaxed) - 1;
      if (keys_[index].load(std::memory_order_relaxed) == key) return index;
    }
    if (free_.empty()) return kNone;
    const std::uint32_t index = free_.back();
    free_.pop_back();
    keys_[index].store(key, std::memory_order_release);
    table_[at].store(index + 1, std::memory_order_release);
    size_.store(capacity_ - free_.size(), std::memory_order_relaxed);
    return index;
  }
  // Takes its index from an endpoint; the next one that is inserted may get it. kNone: it has none.
  // [one thread at a time, with insert()]
  std::uint32_t erase(std::uint64_t key) noexcept {
    std::size_t hole = key & mask_;
    std::uint32_t index = kNone;
    for (;; hole = (hole + 1) & mask_) {
      const std::uint32_t entry = table_[hole].load(std::memory_order_relaxed);
      if (entry == 0) return kNone;
      if (keys_[entry - 1].load(std::memory_order_relaxed) != key) continue;
      index = entry - 1;
      break;
    }
    const std::uint32_t version = version_.load(std::memory_order_relaxed);
    version_.store(version + 1, std::memory_order_relaxed);
    // Entries behind the hole that belong at it or before it move up, so that no search ends too early.
    for (std::size_t next = (hole + 1) & mask_;; next = (next + 1) & mask_) {
      const std::uint32_t entry = table_[next].load(std::memory_order_relaxed);
      if (entry == 0) break;
      const std::size_t home = keys_[entry - 1].load(std::memory_order_relaxed) & mask_;
      if (((next - home) & mask_) < ((next - hole) & mask_)) continue;
      table_[hole].store(entry, std::memory_order_release);
      hole = next;
    }
    table_[hole].store(0, std::memory_order_release);
    keys_[index].store(0, std::memory_order_release);
    version_.store(version + 2, std::memory_order_release);
    free_.push_back(index);  // never beyond what was reserved
    size_.store(capacity_ - free_.size(), std::memory_order_relaxed);
    return index;
  }

 private:
  static constexpr int kTries = 8;

  std::size_t capacity_;
  std::size_t mask_;                                     // of the table, which is at most half full
  std::unique_ptr<std::atomic<std::uint32_t>[]> table_;  // index + 1; 0: free
  std::unique_ptr<std::atomic<std::uint64_t>[]> keys_;   // by index; 0: free
  std::vector<std::uint32_t> free_;                      // indices
  std::atomic<std::uint32_t> version_{0};                // odd while an endpoint is being erased
  std::atomic<std::size_t> size_{0};
};

}  // namespace shunt::sdk
