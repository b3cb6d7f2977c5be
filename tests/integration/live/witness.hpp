// SPDX-License-Identifier: Apache-2.0
// witness.hpp: what the plugin witness.cpp hears, handed to the test that gave it its address. The plugin is a real shared
// object; the two agree on nothing but this structure and the ABI.
#pragma once

#include <shunt/abi/cycle.h>
#include <shunt/abi/observer.h>

#include <cstdint>

namespace shunt::integration {

struct WitnessCalls {
  void* test = nullptr;
  void (*called)(void* test, const shunt_cycle& cycle) = nullptr;  // score() and picked()
  void (*heard)(void* test, const shunt_event& event) = nullptr;   // each event
};

}  // namespace shunt::integration
