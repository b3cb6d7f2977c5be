// SPDX-License-Identifier: Apache-2.0
// One run of a profile: filters, then weighted scorers, then the picker. What plugins answer is checked here.
#include "scheduling/cycle_calls.hpp"

#include "scheduling/gather.hpp"
#include "scheduling/hash.hpp"
#include "scheduling/score_marks.hpp"
#include "scheduling/tick_clock.hpp"

#include <shunt/sdk/kernels.h>

#include <algorithm>
#include <cstring>

namespace shunt {
namespace {

// Tells rows that the scorer did not write from rows where it wrote a NaN of its own: no arithmetic gives this payload.
constexpr std::uint64_t kUnwritten = 0x7ff8'5348'554e'5400ull;

}  // namespace

bool is_unwritten_score(double score) {
  std::uint64_t bits;
  std::memcpy(&bits, &score, sizeof bits);
  return bits == kUnwritten;
}

void Cycle::fail_run(const PlanInstance& plugin, std::string_view kind, std::int32_t status) {
  run_status_ = SHUNT_ERROR;
  run_error_.assign(kind);
  run_error_ += " \"";
  run_error_ += plugin.instance->name();
  run_error_ += "\" failed";
  run_error_ += failure_text(status);
}

void Cycle::run_profile(std::uint32_t index) {
  const ProfilePlan& profile = plan_->profiles[index];
  Candidates candidates = base_;
  shunt_result result{};
  result.size = sizeof result;
  result.profile = index;
  run_status_ = SHUNT_OK;
  run_error_.clear();

  bool alive = true;
  for (const FilterStep& step : profile.filters) {
    alive = apply_filter(index, step, candidates);
    if (!alive || candidates.count == 0) break;
  }
  if (alive && candidates.count == 0) {
    run_status_ = SHUNT_UNAVAILABLE;
    alive = false;
  }
  if (alive) {
    // The arena keeps totals and rows until the decision is made: later rounds and the handler look at them.
    auto* totals = memory<double>(candidates.count);
    shunt_fill(totals, candidates.count, 0.0);
    for (const ScorerStep& step : profile.scorers) {
      alive = apply_scorer(index, step, candidates, totals);
      if (!alive) break;
    }
    if (alive && candidates.base_rows != base_.base_rows) {
      auto* rows = memory<std::uint32_t>(candidates.count);
      std::copy_n(candidates.base_rows, candidates.count, rows);
      candidates.base_rows = rows;
    }
    // A failed run has no candidates to show: its totals are half a sum.
    if (alive && apply_picker(profile, candidates, totals, result)) {
      result.totals = totals;
      result.base_rows = candidates.base_rows;
      result.n_candidates = candidates.count;
    }
  }
  result.status = run_status_;
  result_errors_[results_.size()] = run_error_;
  results_.push_back(result);
  call_.done = results_.data();
  call_.n_done = static_cast<std::uint32_t>(results_.size());
  record_run(result);
}

bool Cycle::apply_filter(std::uint32_t profile, const FilterStep& step, Candidates& candidates) {
  const PlanInstance& plugin = plan_->instances[step.instance];
  auto* keep = keep_.ensure_array<std::uint8_t>(candidates.count);
  std::memset(keep, 1, candidates.count);
  const shunt_view view = view_of(step.instance, candidates);
  const bool called = may_call(step.instance);
  std::int32_t status = SHUNT_SKIP;
  if (called) [[likely]] {
    const shunt_cycle& call = begin_call(PluginFunction::Filter, step.instance, profile, 0);
    status = plugin.instance->filter->filter(plugin.instance->self(), &call, &view, keep);
    end_call(step.instance);
    settle(step.instance, is_fault(status));
  }

  // An error fails the request unless the config says otherwise; a breaker that would fail each of them has to be asked for.
  bool failed = !called && step.on_error == OnError::Fail;
  std::uint64_t odd = 0;
  std::uint32_t kept = candidates.count;
  if (status == SHUNT_OK) {
    kept = 0;
    for (std::uint32_t row = 0; row < candidates.count; ++row) {
      odd += keep[row] > 1;
      kept += keep[row] != 0;
    }
  } else if (is_fault(status)) {
    failed = step.on_error != OnError::Skip;
    fault(step.instance);
  }
  if (odd != 0) fault(step.instance, odd);
  if (failed) fail_run(plugin, "filter", status);
  if (tracing_) {
    TraceStage& stage = add_stage(TraceStage::Stage::Filter, step.instance, profile, status);
    stage.skipped = !called;
    stage.defaulted = (is_fault(status) || !called) && !failed;
    stage.faults = odd;
    stage.candidates_before = candidates.count;
    stage.candidates_after = failed ? 0 : kept;
    if (status == SHUNT_OK) {
      for (std::uint32_t row = 0; row < candidates.count; ++row) {
        if (keep[row] == 0) stage.dropped.push_back(snapshot_row(candidates.base_rows[row]));
      }
      trace_reasons(stage, step.instance, SHUNT_FILTER_ID, view);
    }
    last_tick_ = ticks();
  }
  if (failed) return false;
  if (kept < candidates.count) keep_only(step, candidates, kept);
  return true;
}

// Compacts: the next plugin sees survivors only. From the second filter on this happens in place.
void Cycle::keep_only(const FilterStep& step, Candidates& candidates, std::uint32_t kept) {
  const auto* keep = keep_.as<std::uint8_t>();
  auto* rows = kept_rows_.ensure_array<std::uint32_t>(candidates.count);
  std::uint32_t n = 0;
  for (std::uint32_t row = 0; row < candidates.count; ++row) {
    rows[n] = row;
    n += keep[row] != 0;
  }
  if (kept > 0) {
    auto* keys = stage_keys_.ensure_array<std::uint64_t>(base_.count);
    auto* base_rows = stage_rows_.ensure_array<std::uint32_t>(base_.count);
    shunt_gather_u64(candidates.keys, rows, kept, keys);
    shunt_gather_u32(candidates.base_rows, rows, kept, base_rows);
    const bool first = candidates.pointers == base_pointers_.data();
    for (const std::uint32_t i : step.gather) {
      const shunt_column from = first ? base_columns_[i] : stage_columns_[i];
      shunt_column& to = stage_columns_[i];
      to = from;
      if ((from.flags & SHUNT_COLUMN_FLAG_ABSENT) != 0) continue;
      const std::size_t width = column_width(from.type);
      void* data = stage_memory_[i].ensure(base_.count * width);
      gather_column(from.data, rows, kept, width, data);
      to.data = data;
      if (from.valid != nullptr) {
        auto* valid = stage_validity_[i].ensure_array<std::uint8_t>(base_.count);
        shunt_gather_u8(from.valid, rows, kept, valid);
        to.valid = valid;
      }
      if (from.as_of_ns != nullptr) {
        void* ages = stage_ages_[i].ensure(base_.count * sizeof(std::int64_t));
        gather_column(from.as_of_ns, rows, kept, sizeof(std::int64_t), ages);
        to.as_of_ns = static_cast<const std::int64_t*>(ages);
      }
    }
    candidates.keys = keys;
    candidates.base_rows = base_rows;
    candidates.pointers = stage_pointers_.data();
  }
  candidates.count = kept;
}

bool Cycle::apply_scorer(std::uint32_t profile, const ScorerStep& step, const Candidates& candidates, double* totals) {
  const PlanInstance& plugin = plan_->instances[step.instance];
  auto* scores = scores_.ensure_array<double>(candidates.count);
  shunt_fill(scores, candidates.count, shunt_bits_to_double(kUnwritten));
  const shunt_view view = view_of(step.instance, candidates);
  const bool called = may_call(step.instance);
  std::int32_t status = SHUNT_SKIP;
  shunt_clamp_counts counts = {0, 0};
  if (called) [[likely]] {
    const shunt_cycle& call = begin_call(PluginFunction::Score, step.instance, profile, 0);
    status = plugin.instance->scorer->score(plugin.instance->self(), &call, &view, scores);
    if (status == SHUNT_OK) counts = shunt_clamp_add(totals, scores, step.weight, candidates.count);
    end_call(step.instance);
    // A single wrong row is corrected, and the others are worth having.
    settle(step.instance, is_fault(status) || counts.faults >= candidates.count);
  }

  const bool failed = (is_fault(status) || !called) && step.on_error == OnError::Fail;
  if (is_fault(status)) fault(step.instance);
  if (counts.faults + counts.clamped != 0) fault(step.instance, counts.faults + counts.clamped);
  if (failed) fail_run(plugin, "scorer", status);
  if (tracing_) {
    TraceStage& stage = add_stage(TraceStage::Stage::Scorer, step.instance, profile, status);
    stage.weight = step.weight;
    stage.skipped = !called;
    stage.defaulted = (is_fault(status) || !called) && !failed;
    stage.faults = counts.faults;
    stage.clamped = counts.clamped;
    stage.candidates_before = stage.candidates_after = candidates.count;
    if (status == SHUNT_OK) {
      trace_scores(stage, candidates, step.weight);
      trace_reasons(stage, step.instance, SHUNT_SCORER_ID, view);
    }
    last_tick_ = ticks();
  }
  return !failed;
}

bool Cycle::apply_picker(const ProfilePlan& profile, const Candidates& candidates, const double* totals,
                         shunt_result& result) {
  const PlanInstance& plugin = plan_->instances[profile.picker];
  auto* rows = pick_rows_.ensure_array<std::uint32_t>(candidates.count);
  // What an earlier request's picker has left here must not look like an answer.
  std::memset(rows, 0xff, candidates.count * sizeof(std::uint32_t));
  const shunt_view view = view_of(profile.picker, candidates);
  const bool called = may_call(profile.picker);
  std::int32_t status = SHUNT_SKIP;
  std::uint32_t valid = 0;
  if (called) [[likely]] {
    std::uint32_t n = 0;
    const shunt_cycle& call = begin_call(PluginFunction::Pick, profile.picker, result.profile, 0);
    status = plugin.instance->picker->pick(plugin.instance->self(), &call, &view, totals, rows, candidates.count, &n);
    end_call(profile.picker);
    if (status == SHUNT_OK) valid = valid_picks(candidates, n);
    settle(profile.picker, valid == 0);
  }

  const bool refused = called && valid == 0;
  if (refused) fault(profile.picker);
  if (valid == 0) {
    if (status == SHUNT_OK) ctx_.set_error(SHUNT_OUT_OF_RANGE, "it did not pick distinct candidates");
    if (profile.picker_on_error == OnError::Fail) {
      fail_run(plugin, "picker", status);
    } else {
      rows[0] = best_row(candidates, totals, call_seed(profile.picker));
    }
  }
  if (tracing_) {
    TraceStage& stage = add_stage(TraceStage::Stage::Picker, profile.picker, result.profile, status);
    stage.skipped = !called;
    stage.defaulted = valid == 0 && profile.picker_on_error != OnError::Fail;
    stage.faults = refused ? 1 : 0;
    stage.candidates_before = candidates.count;
    stage.candidates_after = run_status_ == SHUNT_OK ? std::max(valid, 1u) : 0;
    trace_rows(stage, candidates);
    stage.weighted.assign(totals, totals + candidates.count);
    for (std::uint32_t k = 0; k < stage.candidates_after; ++k) {
      stage.picks.push_back(snapshot_row(candidates.base_rows[rows[k]]));
    }
    last_tick_ = ticks();
  }
  if (run_status_ != SHUNT_OK) return false;
  const std::uint32_t count = std::max(valid, 1u);
  auto* picks = memory<std::uint32_t>(count);
  for (std::uint32_t k = 0; k < count; ++k) picks[k] = candidates.base_rows[rows[k]];
  result.picks = picks;
  result.n_picks = count;
  return true;
}

// Room for `count` marks, none of which is seen_mark_ yet.
std::uint32_t* Cycle::fresh_marks(std::size_t count) {
  auto* marks = seen_.ensure_array<std::uint32_t>(count);
  if (++seen_mark_ == 0) {
    std::memset(marks, 0, seen_.size());
    seen_mark_ = 1;
  }
  return marks;
}

// How many picks there are if all are candidates and none comes twice, else 0.
std::uint32_t Cycle::valid_picks(const Candidates& candidates, std::uint32_t n) {
  if (n == 0 || n > candidates.count) return 0;
  const auto* rows = pick_rows_.as<std::uint32_t>();
  if (n == 1) return rows[0] < candidates.count ? 1 : 0;
  std::uint32_t* seen = fresh_marks(candidates.count);
  for (std::uint32_t k = 0; k < n; ++k) {
    if (rows[k] >= candidates.count || seen[rows[k]] == seen_mark_) return 0;
    seen[rows[k]] = seen_mark_;
  }
  return n;
}

// The built-in picker: highest total, ties by seeded hash so that neither row order nor an idle fleet decides.
std::uint32_t Cycle::best_row(const Candidates& candidates, const double* totals, std::uint64_t seed) const {
  const double best = shunt_max(totals, candidates.count);
  std::uint64_t row = shunt_find_equal(totals, candidates.count, 0, best);
  std::uint64_t chosen = row;
  while ((row = shunt_find_equal(totals, candidates.count, row + 1, best)) < candidates.count) {
    if (shunt_draw(seed, candidates.keys[row]) < shunt_draw(seed, candidates.keys[chosen])) chosen = row;
  }
  return static_cast<std::uint32_t>(chosen);
}

}  // namespace shunt
