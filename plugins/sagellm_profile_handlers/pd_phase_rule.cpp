// SPDX-License-Identifier: Apache-2.0
#include "pd_phase_rule.hpp"

namespace sagellm {
namespace {

// Counted tokens, else a fourth of the bytes.
double input_of(const shunt::sdk::Request& request, double standard) {
  if (const auto tokens = request.prompt_tokens()) return static_cast<double>(*tokens);
  if (const auto bytes = request.prompt_bytes()) return static_cast<double>(*bytes / 4);
  return standard;
}

}  // namespace

Phase PdPhaseRule::of(const shunt::sdk::Request& request) const {
  const double input = input_of(request, default_tokens);
  const auto limit = request.max_tokens();
  const double output = limit ? static_cast<double>(*limit) : default_tokens;
  if (adaptive) {
    if (request.priority() >= critical_priority && output < short_output_tokens) {
      return {false, "decode: critical and short"};
    }
    if (const auto deadline = request.deadline_ns(); deadline && static_cast<double>(*deadline) < tight_deadline_ns) {
      return {false, "decode: tight deadline"};
    }
  }
  if (input > input_tokens) return {true, "prefill: long prompt"};
  // As a product, because an output of 0 tokens is allowed.
  if (input > ratio * output) return {true, "prefill: prompt much longer than the output"};
  return {false, "decode: short prompt"};
}

}  // namespace sagellm
