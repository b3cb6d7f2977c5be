// SPDX-License-Identifier: Apache-2.0
// one_profile_handler.hpp: what the policies have in common: a rule names one profile, it runs once, and the decision is annotated.
#pragma once

#include "decision_notes.hpp"

#include <shunt/sdk/profile_handler.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace sagellm {

// The profile of a parameter; one that does not exist refuses the config, with the names of those that do.
inline std::uint32_t profile_of(shunt::sdk::Init& init, std::string_view parameter, std::string_view standard) {
  const std::string name = init.parameter(parameter).text(standard);
  const std::uint32_t index = init.profile(name);
  if (index != SHUNT_NONE) return index;
  std::string known;
  for (std::uint32_t i = 0; i < init.profile_count(); ++i) {
    known += (known.empty() ? "there are: " : ", ") + std::string(init.profile_name(i));
  }
  throw shunt::sdk::Error("parameter /" + std::string(parameter) + ": \"" + name + "\" is no scheduling profile; " +
                          (known.empty() ? "there are none" : known));
}

// Handler has: Choice choose(const Cycle&) const, a pure function of the cycle. Its reason and notes come from there too.
template <class Handler>
class OneProfileHandler {
 public:
  void pick_profiles(const shunt::sdk::Cycle& cycle, shunt::sdk::View, shunt::sdk::ProfileList& next) const {
    if (cycle.results().empty()) next.add(self().choose(cycle).profile);
  }

  // A run that failed is chosen too: the host then rejects the request with that run's reason.
  void process_results(const shunt::sdk::Cycle& cycle, shunt::sdk::View base, shunt::sdk::Outcome& outcome) const {
    if (cycle.results().empty()) {
      outcome.reject(503, "no-profile", "no scheduling profile has run");
      return;
    }
    outcome.choose(0);
    notes_.write(cycle, base, self().choose(cycle), outcome);
  }

 protected:
  OneProfileHandler(shunt::sdk::Init& init, double price_per_gpu_hour) : notes_(init, price_per_gpu_hour) {}

 private:
  const Handler& self() const { return static_cast<const Handler&>(*this); }
  DecisionNotes notes_;
};

}  // namespace sagellm
