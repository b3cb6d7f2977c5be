// SPDX-License-Identifier: Apache-2.0
// A scorer in C++: endpoints with many accelerators should carry more. Scores the requests per accelerator.
#include <algorithm>
#include <shunt/sdk/scorer.hpp>

namespace {

using shunt::sdk::Column;
using shunt::sdk::Cycle;
using shunt::sdk::Init;
using shunt::sdk::View;

class FairShareScorer {
 public:
  SHUNT_PLUGIN("fair-share-scorer", "1.0.0", "Prefers endpoints with few requests per accelerator")
  static constexpr std::string_view kParametersSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "full": {
      "type": "number", "exclusiveMinimum": 0, "default": 8,
      "description": "requests per accelerator at which the score is 0"
    }
  }
})";
  static constexpr std::string_view kReads[] = {"running", "gpu_count"};

  explicit FairShareScorer(Init& init)
      : running_(init.column<double>("running")),
        accelerators_(init.optional_column<double>("gpu_count")),
        full_(init.parameter("full").number(8)) {}

  void score(const Cycle&, View view, std::span<double> score) const {
    const auto running = running_(view);
    const auto accelerators = accelerators_(view);
    for (std::size_t i = 0; i < score.size(); ++i) {
      // Absent reads as 0, and so may somebody's count: one accelerator is the least that can answer.
      const double share = running[i] / std::max(1.0, accelerators[i]);
      // Unknown is not idle.
      score[i] = running.has(i) ? std::clamp(1.0 - share / full_, 0.0, 1.0) : 0.0;
    }
  }

 private:
  Column<double> running_;
  Column<double> accelerators_;
  double full_;
};

}  // namespace

SHUNT_LIBRARY(FairShareScorer)
