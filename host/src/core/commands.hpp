// SPDX-License-Identifier: Apache-2.0
// commands.hpp: what each command does. All answer with the exit code; what they have to say goes to the console.
#pragma once

#include <istream>
#include <vector>

#include "arguments.hpp"
#include "console.hpp"
#include "exit_code.hpp"
#include "live/part.hpp"
#include "plugin_path.hpp"

namespace shunt::host {

// What commands need besides their arguments; tests bring their own.
struct Surroundings {
  Console& console;
  std::istream& input;
  PluginPath plugin_path;
  std::vector<PartFactory> parts = {};  // of a running host, in the order in which they start
  bool may_supervise = false;           // this process is the program, and can start itself once more
};

ExitCode run_schedule(const ScheduleArguments& arguments, Surroundings& surroundings);
ExitCode run_bundle(const ScheduleArguments& arguments, Surroundings& surroundings);
ExitCode run_config(const ConfigArguments& arguments, Surroundings& surroundings);
ExitCode run_plugin(const PluginArguments& arguments, Surroundings& surroundings);
ExitCode run_plugin_new(const PluginNewArguments& arguments, Surroundings& surroundings);
ExitCode run_validate(const ValidateArguments& arguments, Surroundings& surroundings);
ExitCode run_bench(const BenchArguments& arguments, Surroundings& surroundings);
ExitCode run_plugin_dev(const PluginDevArguments& arguments, Surroundings& surroundings);
ExitCode run_swap_plan(const SwapPlanArguments& arguments, Surroundings& surroundings);
ExitCode run_serve(const ServeArguments& arguments, Surroundings& surroundings);
ExitCode run_reload(const ReloadArguments& arguments, Surroundings& surroundings);
ExitCode run_quarantine(const QuarantineArguments& arguments, Surroundings& surroundings);
ExitCode run_version(const VersionArguments& arguments, Surroundings& surroundings);
ExitCode run_completion(const CompletionArguments& arguments, Surroundings& surroundings);
ExitCode run_help(const HelpArguments& arguments, Surroundings& surroundings);

// The whole program but main(): parses, runs, finishes the console.
ExitCode run_program(int count, const char* const* words, Surroundings& surroundings);

}  // namespace shunt::host
