// SPDX-License-Identifier: Apache-2.0
// termination.hpp: the signals that end a running host, taken one at a time by the thread that waits for them.
//
//   Termination termination;                       // before any other thread: they inherit what is blocked
//   while (!termination.wait(std::chrono::milliseconds(500))) look_after_things();
#pragma once

#include <chrono>
#include <csignal>

namespace shunt::host {

class Termination {
 public:
  // Blocks SIGTERM and SIGINT in this thread and those that it starts.
  Termination();
  ~Termination();
  Termination(const Termination&) = delete;
  Termination& operator=(const Termination&) = delete;

  // True when one of them has come within `time`.
  bool wait(std::chrono::milliseconds time);

 private:
  sigset_t signals_;
  sigset_t before_;
};

}  // namespace shunt::host
