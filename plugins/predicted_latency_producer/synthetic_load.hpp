// SPDX-License-Identifier: Apache-2.0
// synthetic_load.hpp: for tests, endpoints whose latencies are linear in their load, with noise.
#pragma once

#include "features.hpp"
#include "linear_model.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <random>

namespace predicted_latency {

// A server: milliseconds per feature, and how much latencies scatter.
struct SyntheticServer {
  Weights milliseconds{40.0, 60.0, 80.0, 30.0, 120.0, 50.0};
  double noise_ms = 5.0;

  double exact(const Features& features) const {
    double sum = 0.0;
    for (std::size_t i = 0; i < kFeatures; ++i) sum += milliseconds[i] * features[i];
    return sum;
  }
};

// Draws loads and latencies.
class SyntheticLoad {
 public:
  explicit SyntheticLoad(std::uint64_t seed) : draw_(seed) {}

  Features features() {
    const auto up_to = [this](double high) { return std::uniform_real_distribution<double>(0.0, high)(draw_); };
    return features_of({.queue = std::floor(up_to(20)),
                        .running = std::floor(up_to(64)),
                        .kv_cache_usage = up_to(1.0),
                        .uncached_tokens = std::floor(up_to(4096)),
                        .in_flight_tokens = std::floor(up_to(65536))});
  }
  double observe(const SyntheticServer& server, const Features& features) {
    const double noise = std::normal_distribution<double>(0.0, 1.0)(draw_) * server.noise_ms;
    return std::max(0.001, server.exact(features) + noise);
  }
  std::mt19937_64& draw() { return draw_; }

 private:
  std::mt19937_64 draw_;
};

// Mean distance of predictions from the exact latency, in milliseconds, over loads that were not learned from.
template <class Predict>
double mean_error(const SyntheticServer& server, std::uint64_t seed, Predict&& predict) {
  SyntheticLoad load(seed);
  constexpr int kLoads = 500;
  double sum = 0.0;
  for (int i = 0; i < kLoads; ++i) {
    const Features features = load.features();
    sum += std::abs(predict(features) - server.exact(features));
  }
  return sum / kLoads;
}

}  // namespace predicted_latency
