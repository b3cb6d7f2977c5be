// SPDX-License-Identifier: Apache-2.0
// no-hit-lru-scorer: prompts that no endpoint has in its cache go round, so that the caches fill evenly.
#include "usage_order.hpp"

#include <shunt/sdk/observer.hpp>
#include <shunt/sdk/scorer.hpp>

#include <algorithm>
#include <memory>
#include <string>

namespace no_hit_lru {

namespace sdk = shunt::sdk;

class NoHitLruScorer {
 public:
  SHUNT_PLUGIN("no-hit-lru-scorer", "1.0.0",
               "Spreads prompts that nobody has cached: least recently used endpoints first")
  static constexpr std::uint64_t kWants = SHUNT_EVENT_BIT(SHUNT_EVENT_ENDPOINT_REMOVED);
  static constexpr std::string_view kParametersSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "lruSize": {
      "type": "integer", "minimum": 1, "maximum": 1048576, "default": 1024,
      "description": "Endpoints whose last use is remembered"
    },
    "prefixMatchInfoProducerName": {
      "type": "string", "default": "",
      "description": "Instance whose match is read; empty: the one that is named like its type"
    }
  }
})";

  explicit NoHitLruScorer(sdk::Init& init)
      : matched_(init.column<double>(source(init) + "prefix_matched_blocks")),
        prefill_(init.profile("prefill")),
        dropped_(init.counter("dropped_uses_total", "Uses that were not remembered because too many came at once")),
        order_(std::make_unique<UsageOrder>(
            static_cast<std::size_t>(std::clamp(init.parameter("lruSize").number(1024), 1.0, 1048576.0)))) {
    init.request_state(sizeof(State));
  }

  void score(const sdk::Cycle& cycle, sdk::View view, std::span<double> score) const {
    State& state = *static_cast<State*>(cycle.request_state());
    const auto matched = matched_(view);
    if (!score.empty() && shunt_max(matched.data(), score.size()) > 0.0) {
      state = State::Warm;
      shunt_fill(score.data(), score.size(), 0.5);
      return;
    }
    state = State::Cold;
    if (score.size() == 1) {
      score[0] = 1.0;
      return;
    }
    // First the positions, then the scores: those of used endpoints depend on how many were never used.
    std::size_t never_used = 0;
    for (std::size_t i = 0; i < score.size(); ++i) {
      const std::uint32_t position = order_->position(view.key(i));
      const bool never = position == UsageOrder::kNever;
      // Negative: the place among those that were never used, counted from 1.
      score[i] = never ? -1.0 - static_cast<double>(never_used) : static_cast<double>(position);
      never_used += never ? 1u : 0u;
    }
    const double last = static_cast<double>(score.size() - 1);
    const double first_used = static_cast<double>(never_used);
    for (double& one : score) {
      const double place = one < 0.0 ? -1.0 - one : first_used + one;
      const double raw = 1.0 - place / last;
      one = raw > 0.0 ? raw : 0.0;
    }
  }

  void picked(const sdk::Cycle& cycle, sdk::View base, const sdk::Decision& decision) const {
    if (*static_cast<const State*>(cycle.request_state()) != State::Cold || !decision.dispatched()) return;
    const sdk::Results results = decision.results();
    for (std::size_t i = 0; i < results.size(); ++i) {
      const sdk::Result result = results[i];
      const bool counts = i == decision.primary_result() || result.profile() == prefill_;
      if (!counts || !result.succeeded() || result.picks().empty()) continue;
      const std::uint32_t row = result.picks().front();
      if (row < base.size() && !order_->touch(base.key(row))) cycle.metric_add(dropped_);
    }
  }

  void events(const sdk::Context&, const sdk::Events& events) {
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (events[i].type == SHUNT_EVENT_ENDPOINT_REMOVED) (void)order_->erase(events[i].endpoint);
    }
  }

 private:
  // Of a request: what its last score() saw.
  enum class State : std::uint32_t { NotScored = 0, Warm, Cold };

  static std::string source(const sdk::Init& init) {
    return init.prefix_of("prefixMatchInfoProducerName", "approx-prefix-cache-producer");
  }

  sdk::Column<double> matched_;
  std::uint32_t prefill_;
  shunt_metric* dropped_;
  std::unique_ptr<UsageOrder> order_;
};

}  // namespace no_hit_lru

using no_hit_lru::NoHitLruScorer;
SHUNT_LIBRARY(NoHitLruScorer)
