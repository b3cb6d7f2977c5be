// SPDX-License-Identifier: Apache-2.0
#include "case_catalog.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <string>

namespace shunt::validate {

namespace {

constexpr std::array<Level, 5> kLevels{{{1, "loads", "the host can load it and make an instance"},
                                        {2, "answers", "ordinary calls get legal answers"},
                                        {3, "edges", "unusual input gets legal answers too"},
                                        {4, "robust", "threads, order, repetition and lifetime change nothing"},
                                        {5, "production", "hot calls neither allocate nor log, and are quick"}}};

// Interfaces with functions on the request path, and all others with a function to call.
constexpr std::string_view kHot =
    "shunt.filter/1 shunt.scorer/1 shunt.picker/1 shunt.profile_handler/1 shunt.producer/1 shunt.observer/1";
constexpr std::string_view kCompared =
    "shunt.filter/1 shunt.scorer/1 shunt.picker/1 shunt.profile_handler/1 shunt.producer/1";
constexpr std::string_view kHandler = "shunt.profile_handler/1";
constexpr std::string_view kSwapper = "shunt.swapper/1";
constexpr std::string_view kObserver = "shunt.observer/1";
constexpr std::string_view kExtractor = "shunt.extractor/1";
constexpr std::string_view kState = "shunt.state/1";
using enum Scope;

constexpr std::array kCases{
    // ---- level 1
    Case{"audit", 1, Audit, "", "the file is built so that the host loads it: nothing of it is run", nullptr},
    Case{"load", 1, Library, "", "the host loads the library, and tables and manifest agree", case_load},
    Case{"entry", 1, Library, "", "the entry function and describe() answer the same each time, on any thread",
         case_entry},
    Case{"restart", 1, Library, "", "init() succeeds again after deinit()", case_restart},
    Case{"create", 1, Plugin, "", "create() makes an instance, and every listed interface has a complete table",
         case_create},
    // ---- level 2
    Case{"declarations", 2, Plugin, "", "what the manifest says is read and written is what create() declares",
         case_declarations},
    Case{"parameter-values", 2, Plugin, "",
         "with every enum word and the least and greatest numbers of the schema create() succeeds or says why not",
         case_parameter_values},
    Case{"answers", 2, Plugin, kHot, "ordinary requests over 1, 2 and 8 endpoints get legal answers", case_answers},
    Case{"swap-answers", 2, Plugin, kSwapper, "ordinary questions of the swap line get legal plans", case_swap_answers},
    Case{"events", 2, Plugin, kObserver, "every event that is wanted is taken, alone and in batches", case_events},
    Case{"pages", 2, Plugin, kExtractor, "ordinary, empty and failed pages are taken", case_pages},
    // ---- level 3
    Case{"unknown-keys", 3, Plugin, "", "the schema refuses keys that it does not name", case_unknown_keys},
    Case{"wrong-types", 3, Plugin, "", "create() survives parameters of the wrong type, and says what is wrong",
         case_wrong_types},
    Case{"large-parameters", 3, Plugin, "", "create() survives 1 MiB of parameters", case_large_parameters},
    Case{"refused-columns", 3, Plugin, "", "create() fails, with a text, where a required column is refused",
         case_refused_columns},
    Case{"sizes", 3, Plugin, kHot, "0, 63, 64, 65, 1,000 and 10,000 endpoints", case_sizes},
    Case{"absent-columns", 3, Plugin, kHot, "columns that do not exist, and columns with gaps", case_absent_columns},
    Case{"odd-numbers", 3, Plugin, kHot, "negative, denormal and very large numbers still give finite answers",
         case_odd_numbers},
    Case{"not-finite", 3, Plugin, kHot, "NaN and infinite numbers do no harm", case_not_finite},
    Case{"requests", 3, Plugin, kHot, "requests without any optional field, and with every field", case_requests},
    Case{"filtered", 3, Plugin, kHot, "views whose rows are not the rows of the base view", case_filtered},
    Case{"failed-runs", 3, Plugin, kHandler, "profile runs that found no endpoint", case_failed_runs},
    Case{"arena", 3, Plugin, kHot, "call_alloc() that has nothing left", case_arena},
    Case{"swap-sizes", 3, Plugin, kSwapper, "0, 63, 64, 65 and 1,000 running models", case_swap_sizes},
    Case{"swap-pinned", 3, Plugin, kSwapper, "pinned, loading and leaving models, and models without optional numbers",
         case_swap_pinned},
    Case{"unseen-requests", 3, Plugin, kObserver,
         "events of requests that the instance has not seen, and unknown causes", case_unseen_requests},
    Case{"odd-pages", 3, Plugin, kExtractor, "pages of noise, of 1 MiB without a line end, and cut off",
         case_odd_pages},
    // ---- level 4
    Case{"services", 4, Plugin, "", "services are used where they are allowed, and accept what they are given",
         case_services},
    Case{"determinism", 4, Plugin, kCompared, "the same call gives the same bytes: again, and from another instance",
         case_determinism},
    Case{"permutation", 4, Plugin, kCompared, "the order of the endpoints does not change the answers",
         case_permutation},
    Case{"request-state", 4, Plugin, kHot, "requests do not see each other's request_state, nor stale scratch memory",
         case_request_state},
    Case{"threads", 4, Plugin, kHot, "8 threads on one instance get the answers that one thread gets", case_threads},
    Case{"swap-pure", 4, Plugin, kSwapper, "eviction_for() keeps no state and does not log", case_swap_pure},
    Case{"state", 4, Plugin, kState, "saved state is taken over, whole, by an instance that then saves the same",
         case_state},
    Case{"odd-state", 4, Plugin, kState,
         "state that is cut off, damaged or of another version is refused without a trace, or taken", case_odd_state},
    Case{"leaks", 4, Plugin, "", "many instances, one after the other, leave no memory and no descriptor behind",
         case_leaks},
    Case{"own-threads", 4, Plugin, "", "no thread is started", case_own_threads},
    Case{"output", 4, Plugin, "", "nothing is printed", case_output},
    Case{"exit", 4, Plugin, "", "the process can end after the last instance", case_exit},
    // ---- level 5
    Case{"allocations", 5, Plugin, kHot, "no hot call allocates", case_allocations, true},
    Case{"logging", 5, Plugin, kHot, "no hot call logs", case_logging},
    Case{"budget", 5, Plugin, kHot, "the CPU time of hot calls over 1,000 endpoints: a measurement, best of several",
         case_budget},
};

}  // namespace

std::span<const Level> levels() { return kLevels; }

std::span<const Case> case_catalog() { return kCases; }

const Case* find_case(std::string_view name) {
  const auto* const found = std::ranges::find(kCases, name, &Case::name);
  return found == kCases.end() ? nullptr : found;
}

void run_case(const Case& chosen, const Job& job, CaseLog& log) {
  const auto escaped = [&](const std::string& what) {
    if (PluginCall::let_an_exception_out()) {
      log.fail("an exception came out of the plugin: " + what,
               "No exception crosses the boundary: the C++ layer catches in the plugin, C and Rust have none.",
               "shunt/abi/base.h");
    } else {
      log.fail("the case ended with: " + what, "A case runs to its end: this is a defect of the validator.",
               "host/src/validate");
    }
  };
  try {
    CaseRun run(job, log);
    chosen.run(run);
  } catch (const std::exception& error) {
    escaped(error.what());
  } catch (...) {
    escaped("of a type that is no std::exception");
  }
}

}  // namespace shunt::validate
