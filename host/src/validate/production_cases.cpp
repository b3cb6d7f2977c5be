// SPDX-License-Identifier: Apache-2.0
// Level 5: what a request costs.
#include <algorithm>
#include <cstdio>
#include <limits>

#include "allocation_probe.hpp"
#include "case_catalog.hpp"

namespace shunt::validate {

namespace {

constexpr std::uint32_t kBudgetEndpoints = 1000;
// Generous by a factor of a hundred and more against the in-tree plugins, so that a busy machine finds nothing that is not
// there: what fails here does something quadratic. Waiting takes no CPU time.
constexpr double kBudgetMilliseconds = 5;
constexpr int kMeasurements = 5;

std::string with_digits(double milliseconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", milliseconds);
  return text;
}

}  // namespace

void case_allocations(CaseRun& run) {
  if (!has_allocation_probe()) {
    run.log().skip("allocations can be counted in a process of its own only, and not under a sanitizer");
    return;
  }
  const auto subject = run.create();
  if (subject == nullptr) return;
  for (const RequestForm form : {RequestForm::Usual, RequestForm::Full, RequestForm::Bare}) {
    for (const std::uint32_t endpoints : {1u, 64u, 500u}) {
      Scene scene = run.scene(endpoints);
      scene.request = form;
      scene.request_number = endpoints * 10 + static_cast<std::uint64_t>(form);
      Frame frame(*subject, scene);
      run.log().step("a request with " + scene.describe());
      Calls calls(*subject, run.log());
      // The loader and the C library prepare a thing or two in the first call of all.
      if (endpoints == 1 && form == RequestForm::Usual) calls.request(frame, {{}, true, false, true});
      calls.request(frame, {{}, true, true, true});
      for (const Calls::Allocated& one : calls.allocated()) {
        run.log().fail(one.function + " allocated " + std::to_string(one.count) + " times",
                       one.function +
                           " is [hot, concurrent]: no blocking, no allocation, no I/O. Use scratch, "
                           "request_state and call_alloc().",
                       "shunt/abi/base.h");
      }
    }
  }
}

void case_logging(CaseRun& run) {
  const auto subject = run.create();
  if (subject == nullptr) return;
  for (const RequestForm form : {RequestForm::Usual, RequestForm::Full}) {
    Scene scene = run.scene(16);
    scene.request = form;
    scene.request_number = static_cast<std::uint64_t>(form);
    Frame frame(*subject, scene);
    run.log().step("a request with " + scene.describe());
    Calls(*subject, run.log()).request(frame, {{}, true, false, true});
  }
  const ServiceNotes notes = subject->host().take_notes();
  if (notes.hot_log_lines > 0) {
    run.log().fail(std::to_string(notes.hot_log_lines) + " lines were logged by hot calls",
                   "log() is not for hot paths.", "shunt/abi/host.h");
  }
}

void case_budget(CaseRun& run) {
  const auto subject = run.create();
  if (subject == nullptr) return;
  Scene scene = run.scene(kBudgetEndpoints);
  Frame frame(*subject, scene);
  Calls calls(*subject, run.log());
  run.log().step("measuring a request over 1,000 endpoints");
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i < kMeasurements; ++i) {
    calls.request(frame, {{}, true, false, true});
    best = std::min(best, calls.milliseconds());
  }
  run.log().note("measured: " + with_digits(best) +
                 " ms of CPU time for the calls of one request over 1,000 endpoints, best of " +
                 std::to_string(kMeasurements) + "; budget " + with_digits(kBudgetMilliseconds) + " ms");
  if (best > kBudgetMilliseconds) {
    run.log().fail("the calls of one request over 1,000 endpoints took " + with_digits(best) +
                       " ms of CPU time, best of " + std::to_string(kMeasurements),
                   "Hot calls over 1,000 endpoints take less than " + with_digits(kBudgetMilliseconds) +
                       " ms of CPU time: this is a measurement on this machine.",
                   "docs/reference/validator.md");
  }
}

}  // namespace shunt::validate
