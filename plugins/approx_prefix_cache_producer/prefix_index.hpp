// SPDX-License-Identifier: Apache-2.0
// prefix_index.hpp: which endpoint probably holds which prefix: chained block ids, an LRU of blocks per endpoint.
//
// An id stands for a block and all blocks before it. Whenever a chain is inserted for an endpoint, its blocks become the
// endpoint's most recent ones, the root first: an ancestor is always more recent than its descendants, so evicting the least
// recent block never strands a descendant. Hence the holders of depth d + 1 are a subset of those of depth d, and matching may
// bisect on depth, telling two depths apart by the number of holders alone.
//
// match(), walk() and for_each_holder() run on any thread and take no lock; insert() and purge() need one writer at a time.
// A reader beside a writer may see an endpoint a few blocks too short or too long, never anything out of bounds.
#pragma once

#include "block.hpp"
#include "block_table.hpp"
#include "endpoint_ids.hpp"
#include "holder_sets.hpp"
#include "segmented_array.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace approx_prefix {

// Whoever is in `holders` matches `depth` blocks at least.
struct Level {
  std::uint32_t depth;
  Holders holders;
};

// Working memory of one match of up to n blocks: workspace_size(n) levels.
using Workspace = std::span<Level>;
constexpr std::size_t workspace_size(std::size_t blocks) { return 2 * blocks; }

class PrefixIndex {
 public:
  explicit PrefixIndex(std::uint32_t maximum_endpoints = kMaximumEndpointId);

  // The levels at which some endpoint's match ends, ascending: the last level that an endpoint appears in is its match.
  // The result lies in the workspace.
  std::span<const Level> match(std::span<const std::uint64_t> ids, Workspace workspace) const noexcept;
  // The same answer by looking at every depth.
  std::span<const Level> walk(std::span<const std::uint64_t> ids, Workspace workspace) const noexcept;
  // Calls visit(std::uint64_t endpoint_key) for each holder of a level.
  template <class Visit>
  void for_each_holder(const Level& level, Visit&& visit) const {
    holders_.for_each(level.holders, [&](EndpointId endpoint) { visit(ids_.key(endpoint)); });
  }

  // The endpoint now holds this chain; its least recent blocks beyond `capacity` are dropped. Throws std::bad_alloc, with the
  // blocks before the failure inserted.
  void insert(std::uint64_t endpoint_key, std::span<const std::uint64_t> ids, std::size_t capacity);
  // The endpoint holds nothing any more.
  void purge(std::uint64_t endpoint_key) noexcept;

  // The endpoint now holds these blocks too, each as its most recent one: the reverse of a listing. Its least recent blocks
  // beyond `capacity` are dropped. Throws std::bad_alloc, with the blocks before the failure inserted.
  void restore(std::uint64_t endpoint_key, std::span<const std::uint64_t> ids, std::size_t capacity);

  // What an endpoint holds is listed in pieces, the least recent block first; between two pieces anything may change. What is
  // held from the beginning to the end is listed, what is used meanwhile perhaps twice: the last time counts. There is one
  // listing at a time, and none has to be brought to its end.

  // Keys of the endpoints, the one that was idle longest first.
  std::vector<std::uint64_t> keys_by_use() const;
  // Begins, and returns how many blocks the endpoint holds.
  std::size_t begin_listing(std::uint64_t endpoint_key) noexcept;
  // Writes the ids of the next blocks and returns how many; 0 at the end.
  std::size_t list(std::span<std::uint64_t> ids) noexcept;

  // For the writer: distinct blocks, blocks summed over endpoints, and the memory ever used.
  std::size_t blocks() const noexcept { return n_blocks_; }
  std::size_t holdings() const noexcept { return n_holdings_; }
  std::size_t endpoints() const noexcept { return ids_.size(); }
  std::size_t bytes() const noexcept;

 private:
  // One block of one endpoint, in the endpoint's LRU list.
  struct Node {
    std::uint32_t newer = 0;
    std::uint32_t older = 0;  // links free nodes
    std::uint32_t block = 0;
    EndpointId endpoint = 0;
  };
  struct Endpoint {
    std::uint64_t used = 0;  // insertion that last touched it
    std::uint32_t newest = 0;
    std::uint32_t oldest = 0;
    std::uint32_t size = 0;
  };
  static constexpr std::size_t kBatch = 16;

  void probe(std::span<const std::uint64_t> ids, std::span<Level> levels) const noexcept;
  std::uint32_t find(std::uint64_t id) const noexcept;
  void announce(std::span<const std::uint64_t> ids) const noexcept;
  void locate(std::span<const std::uint64_t> ids, std::span<std::uint32_t> blocks) const noexcept;

  EndpointId endpoint_for(std::uint64_t key);
  std::size_t refresh(EndpointId id, std::span<const std::uint64_t> chain);
  std::uint32_t hold(EndpointId id, std::uint64_t block_id, std::uint32_t block, std::uint32_t behind);
  void evict(Endpoint& from, std::size_t count) noexcept;
  void release(std::uint32_t node) noexcept;

  void link(Endpoint& list, std::uint32_t node, std::uint32_t behind) noexcept;
  void unlink(Endpoint& list, std::uint32_t node) noexcept;
  void move(Endpoint& list, std::uint32_t node, std::uint32_t behind) noexcept;
  std::uint32_t reserve_block();
  std::uint32_t reserve_node();

  BlockTable table_;
  HolderSets holders_;
  SegmentedArray<Block, 10> blocks_;
  SegmentedArray<Node, 10> nodes_;

  std::uint32_t maximum_endpoints_;
  EndpointIds ids_;
  SegmentedArray<Endpoint, 6> endpoints_;  // by endpoint id
  std::uint32_t last_endpoint_ = 0;
  std::uint32_t free_blocks_ = 0;
  std::uint32_t free_nodes_ = 0;
  std::uint64_t insertions_ = 0;
  std::size_t n_blocks_ = 0;
  std::size_t n_holdings_ = 0;
  EndpointId listed_ = 0;
  std::uint32_t next_listed_ = 0;  // node; this one and all newer ones are still to be listed
};

}  // namespace approx_prefix
