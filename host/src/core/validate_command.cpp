// SPDX-License-Identifier: Apache-2.0
// `shunt plugin validate`: runs every case against a library, each in a process of its own.
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <shunt/framework/audit.hpp>
#include <shunt/framework/suggest.hpp>
#include <variant>

#include "commands.hpp"
#include "json_text.hpp"
#include "process/interruption.hpp"
#include "staging_folder.hpp"
#include "subject_inputs.hpp"
#include "validate/case_catalog.hpp"
#include "validate/report.hpp"
#include "validate/run_memory.hpp"
#include "validate_library.hpp"

namespace shunt::host {

namespace json = boost::json;
using namespace validate;

namespace {

// Whether the cases that were asked for exist.
bool check_case_names(const ValidateArguments& arguments, Console& console) {
  std::vector<std::string> known;
  for (const Case& one : case_catalog()) known.emplace_back(one.name);
  for (const std::string& name : arguments.only) {
    if (find_case(name) != nullptr) continue;
    const auto close = suggest(name, known);
    console.error("", "there is no case \"" + name + "\"" + (close ? "; did you mean \"" + *close + "\"?" : ""), "",
                  {"run: shunt plugin validate --list"});
    return false;
  }
  return true;
}

void list_cases(const ValidateArguments& arguments, Console& console) {
  if (arguments.form == ValidateArguments::Form::Json) {
    json::array cases;
    for (const Case& one : case_catalog()) {
      cases.push_back(json::object{
          {"name", one.name}, {"level", one.level}, {"interfaces", one.interfaces}, {"checks", one.summary}});
    }
    json::array all;
    for (const Level& level : levels()) {
      all.push_back(json::object{{"level", level.number}, {"name", level.word}, {"meaning", level.meaning}});
    }
    console.write(pretty_json(json::object{{"schema", 1}, {"levels", std::move(all)}, {"cases", std::move(cases)}}));
    return;
  }
  for (const Level& level : levels()) {
    console.line("level " + std::to_string(level.number) + " " + std::string(level.word) + ": " +
                 std::string(level.meaning));
    for (const Case& one : case_catalog()) {
      if (one.level != level.number) continue;
      std::string line = "  " + std::string(one.name);
      line.append(line.size() < 20 ? 20 - line.size() : 1, ' ');
      console.line(line + std::string(one.summary));
    }
  }
}

// What is to be remembered: what failed now, and what failed before and was left out this time.
FailedCases failed_cases(const Report& report, const std::optional<FailedCases>& before) {
  FailedCases failed;
  if (before && !report.whole) failed = *before;
  for (const TypeReport& type : report.types) {
    for (const CaseResult& result : type.cases) {
      const std::string name = (type.type.empty() ? "" : type.type + "/") + result.name;
      failed.erase(name);
      if (result.status == CaseStatus::Failed) failed.insert(name);
    }
  }
  return failed;
}

void write_reports(const ValidateArguments& arguments, const std::vector<Report>& reports, Console& console) {
  if (arguments.form == ValidateArguments::Form::Json) {
    console.write(json_report(reports));
  } else if (arguments.form == ValidateArguments::Form::Junit) {
    console.write(junit_report(reports));
  } else {
    for (std::size_t i = 0; i < reports.size(); ++i) console.write((i == 0 ? "" : "\n") + text_report(reports[i]));
  }
}

// One library from its name to its report, or to the exit code where there is none to report about.
std::variant<Report, ExitCode> validate_one(const ValidateArguments& arguments, Surroundings& surroundings,
                                            const std::string& name, const std::optional<Document>& parameters,
                                            const std::filesystem::path& staging, const RunMemory& memory) {
  Console& console = surroundings.console;
  const auto file = find_library(name, surroundings.plugin_path, console);
  if (!file) return ExitCode::PluginError;
  auto audit = audit_library(*file);
  if (!audit) {
    console.error(audit.error().code, audit.error().message, file->string());
    return ExitCode::PluginError;
  }
  if (!check_type(arguments, *file, *audit, console)) return ExitCode::PluginError;
  if (!check_parameters(arguments, parameters, *audit, console)) return ExitCode::InvalidInput;
  const std::optional<FailedCases> before = memory.failed(*file);
  std::optional<FailedCases> only;
  if (arguments.only_failed) {
    only = before;
    if (!only) console.message("no earlier run of " + file->string() + " is remembered: every case is run");
    if (only && only->empty()) console.message("nothing failed in the last run of " + file->string());
  }
  Report report = validate_library(arguments, surroundings, *file, *audit, staging, only);
  // Nothing had failed: then nothing was to be run.
  report.asks_nothing = only && only->empty();
  if (case_count(report) == 0 && !report.asks_nothing) {
    console.message("none of the chosen cases is about " + file->string() +
                    ": shunt plugin validate --list says what each is about");
  }
  const std::string trouble = memory.remember(*file, failed_cases(report, before));
  if (!trouble.empty() && (!arguments.state.empty() || arguments.only_failed)) {
    console.message("what failed is not remembered: " + trouble);
  }
  return report;
}

// The gravest of all libraries, wrong input before all others.
ExitCode exit_code(bool is_input_wrong, bool loads, bool has_findings, bool is_empty) {
  if (is_input_wrong) return ExitCode::InvalidInput;
  if (!loads) return ExitCode::PluginError;
  if (is_empty) return ExitCode::Usage;
  return has_findings ? ExitCode::Findings : ExitCode::Ok;
}

}  // namespace

ExitCode run_validate(const ValidateArguments& given, Surroundings& surroundings) {
  Console& console = surroundings.console;
  ValidateArguments arguments = given;
  if (arguments.list) {
    list_cases(arguments, console);
    return ExitCode::Ok;
  }
  if (!check_case_names(arguments, console)) return ExitCode::Usage;
  std::optional<Document> parameters;
  if (!read_parameters(arguments, parameters, console)) return ExitCode::InvalidInput;
  // A plugin in this process could not be interrupted: it need not come back.
  std::optional<process::Interruption> interruption;
  if (!arguments.in_process) interruption.emplace();
  const StagingFolder staging;
  if (!staging.made(console)) return ExitCode::Failed;
  const RunMemory memory(arguments.state.empty() ? RunMemory::usual_file() : std::filesystem::path(arguments.state));
  std::vector<Report> reports;
  bool is_input_wrong = false;
  bool loads = true;
  for (const std::string& name : arguments.files) {
    auto outcome = validate_one(arguments, surroundings, name, parameters, staging.path(), memory);
    if (const ExitCode* code = std::get_if<ExitCode>(&outcome)) {
      is_input_wrong = is_input_wrong || *code == ExitCode::InvalidInput;
      loads = loads && *code != ExitCode::PluginError;
      continue;
    }
    reports.push_back(std::get<Report>(std::move(outcome)));
    loads = loads && !cannot_load(reports.back());
  }
  const auto says_nothing = [](const Report& one) { return case_count(one) == 0 && !one.asks_nothing; };
  if (!reports.empty() && std::ranges::all_of(reports, says_nothing)) {
    if (loads && !is_input_wrong) {
      console.error("", "no case was run", "", {"choose others with --only, --level, --plugin or --reproduce"});
    }
    return exit_code(is_input_wrong, loads, false, true);
  }
  if (!reports.empty()) write_reports(arguments, reports, console);
  const bool has_findings = std::ranges::any_of(reports, [](const Report& one) { return finding_count(one) > 0; });
  return exit_code(is_input_wrong, loads, has_findings, false);
}

}  // namespace shunt::host
