// SPDX-License-Identifier: Apache-2.0
// A scorer and observer that tells a test of everything it hears, and publishes how many requests it saw complete.
#include "witness.hpp"

#include <shunt/sdk/library.hpp>

#include <cstdint>
#include <map>

namespace {

using shunt::integration::WitnessCalls;

struct Witness {
  SHUNT_PLUGIN("witness", "1.0.0", "Tells a test what it hears")
  static constexpr std::string_view kParametersSchema =
      R"({"type":"object","additionalProperties":false,"properties":{"calls":{"type":"integer","minimum":0,"default":0}}})";
  static constexpr std::uint64_t kWants = SHUNT_EVENT_BIT(16) - 1;

  const WitnessCalls* calls;
  shunt::sdk::EndpointOutput<double> completions;
  std::map<std::uint64_t, double> completed;

  explicit Witness(shunt::sdk::Init& init)
      : calls(reinterpret_cast<const WitnessCalls*>(static_cast<std::uintptr_t>(init.parameter("calls").number(0)))),
        completions(init.endpoint_output<double>("witnessed_completions")) {
    init.request_state(64);
  }

  void score(const shunt::sdk::Cycle& cycle, shunt::sdk::View, std::span<double> score) const {
    for (double& one : score) one = 1.0;
    if (calls != nullptr) calls->called(calls->test, cycle.raw());
  }
  void picked(const shunt::sdk::Cycle& cycle, shunt::sdk::View, const shunt::sdk::Decision&) const {
    if (calls != nullptr) calls->called(calls->test, cycle.raw());
  }
  void events(const shunt::sdk::Context& context, const shunt::sdk::Events& events) {
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (calls != nullptr) calls->heard(calls->test, events[i]);
      if (events[i].type != SHUNT_EVENT_COMPLETED || events[i].endpoint == 0) continue;
      completions.put(context, events[i].endpoint, ++completed[events[i].endpoint]);
    }
  }
};

}  // namespace

SHUNT_LIBRARY(Witness)
