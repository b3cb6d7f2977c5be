// SPDX-License-Identifier: Apache-2.0
// log_allowance.hpp: how much one instance may write to the log: a plugin that complains in every call shall not drown what
// others have to say.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

namespace shunt {

// Any thread.
class LogAllowance {
 public:
  static constexpr std::uint32_t kLinesPerSecond = 100;

  // For a line at `now_ns`: nothing where it is one too many in its second, else how many were left out before it.
  std::optional<std::uint64_t> take(std::int64_t now_ns) noexcept {
    const std::int64_t second = now_ns / 1'000'000'000;
    std::int64_t known = second_.load(std::memory_order_relaxed);
    if (known != second && second_.compare_exchange_strong(known, second, std::memory_order_relaxed)) {
      lines_.store(0, std::memory_order_relaxed);
    }
    if (lines_.fetch_add(1, std::memory_order_relaxed) >= kLinesPerSecond) {
      left_out_.fetch_add(1, std::memory_order_relaxed);
      return std::nullopt;
    }
    return left_out_.exchange(0, std::memory_order_relaxed);
  }

 private:
  std::atomic<std::int64_t> second_{-1};
  std::atomic<std::uint32_t> lines_{0};
  std::atomic<std::uint64_t> left_out_{0};
};

}  // namespace shunt
