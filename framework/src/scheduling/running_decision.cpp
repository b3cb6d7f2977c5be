// SPDX-License-Identifier: Apache-2.0
// What a decision that has not come to its end was asked.
#include <shunt/framework/bundle.hpp>
#include <shunt/framework/instance.hpp>
#include <shunt/framework/library.hpp>
#include <shunt/framework/running_decision.hpp>

#include <set>
#include <string>

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
  std::set<std::string> known;
  boost::json::array libraries;
  for (const auto& instance : generation_->instances()) {
    const Library& library = *instance->library();
    if (library.sha256().empty() || !known.insert(library.path().string()).second) continue;  // empty: linked in
    libraries.push_back(boost::json::object{{"path", library.path().string()}, {"sha256", library.sha256()}});
  }
  out["libraries"] = std::move(libraries);
  return out;
}

boost::json::object running_decision(const MarkedThread& thread) {
  const MarkedCall call{thread.call.load(std::memory_order_relaxed)};
  const auto* cycle = static_cast<const Cycle*>(thread.cycle.load(std::memory_order_relaxed));
  if (!is_of_cycle(call.function()) || cycle == nullptr) return {};
  return cycle->inputs();
}

}  // namespace shunt
