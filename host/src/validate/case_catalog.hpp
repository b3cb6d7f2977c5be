// SPDX-License-Identifier: Apache-2.0
// case_catalog.hpp: every case: what it checks, from which level on, and the function that does it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "case_run.hpp"

namespace shunt::validate {

// What a case is run for.
enum class Scope {
  Audit,    // the file, without running any of its code
  Library,  // once per library
  Plugin    // once per plugin type
};

struct Case {
  std::string_view name;
  std::uint32_t level;
  Scope scope;
  // Ids of interfaces of which a type must offer one, separated by spaces; empty: any type.
  std::string_view interfaces;
  std::string_view summary;  // what it checks, a sentence without its end
  void (*run)(CaseRun&);     // null for Scope::Audit
  bool counts_allocations = false;
};

struct Level {
  std::uint32_t number;
  std::string_view word;
  std::string_view meaning;
};

std::span<const Level> levels();
std::span<const Case> case_catalog();
const Case* find_case(std::string_view name);

// Runs a case; what escapes it is a defect of the validator and is said so.
void run_case(const Case& chosen, const Job& job, CaseLog& log);

// The functions of the catalog, by area.
void case_load(CaseRun& run);
void case_entry(CaseRun& run);
void case_restart(CaseRun& run);
void case_create(CaseRun& run);
void case_declarations(CaseRun& run);
void case_parameter_values(CaseRun& run);
void case_unknown_keys(CaseRun& run);
void case_wrong_types(CaseRun& run);
void case_large_parameters(CaseRun& run);
void case_refused_columns(CaseRun& run);
void case_answers(CaseRun& run);
void case_sizes(CaseRun& run);
void case_absent_columns(CaseRun& run);
void case_odd_numbers(CaseRun& run);
void case_not_finite(CaseRun& run);
void case_requests(CaseRun& run);
void case_filtered(CaseRun& run);
void case_failed_runs(CaseRun& run);
void case_arena(CaseRun& run);
void case_swap_answers(CaseRun& run);
void case_swap_sizes(CaseRun& run);
void case_swap_pure(CaseRun& run);
void case_swap_pinned(CaseRun& run);
void case_events(CaseRun& run);
void case_unseen_requests(CaseRun& run);
void case_pages(CaseRun& run);
void case_odd_pages(CaseRun& run);
void case_state(CaseRun& run);
void case_odd_state(CaseRun& run);
void case_services(CaseRun& run);
void case_determinism(CaseRun& run);
void case_permutation(CaseRun& run);
void case_request_state(CaseRun& run);
void case_threads(CaseRun& run);
void case_leaks(CaseRun& run);
void case_own_threads(CaseRun& run);
void case_output(CaseRun& run);
void case_exit(CaseRun& run);
void case_allocations(CaseRun& run);
void case_logging(CaseRun& run);
void case_budget(CaseRun& run);

}  // namespace shunt::validate
