// SPDX-License-Identifier: Apache-2.0
// call_counts.hpp: what became of the calls to one instance.
#pragma once

#include <cstdint>

namespace shunt {

struct CallCounts {
  std::uint64_t calls = 0;
  std::uint64_t ticks = 0;
  std::uint64_t faults = 0;
  std::uint64_t slow = 0;     // calls above limits.pluginBudgetMicroseconds
  std::uint64_t skipped = 0;  // calls that an open breaker has kept from it
  std::uint64_t opened = 0;   // times that a call has opened its breaker

  CallCounts& operator+=(const CallCounts& other) noexcept {
    calls += other.calls;
    ticks += other.ticks;
    faults += other.faults;
    slow += other.slow;
    skipped += other.skipped;
    opened += other.opened;
    return *this;
  }
};

}  // namespace shunt
