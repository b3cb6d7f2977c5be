// SPDX-License-Identifier: Apache-2.0
// swap_planner.hpp: asks the generation's swapper who makes room for a model, and checks its answer.
//
//   SwapPlan plan = plan_swap(*generation, {.target = {.id = "a"}, .running = {{.id = "b"}}});
#pragma once

#include <shunt/abi/swapper.h>
#include <shunt/framework/generation.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace shunt {

// A managed model as a swapper sees it.
struct ModelState {
  std::string id;
  std::uint32_t state = SHUNT_MODEL_READY;
  bool pinned = false;
  bool loading = false;  // target of a committed swap that has not ended
  bool leaving = false;  // victim of a committed swap that has not ended
  std::string group;     // empty: none
  std::int32_t priority = 0;
  std::uint32_t in_flight = 0;
  std::uint32_t waiting = 0;
  std::optional<std::int64_t> last_used_ns;
  std::optional<std::uint64_t> bytes;
  std::optional<std::int64_t> load_cost_ns;
  // Where it is resident; loading: where its swap places it; a stopped target: where its config wants it.
  std::vector<std::uint32_t> devices;
  std::vector<std::uint64_t> device_bytes;  // parallel to devices; empty: unknown
};

struct DeviceState {
  std::string name;
  std::uint64_t capacity_bytes = 0;
  // By everything: resident models, leaving ones until they stopped, and the bytes that loading targets will take.
  std::uint64_t used_bytes = 0;
};

struct SwapQuestion {
  ModelState target;
  std::vector<ModelState>
      running;  // any order, with the target if it runs; sorted and made unique by id before it is asked
  std::vector<DeviceState> devices;
  std::int64_t now_ns = 0;
};

struct SwapPlan {
  enum class Status { Evict, None, Blocked, Impossible };
  Status status = Status::None;
  std::vector<std::string> evict;        // ids, in the swapper's order
  std::vector<std::uint32_t> placement;  // indices of devices
  std::int64_t retry_after_ns = 0;
  std::string reason;
};

// "evict", "none", "blocked", "impossible".
std::string_view to_string(SwapPlan::Status status);

// Without a swapper in the generation nothing is ever evicted. An invalid answer (unknown, repeated or pinned victim, the
// target itself, a fault) is Impossible, with a reason that says what was wrong.
SwapPlan plan_swap(const Generation& generation, const SwapQuestion& question);

}  // namespace shunt
