// SPDX-License-Identifier: Apache-2.0
// child_process.hpp: runs a program until it ends or its time is up, ends what it leaves running, and collects what it says.
//
//   const ChildOutcome built = run_child({.words = {"cmake", "--build", "build"}, .folder = "kv_headroom"});
//   if (!built.succeeded()) std::cout << built.output;
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace shunt::process {

struct ChildCommand {
  std::vector<std::string> words;     // the program, looked for in PATH, and its arguments
  std::filesystem::path folder = {};  // that it runs in; empty: the working directory
  std::vector<std::pair<std::string, std::string>> environment = {};  // beside, or instead of, what this process has
  // What it reads from kJobDescriptor; it then also has kLogDescriptor to write to. Nothing: it has neither.
  std::optional<std::string> job = {};
  std::span<const unsigned char> preload = {};  // a library to be loaded first; empty: none
  std::chrono::milliseconds time_limit{0};      // then it is killed; 0: none
  bool limits_own_time = false;                 // what it waits for a processor does not count: see own_time.hpp
  std::size_t output_kept = 4096;               // bytes, from the end
  bool with_errors = true;                      // standard error belongs to the output, else it goes nowhere
  std::function<void()> waiting = {};           // called a few times a second while it runs; may be empty
};

struct ChildOutcome {
  std::string log;      // what it wrote to kLogDescriptor
  std::string output;   // the end of what it wrote to standard output and error
  bool started = true;  // false: `output` says why not
  bool timed_out = false;
  bool exited = false;  // by itself; `status` is its exit status, else the signal
  int status = 0;
  double milliseconds = 0;

  bool succeeded() const { return exited && status == 0; }
};

// Its standard input is empty. It leads a process group of its own, which is killed when it has ended; who left the group and
// holds the pipes open is not waited for. Throws Interrupted, after killing it, where an Interruption lives and its signal came.
ChildOutcome run_child(const ChildCommand& command);

}  // namespace shunt::process
