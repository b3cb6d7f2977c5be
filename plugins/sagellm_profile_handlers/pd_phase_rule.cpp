// SPDX-License-Identifier: Apache-2.0
#include "pd_phase_rule.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace sagellm {
namespace {

// Characters of a UTF-8 text; of a longer one than `enough` it counts no more than decides. In pieces, in which a count fits a byte.
std::uint64_t characters(std::string_view text, std::uint64_t enough) {
  constexpr std::size_t kPiece = 128;
  std::uint64_t count = 0;
  for (std::size_t start = 0; start < text.size() && count < enough; start += kPiece) {
    const std::string_view piece = text.substr(start, kPiece);
    std::uint8_t starts = 0;
    // All bytes of a character but its first begin with the bits 10.
    for (const char byte : piece) starts = static_cast<std::uint8_t>(starts + ((byte & 0xC0) != 0x80 ? 1 : 0));
    count += starts;
  }
  return count;
}

// Counted tokens, else a fourth of the characters, or of the length where that is all that is known. Nobody asks how far a prompt
// is above `limit`.
double input_of(const shunt::sdk::Request& request, double limit, double standard) {
  if (const auto tokens = request.prompt_tokens()) return static_cast<double>(*tokens);
  if (!request.prompt().empty()) {
    return static_cast<double>(characters(request.prompt(), 4 * (static_cast<std::uint64_t>(limit) + 1)) / 4);
  }
  if (const auto bytes = request.prompt_bytes()) return static_cast<double>(*bytes / 4);
  return standard;
}

}  // namespace

Phase PdPhaseRule::of(const shunt::sdk::Request& request) const {
  const double input = input_of(request, input_tokens, default_tokens);
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
