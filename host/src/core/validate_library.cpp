// SPDX-License-Identifier: Apache-2.0
#include "validate_library.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "beside_program.hpp"
#include "progress_line.hpp"
#include "validate/case_process.hpp"

namespace shunt::host {

using namespace validate;

namespace {

class LibraryRun {
 public:
  LibraryRun(const ValidateArguments& arguments, Surroundings& surroundings, const std::filesystem::path& staging,
             const std::optional<FailedCases>& only)
      : arguments_(arguments), only_(only), progress_(surroundings.console) {
    job_.seed = arguments.seed;
    job_.parameters = arguments.parameters;
    job_.profiles = arguments.profiles;
    job_.staging = staging;
    if (!surroundings.plugin_path.own().empty()) job_.trusted.push_back(surroundings.plugin_path.own());
    program_ = this_program();
  }

  Report run(const std::filesystem::path& file, const AuditReport& audit) {
    Report report;
    report.file = file.string();
    report.seed = arguments_.seed;
    report.level = arguments_.level;
    report.whole = arguments_.only.empty() && arguments_.type.empty() && !only_;
    if (!arguments_.repeated_words.empty()) report.reproduce_arguments = arguments_.repeated_words;
    job_.file = file.string();
    TypeReport& library = report.types.emplace_back();
    for (const Case& one : case_catalog()) {
      if (one.scope == Scope::Plugin || !is_chosen(one, "")) continue;
      library.cases.push_back(one.scope == Scope::Audit ? judge_audit(one, audit) : run_one(one, ""));
      if (cannot_load(report)) return report;
    }
    if (!audit.manifest) return report;
    for (const PluginDescription& plugin : audit.manifest->plugins) {
      if (!arguments_.type.empty() && plugin.type != arguments_.type) continue;
      TypeReport& type = report.types.emplace_back();
      type.type = plugin.type;
      type.version = plugin.version;
      type.interfaces = plugin.interfaces;
      for (const Case& one : case_catalog()) {
        if (one.scope != Scope::Plugin || !applies(one, plugin) || !is_chosen(one, plugin.type)) continue;
        CaseResult result = run_one(one, plugin.type);
        if (type.parameters.empty()) type.parameters = result.parameters;
        type.cases.push_back(std::move(result));
        // Without an instance every other case says the same.
        if (one.name == "create" && type.parameters.empty()) break;
      }
    }
    return report;
  }

 private:
  bool is_chosen(const Case& one, const std::string& type) const {
    if (one.level > arguments_.level) return false;
    if (!arguments_.only.empty() && std::ranges::find(arguments_.only, one.name) == arguments_.only.end()) return false;
    return !only_ || only_->contains((type.empty() ? "" : type + "/") + std::string(one.name));
  }

  static bool applies(const Case& one, const PluginDescription& plugin) {
    if (one.interfaces.empty()) return true;
    return std::ranges::any_of(plugin.interfaces, [&](const std::string& id) {
      return (" " + std::string(one.interfaces) + " ").find(" " + id + " ") != std::string::npos;
    });
  }

  CaseResult run_one(const Case& one, const std::string& type) {
    progress_.set(std::filesystem::path(job_.file).filename().string() + ": " + (type.empty() ? "" : type + ": ") +
                  std::string(one.name));
    job_.type = type;
    job_.case_name = one.name;
    if (arguments_.in_process) return run_in_process(one, job_);
    return run_in_child(one, job_, program_, std::chrono::milliseconds(arguments_.time_limit_ms),
                        [this] { progress_.tick(); });
  }

  static CaseResult judge_audit(const Case& one, const AuditReport& audit) {
    CaseResult result;
    result.name = one.name;
    result.level = one.level;
    result.cannot_load = audit.has_errors();
    for (const AuditFinding& finding : audit.findings) {
      const std::string text = (finding.code.empty() ? "" : finding.code + ": ") + finding.rule + ": " + finding.text;
      if (finding.severity == FindingSeverity::Warning) result.notes.push_back(text);
      if (finding.severity != FindingSeverity::Error) continue;
      result.status = CaseStatus::Failed;
      result.findings.push_back(
          {text, finding.advice.empty() ? "The library is built as shunt_add_plugin() builds it." : finding.advice,
           "sdk/cmake/ShuntPlugin.cmake", ""});
    }
    return result;
  }

  const ValidateArguments& arguments_;
  const std::optional<FailedCases>& only_;
  Job job_;
  std::string program_;
  ProgressLine progress_;
};

}  // namespace

Report validate_library(const ValidateArguments& arguments, Surroundings& surroundings,
                        const std::filesystem::path& file, const AuditReport& audit,
                        const std::filesystem::path& staging, const std::optional<FailedCases>& only) {
  return LibraryRun(arguments, surroundings, staging, only).run(file, audit);
}

}  // namespace shunt::host
