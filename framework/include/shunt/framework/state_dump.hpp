// SPDX-License-Identifier: Apache-2.0
// state_dump.hpp: the state of one instance, for people: what its extension shunt.dump writes.
//
//   const StateDump state = dump_state(*instance);
//   if (!state.json.empty()) show(state.json);
#pragma once

#include <shunt/framework/instance.hpp>

#include <cstddef>
#include <string>

namespace shunt {

inline constexpr std::size_t kStateDumpLimit = std::size_t{256} << 10;

// One JSON value, or why there is none.
struct StateDump {
  std::string json;
  std::string problem;
};

// Calls the instance with at most `limit` bytes of room, and checks that what it wrote is JSON. Waits while another [control] or
// [events] call of this instance runs. Any thread but a deciding one.
StateDump dump_state(Instance& instance, std::size_t limit = kStateDumpLimit);

}  // namespace shunt
