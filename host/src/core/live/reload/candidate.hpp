// SPDX-License-Identifier: Apache-2.0
// candidate.hpp: from the config file to a generation that could take the place of the running one. Nothing that is new runs in
// this process before it has run in another one.
#pragma once

#include <shunt/framework/diagnostic.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "contain/quarantine.hpp"
#include "plugin_path.hpp"
#include "schedule_inputs.hpp"
#include "workspace.hpp"

namespace shunt::host {

class LiveHost;

// Where the config comes from, each time anew.
struct ReloadSource {
  std::string config;  // file; empty: the default config; "-": it came from standard input and cannot be read again
  PluginPath plugin_path;
  Quarantine quarantine;
  std::filesystem::path handed_on;  // file in which a worker leaves to the next one what it has looked at; empty: none
};

struct Candidate {
  std::shared_ptr<Workspace> workspace;  // nullptr: the diagnostics say why
  std::uint64_t rehearsed = 0;           // decisions; 0: there was no rehearsal, or it did not get that far
  std::int64_t rehearsal_ns = 0;
  bool took_too_long = false;                        // the rehearsal
  NamedText text = {};                               // that it was built from
  std::vector<QuarantinedLibrary> quarantined = {};  // that it was built without
};

// A problem of the file as a whole.
Diagnostic problem_of(const ReloadSource& source, std::string_view code, std::string message,
                      std::string suggestion = {});

// Reads, rehearses where something is new, builds. `in_fresh_worker`: another process is about to take over with it. Once
// `called_off` is set it gives up soon.
Candidate make_candidate(LiveHost& host, const ReloadSource& source, const Workspace& running, bool in_fresh_worker,
                         const std::atomic<bool>& called_off, Diagnostics& diagnostics);
// For one that is about to be put in force: saves what the instances have learned that it replaces, and has another process load it and
// decide with it. Asks nothing of running instances where there is nothing to hand over. True where that took too long.
bool rehearse_hand_over(LiveHost& host, const ReloadSource& source, const Candidate& candidate,
                        const Workspace& running, const std::atomic<bool>& called_off, Diagnostics& diagnostics);

}  // namespace shunt::host
