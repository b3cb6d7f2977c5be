// SPDX-License-Identifier: Apache-2.0
// call_frame.hpp: everything that the host holds ready around one call of an instance that gets a cycle and a view.
#pragma once

#include <shunt/testing/answers.hpp>
#include <shunt/testing/request_builder.hpp>
#include <shunt/testing/view_builder.hpp>

#include <memory>

#include "built_cycle.hpp"
#include "peer_frames.hpp"

namespace shunt::testing {

// Lives as long as the call. What it is made of has to outlive it.
class CallFrame {
 public:
  // A call inside a profile: sees the candidates, without the base view's index even where none has been removed.
  static CallFrame in_profile(FakeInstance& instance, Stage stage, const EndpointSet& endpoints,
                              const RequestBuilder& request, const Surroundings& around);
  // A call outside of profiles: sees the base view.
  static CallFrame over_base(FakeInstance& instance, Stage stage, const EndpointSet& endpoints,
                             const RequestBuilder& request, const Surroundings& around);
  CallFrame(const CallFrame&) = delete;
  CallFrame& operator=(const CallFrame&) = delete;

  const shunt_cycle& cycle() const noexcept { return cycle_.raw(); }
  const BuiltView& view() const noexcept { return candidates_ ? *candidates_ : base_; }
  const FakeCall& call() const noexcept { return call_; }

  // After the plugin has returned: its error text, and whether it kept to the arrays around the call.
  void finish(Answer& answer) const;

 private:
  CallFrame(FakeInstance& instance, Stage stage, const EndpointSet& endpoints, const RequestBuilder& request,
            const Surroundings& around, bool in_profile);

  std::unique_ptr<const BuiltView> candidates_;  // nothing outside of profiles
  FakeCall call_;
  BuiltView base_;
  BuiltCycle cycle_;
  PeerFrames peers_;
};

// Lets the host know endpoints, as it does before a plugin hears of them.
void know(FakeHost& host, const EndpointSet& endpoints);
// Takes over the error text of a call.
void finish(Answer& answer, const FakeCall& call);

}  // namespace shunt::testing
