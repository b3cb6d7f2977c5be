// SPDX-License-Identifier: Apache-2.0
#include <shunt/framework/swap_planner.hpp>

#include "runtime/call_context.hpp"
#include "runtime/generation_plan.hpp"

#include <algorithm>

namespace shunt {
namespace {

shunt_str text(const std::string& from) { return {from.data(), from.size()}; }

shunt_model to_abi(const ModelState& from) {
  shunt_model model{};
  model.size = sizeof model;
  model.state = from.state;
  model.flags = (from.pinned ? SHUNT_MODEL_PINNED : 0u) | (from.loading ? SHUNT_MODEL_LOADING : 0u);
  model.id = text(from.id);
  if (!from.group.empty()) model.group = text(from.group);
  model.priority = from.priority;
  model.in_flight = from.in_flight;
  model.waiting = from.waiting;
  model.n_devices = static_cast<std::uint32_t>(from.devices.size());
  model.devices = from.devices.data();
  if (from.last_used_ns) {
    model.present |= SHUNT_MODEL_LAST_USED;
    model.last_used_ns = *from.last_used_ns;
  }
  if (from.bytes) {
    model.present |= SHUNT_MODEL_BYTES;
    model.bytes = *from.bytes;
  }
  if (from.load_cost_ns) {
    model.present |= SHUNT_MODEL_LOAD_COST;
    model.load_cost_ns = *from.load_cost_ns;
  }
  return model;
}

// What is wrong with the victims, or nothing.
std::string problem(const shunt_swap_plan& plan, const std::string& target, const std::vector<ModelState>& running,
                    const std::vector<DeviceState>& devices) {
  if (plan.n_victims > running.size()) return "more victims than there are running models";
  if (plan.n_placement > devices.size()) return "more devices than there are";
  std::vector<bool> seen(running.size());
  for (std::uint32_t k = 0; k < plan.n_victims; ++k) {
    const std::uint32_t victim = plan.victims[k];
    if (victim >= running.size()) return "a victim that is not running";
    if (running[victim].id == target) return "the target itself as a victim";
    if (seen[victim]) return "\"" + running[victim].id + "\" twice as a victim";
    if (running[victim].pinned) return "\"" + running[victim].id + "\" as a victim, which is pinned";
    seen[victim] = true;
  }
  for (std::uint32_t k = 0; k < plan.n_placement; ++k) {
    if (plan.placement[k] >= devices.size()) return "a device that does not exist";
    if (std::find(plan.placement, plan.placement + k, plan.placement[k]) != plan.placement + k) return "a device twice";
  }
  return {};
}

}  // namespace

std::string_view to_string(SwapPlan::Status status) {
  switch (status) {
    case SwapPlan::Status::Evict: return "evict";
    case SwapPlan::Status::None: return "none";
    case SwapPlan::Status::Blocked: return "blocked";
    case SwapPlan::Status::Impossible: return "impossible";
  }
  return "impossible";
}

SwapPlan plan_swap(const Generation& generation, const SwapQuestion& question) {
  SwapPlan answer;
  const GenerationPlan& plan = generation.plan();
  if (plan.swapper == SHUNT_NONE) return answer;
  const Instance& instance = *plan.instances[plan.swapper].instance;

  // The contract: sorted by id, unique. The target is among them when it is running already.
  std::vector<ModelState> running = question.running;
  std::ranges::sort(running, {}, &ModelState::id);
  running.erase(std::unique(running.begin(), running.end(),
                            [](const ModelState& a, const ModelState& b) { return a.id == b.id; }),
                running.end());
  const shunt_model target = to_abi(question.target);
  std::vector<shunt_model> models;
  for (const ModelState& model : running) models.push_back(to_abi(model));
  std::vector<shunt_device> devices;
  for (const DeviceState& device : question.devices) {
    devices.push_back({sizeof(shunt_device), 0, text(device.name), device.capacity_bytes, device.used_bytes});
  }
  std::vector<std::uint32_t> victims(running.size() + 1), placement(devices.size() + 1);

  shunt_swap_query query{};
  query.size = sizeof query;
  query.target = &target;
  query.running = models.data();
  query.n_running = static_cast<std::uint32_t>(models.size());
  query.running_stride = sizeof(shunt_model);
  query.devices = devices.data();
  query.n_devices = static_cast<std::uint32_t>(devices.size());
  query.device_stride = sizeof(shunt_device);
  query.now_ns = question.now_ns;
  shunt_swap_plan raw{};
  raw.size = sizeof raw;
  raw.victims = victims.data();
  raw.victims_capacity = query.n_running;
  raw.placement = placement.data();
  raw.placement_capacity = query.n_devices;

  shunt_ctx ctx;
  ctx.begin(instance, 0);
  const std::int32_t status = instance.swapper->eviction_for(instance.self(), &ctx, &query, &raw);
  if (raw.reason.data != nullptr) answer.reason.assign(raw.reason.data, std::min<std::uint64_t>(raw.reason.len, 1024));
  answer.retry_after_ns = std::max<std::int64_t>(0, raw.retry_after_ns);
  const auto refuse = [&](const std::string& why) {
    answer.status = SwapPlan::Status::Impossible;
    answer.reason = "swapper \"" + instance.name() + "\" " + why;
    return answer;
  };
  if (status == SHUNT_BLOCKED) {
    answer.status = SwapPlan::Status::Blocked;
  } else if (status == SHUNT_IMPOSSIBLE) {
    answer.status = SwapPlan::Status::Impossible;
  } else if (status != SHUNT_OK) {
    return refuse(ctx.error_text().empty() ? "failed" : "failed: " + std::string(ctx.error_text()));
  } else {
    if (const std::string wrong = problem(raw, question.target.id, running, question.devices); !wrong.empty()) {
      return refuse("named " + wrong);
    }
    for (std::uint32_t k = 0; k < raw.n_victims; ++k) answer.evict.push_back(running[raw.victims[k]].id);
    answer.placement.assign(raw.placement, raw.placement + raw.n_placement);
    answer.status = answer.evict.empty() ? SwapPlan::Status::None : SwapPlan::Status::Evict;
  }
  return answer;
}

}  // namespace shunt
