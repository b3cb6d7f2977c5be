// SPDX-License-Identifier: Apache-2.0
#include "linear_model.hpp"

#include <algorithm>
#include <cmath>

namespace predicted_latency {
namespace {

// Of the sum of squares of a feature, and at least: what keeps the equations solvable while features do not move.
constexpr double kRelativeRidge = 1e-9;
constexpr double kRidge = 1e-3;

// Errors beyond so many times the mean one are cut, once there is a mean: a line through the first few observations is far
// from the next ones, and none of these is an outlier.
constexpr double kFar = 4.0;
constexpr std::uint64_t kErrorsForAMean = 32;
// A mean error counts as at least so much: where everything fits at first, the first change is soon believed.
constexpr double kLeastErrorShare = 0.01;
constexpr double kLeastErrorMs = 0.01;
constexpr double kErrorRate = 0.1;

// Nothing shorter is predicted than this share of the shortest latency in memory.
constexpr double kShareOfShortest = 0.25;

bool has_mean_error(const LinearModel& model) noexcept { return model.observations() >= kErrorsForAMean; }

bool usable(const Features& features) noexcept {
  return std::all_of(features.begin(), features.end(), [](double x) { return x >= 0.0 && x <= kHighestFeature; });
}

}  // namespace

double Line::at(const Features& features) const noexcept {
  double sum = 0.0;
  for (std::size_t i = 0; i < kFeatures; ++i) sum += weights[i] * features[i];
  // Written so that NaN, which no weights make of usable features, would end up at the shortest.
  return sum > least_ms ? std::min(sum, kLongestMs) : least_ms;
}

bool LinearModel::learn(const Features& features, double latency_ms, const Learning& how) noexcept {
  if (!(latency_ms > 0.0) || !std::isfinite(latency_ms) || !usable(features)) return false;
  const double observed = std::min(latency_ms, kLongestMs);
  const bool first = observations_ == 0;
  const double predicted = first ? (how.prior != nullptr ? how.prior->predict(features) : observed) : predict(features);
  double error = observed - predicted;
  if (has_mean_error(*this) || (how.prior != nullptr && has_mean_error(*how.prior))) {
    const double usual = has_mean_error(*this) ? mean_error_ms_ : std::max(mean_error_ms_, how.prior->mean_error_ms_);
    const double far = kFar * std::max({usual, kLeastErrorShare * predicted, kLeastErrorMs});
    error = std::clamp(error, -far, far);
  }
  const double rate = std::max(kErrorRate, 1.0 / static_cast<double>(observations_ + 1));
  mean_error_ms_ += rate * (std::abs(error) - mean_error_ms_);
  const double believed = predicted + error;

  const double decay = std::clamp((1.0 - 1.0 / std::max(how.memory, 2.0)) * how.kept, 0.0, 1.0);
  for (std::size_t row = 0; row < kFeatures; ++row) {
    for (std::size_t column = 0; column <= row; ++column) {
      double& sum = sums_[at(row, column)];
      sum = decay * sum + features[row] * features[column];
    }
    moments_[row] = decay * moments_[row] + features[row] * believed;
  }
  shortest_ms_ =
      first ? observed : std::min(observed, shortest_ms_ + (believed - shortest_ms_) / std::max(how.memory, 2.0));
  line_.least_ms = kShareOfShortest * shortest_ms_;
  ++observations_;
  solve(how);
  return true;
}

// Cholesky's way: S + R is positive definite. Were it not, by rounding, the weights of before would stay.
void LinearModel::solve(const Learning& how) noexcept {
  std::array<double, kSums> left = sums_;
  Weights right = moments_;
  if (how.prior != nullptr && how.prior->weight() > 0.0) {
    const double share = how.prior_observations / how.prior->weight();
    for (std::size_t i = 0; i < kSums; ++i) left[i] += share * how.prior->sums_[i];
    for (std::size_t i = 0; i < kFeatures; ++i) right[i] += share * how.prior->moments_[i];
  }
  // Not on the first feature: the mean latency is not to shrink.
  for (std::size_t i = 1; i < kFeatures; ++i) left[at(i, i)] += kRidge + kRelativeRidge * left[at(i, i)];

  for (std::size_t row = 0; row < kFeatures; ++row) {
    for (std::size_t column = 0; column <= row; ++column) {
      double sum = left[at(row, column)];
      for (std::size_t k = 0; k < column; ++k) sum -= left[at(row, k)] * left[at(column, k)];
      if (row != column) {
        left[at(row, column)] = sum / left[at(column, column)];
      } else if (sum > 0.0) {
        left[at(row, row)] = std::sqrt(sum);
      } else {
        return;
      }
    }
  }
  for (std::size_t row = 0; row < kFeatures; ++row) {
    for (std::size_t k = 0; k < row; ++k) right[row] -= left[at(row, k)] * right[k];
    right[row] /= left[at(row, row)];
  }
  for (std::size_t row = kFeatures; row-- > 0;) {
    for (std::size_t k = row + 1; k < kFeatures; ++k) right[row] -= left[at(k, row)] * right[k];
    right[row] /= left[at(row, row)];
  }
  if (std::all_of(right.begin(), right.end(), [](double weight) { return std::isfinite(weight); })) {
    line_.weights = right;
  }
}

std::array<double, LinearModel::kNumbers> LinearModel::numbers() const noexcept {
  std::array<double, kNumbers> out{};
  auto next = std::copy(sums_.begin(), sums_.end(), out.begin());
  next = std::copy(moments_.begin(), moments_.end(), next);
  next = std::copy(line_.weights.begin(), line_.weights.end(), next);
  *next++ = shortest_ms_;
  *next++ = mean_error_ms_;
  *next++ = static_cast<double>(observations_);
  return out;
}

bool LinearModel::restore(std::span<const double, kNumbers> numbers) noexcept {
  // More than any model can have: sums over the longest memory, and weights that such sums lead to.
  constexpr double kLargest = 1e18;
  if (!std::all_of(numbers.begin(), numbers.end(), [](double n) { return std::abs(n) <= kLargest; })) return false;
  LinearModel read;
  auto next = numbers.begin();
  const auto take = [&next](auto& into) {
    std::copy_n(next, into.size(), into.begin());
    next += static_cast<std::ptrdiff_t>(into.size());
  };
  take(read.sums_);
  take(read.moments_);
  take(read.line_.weights);
  read.shortest_ms_ = *next++;
  read.line_.least_ms = kShareOfShortest * read.shortest_ms_;
  read.mean_error_ms_ = *next++;
  const double observations = *next++;
  for (std::size_t i = 0; i < kFeatures; ++i) {
    if (!(read.sums_[at(i, i)] >= 0.0)) return false;
  }
  if (!(read.shortest_ms_ >= 0.0 && read.shortest_ms_ <= kLongestMs) || !(read.mean_error_ms_ >= 0.0) ||
      !(observations >= 0.0 && observations <= 1e15)) {
    return false;
  }
  read.observations_ = static_cast<std::uint64_t>(observations);
  *this = read;
  return true;
}

}  // namespace predicted_latency
