// SPDX-License-Identifier: Apache-2.0
// worker_process.hpp: starts a worker: this program once more, with the words that it was started with.
#pragma once

#include <shunt/framework/error.hpp>

#include <sys/types.h>

#include <map>
#include <string>

#include "contain/worker_job.hpp"

namespace shunt::host {

struct WorkerStart {
  WorkerJob job;
  std::string notify_socket;           // where it reports
  std::map<std::string, int> sockets;  // that it may take over, by name
  int standard_input = -1;             // instead of this process's; -1: the same
};

// Its process number. The caller has no other threads. The worker is in a process group of its own, so that Ctrl-C reaches it
// through its supervisor alone.
Result<pid_t> start_worker(const WorkerStart& start);

}  // namespace shunt::host
