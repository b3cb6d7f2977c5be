// SPDX-License-Identifier: Apache-2.0
#include "dev_round.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cstdio>
#include <system_error>

namespace shunt::host {

namespace {

namespace fs = std::filesystem;

using process::ChildCommand;
using process::ChildOutcome;

constexpr std::chrono::seconds kDecisionLimit{10};
// A whole dependency may have to be built first; what takes longer waits for something that never comes.
constexpr std::chrono::minutes kBuildLimit{30};
constexpr std::size_t kOutputKept = std::size_t{4} << 20;

std::string in_seconds(double seconds) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f s", seconds);
  return text.data();
}

std::vector<fs::path> libraries_in(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (entry.path().extension() == ".so" && entry.is_regular_file(ignored)) found.push_back(entry.path());
  }
  std::ranges::sort(found);
  return found;
}

// Without what cargo and the template put in front of the name. Replaced in one step: somebody may be reading the one of the last round.
void copy_as_plugins(const fs::path& from, const fs::path& to) {
  for (const fs::path& library : libraries_in(from)) {
    std::string name = library.filename().string();
    for (const std::string_view prefix : {"lib", "shunt_plugin_"}) {
      if (name.starts_with(prefix)) name.erase(0, prefix.size());
    }
    const fs::path wanted = to / name;
    const fs::path passing = wanted.string() + ".new";
    fs::copy_file(library, passing, fs::copy_options::overwrite_existing);
    fs::rename(passing, wanted);
  }
}

std::string last_line(const std::string& text) {
  const std::size_t end = text.find_last_not_of('\n');
  if (end == std::string::npos) return {};
  const std::size_t begin = text.find_last_of('\n', end);
  return text.substr(begin == std::string::npos ? 0 : begin + 1,
                     end - (begin == std::string::npos ? 0 : begin + 1) + 1);
}

ExitCode exit_code_of(const ChildOutcome& outcome) {
  return outcome.exited ? static_cast<ExitCode>(outcome.status) : ExitCode::Failed;
}

// With a last line that says why it has no exit status.
ChildOutcome run_to_end(ChildCommand command) {
  command.output_kept = kOutputKept;
  ChildOutcome outcome = process::run_child(command);
  if (!outcome.started) {
    outcome.output = "cannot run " + outcome.output + " (in " + command.folder.string() + ")\n";
  } else if (outcome.timed_out) {
    outcome.output += "it did not end within " +
                      std::to_string(std::chrono::duration_cast<std::chrono::seconds>(command.time_limit).count()) +
                      " s and was stopped\n";
  } else if (!outcome.exited) {
    outcome.output += "ended by signal " + std::to_string(outcome.status) + "\n";
  }
  return outcome;
}

}  // namespace

DevRounds::DevRounds(const DevProject& project, fs::path program, const fs::path& temporary, std::uint32_t level,
                     Console& console)
    : project_(project),
      program_(std::move(program)),
      own_environment_(project.environment),
      level_(level),
      console_(console) {
  for (const char* name : {"TMPDIR", "XDG_RUNTIME_DIR"}) own_environment_.emplace_back(name, temporary.string());
}

ExitCode DevRounds::run() {
  if (!build()) return ExitCode::Failed;
  if (const ExitCode code = validate(); code != ExitCode::Ok) return code;
  return decide();
}

ChildOutcome DevRounds::build_command(const std::vector<std::string>& words) {
  return run_to_end(
      {.words = words, .folder = project_.folder, .environment = project_.environment, .time_limit = kBuildLimit});
}

ChildCommand DevRounds::own_command(std::vector<std::string> words, std::chrono::milliseconds time_limit) const {
  words.insert(words.begin(), program_.string());
  return {
      .words = std::move(words), .folder = project_.folder, .environment = own_environment_, .time_limit = time_limit};
}

void DevRounds::report(const std::string& step, const std::string& result, double seconds) {
  std::string line = step;
  line.resize(10, ' ');
  console_.line(line + result + "  (" + in_seconds(seconds) + ")");
}

bool DevRounds::build() {
  std::vector<std::vector<std::string>> commands;
  // What was configured may have been removed meanwhile, with the folder or without.
  std::error_code ignored;
  if (!configured_ || !fs::exists(project_.output, ignored)) commands = project_.configure;
  commands.push_back(project_.build);
  double seconds = 0;
  for (const auto& words : commands) {
    const ChildOutcome outcome = build_command(words);
    seconds += outcome.milliseconds / 1e3;
    if (!outcome.succeeded()) {
      report("build", "FAILED", seconds);
      console_.write(outcome.output);
      return false;
    }
  }
  configured_ = true;
  if (!project_.cargo_output.empty()) copy_as_plugins(project_.cargo_output, project_.output);
  report("build", "ok", seconds);
  return true;
}

ExitCode DevRounds::validate() {
  const auto libraries = libraries_in(project_.output);
  if (libraries.empty()) {
    console_.error("E332", "the build left no library in " + project_.output.string(), project_.output.string());
    return ExitCode::Failed;
  }
  for (const fs::path& library : libraries) {
    // It has time limits of its own.
    const ChildOutcome outcome =
        run_to_end(own_command({"plugin", "validate", library.string(), "--level", std::to_string(level_)}, {}));
    if (outcome.succeeded()) {
      report("validate", last_line(outcome.output), outcome.milliseconds / 1e3);
      continue;
    }
    report("validate", "FAILED", outcome.milliseconds / 1e3);
    console_.write(outcome.output);
    return exit_code_of(outcome);
  }
  return ExitCode::Ok;
}

bool DevRounds::ask(const std::vector<std::string>& words, std::string& answers, ExitCode& code) {
  // A plugin that never answers must not keep the next save waiting.
  const ChildOutcome outcome = run_to_end(own_command(words, kDecisionLimit));
  answers += outcome.output;
  if (outcome.succeeded()) return true;
  code = exit_code_of(outcome);
  return false;
}

// Of the config, in file order.
std::vector<std::string> DevRounds::models() {
  ChildCommand command = own_command({"config", "print", "-c", project_.config.string(), "-o", "json"}, kDecisionLimit);
  command.with_errors = false;
  const ChildOutcome printed = run_to_end(std::move(command));
  boost::system::error_code unreadable;
  const boost::json::value answer = boost::json::parse(printed.output, unreadable);
  std::vector<std::string> names;
  if (unreadable || !answer.is_object()) return names;
  const auto config = answer.find_pointer("/models", unreadable);
  if (config == nullptr || !config->is_object()) return names;
  for (const auto& model : config->get_object()) names.emplace_back(model.key());
  return names;
}

ExitCode DevRounds::decide() {
  std::string answers;
  ExitCode code = ExitCode::Ok;
  if (!project_.endpoints.empty()) {
    ask({"schedule", "-c", project_.config.string(), "--endpoints", project_.endpoints.string(), "--requests",
         project_.requests.string(), "--explain", "-o", "text"},
        answers, code);
  } else {
    const std::vector<std::string> all = models();
    if (all.empty()) ask({"config", "check", "-c", project_.config.string()}, answers, code);
    for (const std::string& target : all) {
      std::string running;
      for (const std::string& other : all) {
        if (other != target) running += (running.empty() ? "" : ",") + other;
      }
      answers += "with " + running + " running, ";
      if (!ask({"swap", "plan", "-c", project_.config.string(), "--target", target, "--running", running, "-o", "text"},
               answers, code)) {
        break;
      }
    }
  }
  console_.line(answers == decided_before_ ? "decisions as before:" : "decisions:");
  console_.write(answers);
  decided_before_ = answers;
  return code;
}

}  // namespace shunt::host
