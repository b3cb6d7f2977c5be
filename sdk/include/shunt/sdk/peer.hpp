// SPDX-License-Identifier: Apache-2.0
// peer.hpp: calling hot functions of another instance that Init::peer() found.
//
//   std::optional<PeerCall> call = enter_peer(cycle, decider.slot);
//   if (!call) return SHUNT_ERROR;  // the host has set the text
//   table->decide(decider.self, call->cycle, call->base, &yes);
#pragma once

#include <shunt/sdk/cycle.hpp>

#include <optional>

namespace shunt::sdk {

// What the peer's function is to be called with. Valid until the current call returns.
struct PeerCall {
  const shunt_cycle* cycle = nullptr;  // with the peer's own columns, values and memory
  const shunt_view* base = nullptr;    // cycle->base
};

// Nothing when the host refuses, which it does outside of hot calls and for slots that it has not given out.
inline std::optional<PeerCall> enter_peer(const Cycle& cycle, std::uint32_t slot) noexcept {
  PeerCall call;
  if (cycle.host().peer_call(cycle.raw_context(), slot, &call.cycle, &call.base) != SHUNT_OK) return std::nullopt;
  return call;
}

}  // namespace shunt::sdk
