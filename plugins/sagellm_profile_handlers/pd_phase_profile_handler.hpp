// SPDX-License-Identifier: Apache-2.0
// pd_phase_profile_handler.hpp: one profile for requests that stress prefill, one for those that stress decode.
#pragma once

#include "one_profile_handler.hpp"
#include "pd_phase_rule.hpp"

namespace sagellm {

class PdPhaseProfileHandler : public OneProfileHandler<PdPhaseProfileHandler> {
 public:
  SHUNT_PLUGIN("pd-phase-profile-handler", "1.0.0",
               "Runs a prefill or a decode profile, by what a request stresses more")
  static constexpr std::string_view kParametersSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "prefillProfile": {
      "type": "string", "minLength": 1, "default": "prefill",
      "description": "Profile of requests that stress prefill"
    },
    "decodeProfile": {
      "type": "string", "minLength": 1, "default": "decode",
      "description": "Profile of requests that stress decode"
    },
    "routingPolicy": {
      "type": "string", "enum": ["adaptive", "threshold"], "default": "adaptive",
      "description": "Whether priority and deadline count before the lengths"
    },
    "inputTokensThreshold": {
      "type": "number", "minimum": 0, "maximum": 1000000000, "default": 800,
      "description": "Prompt tokens above which a request stresses prefill"
    },
    "ratioThreshold": {
      "type": "number", "minimum": 0, "maximum": 1000000000, "default": 4,
      "description": "Prompt tokens per output token above which a request stresses prefill"
    },
    "criticalPriority": {
      "type": "integer", "minimum": -2147483648, "maximum": 2147483647, "default": 2,
      "description": "Priority from which short requests are decoded at once"
    },
    "shortOutputTokens": {
      "type": "number", "minimum": 0, "maximum": 1000000000, "default": 500,
      "description": "Output tokens below which a request is short"
    },
    "tightDeadlineMs": {
      "type": "number", "minimum": 0, "maximum": 1000000000, "default": 100,
      "description": "Deadline below which a request is decoded at once, in milliseconds after its arrival"
    },
    "defaultTokens": {
      "type": "number", "minimum": 0, "maximum": 1000000000, "default": 100,
      "description": "Tokens of a prompt of unknown length, and of an output without limit"
    }
  }
})";

  explicit PdPhaseProfileHandler(shunt::sdk::Init& init)
      : OneProfileHandler(init, 1.0),
        prefill_(profile_of(init, "prefillProfile", "prefill")),
        decode_(profile_of(init, "decodeProfile", "decode")),
        rule_{.adaptive = is_adaptive(init),
              .input_tokens = init.parameter("inputTokensThreshold").number(800),
              .ratio = init.parameter("ratioThreshold").number(4.0),
              .critical_priority = static_cast<std::int32_t>(init.parameter("criticalPriority").number(2)),
              .short_output_tokens = init.parameter("shortOutputTokens").number(500),
              .tight_deadline_ns = init.parameter("tightDeadlineMs").number(100) * 1e6,
              .default_tokens = init.parameter("defaultTokens").number(100)} {}

  Choice choose(const shunt::sdk::Cycle& cycle) const {
    const Phase phase = rule_.of(cycle.request());
    return {.policy = Policy::PdPhase, .profile = phase.prefill ? prefill_ : decode_, .phase = phase.reason};
  }

 private:
  static bool is_adaptive(shunt::sdk::Init& init) {
    const std::string policy = init.parameter("routingPolicy").text("adaptive");
    if (policy == "adaptive" || policy == "threshold") return policy == "adaptive";
    throw shunt::sdk::Error("parameter /routingPolicy must be \"adaptive\" or \"threshold\", found \"" + policy + "\"");
  }

  std::uint32_t prefill_;
  std::uint32_t decode_;
  PdPhaseRule rule_;
};

}  // namespace sagellm
