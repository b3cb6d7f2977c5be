// SPDX-License-Identifier: Apache-2.0
// The writer's half of the index; the readers' half is prefix_match.cpp.
#include "prefix_index.hpp"

#include <algorithm>
#include <array>

namespace approx_prefix {
namespace {

constexpr std::memory_order kRelaxed = std::memory_order_relaxed;

// An endpoint whose capacity fell gives its surplus back over several insertions, so that none of them takes long.
constexpr std::size_t kMaximumSurplus = 4096;

}  // namespace

PrefixIndex::PrefixIndex(std::uint32_t maximum_endpoints)
    : maximum_endpoints_(std::clamp<std::uint32_t>(maximum_endpoints, 1, kMaximumEndpointId)),
      ids_(maximum_endpoints_) {
  // Number 0 is "none" everywhere.
  blocks_.append();
  nodes_.append();
  endpoints_.append();
}

std::size_t PrefixIndex::bytes() const noexcept {
  return table_.bytes() + holders_.bytes() + blocks_.bytes() + nodes_.bytes() + ids_.bytes() + endpoints_.bytes();
}

void PrefixIndex::insert(std::uint64_t endpoint_key, std::span<const std::uint64_t> ids, std::size_t capacity) {
  const std::span<const std::uint64_t> chain = ids.first(std::min(ids.size(), capacity));
  if (chain.empty()) return;
  const EndpointId id = endpoint_for(endpoint_key);
  endpoints_[id].used = ++insertions_;

  // What the endpoint holds of the chain is its root; moving that out of the way first keeps it from being evicted for the
  // chain's own sake.
  const std::size_t held = refresh(id, chain);
  const std::size_t wanted = endpoints_[id].size + (chain.size() - held);
  if (wanted > capacity) {
    const std::size_t added = chain.size() - held;
    evict(endpoints_[id], std::min(wanted - capacity, added + kMaximumSurplus));
  }

  // Root first: a reader that finds a block finds its ancestors.
  std::uint32_t behind = 0;
  if (held > 0) behind = holders_.find(blocks_[find(chain[held - 1])], id);
  std::array<std::uint32_t, kBatch> located;
  for (std::size_t begin = held; begin < chain.size(); begin += kBatch) {
    const auto batch = chain.subspan(begin, std::min(kBatch, chain.size() - begin));
    locate(batch, located);
    announce(chain.subspan(begin + batch.size()));
    for (std::size_t i = 0; i < batch.size(); ++i) behind = hold(id, batch[i], located[i], behind);
  }
}

void PrefixIndex::purge(std::uint64_t endpoint_key) noexcept {
  const EndpointId id = ids_.find(endpoint_key);
  if (id == 0) return;
  evict(endpoints_[id], endpoints_[id].size);
  if (listed_ == id) listed_ = 0;
  ids_.remove(endpoint_key);
}

EndpointId PrefixIndex::endpoint_for(std::uint64_t key) {
  if (const EndpointId known = ids_.find(key); known != 0) return known;
  if (ids_.size() >= maximum_endpoints_) {
    // Nobody told that some endpoint has gone: the one that was idle longest makes room. Every id is taken.
    EndpointId idle = 1;
    for (std::uint32_t id = 2; id <= maximum_endpoints_; ++id) {
      if (endpoints_[id].used < endpoints_[idle].used) idle = static_cast<EndpointId>(id);
    }
    purge(ids_.key(idle));
  }
  // All that may fail comes first.
  if (last_endpoint_ == ids_.size()) last_endpoint_ = endpoints_.append();
  const EndpointId id = ids_.add(key);
  endpoints_[id] = {};
  return id;
}

// Makes the blocks that the endpoint holds its most recent ones, in the order of the chain. Returns how many it holds.
std::size_t PrefixIndex::refresh(EndpointId id, std::span<const std::uint64_t> chain) {
  Endpoint& list = endpoints_[id];
  std::uint32_t behind = 0;
  std::uint32_t guess = 0;
  std::array<std::uint32_t, kBatch> located;
  std::size_t begin = 0;
  std::size_t end = 0;  // chain[begin, end) is located
  for (std::size_t i = 0; i < chain.size(); ++i) {
    // Blocks that came together lie one behind the other in the list: looking there spares most of the hashing.
    std::uint32_t node = guess;
    if (node == 0 || blocks_[nodes_[node].block].id.load(kRelaxed) != chain[i]) {
      if (i >= end) {
        begin = i;
        end = std::min(i + kBatch, chain.size());
        locate(chain.subspan(begin, end - begin), located);
      }
      const std::uint32_t block = located[i - begin];
      node = block != 0 ? holders_.find(blocks_[block], id) : 0;
      if (node == 0) return i;
    }
    guess = nodes_[node].older;
    move(list, node, behind);
    behind = node;
  }
  return chain.size();
}

// Makes the endpoint a holder of the block, which is added when `block` is 0. Returns the node.
//
// A chain that names an id twice may add it twice: both blocks live and go like any other.
std::uint32_t PrefixIndex::hold(EndpointId id, std::uint64_t block_id, std::uint32_t block, std::uint32_t behind) {
  Endpoint& list = endpoints_[id];
  if (block != 0) {
    if (const std::uint32_t node = holders_.find(blocks_[block], id); node != 0) {
      move(list, node, behind);
      return node;
    }
  }
  // All that may fail comes first. A fresh block has room for its first holder.
  const std::uint32_t node = reserve_node();
  if (block == 0) {
    table_.reserve(block_id);
    block = reserve_block();
    Block& fresh = blocks_[block];
    free_blocks_ = fresh.nodes[0];
    fresh.id.store(block_id, kRelaxed);
    holders_.add(fresh, id, node);
    table_.insert(block_id, block);
    ++n_blocks_;
  } else {
    holders_.add(blocks_[block], id, node);
  }
  Node& it = nodes_[node];
  free_nodes_ = it.older;
  it.block = block;
  it.endpoint = id;
  link(list, node, behind);
  ++list.size;
  ++n_holdings_;
  return node;
}

void PrefixIndex::evict(Endpoint& from, std::size_t count) noexcept {
  std::array<std::uint32_t, kBatch> victims;
  while (count > 0 && from.oldest != 0) {
    // Three passes, so that the cache misses of a batch overlap.
    std::size_t n = 0;
    for (std::uint32_t node = from.oldest; node != 0 && n < std::min(kBatch, count); node = nodes_[node].newer) {
      __builtin_prefetch(&blocks_[nodes_[node].block]);
      victims[n++] = node;
    }
    for (std::size_t i = 0; i < n; ++i) table_.prefetch(blocks_[nodes_[victims[i]].block].id.load(kRelaxed));
    for (std::size_t i = 0; i < n; ++i) release(victims[i]);
    count -= n;
  }
}

void PrefixIndex::release(std::uint32_t node) noexcept {
  Node& it = nodes_[node];
  Endpoint& list = endpoints_[it.endpoint];
  Block& block = blocks_[it.block];
  unlink(list, node);
  --list.size;
  --n_holdings_;
  holders_.remove(block, it.endpoint);
  if (block.holders.load(kRelaxed) == 0) {
    table_.erase(block.id.load(kRelaxed), it.block);
    block.nodes[0] = free_blocks_;
    free_blocks_ = it.block;
    --n_blocks_;
  }
  it.older = free_nodes_;
  free_nodes_ = node;
}

// `behind` 0: as the most recent one.
void PrefixIndex::link(Endpoint& list, std::uint32_t node, std::uint32_t behind) noexcept {
  Node& it = nodes_[node];
  it.newer = behind;
  it.older = behind != 0 ? nodes_[behind].older : list.newest;
  (behind != 0 ? nodes_[behind].older : list.newest) = node;
  (it.older != 0 ? nodes_[it.older].newer : list.oldest) = node;
  // Whatever is linked goes to the most recent end, so it is newer than the next one to be listed, or right behind it.
  if (it.endpoint == listed_ && it.newer == next_listed_) next_listed_ = node;
}

void PrefixIndex::unlink(Endpoint& list, std::uint32_t node) noexcept {
  const Node& it = nodes_[node];
  if (node == next_listed_) next_listed_ = it.newer;
  (it.newer != 0 ? nodes_[it.newer].older : list.newest) = it.older;
  (it.older != 0 ? nodes_[it.older].newer : list.oldest) = it.newer;
}

void PrefixIndex::move(Endpoint& list, std::uint32_t node, std::uint32_t behind) noexcept {
  if (node == behind || nodes_[node].newer == behind) return;
  unlink(list, node);
  link(list, node, behind);
}

// The next free block or node, which stays the next one until the caller takes it.
std::uint32_t PrefixIndex::reserve_block() {
  if (free_blocks_ == 0) free_blocks_ = blocks_.append();
  return free_blocks_;
}

std::uint32_t PrefixIndex::reserve_node() {
  if (free_nodes_ == 0) free_nodes_ = nodes_.append();
  return free_nodes_;
}

}  // namespace approx_prefix
