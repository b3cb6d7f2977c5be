// SPDX-License-Identifier: Apache-2.0
// cycle_calls.hpp: what surrounds every call into a plugin, inline: at a dozen calls per cycle it is a good part of one.
#pragma once

#include "scheduling/cycle.hpp"
#include "scheduling/hash.hpp"
#include "scheduling/tick_clock.hpp"

namespace shunt {

inline std::uint64_t Cycle::call_seed(std::uint32_t instance) const {
  return mix(request_seed_ + round_, callees_[instance].name_hash);
}

inline shunt_cycle& Cycle::begin_call(PluginFunction function, std::uint32_t instance, std::uint32_t profile,
                                      std::uint32_t permissions) {
  const Callee& callee = callees_[instance];
  ctx_.begin(*callee.instance, permissions);
  ctx_.plan_index = instance;
  call_.profile = profile;
  call_.round = round_;
  call_.seed = call_seed(instance);
  // Nobody is handed memory that it has not asked for: it would be another instance's.
  call_.scratch = callee.has_scratch ? scratch_.data() : nullptr;
  call_.request_state = state_of(instance);
  call_.values = callee.values;
  base_view_.columns = base_.pointers + callee.column_offset;
  begin_mark(*marks_, callee.mark, function);
  return call_;
}

// Also notes that the instance has seen the request: its events come with this state from now on.
inline void* Cycle::state_of(std::uint32_t instance) {
  const Callee& callee = callees_[instance];
  if (!callee.has_state) return nullptr;
  request_->plugin_seen[instance] = 1;
  return request_->plugin_state.data() + callee.state_offset;
}

inline void Cycle::end_call(std::uint32_t instance) {
  end_mark(*marks_);
  const std::uint64_t now = ticks();
  CallCounts& time = times_[instance];
  call_ticks_ = now - last_tick_;
  raise(time.ticks, call_ticks_);
  raise(time.slow, call_ticks_ > budget_ticks_ ? 1 : 0);
  raise(time.calls, 1);
  last_tick_ = now;
}

inline bool Cycle::may_call(std::uint32_t instance) {
  if (breakers_ == BreakerUse::Ignore || callees_[instance].instance->breaker.closed()) [[likely]]
    return true;
  return ask_breaker(instance);
}

inline void Cycle::settle(std::uint32_t instance, bool useless) {
  if (useless || call_ticks_ > budget_ticks_ || probe_ != 0) [[unlikely]]
    tell_breaker(instance, useless);
}

inline shunt_view Cycle::view_of(std::uint32_t instance, const Candidates& candidates) const {
  shunt_view view{};
  view.size = sizeof view;
  view.count = candidates.count;
  view.columns = candidates.pointers + callees_[instance].column_offset;
  view.key = candidates.keys;
  view.base_row = candidates.base_rows;
  return view;
}

}  // namespace shunt
