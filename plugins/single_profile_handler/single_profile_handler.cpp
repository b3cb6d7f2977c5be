// SPDX-License-Identifier: Apache-2.0
#include <shunt/sdk/profile_handler.hpp>

#include <string>

namespace {

using shunt::sdk::Cycle;
using shunt::sdk::Error;
using shunt::sdk::Init;
using shunt::sdk::Outcome;
using shunt::sdk::ProfileList;
using shunt::sdk::View;

class SingleProfileHandler {
 public:
  SHUNT_PLUGIN("single-profile-handler", "1.0.0", "Runs the one scheduling profile of the config")

  explicit SingleProfileHandler(Init& init) : has_profile_(init.profile_count() == 1) {
    if (init.profile_count() > 1) {
      throw Error("single-profile-handler runs one scheduling profile, and there are " +
                  std::to_string(init.profile_count()) + "; a handler that chooses is header-profile-handler");
    }
  }

  void pick_profiles(const Cycle& cycle, View, ProfileList& next) const {
    if (has_profile_ && cycle.results().empty()) next.add(0);
  }

  void process_results(const Cycle& cycle, View, Outcome& outcome) const {
    // A run that failed is chosen too: the host then rejects the request with that run's reason.
    if (!cycle.results().empty()) {
      outcome.choose(0);
    } else {
      outcome.reject(503, "no-profile", "there is no scheduling profile");
    }
  }

 private:
  // A config that only swaps models has none.
  bool has_profile_;
};

}  // namespace

SHUNT_LIBRARY(SingleProfileHandler)
