// SPDX-License-Identifier: Apache-2.0
// containment.hpp: what a running host shows of losses before it: metrics and the admin API read it.
#pragma once

#include <array>
#include <cstdint>

#include "contain/quarantine.hpp"
#include "contain/worker_job.hpp"

namespace shunt::host {

struct Containment {
  std::array<std::uint64_t, kRestartCauses.size()> restarts{};
  Quarantine quarantine{{}};
};

}  // namespace shunt::host
