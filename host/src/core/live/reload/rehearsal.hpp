// SPDX-License-Identifier: Apache-2.0
// rehearsal.hpp: a config that is about to decide for live traffic first does so in a process of its own, over the pool as it is
// and over recorded and made-up requests. What crashes, hangs, grows or answers nonsense there never gets to the host.
#pragma once

#include <shunt/framework/diagnostic.hpp>
#include <shunt/framework/snapshot.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "settings/reload_settings.hpp"
#include "workspace.hpp"

namespace shunt::host {

struct RehearsalScene {
  const Snapshot& snapshot;
  std::vector<std::string> recorded;  // requests as lines of the requests file
  std::uint64_t seed = 0;
  std::int64_t now_ns = 0;
};

struct RehearsalResult {
  Diagnostics diagnostics;  // empty: all went well
  std::uint64_t decisions = 0;
  double milliseconds = 0;
};

// `before`: what decides now. Only what is new in `candidate` is judged by its answers. Takes up to the time that the settings
// allow.
RehearsalResult rehearse(const Workspace& candidate, const Generation& before, const RehearsalScene& scene,
                         const RehearsalSettings& settings);

}  // namespace shunt::host
