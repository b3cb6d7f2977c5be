// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

namespace shunt::sim {

inline std::int64_t steady_now() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

inline std::int64_t unix_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace shunt::sim
