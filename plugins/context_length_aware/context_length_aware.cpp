// SPDX-License-Identifier: Apache-2.0
// context-length-aware: endpoints say for which prompt lengths they are meant. One instance scores, and filters on request.
#include "length_range.hpp"

#include <shunt/sdk/explain.hpp>
#include <shunt/sdk/filter.hpp>
#include <shunt/sdk/scorer.hpp>

#include <array>
#include <cmath>
#include <memory>
#include <string>

namespace context_length {

namespace sdk = shunt::sdk;

constexpr double kBytesPerToken = 4;

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
        filters_(init.parameter("enableFiltering").flag(false)),
        ranges_(std::make_unique<RangeCache>()) {}

  void filter(const sdk::Cycle& cycle, sdk::View view, std::span<std::uint8_t> keep) const {
    if (!filters_) return;
    const double length = prompt_tokens(cycle);
    const sdk::Symbol* const label = label_(view).data();
    Recent<bool> recent;
    for (std::size_t i = 0; i < keep.size(); ++i) {
      keep[i] = recent(label[i], [&](sdk::Symbol symbol) { return keeps(range_of(cycle, symbol), length); }) ? 1 : 0;
    }
  }

  void score(const sdk::Cycle& cycle, sdk::View view, std::span<double> score) const {
    const double length = prompt_tokens(cycle);
    const sdk::Symbol* const label = label_(view).data();
    Recent<double> recent;
    for (std::size_t i = 0; i < score.size(); ++i) {
      score[i] = recent(label[i], [&](sdk::Symbol symbol) { return range_score(range_of(cycle, symbol), length); });
    }
  }

  void explain(const sdk::Cycle& cycle, sdk::View view, std::string_view, std::span<shunt_str> reason) const {
    const double length = prompt_tokens(cycle);
    const sdk::Symbol* const label = label_(view).data();
    for (std::size_t i = 0; i < reason.size(); ++i) {
      const LengthRange range = range_of(cycle, label[i]);
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

  // Counted or estimated by the host; else estimated here from the length in bytes.
  static double prompt_tokens(const sdk::Cycle& cycle) noexcept {
    const sdk::Request request = cycle.request();
    if (const auto tokens = request.prompt_tokens()) return static_cast<double>(*tokens);
    return std::floor(static_cast<double>(request.prompt_bytes().value_or(0)) / kBytesPerToken);
  }

  LengthRange range_of(const sdk::Cycle& cycle, sdk::Symbol symbol) const noexcept {
    if (symbol == 0) return {};
    return ranges_->get(symbol, [&] { return parse_range(cycle.symbol_text(symbol)); });
  }

  static bool keeps(const LengthRange& range, double length) noexcept {
    return range.kind == LengthRange::Kind::None || range.holds(length);
  }

  sdk::Column<sdk::Symbol> label_;
  bool filters_;
  std::unique_ptr<RangeCache> ranges_;
};

}  // namespace context_length

using context_length::ContextLengthAware;
SHUNT_LIBRARY(ContextLengthAware)
