// SPDX-License-Identifier: Apache-2.0
#include <shunt/sdk/scorer.hpp>

namespace {

using shunt::sdk::Column;
using shunt::sdk::Cycle;
using shunt::sdk::Init;
using shunt::sdk::View;

class ActiveRequestScorer {
 public:
  SHUNT_PLUGIN("active-request-scorer", "1.0.0", "Prefers endpoints that few requests of this host are running at")
  static constexpr std::string_view kReads[] = {"in_flight"};
  static constexpr std::string_view kParametersSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "idleThreshold": {
      "type": "integer", "minimum": 0, "default": 0,
      "description": "Requests with which an endpoint still counts as idle and scores 1"
    },
    "maxBusyScore": {
      "type": "number", "minimum": 0, "maximum": 1, "default": 1,
      "description": "What a busy endpoint scores at most"
    }
  }
})";

  explicit ActiveRequestScorer(Init& init)
      : in_flight_(init.column<double>("in_flight")),
        idle_(init.parameter("idleThreshold").number(0)),
        busy_score_(init.parameter("maxBusyScore").number(1)) {}

  void score(const Cycle&, View view, std::span<double> score) const {
    if (score.empty()) return;
    const double* const in_flight = in_flight_(view).data();
    const double high = shunt_max(in_flight, score.size());
    // Where all are idle, as they are without any request, nothing is divided.
    const double divisor = high > 0.0 ? high : 1.0;
    for (std::size_t i = 0; i < score.size(); ++i) {
      const double busy = (high - in_flight[i]) / divisor * busy_score_;
      score[i] = in_flight[i] <= idle_ ? 1.0 : busy;
    }
  }

 private:
  Column<double> in_flight_;
  double idle_;
  double busy_score_;
};

}  // namespace

SHUNT_LIBRARY(ActiveRequestScorer)
