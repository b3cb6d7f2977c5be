// SPDX-License-Identifier: Apache-2.0
// least.hpp: scores of "less is better", relative to the other candidates, in which nothing but the least reaches 1.
//
//   score_least(load_(view), score);            // endpoints that report nothing score 0
//   score_least(load_(view).data(), score);     // they report a zero
//
// Against shunt_min_max() and shunt_descending(): a quotient of two numbers that nearly equal is rounded to 1, and then several
// are the best; and this takes no division per row.
#pragma once

#include <shunt/sdk/kernels.h>
#include <shunt/sdk/view.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <span>

namespace shunt::sdk {

// 1 for `low`, 0 for `high`, in between by the distance; less than 1 for all but `low`.
class RelativeScore {
 public:
  // `low` is at most `high`.
  RelativeScore(double low, double high) noexcept
      : low_(low), high_(high), factor_(std::min(1.0 / (high - low), std::numeric_limits<double>::max())) {}

  // Of one number.
  double operator()(double number) const noexcept {
    const double relative = (high_ - number) * factor_;
    return number == low_ ? 1.0 : relative < kBelowOne ? relative : kBelowOne;
  }
  // Of as many as there are scores; vectorised where the processor has AVX2.
  void operator()(const double* numbers, std::span<double> score) const noexcept {
    double* const scores = score.data();
    std::size_t i = 0;
#ifdef SHUNT_HAVE_AVX2
    if (shunt_has_avx2()) i = by_fours(numbers, scores, score.size());
#endif
    for (; i < score.size(); ++i) scores[i] = (*this)(numbers[i]);
  }

 private:
  // Multiplied instead of divided: a product may be rounded to 1 or beyond.
  static constexpr double kBelowOne = 1.0 - std::numeric_limits<double>::epsilon() / 2;

#ifdef SHUNT_HAVE_AVX2
  // Returns the first row that is left.
  SHUNT_AVX2 std::size_t by_fours(const double* numbers, double* scores, std::size_t n) const noexcept {
    const __m256d lowest = _mm256_set1_pd(low_), highest = _mm256_set1_pd(high_), factors = _mm256_set1_pd(factor_);
    const __m256d below_one = _mm256_set1_pd(kBelowOne), one = _mm256_set1_pd(1.0);
    std::size_t i = 0;
    for (; i + 4 <= n; i += 4) {
      const __m256d four = _mm256_loadu_pd(numbers + i);
      const __m256d relative = _mm256_min_pd(_mm256_mul_pd(_mm256_sub_pd(highest, four), factors), below_one);
      _mm256_storeu_pd(scores + i, _mm256_blendv_pd(relative, one, _mm256_cmp_pd(four, lowest, _CMP_EQ_OQ)));
    }
    return i;
  }
#endif

  double low_;
  double high_;
  double factor_;
};

// Every row counts. `numbers` are as many as `score`, and none of them is NaN.
inline void score_least(const double* numbers, std::span<double> score) noexcept {
  double low = 0;
  double high = 0;
  shunt_min_max(numbers, score.size(), &low, &high);
  RelativeScore(low, high)(numbers, score);
}

// Rows without a value score 0, and the others are compared without them.
inline void score_least(const ColumnView<double>& numbers, std::span<double> score) noexcept {
  if (numbers.complete()) {
    score_least(numbers.data(), score);
    return;
  }
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (std::size_t i = 0; i < score.size(); ++i) {
    if (!numbers.has(i)) continue;
    low = numbers[i] < low ? numbers[i] : low;
    high = numbers[i] > high ? numbers[i] : high;
  }
  const RelativeScore relative(low, high);
  for (std::size_t i = 0; i < score.size(); ++i) score[i] = numbers.has(i) ? relative(numbers[i]) : 0.0;
}

}  // namespace shunt::sdk
