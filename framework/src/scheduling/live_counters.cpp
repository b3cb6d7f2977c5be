// SPDX-License-Identifier: Apache-2.0
#include <shunt/framework/live_counters.hpp>

namespace shunt {

void LiveCounters::reserve(std::uint32_t slots) {
  while (owned_.size() * kChunk < slots && owned_.size() < kMaximumChunks) {
    owned_.push_back(std::make_unique<Cell[]>(kChunk));
    chunks_[owned_.size() - 1].store(owned_.back().get(), std::memory_order_release);
  }
}

void LiveCounters::add(std::uint32_t slot, std::int64_t requests, std::int64_t tokens) noexcept {
  Cell& target = chunks_[slot >> kChunkBits].load(std::memory_order_acquire)[slot & (kChunk - 1)];
  target.requests.fetch_add(requests, std::memory_order_relaxed);
  target.tokens.fetch_add(tokens, std::memory_order_relaxed);
}

void LiveCounters::set(std::uint32_t slot, std::int64_t requests, std::int64_t tokens) noexcept {
  Cell& target = chunks_[slot >> kChunkBits].load(std::memory_order_acquire)[slot & (kChunk - 1)];
  target.requests.store(requests, std::memory_order_relaxed);
  target.tokens.store(tokens, std::memory_order_relaxed);
}

}  // namespace shunt
