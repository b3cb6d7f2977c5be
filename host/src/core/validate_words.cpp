// SPDX-License-Identifier: Apache-2.0
#include "validate_words.hpp"

#include <optional>
#include <string>
#include <utility>

#include "argument_words.hpp"
#include "process/shell_word.hpp"
#include "subject_words.hpp"
#include "validate/report.hpp"

namespace shunt::host {

namespace {

// Flags as they were written, beside the arguments that need no more than being read.
struct ValidateWords {
  ValidateArguments arguments;
  std::string only;
  std::string profiles;
  std::string reproduce;
};

UsageError usage(std::string message) { return {std::move(message), "", "shunt plugin validate --help"}; }

// What is wrong with the flags by themselves or together.
std::optional<UsageError> check(const ValidateWords& words) {
  const ValidateArguments& arguments = words.arguments;
  if (auto wrong = problem_of_subject(arguments, "plugin validate", !arguments.list)) return wrong;
  if (arguments.level < 1 || arguments.level > 5) return usage("--level is a number from 1 to 5");
  if (arguments.time_limit_ms == 0) return usage("--time-limit-ms is at least 1");
  if (words.reproduce.empty()) return std::nullopt;
  if (!words.only.empty() || arguments.only_failed) {
    return usage("--reproduce names its case: it stands without --only and --only-failed");
  }
  if (!validate::parse_reproduce_word(words.reproduce)) {
    return usage("--reproduce takes a word of a report, as in queue-scorer/permutation/7");
  }
  return std::nullopt;
}

ValidateArguments complete(const ValidateWords& words, const std::string& format) {
  using Form = ValidateArguments::Form;
  ValidateArguments to = words.arguments;
  to.form = format == "json" ? Form::Json : format == "junit" ? Form::Junit : Form::Text;
  to.only = split_at_commas(words.only);
  to.profiles = split_at_commas(words.profiles);
  const auto repeat = [&](const char* flag, const std::string& value) {
    if (!value.empty()) to.repeated_words += " " + std::string(flag) + " " + process::shell_word(value);
  };
  repeat("--parameters", to.parameters);
  repeat("--parameters-file", to.parameters_file);
  repeat("--profiles", words.profiles);
  if (const auto parsed = validate::parse_reproduce_word(words.reproduce)) {
    to.only = {parsed->name};
    to.type = parsed->type;
    to.seed = parsed->seed;
  }
  return to;
}

}  // namespace

void add_validate_command(CommandTree& tree, CLI::App& plugin) {
  ValidateWords& words = tree.target<ValidateWords>();
  ValidateArguments& to = words.arguments;
  CLI::App& app =
      tree.add_command(plugin, "validate", "Run a library against every rule of the ABI, a process per case",
                       "shunt plugin validate ./my_scorer.so\nshunt plugin validate ./my_scorer.so --level 2\n"
                       "shunt plugin validate ./my_scorer.so --only-failed\n"
                       "shunt plugin validate ./my_scorer.so -o junit > validate.xml");
  add_subject_flags(tree, app, to, words.profiles);
  tree.add_number(app, "--level", to.level, "Run the cases of levels 1 to N; default: 5");
  tree.add_text(app, "--only", words.only, "CASES", "Run these cases only, names separated by commas");
  tree.add_switch(app, "--only-failed", to.only_failed, "Run the cases that failed in the last run of the library");
  tree.add_text(app, "--reproduce", words.reproduce, "WORD", "Run one case as a report names it, TYPE/CASE/SEED");
  tree.add_number(app, "--time-limit-ms", to.time_limit_ms, "How long a case may take; default: 10000");
  tree.add_switch(app, "--in-process", to.in_process,
                  "Run the cases in this process, without a time limit: for a debugger");
  tree.add_text(app, "--state", to.state, "FILE",
                "Where failed cases are remembered; default: shunt/validate.json in $XDG_STATE_HOME or ~/.local/state");
  tree.add_switch(app, "--list", to.list, "List all cases, with their levels and what they check");
  tree.add_format(app, "text", {"text", "json", "junit"});
  tree.finish(app, [&tree, &words]() -> Finished {
    if (auto wrong = check(words)) return *std::move(wrong);
    return complete(words, tree.format_word());
  });
}

}  // namespace shunt::host
