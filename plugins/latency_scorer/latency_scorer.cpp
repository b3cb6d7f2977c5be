// SPDX-License-Identifier: Apache-2.0
// latency-scorer: how far the predicted latencies of an endpoint are from what the request asks for.
#include "composite.hpp"
#include "headrooms.hpp"

#include <shunt/sdk/scorer.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>

namespace latency {

using shunt::sdk::Column;
using shunt::sdk::Cycle;
using shunt::sdk::Init;
using shunt::sdk::Value;
using shunt::sdk::View;

// Weights that sum to 1; without any sum the first one is all.
inline void normalize(double& first, double& second) {
  const double sum = first + second;
  first = sum > 0.0 ? first / sum : 1.0;
  second = sum > 0.0 ? second / sum : 0.0;
}

class LatencyScorer {
 public:
  SHUNT_PLUGIN("latency-scorer", "1.0.0", "Scores predicted latencies against the latencies that the request asks for")
  static constexpr std::string_view kReads[] = {"kv_cache_usage", "queue", "in_flight"};
  static constexpr std::string_view kParametersSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "ttftWeight": { "type": "number", "minimum": 0, "default": 0.8,
      "description": "Weight of the time to first token" },
    "tpotWeight": { "type": "number", "minimum": 0, "default": 0.2,
      "description": "Weight of the time per output token" },
    "headroomSelectionStrategy": { "type": "string", "enum": ["least", "most"], "default": "least",
      "description": "Whether the endpoint closest to the targets is best, or the one farthest below them" },
    "compositeKVWeight": { "type": "number", "minimum": 0, "default": 1,
      "description": "Without predictions: weight of the free KV cache" },
    "compositeQueueWeight": { "type": "number", "minimum": 0, "default": 1,
      "description": "Without predictions: weight of the waiting queue" },
    "compositePrefixWeight": { "type": "number", "minimum": 0, "default": 1,
      "description": "Without predictions: weight of the prompt's cached share" },
    "latencyPredictionInfoProducerName": { "type": "string", "default": "",
      "description": "Instance whose predictions are read; empty: the plain columns" },
    "prefixMatchInfoProducerName": { "type": "string", "default": "",
      "description": "Instance whose match is read; empty: the one that is named like its type" }
  }
})";

  explicit LatencyScorer(Init& init)
      : ttft_weight_(init.parameter("ttftWeight").number(0.8)),
        tpot_weight_(init.parameter("tpotWeight").number(0.2)),
        most_(init.parameter("headroomSelectionStrategy").text("least") == "most"),
        kv_weight_(init.parameter("compositeKVWeight").number(1)),
        queue_weight_(init.parameter("compositeQueueWeight").number(1)),
        prefix_weight_(init.parameter("compositePrefixWeight").number(1)),
        ttft_(init.optional_column<double>(predictions(init) + "predicted_ttft_ms")),
        tpot_(init.optional_column<double>(predictions(init) + "predicted_tpot_ms")),
        in_flight_(init.column<double>("in_flight")),
        kv_usage_(init.optional_column<double>("kv_cache_usage")),
        queue_(init.optional_column<double>("queue")),
        matched_(init.optional_column<double>(prefixes(init) + "prefix_matched_blocks")),
        total_(init.value<double>(prefixes(init) + "prefix_total_blocks", SHUNT_OPTIONAL)) {
    normalize(ttft_weight_, tpot_weight_);
    const double sum = kv_weight_ + queue_weight_ + prefix_weight_;
    kv_weight_ = sum > 0.0 ? kv_weight_ / sum : 1.0;
    queue_weight_ = sum > 0.0 ? queue_weight_ / sum : 0.0;
    prefix_weight_ = sum > 0.0 ? prefix_weight_ / sum : 0.0;
  }

  void score(const Cycle& cycle, View view, std::span<double> score) const {
    const auto ttft = ttft_(view);
    const auto tpot = tpot_(view);
    const shunt::sdk::Request request = cycle.request();
    const Targets targets(request.ttft_slo_ns(), request.tpot_slo_ns());
    const Headrooms headrooms(targets, ttft, tpot, in_flight_(view).data());
    if ((ttft.absent() && tpot.absent()) || !any_prediction(headrooms, score.size())) {
      score_composite(cycle, view, score);
      return;
    }
    // Without a target there is none to be far below: the fastest endpoint is best with either strategy.
    score_best_group(headrooms, most_ && targets.any, score);
  }

 private:
  static bool any_prediction(const Headrooms& headrooms, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
      if (headrooms.predicted(i)) return true;
    }
    return false;
  }

  // What makes scores of distances.
  struct Blend {
    Dimension ttft;
    Dimension tpot;
    double ttft_weight;
    double tpot_weight;
    bool most;

    // The score in hundredths, before it is cut to whole ones.
    double hundredths(double ttft_distance, double tpot_distance) const {
      const double far_ttft = ttft.flat() ? 0.5 : (ttft_distance - ttft.low) / ttft.divisor();
      const double far_tpot = tpot.flat() ? 0.5 : (tpot_distance - tpot.low) / tpot.divisor();
      const double far = ttft_weight * far_ttft + tpot_weight * far_tpot;
      return (most ? far : 1.0 - far) * 100.0;
    }
  };

  // (whole hundredths + 1) / 100, at most 1: a table spares the division.
  static constexpr std::array<double, 101> kScores = [] {
    std::array<double, 101> scores{};
    for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = std::min((static_cast<double>(i) + 1.0) / 100.0, 1.0);
    return scores;
  }();
  static double cut_score(double hundredths) {
    if (!(hundredths > 0.0)) return kScores[0];
    return hundredths < 100.0 ? kScores[static_cast<std::size_t>(hundredths)] : kScores[100];
  }

  void score_best_group(const Headrooms& headrooms, bool most, std::span<double> score) const {
    Blend blend{.ttft = {}, .tpot = {}, .ttft_weight = ttft_weight_, .tpot_weight = tpot_weight_, .most = false};
    const std::uint32_t group = headrooms.measure(score.size(), blend.ttft, blend.tpot);
    if (blend.ttft.flat() != blend.tpot.flat()) {
      // A dimension in which all are equal would only press the scores together.
      blend.ttft_weight = blend.ttft.flat() ? 0.0 : 1.0;
      blend.tpot_weight = blend.tpot.flat() ? 0.0 : 1.0;
    }
    blend.most = most && group == kPositive;
    std::size_t i = 0;
#ifdef SHUNT_HAVE_AVX2
    if (shunt_has_avx2()) i = score_by_fours(group, headrooms, blend, score);
#endif
    for (; i < score.size(); ++i) {
      const bool counts = (headrooms.groups_of(i) & group) != 0;
      score[i] = counts ? cut_score(blend.hundredths(std::abs(headrooms.ttft(i)), std::abs(headrooms.tpot(i)))) : 0.0;
    }
  }

#ifdef SHUNT_HAVE_AVX2
  static std::size_t score_by_fours(std::uint32_t group, const Headrooms& headrooms, const Blend& blend,
                                    std::span<double> score) {
    switch (group) {
      case kPositive: return score_by_fours<kPositive>(headrooms, blend, score);
      case kIdle: return score_by_fours<kIdle>(headrooms, blend, score);
      case kMissesTpot: return score_by_fours<kMissesTpot>(headrooms, blend, score);
      case kMissesTtft: return score_by_fours<kMissesTtft>(headrooms, blend, score);
      default: return score_by_fours<kMissesBoth>(headrooms, blend, score);
    }
  }

  // Scores of all endpoints but the last up to three. Returns the first row that is left. Multiplies where the formula divides:
  // the two differ by far less than a billionth of a hundredth, and what is that close to a whole one is reckoned again as the
  // formula says.
  template <std::uint32_t group>
  SHUNT_AVX2 static std::size_t score_by_fours(const Headrooms headrooms, const Blend& blend, std::span<double> score) {
    constexpr double kClose = 1e-9;
    constexpr double kHuge = 1e300;  // its reciprocal has too few digits
    const __m256d sign = _mm256_set1_pd(-0.0);
    const __m256d hundred = _mm256_set1_pd(100.0);
    const __m256d half = _mm256_set1_pd(0.5);
    const __m256d clear = _mm256_set1_pd(0.5 - kClose);
    const bool flat = blend.ttft.flat() && blend.tpot.flat();
    const bool huge = blend.ttft.divisor() > kHuge || blend.tpot.divisor() > kHuge;
    // Nothing to tell them apart by: all members score the same.
    const __m256d same = _mm256_set1_pd(cut_score(blend.hundredths(blend.ttft.low, blend.tpot.low)));
    // With one flat dimension, that one has no weight, and any finite number will do for it. What nears 1 as the distance
    // grows is turned round with its factors.
    const double turn = blend.most ? 100.0 : -100.0;
    const __m256d ttft_factor = _mm256_set1_pd(turn * (blend.ttft_weight / blend.ttft.divisor()));
    const __m256d tpot_factor = _mm256_set1_pd(turn * (blend.tpot_weight / blend.tpot.divisor()));
    const __m256d ttft_low = _mm256_set1_pd(blend.ttft.low);
    const __m256d tpot_low = _mm256_set1_pd(blend.tpot.low);
    const __m256d start = _mm256_set1_pd(blend.most ? 0.0 : 100.0);
    double* const scores = score.data();
    const std::size_t n = score.size();
    std::size_t i = 0;
    for (; i + 4 <= n; i += 4) {
      const Headrooms::Four rows = headrooms.four(i);
      const __m256d out = Headrooms::strangers<group>(rows);
      const int members = ~_mm256_movemask_pd(out) & 15;
      if (flat || members == 0) {
        _mm256_storeu_pd(scores + i, _mm256_andnot_pd(out, same));
        continue;
      }
      const __m256d ttft = _mm256_sub_pd(_mm256_andnot_pd(sign, rows.ttft), ttft_low);
      const __m256d tpot = _mm256_sub_pd(_mm256_andnot_pd(sign, rows.tpot), tpot_low);
      const __m256d hundredths =
          _mm256_add_pd(_mm256_add_pd(_mm256_mul_pd(ttft, ttft_factor), _mm256_mul_pd(tpot, tpot_factor)), start);
      const __m256d upper = _mm256_round_pd(hundredths, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC);
      const __m256d from_middle = _mm256_sub_pd(_mm256_sub_pd(upper, hundredths), half);
      const __m256d close = _mm256_cmp_pd(_mm256_andnot_pd(sign, from_middle), clear, _CMP_NLE_UQ);
      if (huge || (_mm256_movemask_pd(close) & members) != 0) {
        for (std::size_t k = i; k < i + 4; ++k) {
          const double exact = blend.hundredths(std::abs(headrooms.ttft(k)), std::abs(headrooms.tpot(k)));
          scores[k] = (members >> (k - i) & 1) != 0 ? cut_score(exact) : 0.0;
        }
        continue;
      }
      // Within 0 to 100: what is outside, and be it by rounding, is close to an end. The whole one above is the cut one plus 1.
      _mm256_storeu_pd(scores + i, _mm256_andnot_pd(out, _mm256_div_pd(upper, hundred)));
    }
    return i;
  }
#endif

  void score_composite(const Cycle& cycle, View view, std::span<double> score) const {
    if (score.empty()) return;
    const Composite composite({kv_weight_, queue_weight_, prefix_weight_}, kv_usage_(view).data(), queue_(view).data(),
                              matched_(view).data(), total_(cycle).value_or(0), score.size());
    composite.write_scores(score);
  }

  static std::string predictions(const Init& init) {
    return init.prefix_of("latencyPredictionInfoProducerName", "predicted-latency-producer");
  }
  static std::string prefixes(const Init& init) {
    return init.prefix_of("prefixMatchInfoProducerName", "approx-prefix-cache-producer");
  }

  double ttft_weight_;
  double tpot_weight_;
  bool most_;
  double kv_weight_;
  double queue_weight_;
  double prefix_weight_;
  Column<double> ttft_;
  Column<double> tpot_;
  Column<double> in_flight_;
  Column<double> kv_usage_;
  Column<double> queue_;
  Column<double> matched_;
  Value<double> total_;
};

}  // namespace latency

using latency::LatencyScorer;
SHUNT_LIBRARY(LatencyScorer)
