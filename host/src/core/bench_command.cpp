// SPDX-License-Identifier: Apache-2.0
// `shunt plugin bench`: what each function of a plugin costs, at several sizes.
#include <algorithm>
#include <filesystem>
#include <optional>
#include <shunt/framework/audit.hpp>

#include "bench/bench_process.hpp"
#include "bench/bench_report.hpp"
#include "beside_program.hpp"
#include "commands.hpp"
#include "process/interruption.hpp"
#include "progress_line.hpp"
#include "staging_folder.hpp"
#include "subject_inputs.hpp"

namespace shunt::host {

namespace {

namespace fs = std::filesystem;
using bench::BenchReport;

bench::BenchJob job_for(const BenchArguments& arguments, const fs::path& file, const fs::path& staging,
                        const PluginPath& path) {
  bench::BenchJob job;
  job.plugin.file = file.string();
  job.plugin.case_name = "bench";
  job.plugin.seed = arguments.seed;
  job.plugin.parameters = arguments.parameters;
  job.plugin.profiles = arguments.profiles;
  job.plugin.staging = staging.string();
  if (!path.own().empty()) job.plugin.trusted.push_back(path.own().string());
  job.sizes = arguments.endpoints;
  job.without = arguments.without;
  return job;
}

BenchReport bench_library(const BenchArguments& arguments, Surroundings& surroundings, const fs::path& file,
                          const AuditReport& audit, const fs::path& staging) {
  const std::string program = this_program().string();
  ProgressLine progress(surroundings.console);
  bench::BenchJob job = job_for(arguments, file, staging, surroundings.plugin_path);
  BenchReport report{file.string(), arguments.seed, arguments.budget_us, {}};
  for (const PluginDescription& plugin : audit.manifest->plugins) {
    if (!arguments.type.empty() && plugin.type != arguments.type) continue;
    progress.set(file.filename().string() + ": " + plugin.type);
    job.plugin.type = plugin.type;
    report.plugins.push_back(bench::run_in_child(job, program, std::chrono::milliseconds(arguments.time_limit_ms),
                                                 [&] { progress.tick(); }));
    report.plugins.back().version = plugin.version;
  }
  return report;
}

void print(const std::vector<BenchReport>& reports, OutputFormat format, Console& console) {
  if (format == OutputFormat::Json) {
    console.write(bench::json_report(reports));
    return;
  }
  for (std::size_t i = 0; i < reports.size(); ++i) {
    const bool is_text = format == OutputFormat::Text;
    if (is_text && i != 0) console.write("\n");
    console.write(is_text ? bench::text_report(reports[i]) : bench::json_line_report(reports[i]));
  }
}

}  // namespace

ExitCode run_bench(const BenchArguments& given, Surroundings& surroundings) {
  Console& console = surroundings.console;
  BenchArguments arguments = given;
  std::optional<Document> parameters;
  if (!read_parameters(arguments, parameters, console)) return ExitCode::InvalidInput;
  const process::Interruption interruption;
  const StagingFolder staging;
  if (!staging.made(console)) return ExitCode::Failed;
  std::vector<BenchReport> reports;
  ExitCode code = ExitCode::Ok;
  for (const std::string& name : arguments.files) {
    const auto file = find_library(name, surroundings.plugin_path, console);
    if (!file) return ExitCode::PluginError;
    const auto audit = audit_library(*file);
    if (!audit || !audit->manifest) {
      console.error(audit ? "P105" : audit.error().code,
                    audit ? file->string() + " has no manifest" : audit.error().message, file->string());
      return ExitCode::PluginError;
    }
    if (!check_type(arguments, *file, *audit, console)) return ExitCode::PluginError;
    if (!check_parameters(arguments, parameters, *audit, console)) return ExitCode::InvalidInput;
    reports.push_back(bench_library(arguments, surroundings, *file, *audit, staging.path()));
    const bool failed =
        std::ranges::any_of(reports.back().plugins, [](const auto& one) { return !one.failure.empty(); });
    if (failed) code = ExitCode::PluginError;
  }
  print(reports, arguments.format, console);
  return code;
}

}  // namespace shunt::host
