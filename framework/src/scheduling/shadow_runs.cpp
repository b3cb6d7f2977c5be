// SPDX-License-Identifier: Apache-2.0
// Profiles that decide nothing: run when the decision is made, and compared with it.
#include "scheduling/cycle.hpp"

#include <new>

namespace shunt {

void Cycle::run_shadows() {
  if (request_->attempt != 0) return;
  const auto count = static_cast<std::uint32_t>(plan_->profiles.size());
  for (std::uint32_t profile = plan_->deciding_profiles; profile < count; ++profile) {
    const ProfilePlan& shadow = plan_->profiles[profile];
    if (request_->number % shadow.shadow_every != 0 && !options_->all_shadows) continue;
    std::size_t shadowed = results_.size();
    if (shadow.shadow_of != SHUNT_NONE) {
      // The last run of that profile; where the handler did not want it there is nothing to compare with.
      while (shadowed > 0 && decision_->runs[shadowed - 1].profile != shadow.shadow_of) --shadowed;
      if (shadowed-- == 0) continue;
    }
    const ShadowResult result = run_shadow(profile, shadowed);
    std::uint64_t& counter = shadow_counts_[profile - plan_->deciding_profiles].runs[static_cast<std::size_t>(result)];
    if (options_->count) raise(counter, 1);
  }
}

// Compared with run `shadowed`, or with the decision where there is no such run yet. Whatever happens here, the decision stands.
ShadowResult Cycle::run_shadow(std::uint32_t profile, std::size_t shadowed) {
  // As if it were the only one: it sees no results, and draws what it would draw in the first round.
  round_ = 0;
  call_.n_done = 0;
  const std::size_t place = results_.size();
  try {
    run_profile(profile);
  } catch (const std::bad_alloc&) {
    // As where a whole run ends so: a call may be half-way.
    end_mark(*marks_);
    lose_probes();
    results_.resize(place);
    decision_->run_count = place;
    return ShadowResult::Failed;
  }
  ProfileRun& run = decision_->runs[place];
  const bool against_run = shadowed < place;
  const std::vector<std::uint32_t>& picks = against_run ? decision_->runs[shadowed].picks : decision_->picks;
  const bool served = against_run ? !picks.empty() : decision_->dispatched();
  ShadowResult result = ShadowResult::Failed;
  if (run.status == SHUNT_OK) {
    result = !served                              ? ShadowResult::Dispatched
             : run.picks.front() == picks.front() ? ShadowResult::Same
                                                  : ShadowResult::Different;
  } else if (run.status == SHUNT_UNAVAILABLE) {
    result = served ? ShadowResult::Rejected : ShadowResult::Same;
  }
  run.shadow = result;
  return result;
}

}  // namespace shunt
