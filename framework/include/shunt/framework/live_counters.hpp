// SPDX-License-Identifier: Apache-2.0
// live_counters.hpp: requests and tokens that this host has sent to each endpoint and not seen end.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

namespace shunt {

// Slots are handed out by the endpoint table and never move; counting is lock-free, from any thread.
class LiveCounters {
 public:
  static constexpr std::uint32_t kMaximumSlots = 1u << 22;

  // Grows to at least `slots`; false above kMaximumSlots. Only by the owner of the endpoint table; readers of existing slots
  // go on meanwhile.
  [[nodiscard]] bool reserve(std::uint32_t slots);

  void add(std::uint32_t slot, std::int64_t requests, std::int64_t tokens) noexcept;
  // One of the two each, because the other may be counted by another thread at the same moment.
  void set_requests(std::uint32_t slot, std::int64_t requests) noexcept;
  void set_tokens(std::uint32_t slot, std::int64_t tokens) noexcept;
  std::int64_t in_flight(std::uint32_t slot) const noexcept {
    return cell(slot).requests.load(std::memory_order_relaxed);
  }
  std::int64_t in_flight_tokens(std::uint32_t slot) const noexcept {
    return cell(slot).tokens.load(std::memory_order_relaxed);
  }

 private:
  struct Cell {
    std::atomic<std::int64_t> requests{0};
    std::atomic<std::int64_t> tokens{0};
  };
  static constexpr std::uint32_t kChunkBits = 10;
  static constexpr std::uint32_t kChunk = 1u << kChunkBits;
  static constexpr std::uint32_t kMaximumChunks = kMaximumSlots / kChunk;
  Cell& cell(std::uint32_t slot) noexcept {
    return chunks_[slot >> kChunkBits].load(std::memory_order_acquire)[slot & (kChunk - 1)];
  }
  const Cell& cell(std::uint32_t slot) const noexcept {
    return chunks_[slot >> kChunkBits].load(std::memory_order_acquire)[slot & (kChunk - 1)];
  }
  std::vector<std::unique_ptr<Cell[]>> owned_;
  std::unique_ptr<std::atomic<Cell*>[]> chunks_{new std::atomic<Cell*>[kMaximumChunks] {}};
};

}  // namespace shunt
