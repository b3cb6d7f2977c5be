// SPDX-License-Identifier: Apache-2.0
// Filters that keep what can serve the request: its model, or requests of its type.
#include <shunt/sdk/explain.hpp>
#include <shunt/sdk/filter.hpp>

namespace compatibility_filters {

using shunt::sdk::Cycle;
using shunt::sdk::Init;
using shunt::sdk::Membership;
using shunt::sdk::View;

constexpr std::string_view kOnMissingSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "onMissing": {
      "type": "string", "enum": ["Pass", "Fail"], "default": "Pass",
      "description": "Whether endpoints that do not say what they serve are kept"
    }
  }
})";

// Endpoints whose set holds what the request asks for.
class Serving {
 public:
  Serving(const Init& init, Membership serves, std::string_view otherwise)
      : serves_(serves), otherwise_(otherwise), keeps_missing_(init.parameter("onMissing").text("Pass") == "Pass") {}

  void filter(View view, std::span<std::uint8_t> keep) const {
    const auto serves = serves_(view);
    const std::uint8_t missing = keeps_missing_ ? 1 : 0;
    for (std::size_t i = 0; i < keep.size(); ++i) keep[i] = serves.has(i) ? serves[i] : missing;
  }
  void explain(View view, std::span<shunt_str> reason) const {
    const auto serves = serves_(view);
    for (std::size_t i = 0; i < reason.size(); ++i) {
      if (serves.has(i) && serves[i] == 0) reason[i] = shunt::sdk::to_abi(otherwise_);
      if (!serves.has(i) && !keeps_missing_) reason[i] = shunt::sdk::to_abi("does not say what it serves");
    }
  }

 private:
  Membership serves_;
  std::string_view otherwise_;  // why others are dropped
  bool keeps_missing_;
};

class ModelFilter {
 public:
  SHUNT_PLUGIN("model-filter", "1.0.0", "Keeps endpoints that can serve the request's model")
  static constexpr std::string_view kReads[] = {"models"};
  static constexpr std::string_view kParametersSchema = kOnMissingSchema;

  explicit ModelFilter(Init& init) : serving_(init, init.membership("models"), "does not serve the model") {}

  void filter(const Cycle& cycle, View view, std::span<std::uint8_t> keep) const {
    if (!cycle.request().target_model().empty()) serving_.filter(view, keep);
  }
  void explain(const Cycle& cycle, View view, std::string_view, std::span<shunt_str> reason) const {
    if (!cycle.request().target_model().empty()) serving_.explain(view, reason);
  }

 private:
  Serving serving_;
};

class RequestTypeFilter {
 public:
  SHUNT_PLUGIN("request-type-filter", "1.0.0", "Keeps endpoints that can serve requests of this type")
  static constexpr std::string_view kReads[] = {"request_types"};
  static constexpr std::string_view kParametersSchema = kOnMissingSchema;

  explicit RequestTypeFilter(Init& init)
      : serving_(init, init.membership("request_types", SHUNT_FIELD_TYPE), "does not serve requests of this type") {}

  void filter(const Cycle& cycle, View view, std::span<std::uint8_t> keep) const {
    if (!cycle.request().type().empty()) serving_.filter(view, keep);
  }
  void explain(const Cycle& cycle, View view, std::string_view, std::span<shunt_str> reason) const {
    if (!cycle.request().type().empty()) serving_.explain(view, reason);
  }

 private:
  Serving serving_;
};

}  // namespace compatibility_filters

using compatibility_filters::ModelFilter;
using compatibility_filters::RequestTypeFilter;
SHUNT_LIBRARY(ModelFilter, RequestTypeFilter)
