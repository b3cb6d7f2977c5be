// SPDX-License-Identifier: Apache-2.0
// log_limit.hpp: lets the first message of a kind through at once and then only so many a minute, with the number of those that
// were held back.
//
//   if (const auto pass = limit.pass("queue-scorer", clock.now_ns())) write(text, pass->suppressed);
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace shunt::host {

// Any thread.
class LogLimit {
 public:
  static constexpr std::size_t kMostKeys = 1024;  // beyond that all share one

  explicit LogLimit(std::uint32_t per_minute) : per_minute_(per_minute) {}

  struct Pass {
    std::uint64_t suppressed = 0;  // of this key since the last one that passed
  };
  // Nothing: the message is to be held back. `key` says what messages are of one kind: an instance, an endpoint.
  std::optional<Pass> pass(std::string_view key, std::int64_t now_ns);

 private:
  struct Window {
    std::int64_t begin_ns = 0;
    std::uint32_t passed = 0;
    std::uint64_t suppressed = 0;
  };
  const std::uint32_t per_minute_;
  std::mutex mutex_;
  std::map<std::string, Window, std::less<>> windows_;
};

}  // namespace shunt::host
