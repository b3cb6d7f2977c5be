// SPDX-License-Identifier: Apache-2.0
// endpoint_writers.hpp: who writes which endpoint columns, where two generations are in use at a time.
#pragma once

#include <shunt/framework/generation.hpp>
#include <shunt/framework/instance.hpp>

#include <algorithm>

namespace shunt {

inline bool has_instance(const Generation& generation, const Instance& instance) {
  return std::ranges::any_of(generation.instances(),
                             [&instance](const auto& other) { return other.get() == &instance; });
}

// True where an instance of the generation declares an endpoint column that this one, which is none of it, declares too.
inline bool writes_what_another_writes(const Instance& instance, const Generation& generation) {
  return std::ranges::any_of(generation.instances(), [&instance](const auto& other) {
    return std::ranges::find_first_of(instance.endpoint_output_ids, other->endpoint_output_ids) !=
           instance.endpoint_output_ids.end();
  });
}

}  // namespace shunt
