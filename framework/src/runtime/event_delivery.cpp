// SPDX-License-Identifier: Apache-2.0
#include <shunt/framework/event_delivery.hpp>

#include "runtime/call_context.hpp"
#include "runtime/endpoint_writers.hpp"
#include "runtime/generation_plan.hpp"
#include "runtime/reclaimer.hpp"

#include <algorithm>
#include <memory>
#include <mutex>
#include <vector>

namespace shunt {

namespace {

// Those that the instance wants, with its own state of the request or without.
std::vector<shunt_event> wanted_events(const Instance& instance, std::span<const shunt_event> events, void* state,
                                       bool of_requests_only = false) {
  std::vector<shunt_event> wanted;
  if (instance.observer == nullptr || instance.observer->events == nullptr) return wanted;
  for (const shunt_event& event : events) {
    if (of_requests_only && event.request == nullptr) continue;
    if (event.type >= 64 || (instance.observer->wants & SHUNT_EVENT_BIT(event.type)) == 0) continue;
    wanted.push_back(event);
    wanted.back().request_state = event.request != nullptr ? state : nullptr;
  }
  return wanted;
}

// Answers with the instance that is to hear them next.
std::shared_ptr<Instance> tell(Instance& instance, EndpointTable& table, std::span<const shunt_event> wanted,
                               bool may_publish, std::uint64_t generation) {
  const Reclaimer::Call running;
  const std::lock_guard lock(instance.serial_mutex);
  if (!wanted.empty()) {
    shunt_ctx ctx;
    ctx.begin(instance, may_publish ? std::uint32_t{kMayPut | kMayRetire} : std::uint32_t{kMayRetire});
    ctx.table = &table;
    ctx.as_of_ns = wanted.back().time_ns;
    const BackgroundCall counted(*instance.background);
    const CallMark mark(instance.mark(), PluginFunction::Events, generation);
    instance.observer->events(instance.self(), &ctx, wanted.data(), static_cast<std::uint32_t>(wanted.size()),
                              sizeof(shunt_event));
  }
  return instance.successor.lock();
}

}  // namespace

void deliver_events(const Generation& generation, EndpointTable& table, std::span<const shunt_event> events,
                    const Delivery& delivery) {
  const std::vector<PlanInstance>& plugins = generation.plan().instances;
  const auto& [request, given, except, beside] = delivery;
  const Generation& current = given != nullptr ? *given : generation;
  const auto decides = [&current, beside = beside](const Instance& instance) {
    return has_instance(current, instance) || (beside != nullptr && has_instance(*beside, instance));
  };
  const auto may_publish = [&](const Instance& instance) {
    return has_instance(current, instance) || (decides(instance) && !writes_what_another_writes(instance, current));
  };
  for (std::size_t i = 0; i < plugins.size(); ++i) {
    const PlanInstance& plugin = plugins[i];
    Instance& instance = *plugin.instance;
    if (instance.observer == nullptr || instance.observer->events == nullptr) continue;
    if (except != nullptr && has_instance(*except, instance)) continue;
    const bool has_state = request != nullptr && instance.request_state_bytes > 0 &&
                           request->plugin_state_generation == generation.number() && i < request->plugin_seen.size() &&
                           request->plugin_seen[i] != 0;
    void* state = has_state ? request->plugin_state.data() + plugin.state_offset : nullptr;
    auto next =
        tell(instance, table, wanted_events(instance, events, state), may_publish(instance), generation.number());
    while (next != nullptr) {
      // Once it decides it hears of endpoints by itself.
      next = tell(*next, table, wanted_events(*next, events, nullptr, decides(*next)), may_publish(*next),
                  generation.number());
    }
  }
}

}  // namespace shunt
