// SPDX-License-Identifier: Apache-2.0
// How the content of the index is listed and restored; all of it is the writer's.
#include "prefix_index.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace approx_prefix {

void PrefixIndex::restore(std::uint64_t endpoint_key, std::span<const std::uint64_t> ids, std::size_t capacity) {
  if (ids.empty()) return;
  const EndpointId id = endpoint_for(endpoint_key);
  endpoints_[id].used = ++insertions_;
  std::array<std::uint32_t, kBatch> located;
  for (std::size_t begin = 0; begin < ids.size(); begin += kBatch) {
    const auto batch = ids.subspan(begin, std::min(kBatch, ids.size() - begin));
    locate(batch, located);
    announce(ids.subspan(begin + batch.size()));
    for (std::size_t i = 0; i < batch.size(); ++i) hold(id, batch[i], located[i], 0);
  }
  Endpoint& list = endpoints_[id];
  if (list.size > capacity) evict(list, list.size - capacity);
}

std::vector<std::uint64_t> PrefixIndex::keys_by_use() const {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> by_use;
  for (std::uint32_t id = 1; id <= last_endpoint_; ++id) {
    const std::uint64_t key = ids_.key(static_cast<EndpointId>(id));
    // An id that was taken back keeps its last key.
    if (ids_.find(key) == id) by_use.emplace_back(endpoints_[id].used, key);
  }
  std::ranges::sort(by_use);
  std::vector<std::uint64_t> keys;
  for (const auto& [used, key] : by_use) keys.push_back(key);
  return keys;
}

std::size_t PrefixIndex::begin_listing(std::uint64_t endpoint_key) noexcept {
  listed_ = ids_.find(endpoint_key);
  next_listed_ = listed_ != 0 ? endpoints_[listed_].oldest : 0;
  return listed_ != 0 ? endpoints_[listed_].size : 0;
}

std::size_t PrefixIndex::list(std::span<std::uint64_t> ids) noexcept {
  if (listed_ == 0) return 0;
  std::array<std::uint32_t, kBatch> blocks;
  std::size_t n = 0;
  while (n < ids.size() && next_listed_ != 0) {
    // Two passes, so that the cache misses of a batch overlap.
    std::size_t in_batch = 0;
    const std::size_t room = std::min(kBatch, ids.size() - n);
    for (; in_batch < room && next_listed_ != 0; next_listed_ = nodes_[next_listed_].newer) {
      blocks[in_batch] = nodes_[next_listed_].block;
      __builtin_prefetch(&blocks_[blocks[in_batch++]]);
    }
    for (std::size_t i = 0; i < in_batch; ++i) ids[n++] = blocks_[blocks[i]].id.load(std::memory_order_relaxed);
  }
  if (next_listed_ == 0) listed_ = 0;
  return n;
}

}  // namespace approx_prefix
