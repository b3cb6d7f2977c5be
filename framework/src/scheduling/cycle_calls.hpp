// SPDX-License-Identifier: Apache-2.0
// cycle_calls.hpp: what surrounds every call into a plugin, inline: at a dozen calls per cycle it is a good part of one.
#pragma once

#include "scheduling/cycle.hpp"
#include "scheduling/hash.hpp"
#include "scheduling/tick_clock.hpp"

namespace shunt {

inline shunt_cycle& Cycle::begin_call(std::uint32_t instance, std::uint32_t profile, std::uint32_t permissions) {
  const Callee& callee = callees_[instance];
  called_ = instance;
  ctx_.begin(*callee.instance, permissions);
  call_.profile = profile;
  call_.round = round_;
  call_.seed = mix(request_seed_ + round_, callee.name_hash);
  // Nobody is handed memory that it has not asked for: it would be another instance's.
  call_.scratch = callee.has_scratch ? scratch_.data() : nullptr;
  call_.request_state = callee.has_state ? request_->plugin_state.data() + callee.state_offset : nullptr;
  call_.values = callee.values;
  return call_;
}

inline void Cycle::end_call(std::uint32_t instance) {
  const std::uint64_t now = ticks();
  Scheduler::Worker::PluginTime& time = times_[instance];
  call_ticks_ = now - last_tick_;
  time.ticks += call_ticks_;
  time.slow += call_ticks_ > budget_ticks_ ? 1 : 0;
  ++time.calls;
  last_tick_ = now;
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

inline shunt_view Cycle::base_view_of(std::uint32_t instance) const {
  shunt_view view = view_of(instance, base_);
  view.row_index = row_index_;
  view.row_index_mask = row_index_mask_;
  view.layout = layout_;
  return view;
}

}  // namespace shunt
