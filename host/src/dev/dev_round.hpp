// SPDX-License-Identifier: Apache-2.0
// dev_round.hpp: what happens each time a plugin's sources were saved: build, validate, decide. A step that fails is shown, and
// those behind it are left out.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "core/console.hpp"
#include "core/exit_code.hpp"
#include "dev_project.hpp"
#include "process/child_process.hpp"

namespace shunt::host {

class DevRounds {
 public:
  // `program`: this very executable. Validating and deciding are processes of their own, because the plugin may do anything.
  // `temporary`: a folder for what those would leave behind when they are stopped.
  DevRounds(const DevProject& project, std::filesystem::path program, const std::filesystem::path& temporary,
            std::uint32_t level, Console& console);

  // Failed: it does not build. Findings: the validator has some. Otherwise what the decision's command answers.
  ExitCode run();

 private:
  bool build();
  ExitCode validate();
  ExitCode decide();
  bool ask(const std::vector<std::string>& words, std::string& answers, ExitCode& code);
  std::vector<std::string> models();
  process::ChildOutcome build_command(const std::vector<std::string>& words);
  process::ChildCommand own_command(std::vector<std::string> words, std::chrono::milliseconds time_limit) const;
  void report(const std::string& step, const std::string& result, double seconds);

  const DevProject& project_;
  std::filesystem::path program_;
  std::vector<std::pair<std::string, std::string>> own_environment_;
  std::uint32_t level_;
  Console& console_;
  bool configured_ = false;
  std::string decided_before_;
};

}  // namespace shunt::host
