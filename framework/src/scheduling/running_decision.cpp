// SPDX-License-Identifier: Apache-2.0
// What a decision that has not come to its end was asked.
#include <shunt/framework/bundle.hpp>
#include <shunt/framework/running_decision.hpp>

#include "scheduling/cycle.hpp"

namespace shunt {

boost::json::object Cycle::inputs() const {
  boost::json::object out;
  out["config"] = effective_config(generation_->config());
  out["endpoints"] = snapshot_to_json(*snapshot_, options_->live);
  out["request"] = request_to_json(*request_, *snapshot_);
  out["seed"] = options_->seed;
  out["now_ns"] = options_->now_ns;
  out["fallbacks"] = options_->fallbacks;
  return out;
}

boost::json::object running_decision(const MarkedThread& thread) {
  const MarkedCall call{thread.call.load(std::memory_order_relaxed)};
  const auto* cycle = static_cast<const Cycle*>(thread.cycle.load(std::memory_order_relaxed));
  if (!is_of_cycle(call.function()) || cycle == nullptr) return {};
  return cycle->inputs();
}

}  // namespace shunt
