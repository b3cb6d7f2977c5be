// SPDX-License-Identifier: Apache-2.0
// child_process.hpp: runs a program until it ends or its time is up, ends what it leaves running, and collects what it says.
#pragma once

#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::validate {

struct ChildCommand {
  std::vector<std::string> words;          // the program and its arguments
  std::string input;                       // what it reads from descriptor 3
  std::span<const unsigned char> preload;  // a library to be loaded first; empty: none
  std::chrono::milliseconds time_limit{10'000};
  std::function<void()> waiting;  // called a few times a second while it runs; may be empty
};

struct ChildOutcome {
  std::string log;      // what it wrote to descriptor 4
  std::string output;   // the end of what it wrote to standard output and error
  bool started = true;  // false: `output` says why not
  bool timed_out = false;
  bool exited = false;  // by itself; `status` is its exit status, else the signal
  int status = 0;
  double milliseconds = 0;
};

// Descriptors of the program that is run.
inline constexpr int kJobDescriptor = 3;
inline constexpr int kLogDescriptor = 4;
// Of the output, so much is kept.
inline constexpr std::size_t kOutputKept = 4096;

ChildOutcome run_child(const ChildCommand& command);

}  // namespace shunt::validate
