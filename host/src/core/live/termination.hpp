// SPDX-License-Identifier: Apache-2.0
// termination.hpp: the signals that end a running host, or have it read its config again, taken one at a time by the thread that
// waits for them.
//
//   Termination termination(false);                    // before any other thread: they inherit what is blocked
//   while (!termination.wait(std::chrono::milliseconds(500))) {
//     if (termination.take_reload()) reload();
//   }
#pragma once

#include <chrono>
#include <csignal>
#include <utility>

namespace shunt::host {

class Termination {
 public:
  // Blocks SIGTERM, SIGINT, SIGUSR2 and SIGHUP in this thread and those that it starts. `replaceable`: SIGUSR2 means something;
  // without a supervisor nobody could take over, and it is ignored.
  explicit Termination(bool replaceable);
  ~Termination();
  Termination(const Termination&) = delete;
  Termination& operator=(const Termination&) = delete;

  // True when the host is to end: one of the first three, as far as they mean something, has come within `time`. Returns early for SIGHUP too.
  bool wait(std::chrono::milliseconds time);
  // True once for any number of SIGHUPs since the last time.
  bool take_reload() { return std::exchange(reload_, false); }
  // It was SIGUSR2: another process serves already, and what is here shall end without delay.
  bool hands_over() const { return hands_over_; }

 private:
  bool reload_ = false;
  const bool replaceable_;
  sigset_t signals_;
  sigset_t before_;
  bool hands_over_ = false;
};

}  // namespace shunt::host
