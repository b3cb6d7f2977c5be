// SPDX-License-Identifier: Apache-2.0
#include <shunt/sdk/least.hpp>
#include <shunt/sdk/scorer.hpp>

#include <string>

namespace {

using shunt::sdk::Column;
using shunt::sdk::Cycle;
using shunt::sdk::Error;
using shunt::sdk::Init;
using shunt::sdk::score_least;
using shunt::sdk::View;

class FastestInstanceScorer {
 public:
  SHUNT_PLUGIN("fastest-instance-scorer", "1.0.0",
               "Prefers endpoints with a low mean latency, relative to the other candidates")
  static constexpr std::string_view kReads[] = {"avg_latency_ms"};
  static constexpr std::string_view kParametersSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "unknown": {
      "type": "string", "enum": ["first", "last"], "default": "first",
      "description": "Where endpoints go whose latency nobody has measured"
    }
  }
})";

  explicit FastestInstanceScorer(Init& init) : latency_(init.column<double>("avg_latency_ms")) {
    const std::string unknown = init.parameter("unknown").text("first");
    if (unknown != "first" && unknown != "last") {
      throw Error("parameter /unknown must be \"first\" or \"last\", found \"" + unknown + "\"");
    }
    unknown_first_ = unknown == "first";
  }

  void score(const Cycle&, View view, std::span<double> score) const {
    const auto latency = latency_(view);
    if (unknown_first_) {
      // Read as zeros, they are faster than all others.
      score_least(latency.data(), score);
    } else {
      score_least(latency, score);
    }
  }

 private:
  Column<double> latency_;
  bool unknown_first_ = true;
};

// The same rule under the name that it has among load balancers.
class LeastResponseTimeScorer : public FastestInstanceScorer {
 public:
  SHUNT_PLUGIN("least-response-time-scorer", "1.0.0", "Another name of fastest-instance-scorer")
  using FastestInstanceScorer::FastestInstanceScorer;
};

}  // namespace

SHUNT_LIBRARY(FastestInstanceScorer, LeastResponseTimeScorer)
