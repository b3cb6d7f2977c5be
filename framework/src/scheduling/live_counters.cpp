// SPDX-License-Identifier: Apache-2.0
#include <shunt/framework/live_counters.hpp>

namespace shunt {

bool LiveCounters::reserve(std::uint32_t slots) {
  if (slots > kMaximumSlots) return false;
  while (owned_.size() * kChunk < slots) {
    owned_.push_back(std::make_unique<Cell[]>(kChunk));
    chunks_[owned_.size() - 1].store(owned_.back().get(), std::memory_order_release);
  }
  return true;
}

void LiveCounters::add(std::uint32_t slot, std::int64_t requests, std::int64_t tokens) noexcept {
  Cell& target = cell(slot);
  target.requests.fetch_add(requests, std::memory_order_relaxed);
  target.tokens.fetch_add(tokens, std::memory_order_relaxed);
}

void LiveCounters::set_requests(std::uint32_t slot, std::int64_t requests) noexcept {
  cell(slot).requests.store(requests, std::memory_order_relaxed);
}

void LiveCounters::set_tokens(std::uint32_t slot, std::int64_t tokens) noexcept {
  cell(slot).tokens.store(tokens, std::memory_order_relaxed);
}

}  // namespace shunt
