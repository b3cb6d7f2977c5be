// SPDX-License-Identifier: Apache-2.0
// batch_timer.hpp: times something too short for a clock, many at a time.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

#include "measurement.hpp"
#include "validate/allocation_probe.hpp"
#include "validate/probe_host.hpp"

namespace shunt::bench {

// Long enough that reading the clock does not count, short enough that most batches run undisturbed.
inline constexpr std::chrono::nanoseconds kBatchTime = std::chrono::microseconds(20);
inline constexpr std::chrono::nanoseconds kWholeTime = std::chrono::milliseconds(40);
// Memory of call_alloc() lives until a batch ends.
inline constexpr std::uint32_t kLargestBatch = 512;
inline constexpr std::uint32_t kFewestBatches = 5;

// `prepare` stands before each batch and is not timed; `call` answers with a status, and a negative one ends it. False then.
template <class Prepare, class Call>
bool time_calls(Prepare prepare, Call call, Measurement& out) {
  using Clock = std::chrono::steady_clock;
  std::vector<double> batches;
  std::uint64_t allocations = 0;
  std::uint64_t calls = 0;
  std::uint32_t size = 1;
  const auto begin = Clock::now();
  while (batches.size() < kFewestBatches || Clock::now() - begin < kWholeTime) {
    prepare();
    std::chrono::nanoseconds taken{0};
    const std::uint64_t counted_before = validate::counted_allocations();
    {
      const validate::PluginCall calling(true);
      const auto started = Clock::now();
      for (std::uint32_t i = 0; i < size; ++i) {
        if (call() < 0) return false;
      }
      taken = Clock::now() - started;
    }
    const std::uint64_t counted = validate::counted_allocations() - counted_before;
    // Until batches are long enough they only warm things up.
    if (taken < kBatchTime && size < kLargestBatch) {
      size *= 2;
      continue;
    }
    batches.push_back(static_cast<double>(taken.count()) / size);
    allocations += counted;
    calls += size;
  }
  std::ranges::sort(batches);
  out.nanoseconds = batches[batches.size() / 2];
  out.fastest_nanoseconds = batches.front();
  out.allocations =
      validate::has_allocation_probe() ? static_cast<double>(allocations) / static_cast<double>(calls) : -1.0;
  return true;
}

}  // namespace shunt::bench
