// SPDX-License-Identifier: Apache-2.0
// histogram.hpp: counts of durations by upper bound, as a metrics page shows them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace shunt::sim {

class Histogram {
 public:
  // `bounds` in seconds, rising; they outlive the histogram.
  explicit Histogram(std::span<const double> bounds) : bounds_(bounds), counts_(bounds.size() + 1) {}

  void add(double seconds, std::uint64_t times = 1) {
    const auto bound = std::ranges::lower_bound(bounds_, seconds);
    counts_[static_cast<std::size_t>(bound - bounds_.begin())] += times;
    sum_ += seconds * static_cast<double>(times);
  }

  std::span<const double> bounds() const { return bounds_; }
  // Per bound, not summed up; the last one counts what is above all bounds.
  std::span<const std::uint64_t> counts() const { return counts_; }
  double sum() const { return sum_; }

 private:
  std::span<const double> bounds_;
  std::vector<std::uint64_t> counts_;
  double sum_ = 0;
};

}  // namespace shunt::sim
