// SPDX-License-Identifier: Apache-2.0
#include "usage_order.hpp"

#include <algorithm>
#include <bit>

namespace no_hit_lru {
namespace {

constexpr std::uint64_t kBeingWritten = UINT64_MAX;
// Keys that mean something else here; no endpoint is likely to have them.
constexpr std::uint64_t named(std::uint64_t endpoint) noexcept {
  return endpoint == 0 || endpoint == kBeingWritten ? 1 : endpoint;
}

}  // namespace

UsageOrder::UsageOrder(std::size_t capacity)
    : capacity_(std::max<std::size_t>(1, capacity)),
      mask_(std::bit_ceil(capacity_ * 2) - 1),
      table_(std::make_unique<Slot[]>(mask_ + 1)),
      by_position_(std::make_unique<std::uint32_t[]>(capacity_)) {}

bool UsageOrder::touch(std::uint64_t endpoint) noexcept { return change(named(endpoint), false); }
bool UsageOrder::erase(std::uint64_t endpoint) noexcept { return change(named(endpoint), true); }

bool UsageOrder::change(std::uint64_t endpoint, bool erased) noexcept {
  bool done = false;
  bool left = false;
  // A change that was left after the last look of the other thread is still there when that one has gone: look again.
  do {
    if (taken_.exchange(true)) {
      if (!done && !left) left = leave(endpoint, erased);
      // The order is taken: the one who has it looks for pending changes after giving it back.
      if (taken_.load()) return done || left;
      continue;
    }
    drain();
    if (!done && !left) apply(endpoint, erased);
    done = true;
    taken_.store(false);
  } while (!done || any_pending());
  return true;
}

bool UsageOrder::leave(std::uint64_t endpoint, bool erased) noexcept {
  for (Pending& place : pending_) {
    std::uint64_t free = 0;
    if (!place.endpoint.compare_exchange_strong(free, kBeingWritten)) continue;
    place.erased.store(erased, std::memory_order_relaxed);
    place.endpoint.store(endpoint);
    return true;
  }
  return false;
}

bool UsageOrder::any_pending() const noexcept {
  return std::any_of(pending_.begin(), pending_.end(), [](const Pending& place) {
    const std::uint64_t endpoint = place.endpoint.load();
    return endpoint != 0 && endpoint != kBeingWritten;
  });
}

void UsageOrder::drain() noexcept {
  for (Pending& place : pending_) {
    const std::uint64_t endpoint = place.endpoint.load();
    if (endpoint == 0 || endpoint == kBeingWritten) continue;
    const bool erased = place.erased.load(std::memory_order_relaxed);
    place.endpoint.store(0);
    apply(endpoint, erased);
  }
}

std::size_t UsageOrder::slot_of(std::uint64_t endpoint) const noexcept {
  std::size_t slot = endpoint & mask_;
  for (;; slot = (slot + 1) & mask_) {
    const std::uint64_t found = table_[slot].endpoint.load(std::memory_order_relaxed);
    if (found == endpoint || found == 0) return slot;
  }
}

void UsageOrder::apply(std::uint64_t endpoint, bool erased) noexcept {
  std::size_t slot = slot_of(endpoint);
  const bool known = table_[slot].endpoint.load(std::memory_order_relaxed) != 0;
  std::size_t size = size_.load(std::memory_order_relaxed);
  if (known) {
    const std::uint32_t position = table_[slot].position.load(std::memory_order_relaxed);
    close_gap(position);
    if (erased) free_slot(slot);
    --size;
  }
  if (!erased) {
    if (size == capacity_) {
      const std::uint32_t oldest = by_position_[0];
      close_gap(0);
      size_.store(--size, std::memory_order_relaxed);
      free_slot(oldest);
      slot = slot_of(endpoint);
    }
    table_[slot].position.store(static_cast<std::uint32_t>(size), std::memory_order_relaxed);
    table_[slot].endpoint.store(endpoint, std::memory_order_release);
    by_position_[size++] = static_cast<std::uint32_t>(slot);
  }
  size_.store(size, std::memory_order_relaxed);
}

// Those behind a position move up by one.
void UsageOrder::close_gap(std::uint32_t position) noexcept {
  const std::size_t size = size_.load(std::memory_order_relaxed);
  for (std::size_t i = position; i + 1 < size; ++i) {
    const std::uint32_t slot = by_position_[i + 1];
    by_position_[i] = slot;
    table_[slot].position.store(static_cast<std::uint32_t>(i), std::memory_order_relaxed);
  }
}

// Frees a slot whose endpoint is in by_position_ no more, and moves up what a search would no longer reach.
void UsageOrder::free_slot(std::size_t slot) noexcept {
  std::size_t gap = slot;
  for (std::size_t next = (gap + 1) & mask_;; next = (next + 1) & mask_) {
    const std::uint64_t endpoint = table_[next].endpoint.load(std::memory_order_relaxed);
    if (endpoint == 0) break;
    const std::size_t distance = (next - (endpoint & mask_)) & mask_;
    if (distance < ((next - gap) & mask_)) continue;
    const std::uint32_t position = table_[next].position.load(std::memory_order_relaxed);
    table_[gap].position.store(position, std::memory_order_relaxed);
    table_[gap].endpoint.store(endpoint, std::memory_order_release);
    by_position_[position] = static_cast<std::uint32_t>(gap);
    gap = next;
  }
  table_[gap].endpoint.store(0, std::memory_order_release);
}

}  // namespace no_hit_lru
