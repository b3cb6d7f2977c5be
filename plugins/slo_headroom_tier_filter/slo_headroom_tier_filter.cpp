// SPDX-License-Identifier: Apache-2.0
#include <shunt/sdk/explain.hpp>
#include <shunt/sdk/filter.hpp>

#include <limits>
#include <optional>
#include <string>

namespace {

using shunt::sdk::Column;
using shunt::sdk::ColumnView;
using shunt::sdk::Cycle;
using shunt::sdk::Init;
using shunt::sdk::View;

// A target that is missing is met by all.
double milliseconds(std::optional<std::int64_t> target_ns) {
  return target_ns ? static_cast<double>(*target_ns) / 1e6 : std::numeric_limits<double>::infinity();
}

class SloHeadroomTierFilter {
 public:
  SHUNT_PLUGIN("slo-headroom-tier-filter", "1.0.0",
               "Keeps the endpoints that are predicted to meet the request's targets")
  static constexpr std::string_view kParametersSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "epsilonExploreNeg": {
      "type": "number", "minimum": 0, "maximum": 1, "default": 0.01,
      "description": "Share of the requests that go to the endpoints that do not meet the targets"
    },
    "latencyPredictionInfoProducerName": {
      "type": "string", "default": "",
      "description": "Instance whose predictions are read; empty: the plain columns"
    }
  }
})";

  explicit SloHeadroomTierFilter(Init& init)
      : epsilon_(init.parameter("epsilonExploreNeg").number(0.01)),
        ttft_(init.optional_column<double>(source(init) + "predicted_ttft_ms")),
        tpot_(init.optional_column<double>(source(init) + "predicted_tpot_ms")) {}

  void filter(const Cycle& cycle, View view, std::span<std::uint8_t> keep) const {
    const Tiers tiers(*this, cycle, view);
    if (!tiers.differ()) return;
    const bool kept = !tiers.explores();
    for (std::size_t i = 0; i < keep.size(); ++i) keep[i] = tiers.meets_targets(i) == kept ? 1 : 0;
  }

  void explain(const Cycle& cycle, View view, std::string_view, std::span<shunt_str> reason) const {
    const Tiers tiers(*this, cycle, view);
    if (!tiers.differ()) return;
    for (std::size_t i = 0; i < reason.size(); ++i) {
      if (tiers.meets_targets(i) != tiers.explores()) continue;
      reason[i] = shunt::sdk::to_abi(tiers.explores()     ? "meets the targets, but this request explores"
                                     : tiers.predicted(i) ? "predicted to miss a target"
                                                          : "without a prediction");
    }
  }

 private:
  // The endpoints of one call, in two tiers.
  class Tiers {
   public:
    Tiers(const SloHeadroomTierFilter& it, const Cycle& cycle, View view)
        : any_target_(cycle.request().ttft_slo_ns() || cycle.request().tpot_slo_ns()),
          ttft_target_(milliseconds(cycle.request().ttft_slo_ns())),
          tpot_target_(milliseconds(cycle.request().tpot_slo_ns())),
          ttft_(it.ttft_(view)),
          tpot_(it.tpot_(view)),
          size_(view.size()),
          // One draw per request: the endpoint has no part in it.
          explores_(shunt_draw_unit(cycle.seed(), 0) < it.epsilon_) {}

    bool predicted(std::size_t i) const { return ttft_.has(i) || tpot_.has(i); }
    bool meets_targets(std::size_t i) const {
      return predicted(i) && ttft_[i] <= ttft_target_ && tpot_[i] <= tpot_target_;
    }
    // Both tiers have endpoints. Without any prediction there is only the lower one, and without any target none at all.
    bool differ() const {
      if (size_ <= 1 || !any_target_ || (ttft_.absent() && tpot_.absent())) return false;
      std::size_t meeting = 0;
      for (std::size_t i = 0; i < size_; ++i) meeting += meets_targets(i) ? 1u : 0u;
      return meeting != 0 && meeting != size_;
    }
    bool explores() const { return explores_; }

   private:
    bool any_target_;
    double ttft_target_;
    double tpot_target_;
    ColumnView<double> ttft_;
    ColumnView<double> tpot_;
    std::size_t size_;
    bool explores_;
  };

  static std::string source(const Init& init) {
    return init.prefix_of("latencyPredictionInfoProducerName", "predicted-latency-producer");
  }

  double epsilon_;
  Column<double> ttft_;
  Column<double> tpot_;
};

}  // namespace

SHUNT_LIBRARY(SloHeadroomTierFilter)
