// SPDX-License-Identifier: Apache-2.0
// composite.hpp: the score of endpoints for which nothing is predicted: free KV cache, short queue and cached prompt. One endpoint
// at a time, or four where the processor has AVX2; both give the same scores.
#pragma once

#include <shunt/sdk/kernels.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

namespace latency {

// As std::round, which is a call: halves go away from zero.
inline double round_half_up(double number) {
  if (!(std::abs(number) < 4503599627370496.0)) return number;  // 2^52: has no fraction
  const auto whole = static_cast<double>(static_cast<std::int64_t>(number));
  return std::abs(number - whole) >= 0.5 ? whole + std::copysign(1.0, number) : whole;
}

// Weights that sum to 1.
struct CompositeWeights {
  double kv_cache;
  double queue;
  double prefix;
};

class Composite {
 public:
  // Columns of `n` endpoints, at least one; `prompt_blocks` 0: no prompt.
  Composite(const CompositeWeights& weights, const double* kv_usage, const double* queue, const double* matched,
            double prompt_blocks, std::size_t n)
      : weights_(weights),
        kv_usage_(kv_usage),
        queue_(queue),
        matched_(matched),
        prompt_blocks_(prompt_blocks),
        longest_(std::max(0.0, shunt_max(queue, n))) {}

  void write_scores(std::span<double> score) const {
    std::size_t i = 0;
#ifdef SHUNT_HAVE_AVX2
    if (shunt_has_avx2()) i = write_by_fours(score);
#endif
    for (; i < score.size(); ++i) score[i] = score_of(i);
  }

 private:
  double score_of(std::size_t i) const {
    const double short_queue = longest_ > 0.0 ? (longest_ - queue_[i]) / longest_ : 1.0;
    const double cached = prompt_blocks_ > 0.0 ? matched_[i] / prompt_blocks_ : 0.0;
    double free_part = weights_.kv_cache * (1.0 - kv_usage_[i]);
    double queue_part = weights_.queue * short_queue;
    double prefix_part = weights_.prefix * cached;
    SHUNT_ROUND(free_part);
    SHUNT_ROUND(queue_part);
    SHUNT_ROUND(prefix_part);
    return round_half_up(100.0 * (free_part + queue_part + prefix_part)) / 100.0;
  }

#ifdef SHUNT_HAVE_AVX2
  // All but the last up to three. Returns the first row that is left. Multiplies where the formula divides: the two differ by
  // far less than a billionth of a hundredth, and what is that close to a half is reckoned again as the formula says, as is
  // what is made of numbers so large that the difference may be more.
  SHUNT_AVX2 std::size_t write_by_fours(std::span<double> score) const {
    constexpr double kClear = 0.5 - 1e-9;
    constexpr double kLarge = 1e4;
    const __m256d sign = _mm256_set1_pd(-0.0);
    const __m256d kv_factor = _mm256_set1_pd(-100.0 * weights_.kv_cache);
    const __m256d queue_factor = _mm256_set1_pd(longest_ > 0.0 ? -100.0 * weights_.queue / longest_ : 0.0);
    const __m256d prefix_factor = _mm256_set1_pd(prompt_blocks_ > 0.0 ? 100.0 * weights_.prefix / prompt_blocks_ : 0.0);
    const __m256d start = _mm256_set1_pd(100.0 * (weights_.kv_cache + weights_.queue));
    const __m256d clear = _mm256_set1_pd(kClear);
    const __m256d large = _mm256_set1_pd(kLarge);
    const __m256d hundred = _mm256_set1_pd(100.0);
    const Composite in = *this;  // a copy: what is written could change what stands behind a reference
    double* const scores = score.data();
    const std::size_t n = score.size();
    std::size_t i = 0;
    for (; i + 4 <= n; i += 4) {
      const __m256d used = _mm256_mul_pd(_mm256_loadu_pd(in.kv_usage_ + i), kv_factor);
      const __m256d waiting = _mm256_mul_pd(_mm256_loadu_pd(in.queue_ + i), queue_factor);
      const __m256d cached = _mm256_mul_pd(_mm256_loadu_pd(in.matched_ + i), prefix_factor);
      const __m256d sum = _mm256_add_pd(_mm256_add_pd(start, used), _mm256_add_pd(waiting, cached));
      const __m256d whole = _mm256_round_pd(sum, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
      const __m256d off = _mm256_andnot_pd(sign, _mm256_sub_pd(sum, whole));
      // Not "less", so that what is no number counts as not clear, and as large.
      const __m256d close = _mm256_cmp_pd(off, clear, _CMP_NLE_UQ);
      const __m256d parts = _mm256_add_pd(_mm256_add_pd(_mm256_andnot_pd(sign, used), _mm256_andnot_pd(sign, waiting)),
                                          _mm256_andnot_pd(sign, cached));
      const __m256d far = _mm256_cmp_pd(parts, large, _CMP_NLE_UQ);
      if (_mm256_movemask_pd(_mm256_or_pd(close, far)) != 0) {
        for (std::size_t k = i; k < i + 4; ++k) scores[k] = in.score_of(k);
        continue;
      }
      _mm256_storeu_pd(scores + i, _mm256_div_pd(whole, hundred));
    }
    return i;
  }
#endif

  CompositeWeights weights_;
  const double* kv_usage_;
  const double* queue_;
  const double* matched_;
  double prompt_blocks_;
  double longest_;
};

}  // namespace latency
