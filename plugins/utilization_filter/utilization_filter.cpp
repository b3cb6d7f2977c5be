// SPDX-License-Identifier: Apache-2.0
#include <shunt/sdk/filter.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <vector>

namespace {

using shunt::sdk::Column;
using shunt::sdk::Cycle;
using shunt::sdk::Error;
using shunt::sdk::Init;
using shunt::sdk::Parameter;
using shunt::sdk::View;

struct Metric {
  std::string_view name;
  std::string_view column;
};
constexpr std::array<Metric, 4> kMetrics{{{"active-requests", "in_flight"},
                                          {"running-requests", "running"},
                                          {"waiting-queue", "queue"},
                                          {"kv-cache-utilization", "kv_cache_usage"}}};

struct Condition {
  std::string_view metric;
  Column<double> column;
  double limit;
};

class UtilizationFilter {
 public:
  SHUNT_PLUGIN("utilization-filter", "1.0.0", "Drops endpoints that are above a limit of load")
  static constexpr std::string_view kParametersSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "required": ["conditions"],
  "properties": {
    "conditions": {
      "type": "array", "minItems": 1,
      "description": "Limits; an endpoint above any of them is dropped",
      "items": {
        "type": "object",
        "additionalProperties": false,
        "required": ["metric", "maxValue"],
        "properties": {
          "metric": {
            "type": "string", "enum": ["active-requests", "running-requests", "waiting-queue", "kv-cache-utilization"],
            "description": "What is measured"
          },
          "maxValue": { "type": "number", "minimum": 0, "description": "Highest value with which an endpoint is kept" }
        }
      }
    },
    "fallbackOnEmpty": {
      "type": "boolean", "default": false,
      "description": "Keep all endpoints when every one of them is above a limit"
    }
  }
})";

  explicit UtilizationFilter(Init& init) : falls_back_(init.parameter("fallbackOnEmpty").flag(false)) {
    const Parameter list = init.parameter("conditions");
    for (std::size_t i = 0; i < list.size(); ++i) conditions_.push_back(read(init, list[i]));
    if (conditions_.empty()) throw Error("parameter /conditions must list at least one limit");
  }

  void filter(const Cycle&, View view, std::span<std::uint8_t> keep) const {
    for (const Condition& condition : conditions_) {
      // A row without value reads as 0, which no limit is below: nothing is dropped for what nobody measured.
      const double* const value = condition.column(view).data();
      for (std::size_t i = 0; i < keep.size(); ++i) {
        keep[i] = static_cast<std::uint8_t>(keep[i] & (value[i] > condition.limit ? 0 : 1));
      }
    }
    if (falls_back_ && std::find(keep.begin(), keep.end(), 1) == keep.end()) std::fill(keep.begin(), keep.end(), 1);
  }

  void explain(const Cycle& cycle, View view, std::string_view, std::span<shunt_str> reason) const {
    for (const Condition& condition : conditions_) {
      const double* const value = condition.column(view).data();
      for (std::size_t i = 0; i < reason.size(); ++i) {
        if (reason[i].data == nullptr && value[i] > condition.limit) reason[i] = excess(cycle, condition, value[i]);
      }
    }
  }

 private:
  static Condition read(Init& init, const Parameter& one) {
    const std::string name = one["metric"].text("");
    const auto* const metric =
        std::find_if(kMetrics.begin(), kMetrics.end(), [&](const Metric& known) { return known.name == name; });
    if (metric == kMetrics.end()) {
      throw Error("parameter " + one.pointer() + "/metric: unknown metric \"" + name + "\"");
    }
    const double limit = one["maxValue"].number(std::nan(""));
    if (!(limit >= 0)) throw Error("parameter " + one.pointer() + "/maxValue must be a number from 0");
    return {metric->name, init.column<double>(metric->column), limit};
  }

  // "waiting-queue 12 > 5"
  static shunt_str excess(const Cycle& cycle, const Condition& condition, double value) {
    std::array<char, 96> text{};
    char* end = std::copy(condition.metric.begin(), condition.metric.end(), text.data());
    *end++ = ' ';
    end = std::to_chars(end, text.data() + text.size(), value).ptr;
    for (const char c : {' ', '>', ' '}) *end++ = c;
    end = std::to_chars(end, text.data() + text.size(), condition.limit).ptr;
    return cycle.keep({text.data(), static_cast<std::size_t>(end - text.data())});
  }

  std::vector<Condition> conditions_;
  bool falls_back_;
};

}  // namespace

SHUNT_LIBRARY(UtilizationFilter)
