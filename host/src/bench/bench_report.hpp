// SPDX-License-Identifier: Apache-2.0
// bench_report.hpp: measurements for people and for programs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "measurement.hpp"

namespace shunt::bench {

struct BenchReport {
  std::string file;
  std::uint64_t seed = 1;
  std::uint32_t budget_us = 1000;  // of one call
  std::vector<PluginMeasurements> plugins;
};

std::string text_report(const BenchReport& report);
// An object each; `json_report` has all of them in one.
std::string json_line_report(const BenchReport& report);
std::string json_report(const std::vector<BenchReport>& reports);

}  // namespace shunt::bench
