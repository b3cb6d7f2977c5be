// SPDX-License-Identifier: Apache-2.0
#include "decision_output.hpp"

#include <shunt/framework/decision_json.hpp>
#include <shunt/framework/endpoint_table.hpp>
#include <shunt/framework/why_not.hpp>
#include <utility>

#include "explain_table.hpp"
#include "json_text.hpp"
#include "why_not_json.hpp"

namespace shunt::host {

bool needs_trace(const DecisionOutputOptions& options) {
  return options.explain || options.format == OutputFormat::Text || !options.why_not.empty();
}

DecisionOutput::DecisionOutput(Console& console, DecisionOutputOptions options)
    : console_(console), options_(std::move(options)) {}

void DecisionOutput::begin() {
  if (options_.format == OutputFormat::Json) console_.write("{\"schema\":1,\"decisions\":[");
}

bool DecisionOutput::add(const DecidedRequest& record) {
  const bool first = std::exchange(first_, false);
  switch (options_.format) {
    case OutputFormat::Jsonl: return console_.line(json_line(record));
    case OutputFormat::Json: return console_.write(first ? "\n" : ",\n") && console_.write(json_line(record));
    case OutputFormat::Text: break;
  }
  return console_.write(first ? "" : "\n") && console_.write(text_block(record));
}

void DecisionOutput::end() {
  if (options_.format == OutputFormat::Json) console_.write(first_ ? "]}\n" : "\n]}\n");
}

std::string DecisionOutput::json_line(const DecidedRequest& record) const {
  std::string line = decision_to_json(record.decision, record.request, record.snapshot, record.generation,
                                      {.trace = options_.explain, .timings = options_.timings});
  if (!options_.why_not.empty()) {
    const std::uint32_t row = record.snapshot.find(endpoint_key(options_.why_not));
    line.pop_back();
    line += ",\"why_not\":" + compact_json(why_not_object(why_not(record.decision, row), options_.why_not)) + "}";
  }
  return line;
}

std::string DecisionOutput::text_block(const DecidedRequest& record) const {
  std::string text =
      explain_table(record.decision, record.request, record.snapshot, record.generation, options_.timings);
  if (!options_.why_not.empty()) {
    const std::uint32_t row = record.snapshot.find(endpoint_key(options_.why_not));
    text += " why not " + options_.why_not + "?  " + to_text(why_not(record.decision, row), options_.why_not) + "\n";
  }
  return text;
}

}  // namespace shunt::host
