// SPDX-License-Identifier: Apache-2.0
// The report for CI systems: JUnit's XML.
#include <cstdio>

#include "clean_text.hpp"
#include "report.hpp"

namespace shunt::validate {

namespace {

// XML 1.0 has no way to write most control characters.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : clean_text(text)) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (c == '\n') {
      out += "&#10;";
    } else {
      out += c;
    }
  }
  return out;
}

std::string seconds(double milliseconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", milliseconds / 1e3);
  return text;
}

std::string case_element(const Report& report, const std::string& suite, const CaseResult& result) {
  std::string out = "    <testcase classname=\"" + escaped(suite) + "\" name=\"" + escaped(result.name) + "\" time=\"" +
                    seconds(result.milliseconds) + "\"";
  if (result.status == CaseStatus::Passed) return out + "/>\n";
  out += ">\n";
  if (result.status == CaseStatus::Skipped) {
    out += "      <skipped message=\"" + escaped(result.notes.empty() ? "" : result.notes.back()) + "\"/>\n";
  }
  for (const Finding& finding : result.findings) {
    out += "      <failure message=\"" + escaped(finding.seen) + "\">" +
           escaped("during: " + finding.step + "\nrequired: " + finding.required + "\nsaid by: " + finding.source +
                   "\nreproduce: " + reproduce_command(report, result)) +
           "</failure>\n";
  }
  if (!result.output.empty()) out += "      <system-out>" + escaped(result.output) + "</system-out>\n";
  return out + "    </testcase>\n";
}

// What the elements that hold cases say about them. Nothing is an error in JUnit's sense: every end of a case is a finding.
struct Totals {
  std::size_t tests = 0;
  std::size_t failures = 0;
  std::size_t skipped = 0;
  double milliseconds = 0;

  void add(const CaseResult& result) {
    ++tests;
    failures += result.status == CaseStatus::Failed ? 1 : 0;
    skipped += result.status == CaseStatus::Skipped ? 1 : 0;
    milliseconds += result.milliseconds;
  }
  std::string attributes() const {
    return " tests=\"" + std::to_string(tests) + "\" failures=\"" + std::to_string(failures) +
           "\" errors=\"0\" skipped=\"" + std::to_string(skipped) + "\" time=\"" + seconds(milliseconds) + "\"";
  }
};

}  // namespace

std::string junit_report(const std::vector<Report>& reports) {
  Totals all;
  std::string suites;
  for (const Report& report : reports) {
    for (const TypeReport& type : report.types) {
      Totals totals;
      for (const CaseResult& result : type.cases) {
        totals.add(result);
        all.add(result);
      }
      const std::string name = type.type.empty() ? report.file : type.type;
      suites += "  <testsuite name=\"" + escaped(name) + "\"" + totals.attributes() + ">\n";
      for (const CaseResult& result : type.cases) suites += case_element(report, name, result);
      suites += "  </testsuite>\n";
    }
  }
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"shunt plugin validate\"" + all.attributes() +
         ">\n" + suites + "</testsuites>\n";
}

}  // namespace shunt::validate
