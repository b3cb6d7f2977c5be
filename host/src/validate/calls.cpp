// SPDX-License-Identifier: Apache-2.0
#include "calls.hpp"

#include <dlfcn.h>
#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace shunt::validate {

namespace {

constexpr std::string_view kBase = "shunt/abi/base.h";

std::string row_text(std::size_t row) { return " of row " + std::to_string(row); }

}  // namespace

bool is_literal_or_call_memory(const testing::FakeCall& made, shunt_str text) {
  if (text.data == nullptr || text.len == 0) return true;
  const auto at = reinterpret_cast<std::uintptr_t>(text.data);
  for (const auto& block : made.blocks) {
    const auto begin = reinterpret_cast<std::uintptr_t>(block.get());
    // Blocks do not know their size; none of a call is larger than what all of them take.
    if (at >= begin && at + text.len <= begin + made.allocated) return true;
  }
  Dl_info info{};
  return dladdr(text.data, &info) != 0;
}

double thread_milliseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

Answer& Calls::start(std::vector<Answer>& answers, Frame& frame, std::string function) {
  if (!options_.only_answers) log_.step(function + " with " + frame.scene().describe());
  Answer& answer = answers.emplace_back();
  answer.function = std::move(function);
  return answer;
}

void Calls::fail(const std::string& seen, std::string_view required, std::string_view source) {
  if (!options_.only_answers) log_.fail(seen, required, source);
}

void Calls::judge(const Answer& answer, const testing::FakeCall& made, std::initializer_list<std::int32_t> benign,
                  std::string_view source) {
  const bool known = answer.status <= SHUNT_OK || std::ranges::find(benign, answer.status) != benign.end();
  if (!known) {
    fail(answer.function + " returned the status " + std::to_string(answer.status),
         "A positive status that the function's comment does not name is a fault.", source);
  }
  if (answer.status < SHUNT_OK && made.error.empty()) {
    fail(answer.function + " returned the status " + std::to_string(answer.status) + " and no text",
         "A function that fails says why, with set_error().", kBase);
  }
  if (answer.status < SHUNT_OK && options_.demands.no_fault) {
    fail(answer.function + " failed: " + (made.error.empty() ? "status " + std::to_string(answer.status) : made.error),
         "An ordinary request is answered: a negative status is a fault of the plugin.", source);
  }
}

void Calls::judge_memory(const Answer& answer, const char* damaged, std::string_view source) {
  if (damaged != nullptr) {
    fail(answer.function + " wrote outside " + damaged,
         "Answers are written into the arrays that the host provides, and "
         "nowhere else.",
         source);
  }
  if (!subject_.request_states_intact()) {
    fail(answer.function + " wrote outside its request_state",
         "request_state is as large as create() asked for, and no larger.", "shunt/abi/host.h");
  }
}

void Calls::judge_text(const testing::FakeCall& made, shunt_str text, const std::string& what,
                       std::string_view source) {
  if (is_literal_or_call_memory(made, text)) return;
  fail(what + " is neither a literal nor memory of call_alloc()",
       "Texts that a plugin stores in a struct of the host are literals or call_alloc() memory of this call.", source);
}

std::vector<Answer> Calls::request(Frame& frame, const CallOptions& options) {
  options_ = options;
  milliseconds_ = 0;
  std::vector<Answer> answers;
  produce(frame, answers);
  std::vector<Run> runs = handle(frame, answers);
  filter(frame, answers);
  score(frame, answers);
  pick(frame, answers);
  process(frame, runs, answers);
  if (options.observe) picked(frame, runs, answers);
  return answers;
}

void Calls::filter(Frame& frame, std::vector<Answer>& answers) {
  const auto* table = subject_.table<shunt_filter_table>(SHUNT_FILTER_ID);
  if (table == nullptr) return;
  constexpr std::string_view kSource = "shunt/abi/filter.h";
  const shunt_view& view = frame.candidates();
  GuardedMemory memory;
  const auto keep = memory.output<std::uint8_t>("keep", view.count);
  std::ranges::fill(keep, std::uint8_t{1});
  testing::FakeCall made(subject_.instance(), testing::Stage::Hot);
  const shunt_cycle& cycle = frame.prepare(made, true, 0, {});
  Answer& answer = start(answers, frame, "filter()");
  call(answer, made, [&] { return table->filter(subject_.self(), &cycle, &view, keep.data()); });
  answer.keys.assign(view.key, view.key + view.count);
  answer.columns.emplace_back(keep.begin(), keep.end());
  judge(answer, made, {SHUNT_SKIP}, kSource);
  judge_memory(answer, memory.damaged() != nullptr ? memory.damaged() : frame.damaged(), kSource);
  const auto wrong = std::ranges::find_if(keep, [](std::uint8_t byte) { return byte > 1; });
  if (wrong != keep.end()) {
    fail("keep" + row_text(static_cast<std::size_t>(wrong - keep.begin())) + " is " + std::to_string(*wrong),
         "keep[i] is 1 for a candidate that stays and 0 for another.", kSource);
  }
  explain(frame, SHUNT_FILTER_ID, answers);
}

void Calls::score(Frame& frame, std::vector<Answer>& answers) {
  const auto* table = subject_.table<shunt_scorer_table>(SHUNT_SCORER_ID);
  if (table == nullptr) return;
  constexpr std::string_view kSource = "shunt/abi/scorer.h";
  const shunt_view& view = frame.candidates();
  GuardedMemory memory;
  const auto score = memory.output<double>("score", view.count);
  std::ranges::fill(score, std::numeric_limits<double>::quiet_NaN());
  testing::FakeCall made(subject_.instance(), testing::Stage::Hot);
  const shunt_cycle& cycle = frame.prepare(made, true, 0, {});
  Answer& answer = start(answers, frame, "score()");
  call(answer, made, [&] { return table->score(subject_.self(), &cycle, &view, score.data()); });
  answer.keys.assign(view.key, view.key + view.count);
  answer.columns.emplace_back(score.begin(), score.end());
  judge(answer, made, {SHUNT_SKIP}, kSource);
  judge_memory(answer, memory.damaged() != nullptr ? memory.damaged() : frame.damaged(), kSource);
  for (std::size_t i = 0; answer.status == SHUNT_OK && i < score.size(); ++i) {
    if (std::isnan(score[i]) && options_.demands.finite) {
      fail("the score" + row_text(i) + " is NaN or was not written",
           "Every candidate gets a score: a row left as NaN counts as a fault and scores 0.", kSource);
    } else if (std::isinf(score[i]) && options_.demands.finite) {
      fail("the score" + row_text(i) + " is infinite",
           "A score is finite: an infinite one counts as a fault and scores 0.", kSource);
    } else if (options_.demands.in_range && (score[i] < 0 || score[i] > 1)) {
      fail("the score" + row_text(i) + " is " + std::to_string(score[i]), "A score lies in [0, 1]; higher is better.",
           kSource);
    }
  }
  explain(frame, SHUNT_SCORER_ID, answers);
}

void Calls::pick(Frame& frame, std::vector<Answer>& answers) {
  const auto* table = subject_.table<shunt_picker_table>(SHUNT_PICKER_ID);
  const shunt_view& view = frame.candidates();
  if (table == nullptr || view.count == 0) return;  // a picker is not asked about nothing
  constexpr std::string_view kSource = "shunt/abi/picker.h";
  GuardedMemory inputs;
  GuardedMemory memory;
  const auto total = inputs.input<double>("total", view.count);
  for (std::uint32_t i = 0; i < view.count; ++i) {
    // All different, so that nobody has to break a tie; of both signs where the numbers are odd.
    const double share = static_cast<double>(view.key[i] >> 11) / 9007199254740992.0;
    total[i] = frame.scene().numbers == Numbers::Odd ? (share - 0.5) * 1e12 : share;
  }
  const auto rows = memory.output<std::uint32_t>("rows", view.count);
  std::ranges::fill(rows, SHUNT_NONE);
  std::uint32_t& n = memory.output<std::uint32_t>("n", 1)[0];
  n = 0;
  inputs.protect(true);
  testing::FakeCall made(subject_.instance(), testing::Stage::Hot);
  const shunt_cycle& cycle = frame.prepare(made, true, 0, {});
  Answer& answer = start(answers, frame, "pick()");
  call(answer, made,
       [&] { return table->pick(subject_.self(), &cycle, &view, total.data(), rows.data(), view.count, &n); });
  judge(answer, made, {}, kSource);
  judge_memory(answer, memory.damaged() != nullptr ? memory.damaged() : frame.damaged(), kSource);
  if (answer.status != SHUNT_OK) return;
  if (n == 0) fail("no row was picked", "pick() names between 1 and `capacity` rows.", kSource);
  if (n > view.count) {
    fail(std::to_string(n) + " rows were named with room for " + std::to_string(view.count),
         "pick() names at most `capacity` rows.", kSource);
  }
  std::vector<bool> seen(view.count);
  for (std::uint32_t i = 0; i < std::min(n, view.count); ++i) {
    if (rows[i] >= view.count) {
      fail("pick " + std::to_string(i) + " is row " + std::to_string(rows[i]) + " of a view with " +
               std::to_string(view.count) + " rows",
           "Picks are rows of the view, below view->count.", kSource);
      continue;
    }
    if (seen[rows[i]]) fail("row " + std::to_string(rows[i]) + " was picked twice", "Picks are distinct.", kSource);
    seen[rows[i]] = true;
    answer.list.push_back(view.key[rows[i]]);
  }
  explain(frame, SHUNT_PICKER_ID, answers);
}

void Calls::explain(Frame& frame, std::string_view id, std::vector<Answer>& answers) {
  const auto* table = subject_.table<shunt_explain_table>(SHUNT_EXPLAIN_ID);
  if (table == nullptr) return;
  constexpr std::string_view kSource = "shunt/abi/explain.h";
  const shunt_view& view = frame.candidates();
  GuardedMemory memory;
  const auto reason = memory.output<shunt_str>("reason", view.count);
  std::ranges::fill(reason, shunt_str{nullptr, 0});
  testing::FakeCall made(subject_.instance(), testing::Stage::Hot);
  const shunt_cycle& cycle = frame.prepare(made, true, 0, {});
  Answer& answer = start(answers, frame, "explain()");
  call(answer, made, [&] {
    return table->explain(subject_.self(), &cycle, &view, {id.data(), id.size()}, reason.data());
  });
  judge(answer, made, {SHUNT_SKIP}, kSource);
  judge_memory(answer, memory.damaged() != nullptr ? memory.damaged() : frame.damaged(), kSource);
  answer.keys.assign(view.key, view.key + view.count);
  std::vector<double>& lengths = answer.columns.emplace_back();
  for (std::size_t i = 0; i < reason.size(); ++i) {
    lengths.push_back(static_cast<double>(reason[i].len));
    judge_text(made, reason[i], "the reason" + row_text(i), kSource);
    if (reason[i].data != nullptr && reason[i].len > 200) {
      fail("the reason" + row_text(i) + " has " + std::to_string(reason[i].len) + " bytes",
           "A reason has at most 200 bytes.", kSource);
    }
  }
}

}  // namespace shunt::validate
