// SPDX-License-Identifier: Apache-2.0
// The report for people.
#include <algorithm>

#include "case_catalog.hpp"
#include "report.hpp"

namespace shunt::validate {

namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out.append(out.empty() ? "" : ", ").append(word);
  return out;
}

std::string counted(std::size_t n, const std::string& thing) {
  return std::to_string(n) + " " + thing + (n == 1 ? "" : "s");
}

std::string finding_text(const Report& report, const CaseResult& result) {
  std::string out = "  FAILED " + result.name + " (level " + std::to_string(result.level) + ")\n";
  for (const Finding& finding : result.findings) {
    out += "    seen:      " + finding.seen + "\n";
    if (!finding.step.empty()) out += "    during:    " + finding.step + "\n";
    out += "    required:  " + finding.required + "\n";
    out += "    said by:   " + finding.source + "\n";
  }
  if (!result.output.empty()) {
    std::string output = result.output.substr(result.output.size() - std::min<std::size_t>(result.output.size(), 400));
    while (!output.empty() && output.back() == '\n') output.pop_back();
    out += "    printed:   ";
    for (const char c : output) out += c == '\n' ? std::string("\n               ") : std::string(1, c);
    out += "\n";
  }
  return out + "    reproduce: " + reproduce_command(report, result) + "\n";
}

std::string level_line(const TypeReport& type, const Level& level) {
  std::size_t passed = 0;
  std::size_t failed = 0;
  std::size_t skipped = 0;
  for (const CaseResult& result : type.cases) {
    if (result.level != level.number) continue;
    if (result.status == CaseStatus::Passed) ++passed;
    if (result.status == CaseStatus::Failed) ++failed;
    if (result.status == CaseStatus::Skipped) ++skipped;
  }
  if (passed + failed + skipped == 0) return "";
  std::string line = "  level " + std::to_string(level.number) + " " + std::string(level.word);
  line.append(line.size() < 22 ? 22 - line.size() : 1, ' ');
  line += failed > 0 ? "FAILED  " : "ok      ";
  line += counted(passed, "case") + " passed";
  if (failed > 0) line += ", " + std::to_string(failed) + " failed";
  if (skipped > 0) line += ", " + std::to_string(skipped) + " skipped";
  return line + "\n";
}

}  // namespace

std::string text_report(const Report& report) {
  std::string out = report.file + "\n";
  for (const TypeReport& type : report.types) {
    if (type.cases.empty()) continue;
    out += type.type.empty() ? "\nlibrary\n"
                             : "\n" + type.type + " " + type.version + " (" + joined(type.interfaces) + ")\n";
    if (!type.parameters.empty()) out += "  parameters " + type.parameters + "\n";
    for (const Level& level : levels()) out += level_line(type, level);
    for (const CaseResult& result : type.cases) {
      if (result.status == CaseStatus::Failed) out += finding_text(report, result);
      for (const std::string& note : result.notes) out += "  " + result.name + ": " + note + "\n";
    }
  }
  const std::size_t findings = finding_count(report);
  out += "\n" + (findings == 0 ? std::string("no findings") : counted(findings, "finding"));
  if (report.whole) {
    const std::uint32_t reached = reached_level(report);
    out += reached == 0
               ? "; no level is reached"
               : "; level " + std::to_string(reached) + " (" + std::string(levels()[reached - 1].word) + ") is reached";
    if (findings > 0) out += " of " + std::to_string(report.level);
  }
  return out + "; seed " + std::to_string(report.seed) + "\n";
}

}  // namespace shunt::validate
