// SPDX-License-Identifier: Apache-2.0
// supervisor.hpp: the small parent of a running host. It opens no config and loads no plugin; it keeps the listening sockets,
// starts workers, passes signals on, and when one is lost it starts the next, without the library that was to blame.
//
//   return supervise(options, console);
#pragma once

#include <filesystem>
#include <string>

#include "console.hpp"
#include "exit_code.hpp"

namespace shunt::host {

struct SupervisorOptions {
  std::filesystem::path state_folder;
  bool config_from_input = false;  // standard input has the config, which each worker will want to read
};

// Until a worker ends in an orderly way after it was told to, or none can be started. Takes SIGTERM, SIGINT, SIGHUP and SIGUSR2:
// the last one replaces the worker by a fresh one, on the same sockets, without losing a request.
ExitCode supervise(const SupervisorOptions& options, Console& console);

}  // namespace shunt::host
