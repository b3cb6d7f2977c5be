// SPDX-License-Identifier: Apache-2.0
// `shunt plugin dev`: after every save the plugin is built, validated, and seen deciding.
#include <filesystem>
#include <system_error>

#include "beside_program.hpp"
#include "commands.hpp"
#include "dev/dev_project.hpp"
#include "dev/dev_round.hpp"
#include "dev/source_watch.hpp"
#include "process/interruption.hpp"
#include "staging_folder.hpp"

namespace shunt::host {

namespace {

namespace fs = std::filesystem;

// The SDK that was installed beside this program: an author's plugin is built with the headers that fit it.
fs::path own_sdk() {
  const fs::path package = folder_beside_program({"../" SHUNT_CMAKE_DIR});
  std::error_code ignored;
  return fs::exists(package / "shunt-config.cmake", ignored) ? package : fs::path();
}

std::string list(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 3;
  std::string out;
  for (std::size_t i = 0; i < names.size() && i < kShown; ++i) out += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kShown) out += " and " + std::to_string(names.size() - kShown) + " more";
  return out;
}

ExitCode complain(const Error& error, Console& console) {
  console.error(error.code, error.message);
  return error.code == "E331" ? ExitCode::Usage : ExitCode::Failed;
}

}  // namespace

ExitCode run_plugin_dev(const PluginDevArguments& arguments, Surroundings& surroundings) {
  Console& console = surroundings.console;
  const fs::path program = this_program();
  if (program.empty()) {
    console.error("E331", "cannot find this program: there is no /proc/self/exe");
    return ExitCode::Failed;
  }
  const auto project = find_dev_project(arguments, own_sdk());
  if (!project) return complain(project.error(), console);
  const process::Interruption interruption;
  const StagingFolder staging;
  if (!staging.made(console)) return ExitCode::Failed;
  DevRounds rounds(*project, program, staging.path(), arguments.level, console);
  if (arguments.once) return rounds.run();
  // Watched before the first round: what is saved while it runs must not be missed.
  auto watch = SourceWatch::of(project->folder, project->output);
  if (!watch) return complain(watch.error(), console);
  for (;;) {
    rounds.run();
    if (!console.line("\nwaiting for changes in " + project->folder.string() + " (Ctrl-C ends)") || !console.flush()) {
      return ExitCode::Ok;  // nobody listens any more
    }
    const auto changed = watch->wait();
    if (!changed) return complain(changed.error(), console);
    console.line("\nchanged: " + list(*changed));
  }
}

}  // namespace shunt::host
