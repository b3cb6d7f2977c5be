// SPDX-License-Identifier: Apache-2.0
// tick_clock.hpp: the cheapest clock that there is, for measuring plugins on every call; never seen by plugins.
#pragma once

#include <chrono>
#include <cstdint>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace shunt {

inline std::uint64_t ticks() noexcept {
#if defined(__x86_64__)
  return __rdtsc();
#else
  return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
#endif
}

// Nanoseconds per tick, measured from the first call on; better the longer the process runs.
double nanoseconds_per_tick() noexcept;

}  // namespace shunt
