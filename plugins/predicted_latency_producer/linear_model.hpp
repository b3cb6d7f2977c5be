// SPDX-License-Identifier: Apache-2.0
// linear_model.hpp: a latency as a weighted sum of features, learned one observation at a time.
//
//   LinearModel model;
//   model.learn(features, 120.0, {.memory = 500});
//   const double ms = model.predict(features);
#pragma once

#include "features.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace predicted_latency {

// Latencies are from 0 to an hour, in milliseconds; what is longer counts as an hour.
inline constexpr double kLongestMs = 3.6e6;

// One weight per feature.
using Weights = std::array<double, kFeatures>;

// What predicting takes: fixed in size, and plain numbers.
struct Line {
  Weights weights{};
  double least_ms = 0.0;  // nothing shorter is predicted: a sum of weights may be below 0, a latency not

  // In milliseconds: finite, from least_ms to kLongestMs.
  double at(const Features& features) const noexcept;
};

class LinearModel;

// How to learn.
struct Learning {
  double memory = 500.0;               // observations after which an old one counts 1/e as much as a new one; above 1
  double kept = 1.0;                   // share that old ones keep besides, for the time that has passed; 0 to 1
  const LinearModel* prior = nullptr;  // whose observations stand in where there are few of one's own
  double prior_observations = 0.0;     // as many as that
};

// Recursive least squares with forgetting, in its information form: it keeps the decayed sums S = sum x x' and b = sum x y of the
// features x and latencies y, and solves (S + R) w = b for the weights w. R is the prior: a small ridge, and the mean observation
// of another model, a given number of times. S is positive semidefinite by construction and no larger than memory times the
// largest feature squared, so that the inverse is bounded by the ridge however long a feature does not move: nothing winds up.
class LinearModel {
 public:
  // Takes one observation. One that is not finite or not above 0, or has a feature that is not finite, is not taken: false. A
  // latency that is far from what was predicted counts as less far, up to a few times the mean error, so that a single one
  // moves little; many in a row move everything.
  bool learn(const Features& features, double latency_ms, const Learning& how) noexcept;

  const Line& line() const noexcept { return line_; }
  double predict(const Features& features) const noexcept { return line_.at(features); }
  // Observations so far.
  std::uint64_t observations() const noexcept { return observations_; }
  // Observations that still count.
  double weight() const noexcept { return sums_[0]; }
  // Decayed mean of how far a prediction was from what came then, in milliseconds.
  double mean_error_ms() const noexcept { return mean_error_ms_; }

  // Everything that it is, as numbers; for saving.
  static constexpr std::size_t kNumbers = kFeatures * (kFeatures + 1) / 2 + 2 * kFeatures + 3;
  std::array<double, kNumbers> numbers() const noexcept;
  // The reverse. False, and unchanged, for numbers that none of these models has.
  bool restore(std::span<const double, kNumbers> numbers) noexcept;

 private:
  static constexpr std::size_t kSums = kFeatures * (kFeatures + 1) / 2;
  static constexpr std::size_t at(std::size_t row, std::size_t column) { return row * (row + 1) / 2 + column; }
  void solve(const Learning& how) noexcept;

  std::array<double, kSums> sums_{};  // S, its lower half by rows
  Weights moments_{};                 // b
  Line line_;
  double shortest_ms_ = 0.0;  // that is remembered: it follows what is observed upwards as fast as the memory fades
  double mean_error_ms_ = 0.0;
  std::uint64_t observations_ = 0;
};

}  // namespace predicted_latency
