// SPDX-License-Identifier: Apache-2.0
// Hot calls with ordinary and unusual input.
#include <initializer_list>

#include "case_catalog.hpp"

namespace shunt::validate {

namespace {

// Strange numbers may lead out of [0, 1], where the host clamps them.
constexpr Demands kFinite{true, false, true};
constexpr Demands kLegal{false, false, false};
constexpr Demands kLegalWithoutTexts{false, false, false, false};

void request(CaseRun& run, Subject& subject, const Scene& scene, const Demands& demands = {}) {
  Frame frame(subject, scene);
  Calls(subject, run.log()).request(frame, {demands, false, false, true});
}

}  // namespace

void case_answers(CaseRun& run) {
  const auto subject = run.create();
  if (subject == nullptr) return;
  std::uint64_t number = 0;
  for (const std::uint32_t endpoints : {1u, 2u, 8u}) {
    for (std::uint64_t k = 0; k < 8; ++k) {
      Scene scene = run.scene(endpoints);
      scene.seed = derived_seed(run.job().seed, k);
      scene.request_number = number++;
      request(run, *subject, scene);
    }
  }
}

void case_sizes(CaseRun& run) {
  const auto subject = run.create();
  if (subject == nullptr) return;
  std::uint64_t number = 0;
  for (const std::uint32_t endpoints : {0u, 63u, 64u, 65u, 1000u, 10000u}) {
    Scene scene = run.scene(endpoints);
    scene.request_number = number++;
    request(run, *subject, scene);
  }
}

void case_absent_columns(CaseRun& run) {
  const auto subject = run.create();
  if (subject == nullptr) return;
  for (const Numbers numbers : {Numbers::Absent, Numbers::Partial}) {
    for (const std::uint32_t endpoints : {0u, 1u, 9u, 65u}) {
      Scene scene = run.scene(endpoints);
      scene.numbers = numbers;
      request(run, *subject, scene);
    }
  }
}

void case_odd_numbers(CaseRun& run) {
  const auto subject = run.create();
  if (subject == nullptr) return;
  for (std::uint64_t k = 0; k < 8; ++k) {
    Scene scene = run.scene(k % 2 == 0 ? 9 : 64);
    scene.numbers = Numbers::Odd;
    scene.seed = derived_seed(run.job().seed, k);
    request(run, *subject, scene, kFinite);
  }
}

void case_not_finite(CaseRun& run) {
  const auto subject = run.create();
  if (subject == nullptr) return;
  for (std::uint64_t k = 0; k < 8; ++k) {
    Scene scene = run.scene(k % 2 == 0 ? 9 : 64);
    scene.numbers = Numbers::NotFinite;
    scene.seed = derived_seed(run.job().seed, k);
    request(run, *subject, scene, kLegal);
  }
}

void case_requests(CaseRun& run) {
  const auto subject = run.create();
  if (subject == nullptr) return;
  std::uint64_t number = 0;
  for (const RequestForm form : {RequestForm::Bare, RequestForm::Full}) {
    for (const std::uint32_t attempt : {0u, 2u}) {
      Scene scene = run.scene();
      scene.request = form;
      scene.request_number = number++ / 2;  // the second decision of a request is a retry
      scene.attempt = attempt;
      request(run, *subject, scene);
    }
  }
}

void case_filtered(CaseRun& run) {
  const auto subject = run.create();
  if (subject == nullptr) return;
  for (const std::uint32_t endpoints : {1u, 2u, 9u, 130u}) {
    Scene scene = run.scene(endpoints);
    scene.every_second = true;
    request(run, *subject, scene);
  }
}

void case_failed_runs(CaseRun& run) {
  const auto subject = run.create();
  if (subject == nullptr) return;
  for (const std::uint32_t endpoints : {0u, 3u}) {
    Scene scene = run.scene(endpoints);
    scene.all_runs_fail = true;
    request(run, *subject, scene);
  }
}

void case_arena(CaseRun& run) {
  const auto subject = run.create();
  if (subject == nullptr) return;
  for (const std::uint64_t bytes : {0u, 16u, 200u}) {
    subject->host().fake().set_arena_bytes(bytes);
    Scene scene = run.scene(64);
    request(run, *subject, scene, kLegalWithoutTexts);
    scene.request = RequestForm::Full;
    scene.numbers = Numbers::Partial;
    request(run, *subject, scene, kLegalWithoutTexts);
  }
}

}  // namespace shunt::validate
