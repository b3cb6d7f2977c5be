// SPDX-License-Identifier: Apache-2.0
// peer_frames.hpp: what peers of an instance under test are called with.
#pragma once

#include <shunt/testing/endpoint_set.hpp>
#include <shunt/testing/surroundings.hpp>

#include <cstdint>
#include <memory>
#include <vector>

namespace shunt::testing {

// Lives as long as the call that peers are called from. Endpoints, request and surroundings are those of that call.
class PeerFrames {
 public:
  PeerFrames(const EndpointSet& endpoints, const shunt_request& request, const Surroundings& around, bool in_profile);
  PeerFrames(const PeerFrames&) = delete;
  PeerFrames& operator=(const PeerFrames&) = delete;
  ~PeerFrames();

  // What peer_call() gives to `caller` for the peer in that slot. Throws what views and cycles throw when they are built.
  void enter(FakeCall& caller, std::uint32_t slot, const shunt_cycle** cycle, const shunt_view** base);
  // Nobody wrote behind the memory of a peer's call.
  bool intact() const;

 private:
  struct Frame;

  const EndpointSet& endpoints_;
  const shunt_request& request_;
  const Surroundings& around_;
  bool in_profile_;
  std::vector<std::unique_ptr<Frame>> frames_;
};

}  // namespace shunt::testing
