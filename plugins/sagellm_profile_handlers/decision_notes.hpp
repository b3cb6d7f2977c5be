// SPDX-License-Identifier: Apache-2.0
// decision_notes.hpp: how a policy explains its decision: a reason, and notes about what to expect of the chosen endpoint.
#pragma once

#include <shunt/sdk/profile_handler.hpp>

#include <cstdint>
#include <string_view>

namespace sagellm {

enum class Policy { Fifo, Priority, SloAware, CostOptimized, PdPhase };

// What a policy has decided.
struct Choice {
  Policy policy;
  std::uint32_t profile;                  // index
  double urgency = 0;                     // 0 to 1
  std::string_view phase = {};            // of Policy::PdPhase: why
  std::string_view adaptive_reason = {};  // not empty: the adaptive policy has chosen this one, and why
};

// The share of its deadline that a request has waited, 0 to 1; 0 without a deadline, 1 when it has passed.
double urgency_of(const shunt::sdk::Cycle& cycle);

// The columns that notes are made from, all of them optional.
class DecisionNotes {
 public:
  // `price_per_gpu_hour` is that of endpoints that do not state theirs.
  DecisionNotes(shunt::sdk::Init& init, double price_per_gpu_hour);

  // Annotates the decision for result 0 and gives the outcome its reason.
  void write(const shunt::sdk::Cycle& cycle, shunt::sdk::View base, const Choice& choice,
             shunt::sdk::Outcome& outcome) const;

 private:
  double cost(const shunt::sdk::Cycle& cycle, shunt::sdk::View base, std::uint32_t row) const;
  void note_parallelism(const shunt::sdk::Cycle& cycle, shunt::sdk::View base, std::uint32_t row) const;

  shunt::sdk::Column<double> latency_;
  shunt::sdk::Column<double> price_;
  shunt::sdk::Column<double> gpus_;
  shunt::sdk::Column<double> tokens_per_second_;
  double standard_price_;
};

}  // namespace sagellm
