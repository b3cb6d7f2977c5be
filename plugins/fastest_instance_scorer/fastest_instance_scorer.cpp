// SPDX-License-Identifier: Apache-2.0
#include <shunt/sdk/scorer.hpp>

#include <algorithm>
#include <limits>
#include <string>

namespace {

using shunt::sdk::Column;
using shunt::sdk::ColumnView;
using shunt::sdk::Cycle;
using shunt::sdk::Error;
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

// Endpoints without a latency score 0 and do not count; or, read as zeros, they are faster than all others.
void score_known_rows(const ColumnView<double>& latency, std::span<double> score) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (std::size_t i = 0; i < score.size(); ++i) {
    if (!latency.has(i)) continue;
    low = latency[i] < low ? latency[i] : low;
    high = latency[i] > high ? latency[i] : high;
  }
  const RelativeScore relative{low, high};
  for (std::size_t i = 0; i < score.size(); ++i) {
    score[i] = latency.has(i) ? relative(latency[i]) : 0.0;
  }
}

void score_every_row(const ColumnView<double>& latency, std::span<double> score) {
  double low = 0;
  double high = 0;
  shunt_min_max(latency.data(), score.size(), &low, &high);
  const double* const latencies = latency.data();
  double* const scores = score.data();
  const RelativeScore relative{low, high};
  std::size_t i = 0;
#ifdef SHUNT_HAVE_AVX2
  if (shunt_has_avx2()) i = relative.by_fours(latencies, scores, score.size());
#endif
  for (; i < score.size(); ++i) scores[i] = relative(latencies[i]);
}

class FastestInstanceScorer {
 public:
  SHUNT_PLUGIN("fastest-instance-scorer", "1.0.0",
               "Prefers endpoints with a low mean latency, relative to the other candidates")
  static constexpr std::string_view kReads[] = {"avg_latency_ms"};
  static constexpr std::string_view kParametersSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "unknown": {
      "type": "string", "enum": ["first", "last"], "default": "first",
      "description": "Where endpoints go whose latency nobody has measured"
    }
  }
})";

  explicit FastestInstanceScorer(Init& init) : latency_(init.column<double>("avg_latency_ms")) {
    const std::string unknown = init.parameter("unknown").text("first");
    if (unknown != "first" && unknown != "last") {
      throw Error("parameter /unknown must be \"first\" or \"last\", found \"" + unknown + "\"");
    }
    unknown_first_ = unknown == "first";
  }

  void score(const Cycle&, View view, std::span<double> score) const {
    const auto latency = latency_(view);
    if (unknown_first_ || latency.complete()) {
      score_every_row(latency, score);
    } else {
      score_known_rows(latency, score);
    }
  }

 private:
  Column<double> latency_;
  bool unknown_first_ = true;
};

// The same rule under the name that it has among load balancers.
class LeastResponseTimeScorer : public FastestInstanceScorer {
 public:
  SHUNT_PLUGIN("least-response-time-scorer", "1.0.0", "Another name of fastest-instance-scorer")
  using FastestInstanceScorer::FastestInstanceScorer;
};

}  // namespace

SHUNT_LIBRARY(FastestInstanceScorer, LeastResponseTimeScorer)
