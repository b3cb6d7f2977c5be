// SPDX-License-Identifier: Apache-2.0
#include "call_frame.hpp"

#include <cstddef>
#include <memory>

namespace shunt::testing {

namespace {

std::unique_ptr<const BuiltView> view_of_candidates(FakeInstance& instance, const EndpointSet& endpoints,
                                                    const RequestBuilder& request, const Surroundings& around) {
  const Rows rows = around.candidates ? *around.candidates : BuiltView::all_rows(endpoints.size());
  return std::make_unique<BuiltView>(instance, endpoints, request.raw(), rows);
}

}  // namespace

CallFrame CallFrame::in_profile(FakeInstance& instance, Stage stage, const EndpointSet& endpoints,
                                const RequestBuilder& request, const Surroundings& around) {
  return CallFrame(instance, stage, endpoints, request, around, true);
}

CallFrame CallFrame::over_base(FakeInstance& instance, Stage stage, const EndpointSet& endpoints,
                               const RequestBuilder& request, const Surroundings& around) {
  return CallFrame(instance, stage, endpoints, request, around, false);
}

CallFrame::CallFrame(FakeInstance& instance, Stage stage, const EndpointSet& endpoints, const RequestBuilder& request,
                     const Surroundings& around, bool in_profile)
    : candidates_(in_profile ? view_of_candidates(instance, endpoints, request, around) : nullptr),
      call_(instance, stage),
      base_(instance, endpoints, request.raw()),
      cycle_(instance, call_, request.raw(), endpoints.size(), around, in_profile, base_.raw()),
      peers_(endpoints, request.raw(), around, in_profile) {
  know(*instance.host, endpoints);
  call_.peers = &peers_;
}

void CallFrame::finish(Answer& answer) const {
  answer.intact = answer.intact && view().intact() && base_.intact() && cycle_.intact() && peers_.intact();
  testing::finish(answer, call_);
}

void know(FakeHost& host, const EndpointSet& endpoints) {
  for (std::size_t i = 0; i < endpoints.size(); ++i) host.know_endpoint(endpoints[i].name());
}

void finish(Answer& answer, const FakeCall& call) {
  if (!call.error.empty()) answer.error = call.error;
}

}  // namespace shunt::testing
