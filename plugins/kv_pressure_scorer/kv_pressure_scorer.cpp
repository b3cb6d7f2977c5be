// SPDX-License-Identifier: Apache-2.0
// kv-pressure-scorer: a lexicographic order of five keys as one score. The keys are whole numbers, so that they can be the
// digits of one number; where that number would be too long for a double, the candidates are ranked instead.
#include "pressure_codes.hpp"

#include <shunt/sdk/scorer.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

namespace kv_pressure {

using shunt::sdk::Column;
using shunt::sdk::ColumnView;
using shunt::sdk::Cycle;
using shunt::sdk::Error;
using shunt::sdk::Init;
using shunt::sdk::Status;
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

  Status score(const Cycle& cycle, View view, std::span<double> score) const {
    if (score.empty()) return SHUNT_OK;
    const Columns in = columns(view);
    if (PressureCodes(in, thresholds_, score).write_scores()) return SHUNT_OK;
    return rank(cycle, in, score);
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

  // The same keys, less is better. What is not a number comes last.
  std::array<double, 5> keys(const Columns& in, std::size_t row) const {
    const auto counted = [](double number) { return std::abs(number) < kLargest ? whole(number) : number; };
    const bool used = in.has_usage(row);
    const double free = used ? counted(free_blocks_of(in.blocks[row], in.usage[row])) : 0.0;
    constexpr double kLast = std::numeric_limits<double>::infinity();
    std::array<double, 5> keys{static_cast<double>(used ? tier_of(thresholds_, in.usage[row]) : kUnknownTier),
                               in.has_depth(row) ? counted(in.depth[row]) : kLast, -free, -counted(in.free_bytes[row]),
                               counted(in.served[row])};
    for (double& key : keys) key = std::isnan(key) ? kLast : key;
    return keys;
  }

  // The first three keys as one number, as far as it has room for them: it never orders two endpoints otherwise than the keys
  // do, but may be equal where they differ. Sorting compares it first, because it is made once.
  static double head_of(const std::array<double, 5>& keys) {
    constexpr double kDepths = 1 << 20;
    constexpr double kBlocks = 1 << 26;
    const bool odd = keys[1] < 0 || keys[1] >= kDepths;
    const double depth = keys[1] < 0 ? 0 : odd ? kDepths + 1 : keys[1] + 1;
    const double free = odd ? 0 : std::clamp(-keys[2], 0.0, kBlocks);
    return (keys[0] * (2 * kDepths) + depth) * (2 * kBlocks) + (kBlocks - free);
  }

  Status rank(const Cycle& cycle, const Columns& in, std::span<double> score) const {
    const std::span<std::uint32_t> order = cycle.allocate<std::uint32_t>(score.size());
    if (order.size() != score.size()) {
      return cycle.fail("no memory to rank endpoints whose keys do not fit one number", SHUNT_OUT_OF_MEMORY);
    }
    std::iota(order.begin(), order.end(), 0u);
    // Until the scores are known, their place serves the heads.
    for (std::size_t row = 0; row < score.size(); ++row) score[row] = head_of(keys(in, row));
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
      return score[a] != score[b] ? score[a] < score[b] : keys(in, a) < keys(in, b);
    });
    double place = 0;
    double head = score[order[0]];
    for (std::size_t i = 0; i < order.size(); ++i) {
      const bool same = score[order[i]] == head && (i == 0 || keys(in, order[i]) == keys(in, order[i - 1]));
      if (!same) place = static_cast<double>(i);
      head = score[order[i]];
      score[order[i]] = order.size() == 1 ? 1.0 : 1.0 - place / static_cast<double>(order.size() - 1);
    }
    return SHUNT_OK;
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
