// SPDX-License-Identifier: Apache-2.0
// kv-pressure-scorer: a lexicographic order of five keys as one score. The keys are whole numbers, so that they can be the
// digits of one number; where that number is too long for a double, its leading digits are compared first.
#include "pressure_codes.hpp"

#include <shunt/sdk/scorer.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <string>

namespace kv_pressure {

using shunt::sdk::Column;
using shunt::sdk::Cycle;
using shunt::sdk::Error;
using shunt::sdk::Init;
using shunt::sdk::View;

class KvPressureScorer {
 public:
  SHUNT_PLUGIN(
      "kv-pressure-scorer", "1.0.0",
      "Prefers endpoints by pressure on the KV cache, then requests, free blocks, free bytes and requests served")
  static constexpr std::string_view kReads[] = {"kv_cache_usage", "kv_cache_blocks", "kv_cache_free_bytes",
                                                "requests_served"};
  static constexpr std::string_view kParametersSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "depthAttribute": {
      "type": "string", "minLength": 1, "default": "in_flight",
      "description": "Attribute with the requests that an endpoint has"
    },
    "tierThresholds": {
      "type": "array", "items": { "type": "number", "minimum": 0, "maximum": 1 }, "minItems": 1, "maxItems": 4,
      "default": [0.7, 0.85, 0.95],
      "description": "Used shares of the KV cache from which the next tier begins, ascending"
    }
  }
})";

  explicit KvPressureScorer(Init& init)
      : usage_(init.column<double>("kv_cache_usage")),
        blocks_(init.column<double>("kv_cache_blocks")),
        free_bytes_(init.optional_column<double>("kv_cache_free_bytes")),
        served_(init.column<double>("requests_served")),
        depth_(init.column<double>(init.parameter("depthAttribute").text("in_flight"))) {
    thresholds_.fill(std::numeric_limits<double>::infinity());
    const auto list = init.parameter("tierThresholds");
    if (!list.exists()) std::copy(kThresholds.begin(), kThresholds.end(), thresholds_.begin());
    for (std::size_t i = 0; i < std::min(list.size(), kMostThresholds); ++i) {
      thresholds_[i] = list[i].number(0);
      if (i > 0 && !(thresholds_[i] > thresholds_[i - 1])) {
        throw Error("parameter /tierThresholds must ascend, found " + std::to_string(thresholds_[i]) + " after " +
                    std::to_string(thresholds_[i - 1]));
      }
    }
  }

  void score(const Cycle&, View view, std::span<double> score) const {
    if (!score.empty()) PressureCodes(columns(view), thresholds_, score).write_scores();
  }

 private:
  static constexpr std::array<double, 3> kThresholds{0.7, 0.85, 0.95};

  Columns columns(View view) const {
    const auto usage = usage_(view);
    const auto depth = depth_(view);
    return {.usage = usage.data(),
            .blocks = blocks_(view).data(),
            .free_bytes = free_bytes_(view).data(),
            .served = served_(view).data(),
            .depth = depth.data(),
            .used = usage.raw().valid,
            .deep = depth.raw().valid};
  }

  Column<double> usage_;
  Column<double> blocks_;
  Column<double> free_bytes_;
  Column<double> served_;
  Column<double> depth_;
  Thresholds thresholds_{};
};

}  // namespace kv_pressure

using kv_pressure::KvPressureScorer;
SHUNT_LIBRARY(KvPressureScorer)
