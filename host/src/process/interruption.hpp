// SPDX-License-Identifier: Apache-2.0
// interruption.hpp: Ctrl-C that leaves nothing behind.
//
//   const Interruption interruption;  // before everything that has to be tidied up
//   const StagingFolder staging;
//   run_child(command);               // throws Interrupted; the folder goes, then the process, by the signal
#pragma once

#include <array>
#include <csignal>
#include <exception>

namespace shunt::process {

class Interrupted : public std::exception {
 public:
  const char* what() const noexcept override { return "interrupted"; }
};

// While one lives, the first SIGINT, SIGTERM or SIGHUP does not end the process: what waits throws Interrupted. The end of its
// life ends the process with that signal. The same signal once more ends it at once. Signals that were ignored stay so. One at a time.
class Interruption {
 public:
  Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;
  ~Interruption();

  // For poll(): readable once a signal came. -1, which poll() passes over, where no Interruption lives.
  static int descriptor();
  // Throws Interrupted once a signal came.
  static void check();

 private:
  std::array<struct sigaction, 3> before_{};
};

}  // namespace shunt::process
