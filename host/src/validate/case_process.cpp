// SPDX-License-Identifier: Apache-2.0
#include "case_process.hpp"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "allocation_probe.hpp"
#include "clean_text.hpp"
#include "process/child_side.hpp"

namespace shunt::validate {

namespace {

constexpr std::string_view kBase = "shunt/abi/base.h";

CaseResult named(const Case& chosen, const Job& job) {
  CaseResult result;
  result.type = job.type;
  result.name = chosen.name;
  result.level = chosen.level;
  return result;
}

std::string signal_text(int signal) {
  const char* name = sigabbrev_np(signal);
  return name == nullptr ? "signal " + std::to_string(signal) : "signal SIG" + std::string(name);
}

std::string seconds_text(std::chrono::milliseconds time) {
  const auto count = time.count();
  return count % 1000 == 0 ? std::to_string(count / 1000) + " s" : std::to_string(count) + " ms";
}

}  // namespace

int case_process_main() {
  Job job;
  try {
    job = job_from_json_text(process::begin_job());
  } catch (const std::exception&) {
    std::fprintf(stderr, "shunt: %s is for \"shunt plugin validate\" itself\n", kCaseProcessWord);
    return 2;
  }
  const Case* chosen = find_case(job.case_name);
  if (chosen == nullptr || chosen->run == nullptr) return 1;
  CaseLog log(process::kLogDescriptor);
  GuardedMemory::report_faults_to(process::kLogDescriptor);
  run_case(*chosen, job, log);
  log.done();
  // The ordinary way out belongs to a case of its own; here nothing may happen any more.
  if (chosen->name == "exit") std::exit(0);
  _exit(0);
}

CaseResult run_in_process(const Case& chosen, const Job& job) {
  const auto begin = std::chrono::steady_clock::now();
  CaseLog log(-1);
  run_case(chosen, job, log);
  CaseResult result = log.result();
  const CaseResult frame = named(chosen, job);
  result.type = frame.type;
  result.name = frame.name;
  result.level = frame.level;
  result.milliseconds = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

CaseResult judge_child(const Case& chosen, const Job& job, const process::ChildOutcome& outcome,
                       std::chrono::milliseconds time_limit) {
  CaseResult result = named(chosen, job);
  result.milliseconds = outcome.milliseconds;
  std::string step;
  bool done = false;
  std::string_view rest = outcome.log;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    apply_line(rest.substr(0, end), result, step, done);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  // What was printed matters where something else went wrong, or where printing is what went wrong.
  const bool ended_well = done && outcome.exited && outcome.status == 0 && !outcome.timed_out;
  if (!ended_well || !result.findings.empty()) result.output = clean_text(outcome.output);
  if (ended_well) return result;
  // A library that ends its process while it is loaded never comes to create().
  if (chosen.name == "load") result.cannot_load = true;
  result.status = CaseStatus::Failed;
  const auto add = [&](std::string seen, std::string required) {
    result.findings.push_back({std::move(seen), std::move(required), std::string(kBase), step});
  };
  if (!outcome.started) {
    add("the process of the case could not be started: " + outcome.output, "The validator can start processes.");
  } else if (outcome.timed_out) {
    add("it did not end within " + seconds_text(time_limit),
        "Every call returns; --time-limit-ms says for how long a case is waited for.");
  } else if (!outcome.exited) {
    // A fault in guarded memory has told more already.
    const bool is_told = !result.findings.empty() && result.findings.back().required == kFaultRule;
    if (!is_told || outcome.status != SIGSEGV) {
      add("the process ended with " + signal_text(outcome.status),
          outcome.status == SIGABRT
              ? "A plugin does not end the process: no exception crosses the boundary, and no call "
                "aborts."
              : "A call does not crash.");
    }
  } else {
    add("the process ended with exit status " + std::to_string(outcome.status) +
            (done ? " after the case" : " in the middle"),
        "A plugin does not end the process: errors are a status and a text.");
  }
  return result;
}

CaseResult run_in_child(const Case& chosen, const Job& job, const std::string& program,
                        std::chrono::milliseconds time_limit, const std::function<void()>& waiting) {
  process::ChildCommand command;
  command.words = {program, kCaseProcessWord};
  command.job = to_json_text(job);
  command.time_limit = time_limit;
  command.limits_own_time = true;
  command.waiting = waiting;
  if (chosen.counts_allocations) command.preload = allocation_probe_image();
  return judge_child(chosen, job, process::run_child(command), time_limit);
}

}  // namespace shunt::validate
