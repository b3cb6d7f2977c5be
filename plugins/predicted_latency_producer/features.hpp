// SPDX-License-Identifier: Apache-2.0
// features.hpp: what a latency is predicted from: the load of an endpoint and the work of a request, as numbers around 1.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

namespace predicted_latency {

// The first feature is 1 for every request: what is left of a latency without any load.
inline constexpr std::size_t kFeatures = 6;
using Features = std::array<double, kFeatures>;

// Where a feature stops to grow, far above what any endpoint has: so that no sum of products overflows or loses its digits.
inline constexpr double kHighestFeature = 1000.0;

// `amount` in units of `unit`, from 0 to kHighestFeature; NaN is 0.
inline double feature(double amount, double unit) noexcept {
  const double scaled = amount / unit;
  return scaled > 0.0 ? std::min(scaled, kHighestFeature) : 0.0;
}

// Load of an endpoint, and what a request adds to it, in the units of the columns.
struct Load {
  double queue = 0.0;            // requests that wait
  double running = 0.0;          // requests that run
  double kv_cache_usage = 0.0;   // 0 to 1
  double uncached_tokens = 0.0;  // of this request's prompt
  double in_flight_tokens = 0.0;
};

// Units are those in which an endpoint that is busy has numbers around 1.
inline Features features_of(const Load& load) noexcept {
  return {1.0,
          feature(load.queue, 8.0),
          feature(load.running, 32.0),
          feature(load.kv_cache_usage, 1.0),
          feature(load.uncached_tokens, 1024.0),
          feature(load.in_flight_tokens, 16384.0)};
}

}  // namespace predicted_latency
