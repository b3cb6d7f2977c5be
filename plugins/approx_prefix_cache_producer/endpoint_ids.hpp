// SPDX-License-Identifier: Apache-2.0
// endpoint_ids.hpp: small numbers for endpoints, given out again when an endpoint has gone.
#pragma once

#include "block.hpp"
#include "pages.hpp"
#include "segmented_array.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace approx_prefix {

// Open addressing over ids. All memory comes in pages, none from the allocator: this runs where decisions are made.
class EndpointIds {
 public:
  // Throws std::bad_alloc.
  explicit EndpointIds(std::uint32_t maximum);

  // Key of an id that was given out at some time. [any thread]
  std::uint64_t key(EndpointId id) const noexcept { return keys_[id].load(std::memory_order_relaxed); }

  // The rest is for the one writer.

  // 0 where the key has no id.
  EndpointId find(std::uint64_t key) const noexcept;
  // Gives an id to a key that has none, while fewer than `maximum` have one. Throws std::bad_alloc.
  EndpointId add(std::uint64_t key);
  // Takes the id back, which the key keeps for readers until somebody else gets it.
  void remove(std::uint64_t key) noexcept;

  std::size_t size() const noexcept { return used_ - n_free_; }
  std::size_t bytes() const noexcept { return keys_.bytes() + used_ * (kSlotsPerId + 1) * sizeof(EndpointId); }

 private:
  static constexpr std::uint32_t kSlotsPerId = 2;

  EndpointId* slots() const noexcept { return static_cast<EndpointId*>(slots_.data()); }
  EndpointId* free() const noexcept { return static_cast<EndpointId*>(free_.data()); }
  std::uint32_t home(std::uint64_t key) const noexcept;
  // The slot of the key, or the empty one that ends the search for it.
  std::uint32_t position(std::uint64_t key) const noexcept;

  SegmentedArray<std::atomic<std::uint64_t>, 6> keys_;  // by id
  std::uint32_t mask_;
  Pages slots_;  // ids; 0 is empty
  Pages free_;   // a stack of ids that were taken back
  std::uint32_t n_free_ = 0;
  std::uint32_t used_ = 0;  // ids that were given out at some time
};

}  // namespace approx_prefix
