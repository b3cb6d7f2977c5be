// SPDX-License-Identifier: Apache-2.0
#include <shunt/sdk/explain.hpp>
#include <shunt/sdk/filter.hpp>

namespace {

using shunt::sdk::Cycle;
using shunt::sdk::Init;
using shunt::sdk::Membership;
using shunt::sdk::View;

class RequestTypeFilter {
 public:
  SHUNT_PLUGIN("request-type-filter", "1.0.0", "Keeps endpoints that can serve requests of this type")
  static constexpr std::string_view kReads[] = {"request_types"};
  static constexpr std::string_view kParametersSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "onMissing": {
      "type": "string", "enum": ["Pass", "Fail"], "default": "Pass",
      "description": "Whether endpoints that do not say what they serve are kept"
    }
  }
})";

  explicit RequestTypeFilter(Init& init)
      : serves_(init.membership("request_types", SHUNT_FIELD_TYPE)),
        keeps_missing_(init.parameter("onMissing").text("Pass") == "Pass") {}

  void filter(const Cycle& cycle, View view, std::span<std::uint8_t> keep) const {
    if (cycle.request().type().empty()) return;
    const auto serves = serves_(view);
    const std::uint8_t missing = keeps_missing_ ? 1 : 0;
    for (std::size_t i = 0; i < keep.size(); ++i) keep[i] = serves.has(i) ? serves[i] : missing;
  }

  void explain(const Cycle& cycle, View view, std::string_view, std::span<shunt_str> reason) const {
    if (cycle.request().type().empty()) return;
    const auto serves = serves_(view);
    for (std::size_t i = 0; i < reason.size(); ++i) {
      if (serves.has(i) && serves[i] == 0) reason[i] = shunt::sdk::to_abi("does not serve requests of this type");
      if (!serves.has(i) && !keeps_missing_) reason[i] = shunt::sdk::to_abi("does not say what it serves");
    }
  }

 private:
  Membership serves_;
  bool keeps_missing_;
};

}  // namespace

SHUNT_LIBRARY(RequestTypeFilter)
