// SPDX-License-Identifier: Apache-2.0
// decision_output.hpp: prints decisions in the form that was asked for.
//
//   DecisionOutput output(console, {.format = OutputFormat::Jsonl, .explain = true});
//   output.begin();
//   if (!output.add({decision, request, snapshot, generation})) return;  // nobody reads any more
//   output.end();
#pragma once

#include <shunt/framework/decision.hpp>
#include <shunt/framework/generation.hpp>
#include <shunt/framework/request.hpp>
#include <shunt/framework/snapshot.hpp>
#include <string>

#include "arguments.hpp"

namespace shunt::host {

struct DecisionOutputOptions {
  OutputFormat format = OutputFormat::Jsonl;
  bool explain = false;
  bool timings = false;
  std::string why_not;  // name of an endpoint that the snapshot knows; empty: not asked
};

// Everything that one decision is about.
struct DecidedRequest {
  const Decision& decision;
  const Request& request;
  const Snapshot& snapshot;
  const Generation& generation;
};

// True where printing needs a decision made with ScheduleOptions::trace.
bool needs_trace(const DecisionOutputOptions& options);

class DecisionOutput {
 public:
  DecisionOutput(Console& console, DecisionOutputOptions options);

  void begin();
  bool add(const DecidedRequest& record);  // false: the output cannot be written any more
  void end();

 private:
  std::string json_line(const DecidedRequest& record) const;
  std::string text_block(const DecidedRequest& record) const;

  Console& console_;
  DecisionOutputOptions options_;
  bool first_ = true;
};

}  // namespace shunt::host
