// SPDX-License-Identifier: Apache-2.0
// urgency.hpp: how much of its time a request has spent waiting.
#pragma once

#include <algorithm>
#include <cstdint>

namespace sagellm {

// 0 to 1; 1 once the deadline has passed, 0 without one (NaN). `deadline_ns` is after arrival.
inline double urgency(std::int64_t now_ns, std::int64_t arrival_ns, double deadline_ns) {
  // In floating point: the difference of any two times, however odd, is a number then.
  const double elapsed = static_cast<double>(now_ns) - static_cast<double>(arrival_ns);
  if (deadline_ns != deadline_ns) return 0;
  if (elapsed >= deadline_ns) return 1;
  return std::clamp(elapsed / deadline_ns, 0.0, 1.0);
}

}  // namespace sagellm
