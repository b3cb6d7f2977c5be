// SPDX-License-Identifier: Apache-2.0
// shared_index.hpp: a prefix index that many threads insert into without ever waiting for each other.
#pragma once

#include "pages.hpp"
#include "prefix_index.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

namespace approx_prefix {

// Whoever gets the index inserts at once; whoever finds it taken leaves the chain in a bounded queue, which the holder empties
// before it goes. With one thread every insertion is therefore complete when insert() returns.
class SharedPrefixIndex {
 public:
  // Chains are at most `maximum_chain` ids long.
  explicit SharedPrefixIndex(std::size_t maximum_chain, std::uint32_t maximum_endpoints = kMaximumEndpointId);

  // For matching, from any thread.
  const PrefixIndex& index() const noexcept { return index_; }

  // False: the index was taken and the queue full, the chain is dropped. Throws std::bad_alloc. [any thread]
  bool insert(std::uint64_t endpoint_key, std::span<const std::uint64_t> ids, std::size_t capacity);
  // Waits for the index; not for the decision path. [any thread]
  void purge(std::uint64_t endpoint_key);
  // Calls visit(endpoint key, ids) again and again: everything that is held, endpoint by endpoint, the one that was idle longest
  // first, and of each the least recent block first. Of more than `maximum` blocks in all it leaves out the least recent ones of
  // every endpoint, by the same share. Others go on inserting: the index is theirs between two pieces, and what they use
  // meanwhile may be listed twice, the last time counts. Not for the decision path. [any thread, one at a time]
  using Visit = std::function<void(std::uint64_t endpoint_key, std::span<const std::uint64_t> ids)>;
  void list(std::size_t maximum, const Visit& visit);
  // The reverse, for as long as nobody else has this index. Throws std::bad_alloc.
  void restore(std::uint64_t endpoint_key, std::span<const std::uint64_t> ids, std::size_t capacity);

  // After the last change: distinct blocks, blocks summed over endpoints, endpoints, memory. [any thread]
  std::size_t blocks() const noexcept { return blocks_.load(std::memory_order_relaxed); }
  std::size_t holdings() const noexcept { return holdings_.load(std::memory_order_relaxed); }
  std::size_t endpoints() const noexcept { return endpoints_.load(std::memory_order_relaxed); }
  std::size_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }

  static constexpr std::size_t kQueue = 64;
  // Blocks that are listed while others wait.
  static constexpr std::size_t kPiece = 2048;

 private:
  // A place in the queue: free for the writer of turn t when ready == t, filled when ready == t + 1.
  struct Pending {
    std::atomic<std::uint64_t> ready{0};
    std::uint64_t endpoint_key = 0;
    std::size_t capacity = 0;
    std::size_t n = 0;
  };
  class Turn;

  template <class Function>
  void exclusively(Function&& function);
  bool enqueue(std::uint64_t endpoint_key, std::span<const std::uint64_t> ids, std::size_t capacity) noexcept;
  bool waiting() const noexcept;
  void drain();
  void help();
  std::uint64_t* ids_of(std::uint64_t turn) const noexcept {
    return static_cast<std::uint64_t*>(ids_.data()) + turn % kQueue * maximum_chain_;
  }

  PrefixIndex index_;
  std::size_t maximum_chain_;
  Pages ids_;  // of the pending chains; untouched until a chain has to wait
  std::array<Pending, kQueue> queue_;
  alignas(64) std::atomic<bool> taken_{false};
  alignas(64) std::atomic<std::uint64_t> tail_{0};
  alignas(64) std::atomic<std::uint64_t> head_{0};  // written by the holder of the index only
  std::atomic<std::size_t> blocks_{0};
  std::atomic<std::size_t> holdings_{0};
  std::atomic<std::size_t> endpoints_{0};
  std::atomic<std::size_t> bytes_{0};
};

}  // namespace approx_prefix
