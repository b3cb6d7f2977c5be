// SPDX-License-Identifier: Apache-2.0
// why_not.hpp: why an endpoint was not chosen, and the smallest change of one weight that would have chosen it.
#pragma once

#include <shunt/framework/decision.hpp>
#include <shunt/framework/generation.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace shunt {

struct WhyNot {
  enum class Answer {
    Chosen,          // it was chosen
    Filtered,        // a filter of the primary profile removed it
    NotACandidate,   // excluded before any filter, or no run of the primary profile saw it
    WeightChange,    // `plugin`'s weight would have to become `weight`
    NoWeightChange,  // no non-negative weight of a single scorer makes it the best
    Rejected         // no endpoint was chosen
  };
  Answer answer = Answer::NotACandidate;
  std::string plugin;       // Filtered, WeightChange
  std::string reason;       // Filtered: the filter's own reason, when it gave one
  double weight_now = 0.0;  // WeightChange
  double weight = 0.0;      // WeightChange: the nearest weight with which the endpoint has the highest total alone
  double total = 0.0;       // of this endpoint
  double best_total = 0.0;  // of the chosen one
};

// Needs a decision made with ScheduleOptions::trace. Exact for linear totals: solves for each scorer the interval of weights
// in which the endpoint beats every other candidate, and takes the change that is smallest.
WhyNot why_not(const Decision& decision, std::uint32_t snapshot_row);

// A sentence for people.
std::string to_text(const WhyNot& answer, std::string_view endpoint);

}  // namespace shunt
