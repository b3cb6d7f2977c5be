// SPDX-License-Identifier: Apache-2.0
// The report for programs.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cmath>

#include "core/json_text.hpp"
#include "report.hpp"

namespace shunt::validate {

namespace json = boost::json;

namespace {

std::string_view word_of(CaseStatus status) {
  return status == CaseStatus::Passed ? "passed" : status == CaseStatus::Failed ? "failed" : "skipped";
}

json::object case_object(const Report& report, const CaseResult& result) {
  json::object out{{"name", result.name},
                   {"level", result.level},
                   {"status", word_of(result.status)},
                   {"milliseconds", std::llround(result.milliseconds)}};
  json::array findings;
  for (const Finding& finding : result.findings) {
    findings.push_back(json::object{{"seen", finding.seen},
                                    {"during", finding.step},
                                    {"required", finding.required},
                                    {"source", finding.source},
                                    {"reproduce", reproduce_command(report, result)}});
  }
  out["findings"] = std::move(findings);
  if (!result.notes.empty()) out["notes"] = json::array(result.notes.begin(), result.notes.end());
  if (!result.output.empty()) out["printed"] = result.output;
  return out;
}

json::object report_object(const Report& report) {
  json::object out{{"file", report.file}, {"seed", report.seed}, {"level", report.level}};
  if (report.whole) out["reached"] = reached_level(report);
  out["loads"] = !cannot_load(report);
  json::array types;
  json::array library;
  for (const TypeReport& type : report.types) {
    json::array cases;
    for (const CaseResult& result : type.cases) cases.push_back(case_object(report, result));
    if (type.type.empty()) {
      library = std::move(cases);
      continue;
    }
    boost::system::error_code ignored;
    types.push_back(json::object{{"type", type.type},
                                 {"version", type.version},
                                 {"interfaces", json::array(type.interfaces.begin(), type.interfaces.end())},
                                 {"parameters", json::parse(type.parameters, ignored)},
                                 {"cases", std::move(cases)}});
  }
  out["cases"] = std::move(library);
  out["plugins"] = std::move(types);
  return out;
}

}  // namespace

std::string json_report(const std::vector<Report>& reports) {
  json::array libraries;
  for (const Report& report : reports) libraries.push_back(report_object(report));
  return host::pretty_json(json::object{{"schema", 1}, {"libraries", std::move(libraries)}});
}

}  // namespace shunt::validate
