// SPDX-License-Identifier: Apache-2.0
// pd_phase_rule.hpp: which phase of inference a request stresses: reading its prompt (prefill) or writing its answer (decode).
#pragma once

#include <shunt/sdk/request.hpp>

#include <cstdint>
#include <string_view>

namespace sagellm {

struct Phase {
  bool prefill;
  std::string_view reason;
};

struct PdPhaseRule {
  bool adaptive = true;       // priority and deadline are looked at first
  double input_tokens = 800;  // a longer prompt stresses prefill
  double ratio = 4.0;         // so does one longer than this many times the output
  std::int32_t critical_priority = 2;
  double short_output_tokens = 500;  // a critical request with fewer is decoded
  double tight_deadline_ns = 100e6;  // a request with an earlier deadline is decoded
  double default_tokens = 100;       // of prompts and outputs that nobody has counted

  Phase of(const shunt::sdk::Request& request) const;
};

}  // namespace sagellm
