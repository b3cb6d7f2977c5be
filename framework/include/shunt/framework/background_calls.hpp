// SPDX-License-Identifier: Apache-2.0
// background_calls.hpp: what the calls of an instance cost that no request waits for: events and pages.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace shunt {

// Any thread.
struct BackgroundCalls {
  std::atomic<std::uint64_t> calls{0};
  std::atomic<std::uint64_t> nanoseconds{0};
};

// Counts the call that it surrounds.
class BackgroundCall {
 public:
  explicit BackgroundCall(BackgroundCalls& counts) noexcept : counts_(counts) {}
  ~BackgroundCall() {
    const std::chrono::nanoseconds took = std::chrono::steady_clock::now() - begun_;
    counts_.nanoseconds.fetch_add(static_cast<std::uint64_t>(took.count()), std::memory_order_relaxed);
    counts_.calls.fetch_add(1, std::memory_order_relaxed);
  }
  BackgroundCall(const BackgroundCall&) = delete;
  BackgroundCall& operator=(const BackgroundCall&) = delete;

 private:
  BackgroundCalls& counts_;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

}  // namespace shunt
