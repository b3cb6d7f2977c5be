// SPDX-License-Identifier: Apache-2.0
#include <shunt/framework/swap_planner.hpp>

#include "runtime/bounded_text.hpp"
#include "runtime/call_context.hpp"
#include "runtime/generation_plan.hpp"
#include "runtime/reclaimer.hpp"

#include <algorithm>
#include <mutex>
#include <span>

namespace shunt {
namespace {

shunt_str text(const std::string& from) { return {from.data(), from.size()}; }

shunt_model to_abi(const ModelState& from) {
  shunt_model model{};
  model.size = sizeof model;
  model.state = from.state;
  model.flags = (from.pinned ? SHUNT_MODEL_PINNED : 0u) | (from.loading ? SHUNT_MODEL_LOADING : 0u) |
                (from.leaving ? SHUNT_MODEL_LEAVING : 0u);
  model.id = text(from.id);
  if (!from.group.empty()) model.group = text(from.group);
  model.priority = from.priority;
  model.in_flight = from.in_flight;
  model.waiting = from.waiting;
  model.n_devices = static_cast<std::uint32_t>(from.devices.size());
  model.devices = from.devices.data();
  if (!from.device_bytes.empty() && from.device_bytes.size() == from.devices.size()) {
    model.device_bytes = from.device_bytes.data();
  }
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

// The swapper's answer as far as it may be believed: the counts are its own, the arrays are the host's.
struct Answer {
  std::span<const std::uint32_t> victims;
  std::span<const std::uint32_t> placement;
};

// What is wrong with it, or nothing.
std::string problem(const Answer& plan, const std::string& target, const std::vector<ModelState>& running,
                    const std::vector<DeviceState>& devices) {
  std::vector<bool> seen(running.size());
  for (const std::uint32_t victim : plan.victims) {
    if (victim >= running.size()) return "a victim that is not running";
    if (running[victim].id == target) return "the target itself as a victim";
    if (seen[victim]) return "\"" + running[victim].id + "\" twice as a victim";
    if (running[victim].pinned) return "\"" + running[victim].id + "\" as a victim, which is pinned";
    seen[victim] = true;
  }
  std::vector<bool> placed(devices.size());
  for (const std::uint32_t device : plan.placement) {
    if (device >= devices.size()) return "a device that does not exist";
    if (placed[device]) return "a device twice";
    placed[device] = true;
  }
  return {};
}

// A reason is for people; what is longer than this is no text at all.
constexpr std::size_t kLongestReason = 1024;
constexpr std::size_t kWildReason = std::size_t{64} << 10;

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
  Instance& instance = *plan.instances[plan.swapper].instance;

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

  const Reclaimer::Call call;
  const std::lock_guard lock(instance.serial_mutex);
  shunt_ctx ctx;
  ctx.begin(instance, kMayRetire);
  const std::int32_t status = [&] {
    const CallMark mark(instance.mark(), PluginFunction::EvictionFor);
    return instance.swapper->eviction_for(instance.self(), &ctx, &query, &raw);
  }();
  answer.reason = bounded_view(raw.reason, kWildReason).value_or(std::string_view()).substr(0, kLongestReason);
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
    if (raw.victims != victims.data() || raw.placement != placement.data()) {
      return refuse("replaced the arrays that it was to write into");
    }
    if (raw.n_victims > running.size()) return refuse("named more victims than there are running models");
    if (raw.n_placement > question.devices.size()) return refuse("named more devices than there are");
    const Answer given{std::span(victims).first(raw.n_victims), std::span(placement).first(raw.n_placement)};
    if (const std::string wrong = problem(given, question.target.id, running, question.devices); !wrong.empty()) {
      return refuse("named " + wrong);
    }
    for (const std::uint32_t victim : given.victims) answer.evict.push_back(running[victim].id);
    answer.placement.assign(given.placement.begin(), given.placement.end());
    answer.status = answer.evict.empty() ? SwapPlan::Status::None : SwapPlan::Status::Evict;
  }
  return answer;
}

}  // namespace shunt
