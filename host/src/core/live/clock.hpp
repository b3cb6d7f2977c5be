// SPDX-License-Identifier: Apache-2.0
// clock.hpp: the time of a running host, injected so that tests have their own.
#pragma once

#include <chrono>
#include <cstdint>

namespace shunt::host {

// Any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  // Never goes back; what plugins see as now_ns.
  virtual std::int64_t now_ns() const noexcept = 0;
  // Of the calendar, in nanoseconds since 1970: for people and logs only.
  virtual std::int64_t wall_ns() const noexcept = 0;
};

class SystemClock final : public Clock {
 public:
  std::int64_t now_ns() const noexcept override {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }
  std::int64_t wall_ns() const noexcept override {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
};

}  // namespace shunt::host
