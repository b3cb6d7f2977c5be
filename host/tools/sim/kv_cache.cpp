// SPDX-License-Identifier: Apache-2.0
#include "kv_cache.hpp"

namespace shunt::sim {

std::optional<std::uint32_t> KvCache::acquire(std::span<const std::uint64_t> hashes, std::uint32_t count,
                                              std::vector<Block>& held) {
  std::uint32_t found = 0;
  std::uint32_t unheld = 0;
  std::vector<Block> matched;
  for (const std::uint64_t hash : hashes) {
    if (found == count) break;
    const auto it = index_.find(hash);
    if (it == index_.end()) break;
    matched.push_back(it->second);
    if (entries_[it->second].holders == 0) ++unheld;
    ++found;
  }
  if (count - found + unheld > available()) return std::nullopt;
  // All that match first: otherwise one of them could be taken away for another's content.
  for (const Block block : matched) hold(block);
  held.insert(held.end(), matched.begin(), matched.end());
  for (std::uint32_t i = found; i < count; ++i) held.push_back(take_free());
  return found;
}

bool KvCache::extend(std::vector<Block>& held) {
  if (available() == 0) return false;
  held.push_back(take_free());
  return true;
}

void KvCache::publish(Block block, std::uint64_t hash) {
  Entry& entry = entries_[block];
  if (entry.published || !index_.emplace(hash, block).second) return;
  entry.published = true;
  entry.hash = hash;
}

void KvCache::release(std::vector<Block>& held) {
  for (auto it = held.rbegin(); it != held.rend(); ++it) {
    Entry& entry = entries_[*it];
    if (--entry.holders > 0) continue;
    --used_;
    entry.previous = newest_;
    entry.next = kNone;
    (newest_ == kNone ? oldest_ : entries_[newest_].next) = *it;
    newest_ = *it;
  }
  held.clear();
}

void KvCache::forget() {
  for (Block block = oldest_; block != kNone; block = entries_[block].next) {
    Entry& entry = entries_[block];
    if (entry.published) index_.erase(entry.hash);
    entry.published = false;
  }
}

KvCache::Block KvCache::take_free() {
  // What was never used goes first: content is kept as long as possible.
  if (entries_.size() < capacity_) {
    entries_.emplace_back();
    entries_.back().holders = 1;
    ++used_;
    return static_cast<Block>(entries_.size() - 1);
  }
  const Block block = oldest_;
  Entry& entry = entries_[block];
  if (entry.published) index_.erase(entry.hash);
  entry.published = false;
  hold(block);
  return block;
}

void KvCache::hold(Block block) {
  Entry& entry = entries_[block];
  if (entry.holders++ > 0) return;
  unlink(block);
  ++used_;
}

void KvCache::unlink(Block block) {
  Entry& entry = entries_[block];
  (entry.previous == kNone ? oldest_ : entries_[entry.previous].next) = entry.next;
  (entry.next == kNone ? newest_ : entries_[entry.next].previous) = entry.previous;
  entry.previous = entry.next = kNone;
}

}  // namespace shunt::sim
