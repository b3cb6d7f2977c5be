// SPDX-License-Identifier: Apache-2.0
// decision_json.hpp: a decision as the JSON line of `shunt schedule`, and numbers as people write them.
#pragma once

#include <shunt/framework/decision.hpp>
#include <shunt/framework/generation.hpp>
#include <shunt/framework/request.hpp>
#include <shunt/framework/snapshot.hpp>

#include <string>

namespace shunt {

struct DecisionJsonOptions {
  bool trace = false;    // add "trace"
  bool timings = false;  // add nanoseconds
};

// One line without line end; key order is fixed (docs/reference/schedule-output.md). Scores are present when the decision was
// made with ScheduleOptions::scores.
std::string decision_to_json(const Decision& decision, const Request& request, const Snapshot& snapshot,
                             const Generation& generation, const DecisionJsonOptions& options);

// Shortest text that reads back as the same number, without exponent where people would write none: 2.8, 1000000, 1e-9.
// NaN and infinities are "null": JSON has no word for them.
std::string number_to_json(double value);

}  // namespace shunt
