// SPDX-License-Identifier: Apache-2.0
// A profile handler in C++: refuses what would be late anyway, runs the urgent profile for what is nearly late.
#include <shunt/sdk/profile_handler.hpp>
#include <string>

namespace {

using shunt::sdk::Cycle;
using shunt::sdk::Error;
using shunt::sdk::Init;
using shunt::sdk::Outcome;
using shunt::sdk::ProfileList;
using shunt::sdk::View;

class DeadlineHandler {
 public:
  SHUNT_PLUGIN("deadline-profile-handler", "1.0.0", "Runs a profile of its own for requests that are nearly late")
  static constexpr std::string_view kParametersSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "usual": { "type": "string", "default": "default", "description": "profile of requests with time" },
    "urgent": { "type": "string", "default": "default", "description": "profile of requests that are nearly late" },
    "urgentMs": { "type": "number", "minimum": 0, "default": 500,
                  "description": "milliseconds before the deadline from which a request is urgent" }
  }
})";

  explicit DeadlineHandler(Init& init)
      : usual_(profile(init, "usual")),
        urgent_(profile(init, "urgent")),
        urgent_ns_(static_cast<std::int64_t>(init.parameter("urgentMs").number(500) * 1e6)) {}

  void pick_profiles(const Cycle& cycle, View, ProfileList& next) const {
    // Once only: the second round sees a result. What is late names no profile at all, and is refused below.
    const std::int64_t left = time_left(cycle);
    if (cycle.results().empty() && left > 0) next.add(left < urgent_ns_ ? urgent_ : usual_);
  }

  void process_results(const Cycle& cycle, View, Outcome& outcome) const {
    if (cycle.results().empty()) {
      outcome.reject(504, "too-late", "the deadline has passed");
    } else {
      outcome.choose(cycle.results().size() - 1);
    }
  }

 private:
  // An exception refuses the config; its text is what the user reads.
  static std::uint32_t profile(Init& init, std::string_view key) {
    const std::string name = init.parameter(key).text("default");
    const std::uint32_t index = init.profile(name);
    if (index == SHUNT_NONE) throw Error("parameter /" + std::string(key) + ": there is no profile \"" + name + "\"");
    return index;
  }
  // The clock of the call, never that of the system: decisions can be replayed. Deadlines count from the arrival.
  static std::int64_t time_left(const Cycle& cycle) {
    const auto deadline = cycle.request().deadline_ns();
    return deadline ? cycle.request().arrival_ns() + *deadline - cycle.now_ns() : INT64_MAX;
  }

  std::uint32_t usual_;
  std::uint32_t urgent_;
  std::int64_t urgent_ns_;
};

}  // namespace

SHUNT_LIBRARY(DeadlineHandler)
