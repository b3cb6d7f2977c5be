// SPDX-License-Identifier: Apache-2.0
#include <shunt/sdk/explain.hpp>
#include <shunt/sdk/filter.hpp>

#include <algorithm>
#include <limits>
#include <string>

namespace {

using shunt::sdk::Column;
using shunt::sdk::Cycle;
using shunt::sdk::Init;
using shunt::sdk::Value;
using shunt::sdk::View;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

class PrefixCacheAffinityFilter {
 public:
  SHUNT_PLUGIN("prefix-cache-affinity-filter", "1.0.0",
               "Keeps the endpoints that have most of the prompt cached, unless they are too busy")
  static constexpr std::string_view kParametersSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "affinityThreshold": {
      "type": "number", "maximum": 1, "default": 0.8,
      "description": "Cached share of the prompt from which an endpoint is kept; 0 and below: no filter at all"
    },
    "explorationProbability": {
      "type": "number", "minimum": 0, "maximum": 1, "default": 0,
      "description": "Share of the requests for which every endpoint is kept"
    },
    "maxTTFTPenaltyMs": {
      "type": "number", "minimum": 0, "default": 18000,
      "description": "Later first token, in milliseconds, up to which the cached prompt is preferred; 0: always"
    },
    "ttftSource": {
      "type": "string", "enum": ["prefillThroughput", "latencyPredictor"], "default": "prefillThroughput",
      "description": "Whether the time to first token is reckoned from the tokens in flight, or predicted"
    },
    "peakPrefillThroughput": {
      "type": "number", "exclusiveMinimum": 0, "default": 15928,
      "description": "Tokens per second that an endpoint prefills"
    },
    "prefixMatchInfoProducerName": {
      "type": "string", "default": "",
      "description": "Instance whose match is read; empty: the one that is named like its type"
    }
  }
})";

  explicit PrefixCacheAffinityFilter(Init& init)
      : threshold_(init.parameter("affinityThreshold").number(0.8)),
        exploration_(init.parameter("explorationProbability").number(0)),
        penalty_ms_(init.parameter("maxTTFTPenaltyMs").number(18000)),
        predicted_(init.parameter("ttftSource").text("prefillThroughput") == "latencyPredictor"),
        throughput_(init.parameter("peakPrefillThroughput").number(15928)),
        matched_(init.column<double>(source(init) + "prefix_matched_blocks")),
        total_(init.value<double>(source(init) + "prefix_total_blocks")),
        wait_(predicted_ ? init.optional_column<double>("predicted_ttft_ms")
                         : init.column<double>("in_flight_tokens")) {}

  void filter(const Cycle& cycle, View view, std::span<std::uint8_t> keep) const {
    const double total = total_(cycle).value_or(0);
    if (!sticks(cycle, view, total)) return;
    const double* const matched = matched_(view).data();
    for (std::size_t i = 0; i < keep.size(); ++i) keep[i] = matched[i] / total >= threshold_ ? 1 : 0;
  }

  void explain(const Cycle& cycle, View view, std::string_view, std::span<shunt_str> reason) const {
    const double total = total_(cycle).value_or(0);
    if (!sticks(cycle, view, total)) return;
    const double* const matched = matched_(view).data();
    for (std::size_t i = 0; i < reason.size(); ++i) {
      if (!(matched[i] / total >= threshold_)) reason[i] = shunt::sdk::to_abi("has too little of the prompt cached");
    }
  }

 private:
  // Whether there are endpoints to keep that the request is not late at.
  bool sticks(const Cycle& cycle, View view, double total) const noexcept {
    if (view.size() <= 1 || !(threshold_ > 0) || !(total > 0)) return false;
    const double* const matched = matched_(view).data();
    const auto wait = wait_(view);
    double best_sticky = kInfinity;
    double best_other = kInfinity;
    std::size_t sticky = 0;
    for (std::size_t i = 0; i < view.size(); ++i) {
      const bool is_sticky = matched[i] / total >= threshold_;
      // Tokens in flight are known everywhere; an endpoint without a prediction counts as infinitely slow.
      const double known = !predicted_ || wait.has(i) ? wait[i] : kInfinity;
      sticky += is_sticky ? 1u : 0u;
      best_sticky = std::min(best_sticky, is_sticky ? known : kInfinity);
      best_other = std::min(best_other, is_sticky ? kInfinity : known);
    }
    if (sticky == 0) return false;
    // One draw per request: the endpoint has no part in it.
    if (shunt_draw_unit(cycle.seed(), 0) < exploration_) return false;
    if (sticky == view.size() || !(penalty_ms_ > 0)) return true;
    // Where both are infinite the difference is no number, and above nothing.
    return !(ttft_ms(best_sticky) - ttft_ms(best_other) > penalty_ms_);
  }

  double ttft_ms(double wait) const noexcept { return predicted_ ? wait : wait / throughput_ * 1000.0; }

  static std::string source(const Init& init) {
    return init.prefix_of("prefixMatchInfoProducerName", "approx-prefix-cache-producer");
  }

  double threshold_;
  double exploration_;
  double penalty_ms_;
  bool predicted_;
  double throughput_;
  Column<double> matched_;
  Value<double> total_;
  Column<double> wait_;  // predicted time to first token in milliseconds, or tokens in flight
};

}  // namespace

SHUNT_LIBRARY(PrefixCacheAffinityFilter)
