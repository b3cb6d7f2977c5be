// SPDX-License-Identifier: Apache-2.0
#include <shunt/sdk/prompt_tokens.hpp>
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
    const shunt::sdk::PromptBlocks prompt{.tokens = prompt_tokens(cycle),
                                          .total_blocks = total_(cycle).value_or(0),
                                          .block_tokens = block_size_(cycle).value_or(0)};
    for (std::size_t i = 0; i < score.size(); ++i) {
      const double tokens = in_flight[i] + shunt::sdk::uncached_tokens(prompt, matched[i]);
      score[i] = 1.0 - (tokens < threshold_ ? tokens : threshold_) / threshold_;
    }
  }

 private:
  // As a producer says, or by the same rule where there is none; 0 where the length is not known, and blocks alone count.
  double prompt_tokens(const Cycle& cycle) const noexcept {
    if (const auto told = cycle.request().prompt_tokens()) return static_cast<double>(*told);
    if (const auto tokens = prompt_tokens_(cycle)) return *tokens;
    return static_cast<double>(shunt::sdk::prompt_tokens(cycle.request()).value_or(0));
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
