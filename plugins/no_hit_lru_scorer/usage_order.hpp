// SPDX-License-Identifier: Apache-2.0
// usage_order.hpp: in which order endpoints were last used. Reading takes no lock; whoever finds the order being changed leaves
// its change for the one who is at it.
//
//   UsageOrder order(1024);
//   order.touch(endpoint_key);
//   const std::uint32_t position = order.position(endpoint_key);   // 0: the oldest; kNever: not in the order
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace no_hit_lru {

// For many threads; bounded, and allocates in the constructor only.
class UsageOrder {
 public:
  static constexpr std::uint32_t kNever = UINT32_MAX;

  // Remembers `capacity` endpoints, at least one; one more, and the one that was used least recently is forgotten.
  explicit UsageOrder(std::size_t capacity);

  // Makes the endpoint the one that was used last. False: too many others were about to, and this use is not remembered.
  bool touch(std::uint64_t endpoint) noexcept;
  // Forgets the endpoint. False as with touch().
  bool erase(std::uint64_t endpoint) noexcept;

  // How many of the remembered endpoints were used less recently, kNever for one that is not remembered. Beside a change the
  // answer may be of before or after; while an endpoint is being forgotten, another one may seem to be.
  std::uint32_t position(std::uint64_t endpoint) const noexcept {
    for (std::size_t slot = endpoint & mask_;; slot = (slot + 1) & mask_) {
      const std::uint64_t found = table_[slot].endpoint.load(std::memory_order_acquire);
      if (found == endpoint) return table_[slot].position.load(std::memory_order_relaxed);
      if (found == 0) return kNever;
    }
  }
  // Number of remembered endpoints.
  std::size_t size() const noexcept { return size_.load(std::memory_order_relaxed); }

 private:
  // An open-addressing table of at most half its slots, so that a search always meets a free one.
  struct Slot {
    std::atomic<std::uint64_t> endpoint{0};  // 0: free
    std::atomic<std::uint32_t> position{0};
  };
  // Changes that wait: an endpoint's key, and which change it is.
  struct Pending {
    std::atomic<std::uint64_t> endpoint{0};  // 0: free, kBeingWritten: being filled
    std::atomic<bool> erased{false};
  };
  static constexpr std::size_t kPending = 64;

  bool change(std::uint64_t endpoint, bool erased) noexcept;
  bool leave(std::uint64_t endpoint, bool erased) noexcept;
  bool any_pending() const noexcept;
  void drain() noexcept;
  void apply(std::uint64_t endpoint, bool erased) noexcept;
  std::size_t slot_of(std::uint64_t endpoint) const noexcept;
  void close_gap(std::uint32_t position) noexcept;
  void free_slot(std::size_t slot) noexcept;

  std::size_t capacity_;
  std::size_t mask_;
  std::unique_ptr<Slot[]> table_;
  std::unique_ptr<std::uint32_t[]> by_position_;  // slots, oldest first; belongs to who has `taken_`
  std::atomic<std::size_t> size_{0};
  std::atomic<bool> taken_{false};
  std::array<Pending, kPending> pending_;
};

}  // namespace no_hit_lru
