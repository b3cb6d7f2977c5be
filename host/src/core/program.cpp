// SPDX-License-Identifier: Apache-2.0
// The whole program but main(): words in, exit code out.
#include <cstdlib>
#include <exception>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "command_line.hpp"
#include "commands.hpp"

namespace shunt::host {

namespace {

template <class>
inline constexpr bool kUnknownCommand = false;

ExitCode run(const Command& command, Surroundings& surroundings) {
  return std::visit(
      [&](const auto& arguments) {
        using Type = std::decay_t<decltype(arguments)>;
        if constexpr (std::is_same_v<Type, HelpArguments>) {
          return run_help(arguments, surroundings);
        } else if constexpr (std::is_same_v<Type, ScheduleArguments>) {
          return run_schedule(arguments, surroundings);
        } else if constexpr (std::is_same_v<Type, ConfigArguments>) {
          return run_config(arguments, surroundings);
        } else if constexpr (std::is_same_v<Type, PluginArguments>) {
          return run_plugin(arguments, surroundings);
        } else if constexpr (std::is_same_v<Type, PluginNewArguments>) {
          return run_plugin_new(arguments, surroundings);
        } else if constexpr (std::is_same_v<Type, ValidateArguments>) {
          return run_validate(arguments, surroundings);
        } else if constexpr (std::is_same_v<Type, BenchArguments>) {
          return run_bench(arguments, surroundings);
        } else if constexpr (std::is_same_v<Type, PluginDevArguments>) {
          return run_plugin_dev(arguments, surroundings);
        } else if constexpr (std::is_same_v<Type, SwapPlanArguments>) {
          return run_swap_plan(arguments, surroundings);
        } else if constexpr (std::is_same_v<Type, ServeArguments>) {
          return run_serve(arguments, surroundings);
        } else if constexpr (std::is_same_v<Type, ReloadArguments>) {
          return run_reload(arguments, surroundings);
        } else if constexpr (std::is_same_v<Type, QuarantineArguments>) {
          return run_quarantine(arguments, surroundings);
        } else if constexpr (std::is_same_v<Type, VersionArguments>) {
          return run_version(arguments, surroundings);
        } else if constexpr (std::is_same_v<Type, CompletionArguments>) {
          return run_completion(arguments, surroundings);
        } else {
          static_assert(kUnknownCommand<Type>, "every command has its function");
        }
      },
      command);
}

ExitCode complain(const UsageError& wrong, Console& console) {
  std::vector<std::string> advice;
  if (!wrong.instead.empty()) advice.push_back("run: " + wrong.instead);
  advice.push_back("help: " + wrong.help);
  console.error("", wrong.message, "", advice);
  return ExitCode::Usage;
}

// Errors of the command line itself should have the form that the rest of it asks for.
bool wants_json(const std::vector<std::string>& words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool flag = words[i] == "-o" || words[i] == "--output";
    if (flag && i + 1 < words.size() && words[i + 1] == "json") return true;
    if (words[i] == "-ojson" || words[i] == "--output=json") return true;
  }
  return false;
}

}  // namespace

ExitCode run_program(int count, const char* const* words, Surroundings& surroundings) {
  Console& console = surroundings.console;
  const std::vector<std::string> arguments(words + 1, words + count);
  const char* no_color = std::getenv("NO_COLOR");
  const bool color_off = no_color != nullptr && *no_color != '\0';
  console.set_color(ColorMode::Auto, color_off);
  console.set_json_errors(wants_json(arguments));
  try {
    const auto parsed = parse_command_line(arguments);
    if (const UsageError* wrong = std::get_if<UsageError>(&parsed)) return console.finish(complain(*wrong, console));
    const Arguments& asked = std::get<Arguments>(parsed);
    console.set_color(asked.color, color_off);
    return console.finish(run(asked.command, surroundings));
  } catch (const std::exception& error) {
    console.error("", std::string("internal error: ") + error.what(), "",
                  {"this is a defect of shunt; the command line and its files are what a report needs"});
    return console.finish(ExitCode::Internal);
  }
}

}  // namespace shunt::host
