// SPDX-License-Identifier: Apache-2.0
// Level 4: the same answers again, in another order, and with other memory.

#include "answers_compare.hpp"
#include "case_catalog.hpp"

namespace shunt::validate {

namespace {

constexpr std::string_view kCycle = "shunt/abi/cycle.h";

std::vector<Answer> answers_of(CaseRun& run, Subject& subject, const Scene& scene, bool observe = false) {
  run.log().step("a request with " + scene.describe());
  Frame frame(subject, scene);
  return Calls(subject, run.log()).request(frame, {{}, true, false, observe});
}

}  // namespace

void case_services(CaseRun& run) {
  const auto subject = run.create();
  if (subject == nullptr) return;
  for (const Numbers numbers : {Numbers::Natural, Numbers::Partial, Numbers::Absent, Numbers::NotFinite}) {
    Scene scene = run.scene(9);
    scene.numbers = numbers;
    scene.request = numbers == Numbers::Partial ? RequestForm::Full : RequestForm::Usual;
    scene.request_number = static_cast<std::uint64_t>(numbers);
    answers_of(run, *subject, scene, true);
  }
  run.judge_services(*subject);
}

void case_determinism(CaseRun& run) {
  const auto first = run.create();
  const auto second = run.create();
  if (first == nullptr || second == nullptr) return;
  for (std::uint64_t k = 0; k < 6; ++k) {
    Scene scene = run.scene(k == 0 ? 1 : 40);
    scene.seed = derived_seed(run.job().seed, k);
    scene.request_number = k;
    const std::vector<Answer> once = answers_of(run, *first, scene);
    // A request of the same content: same number, zeroed state.
    first->forget_request(scene.request_number);
    const std::string again = difference(once, answers_of(run, *first, scene));
    const std::string elsewhere = difference(once, answers_of(run, *second, scene));
    if (!again.empty()) {
      run.log().fail("the same call, made twice, differs: " + again,
                     "The seed of the cycle is the only chance there is: the same call gives the same bytes.", kCycle);
    }
    if (!elsewhere.empty()) {
      run.log().fail("two instances with the same parameters differ: " + elsewhere,
                     "State lives in instances, and the same call gives the same bytes in each.", kCycle);
    }
  }
}

void case_permutation(CaseRun& run) {
  const auto subject = run.create();
  if (subject == nullptr) return;
  for (std::uint64_t k = 0; k < 6; ++k) {
    Scene scene = run.scene(k < 3 ? 8 : 33);
    scene.seed = derived_seed(run.job().seed, k);
    scene.request_number = k;
    scene.numbers = k % 3 == 2 ? Numbers::Partial : Numbers::Natural;
    const std::vector<Answer> straight = answers_of(run, *subject, scene);
    subject->forget_request(scene.request_number);
    scene.reversed = true;
    const std::string what = difference_by_key(straight, answers_of(run, *subject, scene));
    if (what.empty()) continue;
    run.log().fail(
        "with the endpoints in the opposite order " + what,
        "An answer belongs to an endpoint, known by view->key, and not to its row: draws are hash(seed, key).",
        "shunt/abi/column.h");
  }
}

void case_request_state(CaseRun& run) {
  const auto subject = run.create();
  if (subject == nullptr) return;
  Scene scene = run.scene(12);
  scene.request_number = 1;
  const std::vector<Answer> alone = answers_of(run, *subject, scene);
  Scene other = scene;
  other.request_number = 2;
  other.seed = scene.seed + 1;
  answers_of(run, *subject, other);
  subject->forget_request(scene.request_number);
  scene.scratch_fill = 0x3b;
  std::string what = difference(alone, answers_of(run, *subject, scene));
  if (!what.empty()) {
    run.log().fail("after another request, and with other bytes in the scratch memory, " + what,
                   "Scratch has undefined contents at each call, and request_state belongs to one request.", kCycle);
  }
  if (!subject->request_states_intact()) {
    run.log().fail("a call wrote outside its request_state",
                   "request_state is as large as create() asked for, and no larger.", "shunt/abi/host.h");
  }
}

}  // namespace shunt::validate
