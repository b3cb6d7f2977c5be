// SPDX-License-Identifier: Apache-2.0
#include "bench_report.hpp"

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <cstdio>

#include "core/json_text.hpp"

namespace shunt::bench {

namespace json = boost::json;

namespace {

double share(const Measurement& one, const BenchReport& report) {
  return one.nanoseconds / (1000.0 * report.budget_us);
}

std::string row(const Measurement& one, const BenchReport& report) {
  std::array<char, 32> allocations{"-"};
  if (one.allocations >= 0) std::snprintf(allocations.data(), allocations.size(), "%.3g", one.allocations);
  std::array<char, 160> line;
  std::snprintf(line.data(), line.size(), "  %-18s%10u%13.1f%15.2f%13s%10.2f %%%s\n", one.function.c_str(),
                one.candidates, one.nanoseconds, one.nanoseconds_per_candidate(), allocations.data(),
                100.0 * share(one, report), share(one, report) > 1.0 ? "  over" : "");
  return line.data();
}

json::object as_json(const Measurement& one, const BenchReport& report) {
  json::object out{{"function", one.function},
                   {"candidates", one.candidates},
                   {"nanoseconds_per_call", one.nanoseconds},
                   {"nanoseconds_per_candidate", one.nanoseconds_per_candidate()},
                   {"fastest_nanoseconds_per_call", one.fastest_nanoseconds},
                   {"allocations_per_call", nullptr},
                   {"budget_share", share(one, report)}};
  if (one.allocations >= 0) out["allocations_per_call"] = one.allocations;
  return out;
}

json::object as_json(const BenchReport& report) {
  json::array plugins;
  for (const PluginMeasurements& plugin : report.plugins) {
    json::array measurements;
    for (const Measurement& one : plugin.measurements) measurements.push_back(as_json(one, report));
    boost::system::error_code none;
    const json::value parameters = json::parse(plugin.parameters, none);
    plugins.push_back(json::object{{"type", plugin.type},
                                   {"version", plugin.version},
                                   {"parameters", none ? json::value(nullptr) : parameters},
                                   {"measurements", std::move(measurements)},
                                   {"failure", plugin.failure}});
  }
  return {{"schema", 1},
          {"file", report.file},
          {"seed", report.seed},
          {"budget_us", report.budget_us},
          {"plugins", std::move(plugins)}};
}

}  // namespace

std::string text_report(const BenchReport& report) {
  std::string out = report.file + "  seed " + std::to_string(report.seed) + "\n";
  for (const PluginMeasurements& plugin : report.plugins) {
    out += "\n" + plugin.type + " " + plugin.version;
    if (!plugin.parameters.empty()) out += "  parameters " + plugin.parameters;
    out += "\n";
    if (!plugin.measurements.empty()) {
      const std::string budget = "of " + std::to_string(report.budget_us) + " us";
      std::array<char, 160> head;
      std::snprintf(head.data(), head.size(), "  %-18s%10s%13s%15s%13s%12s\n", "", "candidates", "ns per call",
                    "per candidate", "allocations", budget.c_str());
      out += head.data();
    }
    for (const Measurement& one : plugin.measurements) out += row(one, report);
    if (!plugin.failure.empty()) out += "  FAILED: " + plugin.failure + "\n";
    if (plugin.measurements.empty() && plugin.failure.empty()) {
      out += "  nothing to measure: it offers no function that is called for requests or swaps\n";
    }
  }
  return out;
}

std::string json_line_report(const BenchReport& report) { return host::compact_json(as_json(report)) + "\n"; }

std::string json_report(const std::vector<BenchReport>& reports) {
  json::array all;
  for (const BenchReport& report : reports) all.push_back(as_json(report));
  return host::pretty_json(json::object{{"schema", 1}, {"libraries", std::move(all)}});
}

}  // namespace shunt::bench
