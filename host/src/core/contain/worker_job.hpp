// SPDX-License-Identifier: Apache-2.0
// worker_job.hpp: what a supervisor tells the worker that it starts, in the environment.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "contain/quarantine.hpp"

namespace shunt::host {

inline constexpr const char* kWorkerVariable = "SHUNT_WORKER";

// By how the workers before ended; the order of the metric's labels.
inline constexpr std::array<std::string_view, 6> kRestartCauses = {"crash",  "hang",  "exit",
                                                                   "killed", "ended", "hand_over"};

struct WorkerJob {
  int page = -1;             // descriptor of the shared memory
  int parent = 0;            // process number of the supervisor
  int number = 1;            // counts the workers
  std::string run_folder;    // of supervisor and workers, private
  std::string state_folder;  // see state_folder(); may be empty
  bool announce = true;      // says on standard output where it listens
  bool restore = false;      // starts with the generation `generation` of the store instead of the config file
  std::uint64_t generation = 0;
  std::uint64_t generations_before = 0;     // numbers that have been used
  std::int64_t lost_ns = 0;                 // when the worker before was lost, monotonic; 0: none was
  std::array<std::uint64_t, 6> restarts{};  // parallel to kRestartCauses
  // In quarantine, though the file in the state folder does not say so: it could not be written.
  std::vector<QuarantinedLibrary> quarantined;

  std::string to_text() const;
  static std::optional<WorkerJob> from_text(std::string_view text);
};

}  // namespace shunt::host
