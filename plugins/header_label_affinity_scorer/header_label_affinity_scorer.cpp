// SPDX-License-Identifier: Apache-2.0
#include <shunt/sdk/scorer.hpp>

#include <algorithm>
#include <string>

namespace {

using shunt::sdk::Column;
using shunt::sdk::Cycle;
using shunt::sdk::Error;
using shunt::sdk::Init;
using shunt::sdk::Symbol;
using shunt::sdk::View;

class HeaderLabelAffinityScorer {
 public:
  SHUNT_PLUGIN("header-label-affinity-scorer", "1.0.0",
               "Prefers endpoints whose label has the value of a request header")
  static constexpr std::string_view kParametersSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "required": ["headerName", "labelKey"],
  "properties": {
    "headerName": { "type": "string", "minLength": 1, "description": "Request header, in any case" },
    "labelKey": { "type": "string", "minLength": 1, "description": "Label that is compared with it" }
  }
})";

  explicit HeaderLabelAffinityScorer(Init& init)
      : header_(lower_case(named(init, "headerName"))), label_(init.label(named(init, "labelKey"))) {}

  void score(const Cycle& cycle, View view, std::span<double> score) const {
    const auto value = cycle.request().header(header_);
    // A text that no endpoint carries has no symbol, and neither has an endpoint without the label.
    const Symbol wanted = value ? cycle.find_symbol(*value) : 0;
    if (wanted == 0) {
      shunt_fill(score.data(), score.size(), 0.0);
      return;
    }
    const Symbol* const label = label_(view).data();
    for (std::size_t i = 0; i < score.size(); ++i) score[i] = label[i] == wanted ? 1.0 : 0.0;
  }

 private:
  static std::string named(const Init& init, std::string_view parameter) {
    std::string text = init.parameter(parameter).text("");
    if (text.empty()) throw Error("parameter /" + std::string(parameter) + " is missing");
    return text;
  }
  // As headers reach a plugin.
  static std::string lower_case(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return text;
  }

  std::string header_;
  Column<Symbol> label_;
};

}  // namespace

SHUNT_LIBRARY(HeaderLabelAffinityScorer)
