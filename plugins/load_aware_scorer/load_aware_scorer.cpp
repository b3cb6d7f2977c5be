// SPDX-License-Identifier: Apache-2.0
#include <shunt/sdk/scorer.hpp>

#include <algorithm>

namespace {

using shunt::sdk::Column;
using shunt::sdk::Cycle;
using shunt::sdk::Init;
using shunt::sdk::View;

class LoadAwareScorer {
 public:
  SHUNT_PLUGIN("load-aware-scorer", "1.0.0",
               "Scores the waiting queue against a fixed threshold, from 0.5 (empty) to 0 (full)")
  static constexpr std::string_view kReads[] = {"queue"};
  static constexpr std::string_view kParametersSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "threshold": {
      "type": "number", "exclusiveMinimum": 0, "default": 128,
      "description": "Waiting requests from which an endpoint scores 0"
    }
  }
})";

  explicit LoadAwareScorer(Init& init)
      : queue_(init.column<double>("queue")), threshold_(init.parameter("threshold").number(128)) {}

  void score(const Cycle&, View view, std::span<double> score) const {
    const auto queue = queue_(view);
    for (std::size_t i = 0; i < score.size(); ++i) {
      score[i] = 0.5 * (1.0 - std::min(queue[i], threshold_) / threshold_);
    }
    if (queue.complete()) return;
    // A row without value reads as an empty queue, which nobody has measured.
    for (std::size_t i = 0; i < score.size(); ++i) {
      if (!queue.has(i)) score[i] = 0.0;
    }
  }

 private:
  Column<double> queue_;
  double threshold_;
};

}  // namespace

SHUNT_LIBRARY(LoadAwareScorer)
