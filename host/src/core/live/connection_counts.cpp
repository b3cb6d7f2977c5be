// SPDX-License-Identifier: Apache-2.0
#include "live/connection_counts.hpp"

#include <algorithm>

namespace shunt::host {

ConnectionTotals ConnectionCounts::total() const {
  const auto read = [](const std::atomic<std::uint64_t>& counter) { return counter.load(std::memory_order_relaxed); };
  ConnectionTotals out;
  const std::lock_guard lock(mutex_);
  for (const Cell& cell : cells_) {
    // Ended first: nobody shall see more ends than beginnings.
    for (std::size_t i = 0; i < kCloseReasons; ++i) out.closed[i] += cell.closed_[i].load(std::memory_order_acquire);
    out.accepted += read(cell.accepted);
    for (std::size_t i = 0; i < kHandshakeResults; ++i) out.handshakes[i] += read(cell.handshakes[i]);
    for (std::size_t i = 0; i < kConnectResults; ++i) out.connects[i] += read(cell.connects[i]);
    out.reused += read(cell.reused);
    const std::uint64_t idle = read(cell.idle);
    // These two move on their own: all may have become idle in between.
    out.idle += idle;
    out.busy += std::max(read(cell.links), idle) - idle;
  }
  return out;
}

}  // namespace shunt::host
