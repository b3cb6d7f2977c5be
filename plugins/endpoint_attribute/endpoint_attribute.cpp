// SPDX-License-Identifier: Apache-2.0
// endpoint-attribute-filter and endpoint-attribute-scorer: any numeric attribute of endpoints, compared or scored.
#include <shunt/sdk/explain.hpp>
#include <shunt/sdk/filter.hpp>
#include <shunt/sdk/scorer.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>

namespace {

using shunt::sdk::Column;
using shunt::sdk::ColumnView;
using shunt::sdk::Cycle;
using shunt::sdk::Error;
using shunt::sdk::Init;
using shunt::sdk::Parameter;
using shunt::sdk::View;

Column<double> attribute(Init& init, std::string_view parameter) {
  const std::string name = init.parameter(parameter).text("");
  if (name.empty()) throw Error("parameter /" + std::string(parameter) + " must name an attribute");
  return init.column<double>(init.prefix_of("producer") + name);
}

enum class Operator { LessThan, LessThanOrEqual, GreaterThan, GreaterThanOrEqual, Equal, NotEqual };
constexpr std::array<std::string_view, 6> kOperators{"LessThan",           "LessThanOrEqual", "GreaterThan",
                                                     "GreaterThanOrEqual", "Equal",           "NotEqual"};

class EndpointAttributeFilter {
 public:
  SHUNT_PLUGIN("endpoint-attribute-filter", "1.0.0", "Keeps endpoints whose attribute compares true with a number")
  static constexpr std::string_view kParametersSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "required": ["attribute", "algorithm"],
  "properties": {
    "attribute": { "type": "string", "minLength": 1, "description": "Attribute that is read, a number" },
    "producer": { "type": "string", "default": "", "description": "Instance that writes the attribute; empty: the plain name" },
    "onMissing": {
      "type": "string", "enum": ["Pass", "Fail"], "default": "Pass",
      "description": "Whether endpoints without the attribute are kept"
    },
    "fallbackOnEmpty": { "type": "boolean", "default": false, "description": "Keep all endpoints when none compares true" },
    "algorithm": {
      "type": "object",
      "additionalProperties": false,
      "required": ["type", "threshold"],
      "description": "How the attribute is judged",
      "properties": {
        "type": { "type": "string", "enum": ["threshold"], "description": "Comparison with a number" },
        "threshold": {
          "type": "object",
          "additionalProperties": false,
          "required": ["operator", "value"],
          "description": "The comparison",
          "properties": {
            "operator": {
              "type": "string",
              "enum": ["LessThan", "LessThanOrEqual", "GreaterThan", "GreaterThanOrEqual", "Equal", "NotEqual"],
              "description": "An endpoint is kept where attribute, operator, value is true"
            },
            "value": { "type": "number", "description": "What the attribute is compared with" }
          }
        }
      }
    }
  }
})";

  explicit EndpointAttributeFilter(Init& init)
      : attribute_(attribute(init, "attribute")),
        keeps_missing_(init.parameter("onMissing").text("Pass") == "Pass"),
        falls_back_(init.parameter("fallbackOnEmpty").flag(false)) {
    const Parameter comparison = init.parameter("algorithm")["threshold"];
    const std::string word = comparison["operator"].text("");
    const auto* const known = std::find(kOperators.begin(), kOperators.end(), word);
    if (known == kOperators.end()) {
      throw Error("parameter " + comparison.pointer() + "/operator must be LessThan, LessThanOrEqual, GreaterThan, " +
                  "GreaterThanOrEqual, Equal or NotEqual");
    }
    operator_ = static_cast<Operator>(known - kOperators.begin());
    value_ = comparison["value"].number(std::nan(""));
    if (std::isnan(value_)) throw Error("parameter " + comparison.pointer() + "/value must be a number");
  }

  void filter(const Cycle&, View view, std::span<std::uint8_t> keep) const {
    const auto column = attribute_(view);
    switch (operator_) {
      case Operator::LessThan: compare(column, keep, [](double x, double y) { return x < y; }); break;
      case Operator::LessThanOrEqual: compare(column, keep, [](double x, double y) { return x <= y; }); break;
      case Operator::GreaterThan: compare(column, keep, [](double x, double y) { return x > y; }); break;
      case Operator::GreaterThanOrEqual: compare(column, keep, [](double x, double y) { return x >= y; }); break;
      case Operator::Equal: compare(column, keep, [](double x, double y) { return x == y; }); break;
      case Operator::NotEqual: compare(column, keep, [](double x, double y) { return x != y; }); break;
    }
    if (falls_back_ && std::find(keep.begin(), keep.end(), 1) == keep.end()) {
      std::fill(keep.begin(), keep.end(), std::uint8_t{1});
    }
  }

  void explain(const Cycle& cycle, View view, std::string_view, std::span<shunt_str> reason) const {
    const std::span<std::uint8_t> keep = cycle.allocate<std::uint8_t>(reason.size());
    if (keep.size() != reason.size()) return;
    filter(cycle, view, keep);
    const auto column = attribute_(view);
    for (std::size_t i = 0; i < reason.size(); ++i) {
      if (keep[i] != 0) continue;
      reason[i] = shunt::sdk::to_abi(column.has(i) ? "beyond the threshold" : "without the attribute");
    }
  }

 private:
  template <class Compare>
  void compare(const ColumnView<double>& column, std::span<std::uint8_t> keep, Compare&& holds) const {
    const double* const value = column.data();
    for (std::size_t i = 0; i < keep.size(); ++i) keep[i] = holds(value[i], value_) ? 1 : 0;
    if (column.complete()) return;
    for (std::size_t i = 0; i < keep.size(); ++i) {
      if (!column.has(i)) keep[i] = keeps_missing_ ? 1 : 0;
    }
  }

  Column<double> attribute_;
  bool keeps_missing_;
  bool falls_back_;
  Operator operator_ = Operator::LessThan;
  double value_ = 0;
};

class EndpointAttributeScorer {
 public:
  SHUNT_PLUGIN("endpoint-attribute-scorer", "1.0.0", "Scores an attribute of endpoints, low or high values first")
  static constexpr std::string_view kParametersSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "required": ["attributeKey", "algorithm"],
  "properties": {
    "attributeKey": { "type": "string", "minLength": 1, "description": "Attribute that is read, a number" },
    "producer": { "type": "string", "default": "", "description": "Instance that writes the attribute; empty: the plain name" },
    "algorithm": {
      "type": "object",
      "additionalProperties": false,
      "required": ["type"],
      "description": "How the attribute becomes a score",
      "properties": {
        "type": {
          "type": "string", "enum": ["linear_lower_is_better", "linear_higher_is_better"],
          "description": "Which end of the range scores 1"
        },
        "normalization": {
          "type": "object",
          "additionalProperties": false,
          "description": "The range; at most one of the two",
          "properties": {
            "fixedRange": {
              "type": "object",
              "additionalProperties": false,
              "required": ["min", "max"],
              "description": "These values; the attribute is cut to them",
              "properties": {
                "min": { "type": "number", "description": "Lower end" },
                "max": { "type": "number", "description": "Upper end, above min" }
              }
            },
            "adaptiveRange": {
              "type": "object", "additionalProperties": false,
              "description": "Least and greatest value of the candidates; the default"
            }
          }
        }
      }
    }
  }
})";

  explicit EndpointAttributeScorer(Init& init) : attribute_(attribute(init, "attributeKey")) {
    const Parameter algorithm = init.parameter("algorithm");
    const std::string type = algorithm["type"].text("");
    if (type != "linear_lower_is_better" && type != "linear_higher_is_better") {
      throw Error("parameter /algorithm/type must be linear_lower_is_better or linear_higher_is_better");
    }
    lower_is_better_ = type == "linear_lower_is_better";
    const Parameter fixed = algorithm["normalization"]["fixedRange"];
    if (!fixed.exists()) return;
    if (algorithm["normalization"]["adaptiveRange"].exists()) {
      throw Error("parameter /algorithm/normalization has both a fixedRange and an adaptiveRange");
    }
    fixed_ = true;
    low_ = fixed["min"].number(std::nan(""));
    high_ = fixed["max"].number(std::nan(""));
    if (!(low_ < high_)) throw Error("parameter " + fixed.pointer() + ": \"min\" must be below \"max\"");
  }

  void score(const Cycle&, View view, std::span<double> score) const {
    const auto column = attribute_(view);
    double low = low_;
    double high = high_;
    if (!fixed_) find_range(column, score.size(), low, high);
    write(column.data(), low, high, score);
    if (column.complete()) return;
    for (std::size_t i = 0; i < score.size(); ++i) {
      if (!column.has(i)) score[i] = 0.0;
    }
  }

 private:
  // Of those that have a value.
  static void find_range(const ColumnView<double>& column, std::size_t size, double& low, double& high) {
    if (column.complete()) {
      shunt_min_max(column.data(), size, &low, &high);
      return;
    }
    low = std::numeric_limits<double>::infinity();
    high = -low;
    for (std::size_t i = 0; i < size; ++i) {
      low = std::min(low, column.has(i) ? column[i] : low);
      high = std::max(high, column.has(i) ? column[i] : high);
    }
  }

  void write(const double* value, double low, double high, std::span<double> score) const {
    const double range = high - low;
    if (!(range > 0.0)) {
      shunt_fill(score.data(), score.size(), 1.0);
      return;
    }
    const double better = lower_is_better_ ? high : low;
    const double sign = lower_is_better_ ? 1.0 : -1.0;
    for (std::size_t i = 0; i < score.size(); ++i) {
      double cut = value[i] > low ? value[i] : low;
      cut = cut < high ? cut : high;
      score[i] = sign * (better - cut) / range;
    }
  }

  Column<double> attribute_;
  bool lower_is_better_ = true;
  bool fixed_ = false;
  double low_ = 0;
  double high_ = 0;
};

}  // namespace

SHUNT_LIBRARY(EndpointAttributeFilter, EndpointAttributeScorer)
