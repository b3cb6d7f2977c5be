// SPDX-License-Identifier: Apache-2.0
// faults.hpp: how a server misbehaves. Set by flags and config, changed at run time by POST /sim/faults.
#pragma once

#include <cstdint>
#include <string>

#include "text.hpp"

namespace shunt::sim {

struct Faults {
  double error_rate = 0;
  std::uint64_t error_status = 503;
  std::uint64_t retry_after = 0;  // seconds; 0: no such header
  double reset_rate = 0;
  double hang_rate = 0;
  double abort_rate = 0;
  std::uint64_t abort_after = 3;
  bool refuse = false;
  bool hold = false;
  double slow_factor = 1;
  double latency_ms = 0;
  double latency_jitter_ms = 0;
  std::string metrics_page = "ok";
  double metrics_delay_ms = 0;
  std::uint64_t health_status = 200;
};

enum class Fate { Answer, Error, Reset, Hang, Abort };

// Of one request. A rate of zero draws no number, so that other faults do not change what is drawn.
inline Fate draw_fate(const Faults& faults, Random& random) {
  const auto hit = [&random](double rate) { return rate > 0 && random.share() < rate; };
  if (hit(faults.reset_rate)) return Fate::Reset;
  if (hit(faults.hang_rate)) return Fate::Hang;
  if (hit(faults.error_rate)) return Fate::Error;
  if (hit(faults.abort_rate)) return Fate::Abort;
  return Fate::Answer;
}

}  // namespace shunt::sim
