// SPDX-License-Identifier: Apache-2.0
// child_command.hpp: runs a program to its end and keeps what it says.
//
//   const CommandOutcome built = run_command({"cmake", "--build", "build"}, {.folder = "kv_headroom"});
//   if (!built.succeeded()) std::cout << built.output;
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace shunt::host {

struct CommandPlace {
  std::filesystem::path folder;                                       // empty: the working directory
  std::vector<std::pair<std::string, std::string>> environment = {};  // beside, or instead of, what this process has
  std::chrono::seconds time_limit{0};  // then it is killed, and the output says so; 0: none
  bool with_errors = true;             // standard error belongs to what is kept, else it goes nowhere
};

struct CommandOutcome {
  std::string output;   // standard output and error, as they came; where it could not be started, why
  bool exited = false;  // false: it was not started, or a signal ended it
  int status = 0;       // exit status, or the signal
  double seconds = 0;

  bool succeeded() const { return exited && status == 0; }
};

// words[0] is looked for in PATH. Its standard input is empty.
CommandOutcome run_command(const std::vector<std::string>& words, const CommandPlace& place);

}  // namespace shunt::host
