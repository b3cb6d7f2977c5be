// SPDX-License-Identifier: Apache-2.0
#include "peer_frames.hpp"

#include <shunt/testing/view_builder.hpp>

#include <algorithm>

#include "built_cycle.hpp"

namespace shunt::testing {

struct PeerFrames::Frame {
  Frame(PeerFrames& all, FakeCall& caller, FakeInstance& peer)
      : call(peer, caller.stage),
        base(peer, all.endpoints_, all.request_),
        around(all.around_),
        cycle(peer, call, all.request_, all.endpoints_.size(), with_seed(peer), all.in_profile_, base.raw()) {
    call.root = caller.root;
    call.caller = &caller;
    call.results = nullptr;  // picks are replaced by the handler alone
    call.peers = &all;
  }
  // Each instance has a seed of its own.
  const Surroundings& with_seed(const FakeInstance& peer) {
    around.seed = FakeHost::hash(peer.name, around.seed);
    return around;
  }
  FakeCall call;
  BuiltView base;
  Surroundings around;
  BuiltCycle cycle;
};

PeerFrames::PeerFrames(const EndpointSet& endpoints, const shunt_request& request, const Surroundings& around,
                       bool in_profile)
    : endpoints_(endpoints), request_(request), around_(around), in_profile_(in_profile) {}

PeerFrames::~PeerFrames() = default;

void PeerFrames::enter(FakeCall& caller, std::uint32_t slot, const shunt_cycle** cycle, const shunt_view** base) {
  Frame& frame = *frames_.emplace_back(std::make_unique<Frame>(*this, caller, *caller.instance->peers[slot]));
  *cycle = &frame.cycle.raw();
  *base = &frame.base.raw();
}

bool PeerFrames::intact() const {
  return std::all_of(frames_.begin(), frames_.end(),
                     [](const auto& frame) { return frame->base.intact() && frame->cycle.intact(); });
}

}  // namespace shunt::testing
