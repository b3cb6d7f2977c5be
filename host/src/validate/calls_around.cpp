// SPDX-License-Identifier: Apache-2.0
// Calls of producers, profile handlers and observers: those that see the base view.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <new>

#include "calls.hpp"

namespace shunt::validate {

namespace {

// As many as a host allows by default.
constexpr std::uint32_t kMostRounds = 8;
constexpr std::size_t kOutputStride = sizeof(shunt_output) + 64;

// One output of produce(), with memory of its own.
struct Output {
  testing::DeclaredOutput declared;
  std::span<std::uint8_t> data;
  std::span<std::uint8_t> valid;
  shunt_output* raw = nullptr;

  double at(std::size_t row) const {
    if (declared.type != SHUNT_COLUMN_NUMBER) return data[row];
    double value = 0;
    std::memcpy(&value, data.data() + row * sizeof value, sizeof value);
    return value;
  }
  bool has(std::size_t row) const {
    return raw->state == SHUNT_OUTPUT_ALL || (raw->state == SHUNT_OUTPUT_PARTIAL && valid[row] == 1);
  }
};

std::vector<Output> outputs_of(const Subject& subject, std::uint32_t rows, GuardedMemory& memory,
                               std::span<std::byte>& structs) {
  std::vector<Output> outputs;
  for (const testing::DeclaredOutput& declared : subject.declared().outputs) {
    if (declared.scope == SHUNT_SCOPE_REQUEST) outputs.push_back({declared, {}, {}, nullptr});
  }
  structs = memory.output<std::byte>("out", outputs.size() * kOutputStride);
  std::ranges::fill(structs, std::byte{0xc5});
  for (std::size_t slot = 0; slot < outputs.size(); ++slot) {
    Output& output = outputs[slot];
    const std::size_t cell = output.declared.type == SHUNT_COLUMN_NUMBER ? sizeof(double) : 1;
    output.data = memory.output<std::uint8_t>("out[].data", rows * cell);
    output.valid = memory.output<std::uint8_t>("out[].valid", rows);
    std::ranges::fill(output.data, std::uint8_t{0});
    std::ranges::fill(output.valid, std::uint8_t{0});
    output.raw = new (structs.data() + slot * kOutputStride) shunt_output{
        sizeof(shunt_output), output.declared.type, SHUNT_OUTPUT_ABSENT, rows, output.data.data(), output.valid.data()};
  }
  return outputs;
}

}  // namespace

void Calls::produce(Frame& frame, std::vector<Answer>& answers) {
  const auto* table = subject_.table<shunt_producer_table>(SHUNT_PRODUCER_ID);
  if (table == nullptr) return;
  constexpr std::string_view kSource = "shunt/abi/producer.h";
  const shunt_view& view = frame.base();
  GuardedMemory memory;
  std::span<std::byte> structs;
  const std::vector<Output> outputs = outputs_of(subject_, view.count, memory, structs);
  testing::FakeCall made(subject_.instance(), testing::Stage::Produce);
  const shunt_cycle& cycle = frame.prepare(made, false, 0, {});
  Answer& answer = start(answers, frame, "produce()");
  call(answer, made, [&] {
    return table->produce(subject_.self(), &cycle, &view, reinterpret_cast<shunt_output*>(structs.data()),
                          static_cast<std::uint32_t>(outputs.size()), static_cast<std::uint32_t>(kOutputStride));
  });
  judge(answer, made, {SHUNT_SKIP}, kSource);
  judge_memory(answer, memory.damaged() != nullptr ? memory.damaged() : frame.damaged(), kSource);
  answer.keys.assign(view.key, view.key + view.count);
  for (const Output& output : outputs) {
    std::vector<double>& column = answer.columns.emplace_back();
    if (output.raw->state > SHUNT_OUTPUT_PARTIAL) {
      fail("the state of the output \"" + output.declared.name + "\" is " + std::to_string(output.raw->state),
           "The state of an output is SHUNT_OUTPUT_ABSENT, _ALL or _PARTIAL.", kSource);
    }
    if (output.raw->data != output.data.data() || output.raw->valid != output.valid.data()) {
      fail("the pointers of the output \"" + output.declared.name + "\" were changed",
           "Memory never changes owner: answers are written into the arrays that the host provides.",
           "shunt/abi/base.h");
    }
    for (std::uint32_t row = 0; row < view.count; ++row) {
      const bool present = answer.status == SHUNT_OK && output.has(row);
      const double value = present ? output.at(row) : std::numeric_limits<double>::quiet_NaN();
      column.push_back(value);
      if (!present) continue;
      const std::string where = "the output \"" + output.declared.name + "\" of row " + std::to_string(row);
      if (!std::isfinite(value) && options_.demands.finite) {
        fail(where + " is not finite", "Produced numbers are finite; others are counted and become absent.", kSource);
      }
      if (output.declared.type == SHUNT_COLUMN_FLAG && value > 1) {
        fail(where + " is " + std::to_string(value), "A produced flag is 0 or 1.", "shunt/abi/column.h");
      }
    }
  }
}

// Rounds of pick_profiles() until it names none, as the host does. Answers with the runs that came of it.
std::vector<Run> Calls::handle(Frame& frame, std::vector<Answer>& answers) {
  std::vector<Run> runs;
  const auto* table = subject_.table<shunt_profile_handler_table>(SHUNT_PROFILE_HANDLER_ID);
  if (table == nullptr) return {{0, SHUNT_OK}};
  constexpr std::string_view kSource = "shunt/abi/profile_handler.h";
  const std::uint32_t capacity = std::max(subject_.profiles(), 1u);
  for (std::uint32_t round = 0;; ++round) {
    GuardedMemory memory;
    const auto next = memory.output<std::uint32_t>("next", capacity);
    std::ranges::fill(next, SHUNT_NONE);
    std::uint32_t& n = memory.output<std::uint32_t>("n", 1)[0];
    n = 0;
    testing::FakeCall made(subject_.instance(), testing::Stage::PickProfiles);
    const shunt_cycle& cycle = frame.prepare(made, false, round, runs);
    Answer& answer = start(answers, frame, "pick_profiles()");
    call(answer, made,
         [&] { return table->pick_profiles(subject_.self(), &cycle, &frame.base(), next.data(), capacity, &n); });
    judge(answer, made, {SHUNT_SKIP}, kSource);
    judge_memory(answer, memory.damaged() != nullptr ? memory.damaged() : frame.damaged(), kSource);
    if (answer.status != SHUNT_OK || n == 0) return runs;
    if (n > capacity) {
      fail(std::to_string(n) + " profiles were named with room for " + std::to_string(capacity),
           "pick_profiles() names at most `capacity` profiles.", kSource);
    }
    for (std::uint32_t i = 0; i < std::min(n, capacity); ++i) {
      answer.list.push_back(next[i]);
      if (next[i] >= subject_.profiles()) {
        fail("profile " + std::to_string(next[i]) + " was named, and there are " + std::to_string(subject_.profiles()),
             "An unknown profile fails the request: indices are below profile_count().", kSource);
        return runs;
      }
      runs.push_back({next[i], frame.scene().all_runs_fail ? SHUNT_UNAVAILABLE : SHUNT_OK});
    }
    if (round + 1 == kMostRounds || runs.size() >= kMostRuns) {
      fail("after " + std::to_string(round + 1) + " rounds and " + std::to_string(runs.size()) +
               " profile runs pick_profiles() still names profiles",
           "pick_profiles() is called again until it names none; rounds are bounded.", kSource);
      return runs;
    }
  }
}

void Calls::process(Frame& frame, const std::vector<Run>& runs, std::vector<Answer>& answers) {
  const auto* table = subject_.table<shunt_profile_handler_table>(SHUNT_PROFILE_HANDLER_ID);
  if (table == nullptr) return;
  constexpr std::string_view kSource = "shunt/abi/profile_handler.h";
  GuardedMemory memory;
  shunt_outcome& outcome = memory.output<shunt_outcome>("outcome", 1)[0];
  outcome = {};
  outcome.size = sizeof outcome;
  outcome.primary_result = SHUNT_NONE;
  testing::FakeCall made(subject_.instance(), testing::Stage::ProcessResults);
  const shunt_cycle& cycle = frame.prepare(made, false, 0, runs);
  Answer& answer = start(answers, frame, "process_results()");
  call(answer, made, [&] { return table->process_results(subject_.self(), &cycle, &frame.base(), &outcome); });
  judge(answer, made, {}, kSource);
  judge_memory(answer, memory.damaged() != nullptr ? memory.damaged() : frame.damaged(), kSource);
  if (answer.status != SHUNT_OK) return;
  answer.list = {outcome.primary_result, outcome.reject, outcome.http_status};
  judge_text(made, outcome.code, "the code of the outcome", kSource);
  judge_text(made, outcome.reason, "the reason of the outcome", kSource);
  if (outcome.reject > 1) {
    fail("outcome->reject is " + std::to_string(outcome.reject), "outcome->reject is 0 or 1.", kSource);
  } else if (outcome.reject == 1) {
    const bool is_error = outcome.http_status == 0 || (outcome.http_status >= 400 && outcome.http_status <= 599);
    if (!is_error) {
      fail("the request was rejected with HTTP status " + std::to_string(outcome.http_status),
           "A rejection has an HTTP status from 400 to 599, or 0 for 429.", kSource);
    }
    if (options_.demands.texts && (outcome.code.data == nullptr || outcome.code.len == 0)) {
      fail("the request was rejected without a code", "A rejection has a code: a short stable word.", kSource);
    }
  } else if (outcome.primary_result >= cycle.n_done) {
    fail(outcome.primary_result == SHUNT_NONE
             ? "neither a primary result nor a rejection came out of " + std::to_string(cycle.n_done) + " profile runs"
             : "the primary result is " + std::to_string(outcome.primary_result) + " of " +
                   std::to_string(cycle.n_done) + " profile runs",
         "process_results() chooses one of the results, or rejects.", kSource);
  }
}

void Calls::picked(Frame& frame, const std::vector<Run>& runs, std::vector<Answer>& answers) {
  const auto* table = subject_.table<shunt_observer_table>(SHUNT_OBSERVER_ID);
  if (table == nullptr || table->picked == nullptr) return;
  constexpr std::string_view kSource = "shunt/abi/observer.h";
  testing::FakeCall made(subject_.instance(), testing::Stage::Picked);
  const shunt_cycle& cycle = frame.prepare(made, false, 0, runs);
  const bool found = cycle.n_done > 0 && frame.candidates().count > 0 && !frame.scene().all_runs_fail;
  GuardedMemory memory;
  auto& decision = memory.structure<shunt_decision>("decision");
  decision = {};
  decision.size = sizeof decision;
  decision.outcome = found ? SHUNT_OUTCOME_DISPATCHED : SHUNT_OUTCOME_REJECTED;
  decision.primary_profile = found ? runs[0].profile : SHUNT_NONE;
  decision.primary_result = found ? 0 : SHUNT_NONE;
  decision.http_status = found ? 0 : 503;
  decision.n_results = cycle.n_done;
  decision.results = cycle.done;
  decision.result_stride = cycle.done_stride;
  memory.protect(true);
  Answer& answer = start(answers, frame, "picked()");
  call(answer, made, [&] {
    table->picked(subject_.self(), &cycle, &frame.base(), &decision);
    return SHUNT_OK;
  });
  judge_memory(answer, frame.damaged(), kSource);
}

}  // namespace shunt::validate
