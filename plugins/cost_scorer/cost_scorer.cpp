// SPDX-License-Identifier: Apache-2.0
#include <shunt/sdk/scorer.hpp>

#include <algorithm>
#include <limits>

namespace {

using shunt::sdk::Column;
using shunt::sdk::Cycle;
using shunt::sdk::Init;
using shunt::sdk::View;

// 1 for the least, 0 for the greatest. Multiplied instead of divided: a product may be rounded to 1 or beyond, but only the
// least may win.
struct Scale {
  static constexpr double kBelowOne = 1.0 - std::numeric_limits<double>::epsilon() / 2;
  double low;
  double high;
  double factor = std::min(1.0 / (high - low), std::numeric_limits<double>::max());

  double operator()(double cost) const {
    const double share = (high - cost) * factor;
    return cost == low ? 1.0 : share < kBelowOne ? share : kBelowOne;
  }
#ifdef SHUNT_HAVE_AVX2
  // Costs to scores, four at a time. Returns the first row that is left.
  SHUNT_AVX2 std::size_t by_fours(std::span<double> score) const {
    const __m256d lowest = _mm256_set1_pd(low), highest = _mm256_set1_pd(high), factors = _mm256_set1_pd(factor);
    const __m256d below_one = _mm256_set1_pd(kBelowOne), one = _mm256_set1_pd(1.0);
    double* const costs = score.data();
    std::size_t i = 0;
    for (; i + 4 <= score.size(); i += 4) {
      const __m256d cost = _mm256_loadu_pd(costs + i);
      const __m256d share = _mm256_min_pd(_mm256_mul_pd(_mm256_sub_pd(highest, cost), factors), below_one);
      _mm256_storeu_pd(costs + i, _mm256_blendv_pd(share, one, _mm256_cmp_pd(cost, lowest, _CMP_EQ_OQ)));
    }
    return i;
  }
#endif
};

class CostScorer {
 public:
  SHUNT_PLUGIN("cost-scorer", "1.0.0", "Prefers endpoints on which the request costs little")
  static constexpr std::string_view kReads[] = {"price_per_gpu_hour", "gpu_count", "tokens_per_second"};
  static constexpr std::string_view kParametersSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "pricePerGpuHour": {
      "type": "number", "minimum": 0, "maximum": 1000000000, "default": 1,
      "description": "Price of one accelerator per hour at endpoints that do not state theirs"
    },
    "defaultMaxTokens": {
      "type": "number", "minimum": 0, "maximum": 1000000000, "default": 100,
      "description": "Output tokens of requests without a limit"
    },
    "unknownSeconds": {
      "type": "number", "minimum": 0, "maximum": 1000000000, "default": 1,
      "description": "Time of a request at endpoints whose throughput is not known"
    }
  }
})";

  explicit CostScorer(Init& init)
      : price_(init.optional_column<double>("price_per_gpu_hour")),
        gpus_(init.optional_column<double>("gpu_count")),
        tokens_per_second_(init.optional_column<double>("tokens_per_second")),
        standard_price_(init.parameter("pricePerGpuHour").number(1.0)),
        default_max_tokens_(init.parameter("defaultMaxTokens").number(100)),
        unknown_seconds_(init.parameter("unknownSeconds").number(1.0)) {}

  void score(const Cycle& cycle, View view, std::span<double> score) const {
    const auto max_tokens = cycle.request().max_tokens();
    write_costs(view, max_tokens ? static_cast<double>(*max_tokens) : default_max_tokens_, score);
    double low = 0;
    double high = 0;
    shunt_min_max(score.data(), score.size(), &low, &high);
    const Scale scale{low, high};
    std::size_t i = 0;
#ifdef SHUNT_HAVE_AVX2
    if (shunt_has_avx2()) i = scale.by_fours(score);
#endif
    for (; i < score.size(); ++i) score[i] = scale(score[i]);
  }

 private:
  void write_costs(View view, double tokens, std::span<double> cost) const {
    const auto price = price_(view);
    const auto gpus = gpus_(view);
    const auto speed = tokens_per_second_(view);
    std::size_t i = 0;
#ifdef SHUNT_HAVE_AVX2
    if (shunt_has_avx2() && price.complete() && gpus.complete()) {
      i = write_costs_by_fours(price.data(), gpus.data(), speed.data(), tokens, cost);
    }
#endif
    // A speed of 0 is no speed, and what is absent reads as 0.
    for (; i < cost.size(); ++i) {
      const double of_one = price.has(i) ? price[i] : standard_price_;
      const double count = gpus.has(i) ? gpus[i] : 1.0;
      cost[i] = of_one * count / 3600.0 * seconds(tokens, speed[i]);
    }
  }
#ifdef SHUNT_HAVE_AVX2
  // The same, four at a time. Returns the first row that is left.
  SHUNT_AVX2 std::size_t write_costs_by_fours(const double* price, const double* gpus, const double* speed,
                                              double tokens, std::span<double> cost) const {
    const __m256d hour = _mm256_set1_pd(3600.0), none = _mm256_setzero_pd();
    const __m256d all_tokens = _mm256_set1_pd(tokens), unknown = _mm256_set1_pd(unknown_seconds_);
    double* const costs = cost.data();
    std::size_t i = 0;
    for (; i + 4 <= cost.size(); i += 4) {
      const __m256d per_second =
          _mm256_div_pd(_mm256_mul_pd(_mm256_loadu_pd(price + i), _mm256_loadu_pd(gpus + i)), hour);
      const __m256d speeds = _mm256_loadu_pd(speed + i);
      const __m256d seconds =
          _mm256_blendv_pd(unknown, _mm256_div_pd(all_tokens, speeds), _mm256_cmp_pd(speeds, none, _CMP_GT_OQ));
      _mm256_storeu_pd(costs + i, _mm256_mul_pd(per_second, seconds));
    }
    return i;
  }
#endif
  double seconds(double tokens, double speed) const { return speed > 0.0 ? tokens / speed : unknown_seconds_; }

  Column<double> price_;
  Column<double> gpus_;
  Column<double> tokens_per_second_;
  double standard_price_;
  double default_max_tokens_;
  double unknown_seconds_;
};

}  // namespace

SHUNT_LIBRARY(CostScorer)
