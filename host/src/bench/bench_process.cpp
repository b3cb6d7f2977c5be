// SPDX-License-Identifier: Apache-2.0
#include "bench_process.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "measure.hpp"
#include "process/child_process.hpp"
#include "process/child_side.hpp"
#include "process/descriptor_io.hpp"
#include "validate/allocation_probe.hpp"
#include "validate/case_log.hpp"
#include "validate/case_run.hpp"
#include "validate/clean_text.hpp"
#include "validate/guarded_memory.hpp"

namespace shunt::bench {

namespace json = boost::json;

namespace {

void tell(const json::object& line) { process::write_whole(process::kLogDescriptor, json::serialize(line) + "\n"); }

void measure_job(const BenchJob& job) {
  validate::CaseLog log(-1);
  validate::CaseRun run(job.plugin, log);
  if (!run.settle()) {
    const auto& findings = log.result().findings;
    tell({{"failure", findings.empty() ? "no instance could be made" : findings.front().seen}});
    return;
  }
  tell({{"parameters", log.result().parameters}});
  const std::string failure = measure(run, job.sizes, job.without, [](const Measurement& one) {
    tell({{"function", one.function},
          {"candidates", one.candidates},
          {"nanoseconds", one.nanoseconds},
          {"fastest", one.fastest_nanoseconds},
          {"allocations", one.allocations}});
  });
  if (!failure.empty()) tell({{"failure", validate::clean_text(failure)}});
  tell({{"done", true}});
}

// What a line says; false for one that is none of ours, as of a plugin that writes where it should not.
bool apply_line(std::string_view line, PluginMeasurements& out, bool& is_done) {
  boost::system::error_code unreadable;
  const json::value parsed = json::parse(line, unreadable);
  if (unreadable || !parsed.is_object()) return false;
  const json::object& told = parsed.get_object();
  if (const auto* text = told.if_contains("failure")) out.failure = json::value_to<std::string>(*text);
  if (const auto* text = told.if_contains("parameters")) out.parameters = json::value_to<std::string>(*text);
  if (told.contains("done")) is_done = true;
  if (!told.contains("function")) return true;
  Measurement one;
  one.function = json::value_to<std::string>(told.at("function"));
  one.candidates = told.at("candidates").to_number<std::uint32_t>();
  one.nanoseconds = told.at("nanoseconds").to_number<double>();
  one.fastest_nanoseconds = told.at("fastest").to_number<double>();
  one.allocations = told.at("allocations").to_number<double>();
  out.measurements.push_back(std::move(one));
  return true;
}

std::string how_it_ended(const process::ChildOutcome& outcome, std::chrono::milliseconds time_limit) {
  if (!outcome.started) return "its process could not be started: " + outcome.output;
  if (outcome.timed_out) return "it did not end within " + std::to_string(time_limit.count() / 1000) + " s";
  if (outcome.exited) return "the process ended with exit status " + std::to_string(outcome.status) + " in the middle";
  const char* name = sigabbrev_np(outcome.status);
  return "the process ended with signal " +
         (name == nullptr ? std::to_string(outcome.status) : "SIG" + std::string(name));
}

}  // namespace

int bench_process_main() {
  BenchJob job;
  try {
    const json::value all = json::parse(process::begin_job());
    job.plugin = validate::job_from_json_text(json::value_to<std::string>(all.at("plugin")));
    job.sizes = json::value_to<std::vector<std::uint32_t>>(all.at("sizes"));
    job.without = json::value_to<std::vector<std::string>>(all.at("without"));
  } catch (const std::exception&) {
    std::fprintf(stderr, "shunt: %s is for \"shunt plugin bench\" itself\n", kBenchProcessWord);
    return 2;
  }
  measure_job(job);
  // Not through exit(): the plugin's destructors are no part of what is measured.
  _exit(0);
}

PluginMeasurements run_in_child(const BenchJob& job, const std::string& program, std::chrono::milliseconds time_limit,
                                const std::function<void()>& waiting) {
  process::ChildCommand command;
  command.words = {program, kBenchProcessWord};
  command.job = json::serialize(json::object{{"plugin", validate::to_json_text(job.plugin)},
                                             {"sizes", json::array(job.sizes.begin(), job.sizes.end())},
                                             {"without", json::array(job.without.begin(), job.without.end())}});
  command.time_limit = time_limit;
  command.limits_own_time = true;
  command.waiting = waiting;
  command.preload = validate::allocation_probe_image();
  const process::ChildOutcome outcome = process::run_child(command);
  PluginMeasurements out;
  out.type = job.plugin.type;
  bool is_done = false;
  std::string_view rest = outcome.log;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    if (!apply_line(rest.substr(0, end), out, is_done) && out.failure.empty()) {
      out.failure = "a line of its report cannot be read";
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (!is_done && out.failure.empty()) out.failure = how_it_ended(outcome, time_limit);
  return out;
}

}  // namespace shunt::bench
