// SPDX-License-Identifier: Apache-2.0
// case_process.hpp: a case in a process of its own, seen from both sides.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "case_catalog.hpp"
#include "finding.hpp"
#include "job.hpp"
#include "process/child_process.hpp"

namespace shunt::validate {

// The only argument of the program when it is to be such a process. No command of the program: people use --in-process.
inline constexpr const char* kCaseProcessWord = "--run-validation-case";

// The child's main(): reads its job from descriptor 3 and tells what it finds on descriptor 4.
int case_process_main();

// The parent's side.
CaseResult run_in_process(const Case& chosen, const Job& job);
// `waiting` is called a few times a second meanwhile.
CaseResult run_in_child(const Case& chosen, const Job& job, const std::string& program,
                        std::chrono::milliseconds time_limit, const std::function<void()>& waiting);

// What the outcome of a child means. `program` may be anything that writes such a log.
CaseResult judge_child(const Case& chosen, const Job& job, const process::ChildOutcome& outcome,
                       std::chrono::milliseconds time_limit);

}  // namespace shunt::validate
