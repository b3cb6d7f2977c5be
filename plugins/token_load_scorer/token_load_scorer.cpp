// SPDX-License-Identifier: Apache-2.0
#include <shunt/sdk/scorer.hpp>

namespace {

using shunt::sdk::Column;
using shunt::sdk::Cycle;
using shunt::sdk::Init;
using shunt::sdk::Value;
using shunt::sdk::View;

class TokenLoadScorer {
 public:
  SHUNT_PLUGIN("token-load-scorer", "1.0.0",
               "Prefers endpoints that have few tokens to work on, with this request's own")
  static constexpr std::string_view kReads[] = {"in_flight_tokens", "prefix_matched_blocks", "prefix_total_blocks",
                                                "prefix_block_size_tokens", "prompt_tokens"};
  static constexpr std::string_view kParametersSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "queueThresholdTokens": {
      "type": "number", "exclusiveMinimum": 0, "default": 4194304,
      "description": "Tokens from which an endpoint scores 0"
    }
  }
})";

  explicit TokenLoadScorer(Init& init)
      : threshold_(init.parameter("queueThresholdTokens").number(4194304)),
        in_flight_tokens_(init.column<double>("in_flight_tokens")),
        matched_(init.optional_column<double>("prefix_matched_blocks")),
        total_(init.value<double>("prefix_total_blocks", SHUNT_OPTIONAL)),
        block_size_(init.value<double>("prefix_block_size_tokens", SHUNT_OPTIONAL)),
        prompt_tokens_(init.value<double>("prompt_tokens", SHUNT_OPTIONAL)) {}

  void score(const Cycle& cycle, View view, std::span<double> score) const {
    const double* const in_flight = in_flight_tokens_(view).data();
    const double* const matched = matched_(view).data();
    const double block = block_size_(cycle).value_or(0);
    const double own = prompt_tokens(cycle, block);
    for (std::size_t i = 0; i < score.size(); ++i) {
      const double uncached = own - matched[i] * block;
      const double tokens = in_flight[i] + (uncached > 0.0 ? uncached : 0.0);
      score[i] = 1.0 - (tokens < threshold_ ? tokens : threshold_) / threshold_;
    }
  }

 private:
  // Counted or estimated by the host, or by a producer; else as many as the blocks hold.
  double prompt_tokens(const Cycle& cycle, double block) const noexcept {
    if (const auto tokens = cycle.request().prompt_tokens()) return static_cast<double>(*tokens);
    if (const auto tokens = prompt_tokens_(cycle)) return *tokens;
    return total_(cycle).value_or(0) * block;
  }

  double threshold_;
  Column<double> in_flight_tokens_;
  Column<double> matched_;
  Value<double> total_;
  Value<double> block_size_;
  Value<double> prompt_tokens_;
};

}  // namespace

SHUNT_LIBRARY(TokenLoadScorer)
