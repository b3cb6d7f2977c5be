// SPDX-License-Identifier: Apache-2.0
// progress_line.hpp: what a long command is at, on one line of a terminal, once it takes long enough for somebody to wonder.
//
//   ProgressLine progress(console);
//   progress.set("queue_scorer.so: threads");
//   while (...) progress.tick();
#pragma once

#include <chrono>
#include <string>

#include "console.hpp"

namespace shunt::host {

// Says nothing where messages do not go to a terminal. The line is gone with this object.
class ProgressLine {
 public:
  explicit ProgressLine(Console& console, std::chrono::milliseconds quiet_for = std::chrono::seconds(1))
      : console_(console), begin_(std::chrono::steady_clock::now() + quiet_for) {}
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine();

  void set(std::string text);
  // To be called while it goes on; shows what was set, when it is time to.
  void tick();

 private:
  Console& console_;
  std::chrono::steady_clock::time_point begin_;
  std::string text_;
  std::string shown_;
};

}  // namespace shunt::host
