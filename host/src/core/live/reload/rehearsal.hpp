// SPDX-License-Identifier: Apache-2.0
// rehearsal.hpp: a config that is about to decide for live traffic first does so in a process of its own, over the pool as it is
// and over recorded and made-up requests. What crashes, hangs, grows or answers nonsense there never gets to the host.
#pragma once

#include <shunt/framework/config.hpp>
#include <shunt/framework/diagnostic.hpp>
#include <shunt/framework/snapshot.hpp>

#include <atomic>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "contain/quarantine.hpp"
#include "live/reload/rehearsal_material.hpp"
#include "schedule_inputs.hpp"
#include "settings/reload_settings.hpp"
#include "workspace.hpp"

namespace shunt::host {

struct RehearsalScene {
  const Snapshot& snapshot;
  std::vector<std::string> recorded;  // requests as lines of the requests file
  std::uint64_t seed = 0;
  std::int64_t now_ns = 0;
  RehearsalMaterial material = {};
};

struct RehearsalResult {
  Diagnostics diagnostics;     // empty: nothing speaks against it
  std::string problem;         // why the config could not be built there; whoever builds it here finds out better
  bool took_too_long = false;  // which another one may not
  std::map<std::string, std::string> libraries;  // SHA-256 by path
  std::set<std::string, std::less<>> mapped;     // SHA-256 of all whose code has run there, unusable ones too
  std::uint64_t decisions = 0;
  double milliseconds = 0;
};

// `config`: what the text says, for positions. Only what is new against `running` is judged by its answers. Takes up to the time
// that the settings allow, or until `called_off`.
RehearsalResult rehearse(const NamedText& text, const Config& config,
                         const std::vector<QuarantinedLibrary>& quarantined, const Workspace& running,
                         const RehearsalScene& scene, const RehearsalSettings& settings,
                         const std::atomic<bool>& called_off);

}  // namespace shunt::host
