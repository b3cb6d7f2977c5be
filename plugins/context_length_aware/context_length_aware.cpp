// SPDX-License-Identifier: Apache-2.0
// context-length-aware: endpoints say for which prompt lengths they are meant. One instance scores, and filters on request.
#include "length_range.hpp"

#include <shunt/sdk/explain.hpp>
#include <shunt/sdk/filter.hpp>
#include <shunt/sdk/prompt_tokens.hpp>
#include <shunt/sdk/scorer.hpp>

#include <array>
#include <memory>
#include <string>

namespace context_length {

namespace sdk = shunt::sdk;

class ContextLengthAware {
 public:
  SHUNT_PLUGIN("context-length-aware", "1.0.0",
               "Prefers, or keeps only, endpoints that are meant for prompts of this length")
  static constexpr std::string_view kParametersSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "label": {
      "type": "string", "minLength": 1, "default": "llm-d.ai/context-length-range",
      "description": "Label that holds the range of an endpoint, as min-max in tokens"
    },
    "enableFiltering": {
      "type": "boolean", "default": false,
      "description": "Remove endpoints whose range does not hold the length of the prompt"
    }
  }
})";

  explicit ContextLengthAware(sdk::Init& init)
      : label_(init.label(label(init))),
        prompt_tokens_(init.value<double>("prompt_tokens", SHUNT_OPTIONAL)),
        filters_(init.parameter("enableFiltering").flag(false)),
        ranges_(std::make_unique<RangeCache>()) {}

  void filter(const sdk::Cycle& cycle, sdk::View view, std::span<std::uint8_t> keep) const {
    if (!filters_) return;
    const double length = prompt_tokens(cycle);
    const auto label = label_(view);
    Recent<bool> recent;
    for (std::size_t i = 0; i < keep.size(); ++i) {
      const auto answer = [&](sdk::Symbol symbol) { return keeps(range_of(cycle, symbol), length); };
      const bool kept = label[i] != 0 ? recent(label[i], answer) : keeps(without_text(label, i), length);
      keep[i] = kept ? 1 : 0;
    }
  }

  void score(const sdk::Cycle& cycle, sdk::View view, std::span<double> score) const {
    const double length = prompt_tokens(cycle);
    const auto label = label_(view);
    Recent<double> recent;
    for (std::size_t i = 0; i < score.size(); ++i) {
      const auto answer = [&](sdk::Symbol symbol) { return range_score(range_of(cycle, symbol), length); };
      score[i] = label[i] != 0 ? recent(label[i], answer) : range_score(without_text(label, i), length);
    }
  }

  void explain(const sdk::Cycle& cycle, sdk::View view, std::string_view, std::span<shunt_str> reason) const {
    const double length = prompt_tokens(cycle);
    const auto label = label_(view);
    for (std::size_t i = 0; i < reason.size(); ++i) {
      const LengthRange range = label[i] != 0 ? range_of(cycle, label[i]) : without_text(label, i);
      if (range.kind == LengthRange::Kind::None) {
        reason[i] = sdk::to_abi("no range");
      } else if (range.kind == LengthRange::Kind::Bad) {
        reason[i] = sdk::to_abi("the label is no range");
      } else {
        reason[i] = sdk::to_abi(range.holds(length) ? "prompt is within the range" : "prompt is outside of the range");
      }
    }
  }

 private:
  // What came out for the label before: a fleet has few labels, and whatever an answer is made from is the same for a call.
  template <class Answer>
  class Recent {
   public:
    template <class Make>
    Answer operator()(sdk::Symbol symbol, Make&& make) {
      Entry& entry = entries_[symbol % kEntries];
      if (entry.symbol != symbol) entry = {symbol, make(symbol)};
      return entry.answer;
    }

   private:
    static constexpr std::size_t kEntries = 32;
    struct Entry {
      sdk::Symbol symbol = UINT32_MAX;
      Answer answer{};
    };
    std::array<Entry, kEntries> entries_;
  };

  static std::string label(const sdk::Init& init) {
    const std::string key = init.parameter("label").text("llm-d.ai/context-length-range");
    if (key.empty()) throw sdk::Error("parameter /label must name a label");
    return key;
  }

  // As a producer says, or by the same rule where there is none.
  double prompt_tokens(const sdk::Cycle& cycle) const noexcept {
    if (const auto told = cycle.request().prompt_tokens()) return static_cast<double>(*told);
    if (const auto tokens = prompt_tokens_(cycle)) return *tokens;
    return static_cast<double>(sdk::prompt_tokens(cycle.request()).value_or(0));
  }

  // An empty label is a label that is no range, but shares the number 0 with one that is not there.
  static LengthRange without_text(const sdk::ColumnView<sdk::Symbol>& label, std::size_t i) noexcept {
    return {.kind = label.has(i) ? LengthRange::Kind::Bad : LengthRange::Kind::None};
  }
  LengthRange range_of(const sdk::Cycle& cycle, sdk::Symbol symbol) const noexcept {
    return ranges_->get(symbol, [&] { return parse_range(cycle.symbol_text(symbol)); });
  }

  static bool keeps(const LengthRange& range, double length) noexcept {
    return range.kind == LengthRange::Kind::None || range.holds(length);
  }

  sdk::Column<sdk::Symbol> label_;
  sdk::Value<double> prompt_tokens_;
  bool filters_;
  std::unique_ptr<RangeCache> ranges_;
};

}  // namespace context_length

using context_length::ContextLengthAware;
SHUNT_LIBRARY(ContextLengthAware)
