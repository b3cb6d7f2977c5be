// SPDX-License-Identifier: Apache-2.0
// bench_process.hpp: measures one plugin type in a process of its own, where a crash is told and allocations are counted.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "measurement.hpp"
#include "validate/job.hpp"

namespace shunt::bench {

// The only argument of the program when it is to be such a process. No command for people.
inline constexpr const char* kBenchProcessWord = "--run-plugin-bench";

// The child's main(): reads its job from descriptor 3 and tells what it measures on descriptor 4.
int bench_process_main();

struct BenchJob {
  validate::Job plugin;
  std::vector<std::uint32_t> sizes;
  std::vector<std::string> without;  // columns and values that nobody produces
};

// The parent's side. `waiting` is called a few times a second meanwhile.
PluginMeasurements run_in_child(const BenchJob& job, const std::string& program, std::chrono::milliseconds time_limit,
                                const std::function<void()>& waiting);

}  // namespace shunt::bench
