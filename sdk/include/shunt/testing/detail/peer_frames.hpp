// SPDX-License-Identifier: Apache-2.0
// detail/peer_frames.hpp: what peers of an instance under test are called with. Included by plugin_instance.hpp.
#pragma once

#include <shunt/testing/surroundings.hpp>
#include <shunt/testing/view_builder.hpp>

#include <algorithm>
#include <memory>
#include <vector>

namespace shunt::testing {

// Lives as long as the call that peers are called from. Endpoints, request and surroundings are those of that call.
class PeerFrames {
 public:
  PeerFrames(const EndpointSet& endpoints, const shunt_request& request, const Surroundings& around, bool in_profile)
      : endpoints_(endpoints), request_(request), around_(around), in_profile_(in_profile) {}
  PeerFrames(const PeerFrames&) = delete;
  PeerFrames& operator=(const PeerFrames&) = delete;

  void serve(FakeCall& call) {
    call.enter_peer = [this](FakeCall& caller, std::uint32_t slot, const shunt_cycle** cycle, const shunt_view** base) {
      Frame& frame = *frames_.emplace_back(std::make_unique<Frame>(*this, caller, *caller.instance->peers[slot]));
      serve(frame.call);
      *cycle = &frame.cycle.raw();
      *base = &frame.base.raw();
      return SHUNT_OK;
    };
  }
  // Nobody wrote behind the memory of a peer's call.
  bool intact() const {
    return std::all_of(frames_.begin(), frames_.end(),
                       [](const auto& frame) { return frame->base.intact() && frame->cycle.intact(); });
  }

 private:
  struct Frame {
    Frame(const PeerFrames& all, FakeCall& caller, FakeInstance& peer)
        : call(peer, caller.stage),
          base(peer, all.endpoints_, all.request_),
          around(all.around_),
          cycle(peer, call, all.request_, all.endpoints_.size(), with_seed(peer), all.in_profile_, base.raw()) {
      call.root = caller.root;
      call.caller = &caller;
      call.results = nullptr;  // picks are replaced by the handler alone
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

  const EndpointSet& endpoints_;
  const shunt_request& request_;
  const Surroundings& around_;
  bool in_profile_;
  std::vector<std::unique_ptr<Frame>> frames_;
};

}  // namespace shunt::testing
