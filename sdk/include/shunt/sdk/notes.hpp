// SPDX-License-Identifier: Apache-2.0
// notes.hpp: what a plugin attaches to a decision: notes for people, headers, a port. Allowed in pick_profiles(),
// process_results() and picked(); headers also in produce(). The same name again: later wins.
//
//   return set_request_header(cycle, "x-prefiller-host-port", "10.0.0.2:8000");
#pragma once

#include <shunt/sdk/cycle.hpp>

#include <charconv>

namespace shunt::sdk {

// For people and for whoever reads the decision: an estimate, a policy, a reason.
inline Status annotate(const Cycle& cycle, std::string_view name, std::string_view text) noexcept {
  return cycle.host().annotate(cycle.raw_context(), SHUNT_NOTE_INFO, to_abi(name), to_abi(text));
}

// Sets a header of the request to the model server, in place of the client's.
inline Status set_request_header(const Cycle& cycle, std::string_view name, std::string_view text) noexcept {
  return cycle.host().annotate(cycle.raw_context(), SHUNT_NOTE_REQUEST_HEADER, to_abi(name), to_abi(text));
}
// Takes a header of the client away.
inline Status remove_request_header(const Cycle& cycle, std::string_view name) noexcept {
  return cycle.host().annotate(cycle.raw_context(), SHUNT_NOTE_REQUEST_HEADER, to_abi(name), {nullptr, 0});
}

// Sets a header of the response to the client, in place of the model server's.
inline Status set_response_header(const Cycle& cycle, std::string_view name, std::string_view text) noexcept {
  return cycle.host().annotate(cycle.raw_context(), SHUNT_NOTE_RESPONSE_HEADER, to_abi(name), to_abi(text));
}
// Takes a header of the model server away.
inline Status remove_response_header(const Cycle& cycle, std::string_view name) noexcept {
  return cycle.host().annotate(cycle.raw_context(), SHUNT_NOTE_RESPONSE_HEADER, to_abi(name), {nullptr, 0});
}

// The port of the endpoint to send to instead of its own.
inline Status set_target_port(const Cycle& cycle, std::uint16_t port) noexcept {
  char digits[5];
  const auto written = std::to_chars(digits, digits + sizeof digits, port);
  const std::string_view text(digits, static_cast<std::size_t>(written.ptr - digits));
  return cycle.host().annotate(cycle.raw_context(), SHUNT_NOTE_TARGET_PORT, to_abi(""), to_abi(text));
}

}  // namespace shunt::sdk
