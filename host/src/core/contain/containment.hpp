// SPDX-License-Identifier: Apache-2.0
// containment.hpp: what a running host shows of losses before it: metrics and the admin API read it.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "contain/quarantine.hpp"
#include "contain/worker_job.hpp"

namespace shunt::host {

// What a worker tells its supervisor when a fresh one shall take over, as SIGUSR2 has it done too.
inline constexpr std::string_view kFreshWorkerWanted = "X_SHUNT_FRESH_WORKER=1";

struct Containment {
  std::array<std::uint64_t, kRestartCauses.size()> restarts{};
  Quarantine quarantine{{}};
  bool supervised = false;  // somebody can start another worker in place of this one
};

}  // namespace shunt::host
