// SPDX-License-Identifier: Apache-2.0
#include <shunt/framework/event_delivery.hpp>

#include "runtime/call_context.hpp"
#include "runtime/generation_plan.hpp"
#include "runtime/reclaimer.hpp"

#include <vector>

namespace shunt {

void deliver_events(const Generation& generation, EndpointTable& table, std::span<const shunt_event> events,
                    Request* request) {
  const std::vector<PlanInstance>& plugins = generation.plan().instances;
  for (std::size_t i = 0; i < plugins.size(); ++i) {
    const PlanInstance& plugin = plugins[i];
    Instance& instance = *plugin.instance;
    if (instance.observer == nullptr || instance.observer->events == nullptr) continue;
    const bool has_state = request != nullptr && instance.request_state_bytes > 0 &&
                           request->plugin_state_generation == generation.number() && i < request->plugin_seen.size() &&
                           request->plugin_seen[i] != 0;
    std::vector<shunt_event> wanted;
    for (const shunt_event& event : events) {
      if (event.type >= 64 || (instance.observer->wants & SHUNT_EVENT_BIT(event.type)) == 0) continue;
      wanted.push_back(event);
      wanted.back().request_state =
          has_state && event.request != nullptr ? request->plugin_state.data() + plugin.state_offset : nullptr;
    }
    if (wanted.empty()) continue;
    const Reclaimer::Call running;
    const std::lock_guard lock(instance.serial_mutex);
    shunt_ctx ctx;
    ctx.begin(instance, kMayPut | kMayRetire);
    ctx.table = &table;
    ctx.as_of_ns = wanted.back().time_ns;
    instance.observer->events(instance.self(), &ctx, wanted.data(), static_cast<std::uint32_t>(wanted.size()),
                              sizeof(shunt_event));
  }
}

}  // namespace shunt
