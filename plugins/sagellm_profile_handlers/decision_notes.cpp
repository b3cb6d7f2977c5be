// SPDX-License-Identifier: Apache-2.0
#include "decision_notes.hpp"

#include "parallelism.hpp"
#include "short_text.hpp"
#include "urgency.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace sagellm {

namespace sdk = shunt::sdk;

namespace {

constexpr double kDefaultMaxTokens = 100;
constexpr double kUnknownSeconds = 1;

std::string_view word_of(Policy policy) {
  switch (policy) {
    case Policy::Fifo: return "fifo";
    case Policy::Priority: return "priority";
    case Policy::SloAware: return "slo_aware";
    case Policy::CostOptimized: return "cost_optimized";
    case Policy::PdPhase: break;
  }
  return "pd_phase";
}

std::string_view name_of_priority(std::int32_t priority) {
  static constexpr std::array<std::string_view, 5> kNames{"BACKGROUND", "LOW", "NORMAL", "HIGH", "CRITICAL"};
  return kNames[static_cast<std::size_t>(std::clamp(priority, -2, 2) + 2)];
}

ShortText reason_of(const Choice& choice, const sdk::Cycle& cycle, double cost) {
  ShortText text;
  switch (choice.policy) {
    case Policy::Fifo: return text.add("FIFO scheduling to least loaded instance");
    case Policy::Priority:
      return text.add("Priority ").add(name_of_priority(cycle.request().priority())).add(" scheduling");
    case Policy::SloAware: return text.add("SLO-aware scheduling (urgency: ").add(choice.urgency, 2).add(")");
    case Policy::CostOptimized: return text.add("Cost-optimized scheduling (cost: $").add(cost, 4).add(")");
    case Policy::PdPhase: break;
  }
  return text.add(choice.phase);
}

}  // namespace

double urgency_of(const sdk::Cycle& cycle) {
  const auto deadline = cycle.request().deadline_ns();
  if (!deadline) return 0;
  return urgency(cycle.now_ns(), cycle.request().arrival_ns(), static_cast<double>(*deadline));
}

DecisionNotes::DecisionNotes(sdk::Init& init, double price_per_gpu_hour)
    : latency_(init.optional_column<double>("avg_latency_ms")),
      price_(init.optional_column<double>("price_per_gpu_hour")),
      gpus_(init.optional_column<double>("gpu_count")),
      tokens_per_second_(init.optional_column<double>("tokens_per_second")),
      standard_price_(price_per_gpu_hour) {}

void DecisionNotes::write(const sdk::Cycle& cycle, sdk::View base, const Choice& choice, sdk::Outcome& outcome) const {
  const bool adaptive = !choice.adaptive_reason.empty();
  sdk::annotate(cycle, "policy", adaptive ? "adaptive" : word_of(choice.policy));
  if (adaptive) {
    sdk::annotate(cycle, "adaptive_policy", word_of(choice.policy));
    sdk::annotate(cycle, "adaptive_reason", choice.adaptive_reason);
  }
  if (choice.policy == Policy::SloAware) sdk::annotate(cycle, "urgency", ShortText().add_exact(choice.urgency).text());
  // Compared with nothing: without the digits in which a difference of two numbers is off.
  const double confidence = choice.policy == Policy::SloAware ? std::round((1.0 - choice.urgency) * 1e12) / 1e12 : 1.0;
  sdk::annotate(cycle, "confidence", ShortText().add_exact(confidence).text());

  const sdk::Result result = cycle.results()[0];
  if (!result.succeeded() || result.picks().empty() || result.picks().front() >= base.size()) return;
  const std::uint32_t row = result.picks().front();
  if (const auto latency = latency_(base); latency.has(row)) {
    sdk::annotate(cycle, "estimated_latency_ms", ShortText().add(latency[row], 1).text());
  }
  const double expected = cost(cycle, base, row);
  if (choice.policy == Policy::CostOptimized) {
    sdk::annotate(cycle, "estimated_cost", ShortText().add(expected, 4).text());
  }
  note_parallelism(cycle, base, row);
  outcome.reason(reason_of(choice, cycle, expected).text());
}

double DecisionNotes::cost(const sdk::Cycle& cycle, sdk::View base, std::uint32_t row) const {
  const auto price = price_(base);
  const auto gpus = gpus_(base);
  const double speed = tokens_per_second_(base)[row];
  const auto limit = cycle.request().max_tokens();
  const double tokens = limit ? static_cast<double>(*limit) : kDefaultMaxTokens;
  return (price.has(row) ? price[row] : standard_price_) * (gpus.has(row) ? gpus[row] : 1.0) / 3600.0 *
         (speed > 0 ? tokens / speed : kUnknownSeconds);
}

void DecisionNotes::note_parallelism(const sdk::Cycle& cycle, sdk::View base, std::uint32_t row) const {
  const auto gpus = gpus_(base);
  const auto hint = cycle.request().tag("parallelism_hint");
  if (!hint && !gpus.has(row)) return;
  const Parallelism plan = parallelism_of(gpus.has(row) ? gpus[row] : 1.0, hint.value_or(""));
  sdk::annotate(cycle, "parallelism",
                ShortText()
                    .add(plan.strategy)
                    .add(" tp=")
                    .add(plan.tensor, 0)
                    .add(" pp=")
                    .add(plan.pipeline, 0)
                    .add(" dp=")
                    .add(plan.data, 0)
                    .add(" ep=")
                    .add(plan.expert, 0)
                    .text());
}

}  // namespace sagellm
