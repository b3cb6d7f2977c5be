// SPDX-License-Identifier: Apache-2.0
// retry_budget.hpp: how many retries a thread may make, so that a failing pool is not drowned in them.
//
//   budget.count_request(now_ms);
//   if (budget.left(now_ms)) {
//     budget.count_retry(now_ms);
//     try_again();
//   }
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace shunt::host::front {

// Retries in percent of the requests of the last ten seconds, and at least ten of them; none at 0 percent.
class RetryBudget {
 public:
  explicit RetryBudget(std::uint32_t percent) : percent_(percent) {}

  void count_request(std::int64_t now_ms) noexcept {
    turn_to(now_ms);
    ++current().requests;
  }
  bool left(std::int64_t now_ms) noexcept {
    turn_to(now_ms);
    std::uint64_t requests = 0;
    std::uint64_t retries = 0;
    for (const Second& second : seconds_) {
      requests += second.requests;
      retries += second.retries;
    }
    return percent_ != 0 && retries < std::max<std::uint64_t>(kLeast, requests * percent_ / 100);
  }
  void count_retry(std::int64_t now_ms) noexcept {
    turn_to(now_ms);
    ++current().retries;
  }

 private:
  static constexpr std::uint64_t kLeast = 10;
  static constexpr std::int64_t kSeconds = 10;
  struct Second {
    std::uint64_t requests = 0;
    std::uint64_t retries = 0;
  };
  Second& current() noexcept { return seconds_[static_cast<std::size_t>(second_ % kSeconds)]; }
  void turn_to(std::int64_t now_ms) noexcept {
    const std::int64_t second = now_ms / 1000;
    if (second <= second_) return;
    for (std::int64_t i = std::max(second_ + 1, second - kSeconds + 1); i <= second; ++i) {
      seconds_[static_cast<std::size_t>(i % kSeconds)] = {};
    }
    second_ = second;
  }

  const std::uint32_t percent_;
  std::int64_t second_ = 0;
  std::array<Second, kSeconds> seconds_;
};

}  // namespace shunt::host::front
