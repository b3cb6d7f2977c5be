// SPDX-License-Identifier: Apache-2.0
// The handler's loop, the decision that comes of it, and those who hear of it.
#include "runtime/bounded_text.hpp"
#include "scheduling/cycle_calls.hpp"

#include <shunt/sdk/kernels.h>
#include <shunt/framework/live_counters.hpp>
#include <shunt/sdk/prompt_tokens.hpp>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

namespace shunt {
namespace {

constexpr std::size_t kMaximumCode = 128;
constexpr std::size_t kMaximumReason = 4096;

// Tokens of the prompt: as told, as given, or one for every four bytes, rounded up.
std::int64_t prompt_tokens(const Request& request) {
  const std::uint64_t tokens = request.prompt_tokens       ? *request.prompt_tokens
                               : request.token_ids.empty() ? shunt::sdk::estimated_tokens(request.prompt.size())
                                                           : request.token_ids.size();
  return static_cast<std::int64_t>(std::min<std::uint64_t>(tokens, std::numeric_limits<std::int64_t>::max()));
}

}  // namespace

void Cycle::reject(std::uint32_t status, std::string_view code, std::string_view reason) {
  decision_->outcome = Outcome::Rejected;
  decision_->http_status = status;
  decision_->code.assign(code);
  decision_->reason.assign(reason);
}

void Cycle::decide_with_handler() {
  const std::uint32_t handler = plan_->handler;
  if (may_call(handler)) [[likely]] {
    ++handler_runs_;
    handler_ticks_ = 0;
    handler_useless_ = false;
    // Profiles run between its calls, and may probe plugins of theirs.
    handler_probe_ = std::exchange(probe_, 0);
    if (plan_->instances[handler].on_error == OnError::Skip) keep_notes();
    if (run_handler()) conclude();
    settle_handler();
    return;
  }
  if (tracing_) add_stage(TraceStage::Stage::PickProfiles, handler, SHUNT_NONE, SHUNT_SKIP).skipped = true;
  decide_without_handler("is not called: its circuit breaker is open",
                         plan_->instances[handler].on_error == OnError::Fail);
}

// In place of what the handler would have said: the first profile decides alone.
void Cycle::decide_without_handler(std::string_view why, bool fails) {
  if (fails) {
    const Instance& instance = *plan_->instances[plan_->handler].instance;
    reject(500, "plugin-failed", "profile handler \"" + instance.name() + "\" " + std::string(why));
    return;
  }
  outcome_ = {};
  run_profile(0);
  decide_by(static_cast<std::uint32_t>(results_.size() - 1));
}

void Cycle::fail_handler(const std::string& what) {
  fault(plan_->handler);
  handler_useless_ = true;
  if (plan_->instances[plan_->handler].on_error == OnError::Skip) forget_handler();
  decide_without_handler(what, plan_->instances[plan_->handler].on_error != OnError::Skip);
}

// Copied into memory that stays, for a failure that may come.
void Cycle::keep_notes() {
  const auto& notes = decision_->annotations;
  kept_note_count_ = notes.size();
  if (kept_notes_.size() < notes.size()) kept_notes_.resize(notes.size());
  std::ranges::copy(notes, kept_notes_.begin());
}

// Half a result is none: headers, ports and values that it has set would go with a decision that is not its own.
void Cycle::forget_handler() {
  auto& notes = decision_->annotations;
  while (notes.size() > kept_note_count_) {
    decision_->spare_annotations.push_back(std::move(notes.back()));
    notes.pop_back();
  }
  std::copy_n(kept_notes_.begin(), kept_note_count_, notes.begin());
  const auto forget_values = [this](const PlanInstance& plugin) {
    for (const std::uint32_t value : plugin.value_outputs) {
      values_[value] = {sizeof(shunt_value), plan_->values[value].type, 0, 0, 0.0, 0, {nullptr, 0}};
    }
  };
  const PlanInstance& handler = plan_->instances[plan_->handler];
  forget_values(handler);
  for (const std::uint32_t peer : handler.peers) forget_values(plan_->instances[peer]);
}

bool Cycle::run_handler() {
  const std::uint32_t handler = plan_->handler;
  const Instance& instance = *plan_->instances[handler].instance;
  const std::uint32_t capacity = plan_->deciding_profiles;
  const auto fail = [&](const std::string& what) {
    fail_handler(what);
    return false;
  };
  for (;; ++round_) {
    std::uint32_t n = 0;
    // What an earlier call has left here must not look like an answer.
    std::ranges::fill(next_profiles_, SHUNT_NONE);
    const shunt_cycle& call =
        begin_call(PluginFunction::PickProfiles, handler, SHUNT_NONE, kMaySetValue | kMayAnnotate | kMaySetHeaders);
    const std::int32_t status = instance.profile_handler->pick_profiles(instance.self(), &call, &base_view_,
                                                                        next_profiles_.data(), capacity, &n);
    end_call(handler);
    handler_ticks_ = std::max(handler_ticks_, call_ticks_);
    if (status == SHUNT_SKIP) n = 0;  // whatever it has written: it names none
    const bool valid = n <= capacity && std::all_of(next_profiles_.begin(), next_profiles_.begin() + n,
                                                    [&](std::uint32_t profile) { return profile < capacity; });
    if (tracing_) {
      TraceStage& stage = add_stage(TraceStage::Stage::PickProfiles, handler, SHUNT_NONE, status);
      if (valid) stage.profiles.assign(next_profiles_.begin(), next_profiles_.begin() + n);
    }
    if (is_fault(status)) return fail("failed" + failure_text(status));
    if (!valid) return fail("named a profile that does not exist");
    if (n == 0) return true;
    if (round_ == plan_->handler_rounds) {
      return fail("did not come to an end after " + std::to_string(round_) + " rounds");
    }
    for (std::uint32_t k = 0; k < n; ++k) run_profile(next_profiles_[k]);
  }
}

void Cycle::conclude() {
  const std::uint32_t handler = plan_->handler;
  const Instance& instance = *plan_->instances[handler].instance;
  outcome_ = {};
  outcome_.size = sizeof outcome_;
  outcome_.primary_result = SHUNT_NONE;
  const shunt_cycle& call =
      begin_call(PluginFunction::ProcessResults, handler, SHUNT_NONE, kMayAnnotate | kMaySetHeaders | kMaySetPicks);
  const std::int32_t status = instance.profile_handler->process_results(instance.self(), &call, &base_view_, &outcome_);
  end_call(handler);
  handler_ticks_ = std::max(handler_ticks_, call_ticks_);
  if (tracing_) (void)add_stage(TraceStage::Stage::ProcessResults, handler, SHUNT_NONE, status);
  if (status != SHUNT_OK) return fail_handler("failed" + failure_text(status));
  if (outcome_.reject != 0) {
    std::uint32_t http_status = outcome_.http_status == 0 ? 429 : outcome_.http_status;
    if (http_status < 400 || http_status > 599) {
      fault(handler);
      http_status = 500;
    }
    const std::optional<std::string_view> code = bounded_view(outcome_.code, kMaximumCode);
    if (!code) fault(handler);
    reject(http_status, code.value_or("").empty() ? "rejected-by-handler" : *code, handler_reason());
    return;
  }
  if (outcome_.primary_result >= results_.size()) {
    return fail_handler(results_.empty() ? "ran no profile" : "chose a result that does not exist");
  }
  decide_by(outcome_.primary_result);
}

void Cycle::decide_by(std::uint32_t result) {
  const shunt_result& primary = results_[result];
  decision_->primary_profile = primary.profile;
  primary_result_ = result;
  if (primary.status == SHUNT_UNAVAILABLE) {
    reject(429, "rejected-saturated",
           "the filters of profile \"" + plan_->profiles[primary.profile].name + "\" left no endpoint");
  } else if (primary.status != SHUNT_OK) {
    reject(500, "plugin-failed", result_errors_[result]);
  } else {
    dispatch(result);
  }
}

// How a message goes on after "failed".
std::string Cycle::failure_text(std::int32_t status) const {
  if (!ctx_.error_text().empty()) return ": " + std::string(ctx_.error_text());
  return status > 0 ? ": it returned the unknown status " + std::to_string(status) : std::string();
}

// What the handler said, unless that is no text.
std::string_view Cycle::handler_reason() {
  const std::optional<std::string_view> reason = bounded_view(outcome_.reason, kMaximumReason);
  if (!reason) fault(plan_->handler);
  return reason.value_or(std::string_view());
}

void Cycle::dispatch(std::size_t primary) {
  const shunt_result& result = results_[primary];
  decision_->outcome = Outcome::Dispatched;
  decision_->primary_run = primary;
  decision_->reason.assign(handler_reason());
  for (std::uint32_t k = 0; k < result.n_picks; ++k) decision_->picks.push_back(snapshot_row(result.picks[k]));
  if (options_->fallbacks > 0) choose_fallbacks(result);
}

// Next best by total beyond the picks, ties by a hash that the request seeds.
void Cycle::choose_fallbacks(const shunt_result& primary) {
  auto* order = memory<std::uint32_t>(primary.n_candidates);
  std::uint32_t n = 0;
  std::uint32_t* picked = fresh_marks(base_.count);
  for (std::uint32_t k = 0; k < primary.n_picks; ++k) picked[primary.picks[k]] = seen_mark_;
  for (std::uint32_t k = 0; k < primary.n_candidates; ++k) {
    if (picked[primary.base_rows[k]] != seen_mark_) order[n++] = k;
  }
  const std::uint32_t wanted = std::min(options_->fallbacks, n);
  std::partial_sort(order, order + wanted, order + n, [&](std::uint32_t a, std::uint32_t b) {
    if (primary.totals[a] != primary.totals[b]) return primary.totals[a] > primary.totals[b];
    return shunt_draw(request_seed_, base_.keys[primary.base_rows[a]]) <
           shunt_draw(request_seed_, base_.keys[primary.base_rows[b]]);
  });
  for (std::uint32_t k = 0; k < wanted; ++k) {
    decision_->fallbacks.push_back(snapshot_row(primary.base_rows[order[k]]));
  }
}

void Cycle::record_run(const shunt_result& result) {
  Decision& decision = *decision_;
  if (decision.run_count == decision.runs.size()) decision.runs.emplace_back();
  ProfileRun& run = decision.runs[decision.run_count++];
  run.shadow.reset();
  run.profile = result.profile;
  run.status = result.status;
  run.picks.clear();
  run.rows.clear();
  run.totals.clear();
  for (std::uint32_t k = 0; k < result.n_picks; ++k) run.picks.push_back(snapshot_row(result.picks[k]));
  if (!options_->scores && !tracing_) return;
  for (std::uint32_t k = 0; k < result.n_candidates; ++k) run.rows.push_back(snapshot_row(result.base_rows[k]));
  if (result.totals != nullptr) run.totals.assign(result.totals, result.totals + result.n_candidates);
}

void Cycle::count_and_observe() {
  Decision& decision = *decision_;
  if (decision.dispatched()) {
    // Assume after pick: the next decision, on whatever thread, already sees this request.
    decision.counted_tokens = prompt_tokens(*request_);
    const_cast<LiveCounters&>(snapshot_->live())
        .add(snapshot_->live_slot(decision.picks.front()), 1, decision.counted_tokens);
  }
  shunt_decision told{};
  told.size = sizeof told;
  told.outcome = decision.dispatched() ? SHUNT_OUTCOME_DISPATCHED : SHUNT_OUTCOME_REJECTED;
  told.primary_profile = decision.primary_profile;
  told.primary_result = primary_result_;
  told.http_status = decision.dispatched() ? 0 : decision.http_status;
  told.n_results = static_cast<std::uint32_t>(results_.size());
  told.results = results_.data();
  told.result_stride = sizeof(shunt_result);
  for (const std::uint32_t observer : plan_->observers) {
    if (!may_call(observer)) [[unlikely]]
      continue;
    const Instance& instance = *plan_->instances[observer].instance;
    const shunt_cycle& call = begin_call(PluginFunction::Picked, observer, SHUNT_NONE, kMayAnnotate | kMaySetHeaders);
    instance.observer->picked(instance.self(), &call, &base_view_, &told);
    end_call(observer);
    settle(observer, false);
  }
}

}  // namespace shunt
