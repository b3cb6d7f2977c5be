// SPDX-License-Identifier: Apache-2.0
#include <shunt/sdk/scorer.hpp>

#include <algorithm>
#include <limits>

namespace {

using shunt::sdk::Column;
using shunt::sdk::ColumnView;
using shunt::sdk::Cycle;
using shunt::sdk::Init;
using shunt::sdk::View;

// 1 for the least, 0 for the greatest. Multiplied instead of divided: a product may be rounded to 1 or beyond, but only the
// least may win.
struct RelativeScore {
  static constexpr double kBelowOne = 1.0 - std::numeric_limits<double>::epsilon() / 2;
  double low;
  double high;
  double factor = std::min(1.0 / (high - low), std::numeric_limits<double>::max());

  double operator()(double x) const {
    const double relative = (high - x) * factor;
    return x == low ? 1.0 : relative < kBelowOne ? relative : kBelowOne;
  }
#ifdef SHUNT_HAVE_AVX2
  // The same, four at a time. Returns the first row that is left.
  SHUNT_AVX2 std::size_t by_fours(const double* x, double* score, std::size_t n) const {
    const __m256d lowest = _mm256_set1_pd(low), highest = _mm256_set1_pd(high), factors = _mm256_set1_pd(factor);
    const __m256d below_one = _mm256_set1_pd(kBelowOne), one = _mm256_set1_pd(1.0);
    std::size_t i = 0;
    for (; i + 4 <= n; i += 4) {
      const __m256d numbers = _mm256_loadu_pd(x + i);
      const __m256d relative = _mm256_min_pd(_mm256_mul_pd(_mm256_sub_pd(highest, numbers), factors), below_one);
      _mm256_storeu_pd(score + i, _mm256_blendv_pd(relative, one, _mm256_cmp_pd(numbers, lowest, _CMP_EQ_OQ)));
    }
    return i;
  }
#endif
};

// Only endpoints that report a number are compared; the others score 0, because an unknown load is not a low one.
void score_known_rows(const ColumnView<double>& load, std::span<double> score) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (std::size_t i = 0; i < score.size(); ++i) {
    if (!load.has(i)) continue;
    low = load[i] < low ? load[i] : low;
    high = load[i] > high ? load[i] : high;
  }
  const RelativeScore relative{low, high};
  for (std::size_t i = 0; i < score.size(); ++i) {
    score[i] = load.has(i) ? relative(load[i]) : 0.0;
  }
}

void score_least(const ColumnView<double>& load, std::span<double> score) {
  if (!load.complete()) {
    score_known_rows(load, score);
    return;
  }
  double low = 0;
  double high = 0;
  shunt_min_max(load.data(), score.size(), &low, &high);
  const double* const loads = load.data();
  double* const scores = score.data();
  const RelativeScore relative{low, high};
  std::size_t i = 0;
#ifdef SHUNT_HAVE_AVX2
  if (shunt_has_avx2()) i = relative.by_fours(loads, scores, score.size());
#endif
  for (; i < score.size(); ++i) scores[i] = relative(loads[i]);
}

class LeastLoadScorer {
 public:
  SHUNT_PLUGIN("least-load-scorer", "1.0.0", "Prefers endpoints with little load, relative to the other candidates")
  static constexpr std::string_view kReads[] = {"load"};

  explicit LeastLoadScorer(Init& init) : load_(init.column<double>("load")) {}
  void score(const Cycle&, View view, std::span<double> score) const { score_least(load_(view), score); }

 private:
  Column<double> load_;
};

class LeastConnectionsScorer {
 public:
  SHUNT_PLUGIN("least-connections-scorer", "1.0.0",
               "Prefers endpoints with few requests of this host, relative to the other candidates")
  static constexpr std::string_view kReads[] = {"in_flight"};

  explicit LeastConnectionsScorer(Init& init) : in_flight_(init.column<double>("in_flight")) {}
  void score(const Cycle&, View view, std::span<double> score) const { score_least(in_flight_(view), score); }

 private:
  Column<double> in_flight_;
};

}  // namespace

SHUNT_LIBRARY(LeastLoadScorer, LeastConnectionsScorer)
