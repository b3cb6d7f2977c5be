// SPDX-License-Identifier: Apache-2.0
#include <shunt/sdk/scorer.hpp>

#include <algorithm>
#include <string>
#include <string_view>

namespace {

using shunt::sdk::Column;
using shunt::sdk::Cycle;
using shunt::sdk::Init;
using shunt::sdk::Value;
using shunt::sdk::View;

class PrefixCacheScorer {
 public:
  SHUNT_PLUGIN("prefix-cache-scorer", "1.0.0", "Prefers endpoints that have much of the prompt in their KV cache")
  static constexpr std::string_view kParametersSchema = R"({
    "type": "object", "additionalProperties": false, "properties": {
      "matchLengthWeight": {"type": "number", "minimum": 0, "maximum": 1, "default": 0,
        "description": "How much the length of the match counts against its share of the prompt"},
      "matchLengthScaleTokens": {"type": "number", "exclusiveMinimum": 0, "default": 8192,
        "description": "Matched tokens from which the length counts in full"},
      "prefixMatchInfoProducerName": {"type": "string", "default": "",
        "description": "Instance whose match is read; empty: the one that is named like its type"}}})";

  explicit PrefixCacheScorer(Init& init)
      : weight_(init.parameter("matchLengthWeight").number(0)),
        scale_(init.parameter("matchLengthScaleTokens").number(8192)),
        matched_(init.column<double>(source(init) + "prefix_matched_blocks")),
        total_(init.value<double>(source(init) + "prefix_total_blocks")),
        block_size_(init.value<double>(source(init) + "prefix_block_size_tokens")) {}

  void score(const Cycle& cycle, View view, std::span<double> score) const {
    const auto matched = matched_(view);
    const double total = total_(cycle).value_or(0);
    const double block_size = block_size_(cycle).value_or(0);
    if (!(total > 0)) {
      std::fill(score.begin(), score.end(), 0.0);
      return;
    }
    // A row without a match reads as zero and scores so.
    if (weight_ == 0.0) {
      shunt_divide(matched.data(), score.size(), total, score.data());
      return;
    }
    for (std::size_t i = 0; i < score.size(); ++i) {
      const double length = std::min(1.0, matched[i] * block_size / scale_);
      score[i] = weight_ * length * length + (1 - weight_) * matched[i] / total;
    }
  }

 private:
  static std::string source(const Init& init) {
    return init.prefix_of("prefixMatchInfoProducerName", "approx-prefix-cache-producer");
  }

  double weight_;
  double scale_;
  Column<double> matched_;
  Value<double> total_;
  Value<double> block_size_;
};

}  // namespace

SHUNT_LIBRARY(PrefixCacheScorer)
