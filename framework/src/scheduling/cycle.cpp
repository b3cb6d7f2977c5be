// SPDX-License-Identifier: Apache-2.0
#include "scheduling/cycle.hpp"

#include "scheduling/hash.hpp"
#include "scheduling/tick_clock.hpp"

#include <algorithm>

namespace shunt {

Cycle::Cycle() : epoch_(Reclaimer::process().join()) {
  no_queue_.size = sizeof no_queue_;
  no_queue_.band_stride = sizeof(shunt_queue_band);
  ctx_.effects = this;
}

Cycle::~Cycle() { Reclaimer::process().leave(epoch_); }

void Cycle::bind(std::shared_ptr<const Generation> generation, std::mutex& totals) {
  generation_ = std::move(generation);
  plan_ = &generation_->plan();
  const std::size_t columns = plan_->columns.size();
  base_columns_.assign(columns, {});
  stage_columns_.assign(columns, {});
  for (std::size_t i = 0; i < columns; ++i) {
    base_columns_[i].size = stage_columns_[i].size = sizeof(shunt_column);
    base_columns_[i].type = stage_columns_[i].type = plan_->columns[i].type;
  }
  column_memory_ = std::vector<Buffer>(columns);
  column_validity_ = std::vector<Buffer>(columns);
  stage_memory_ = std::vector<Buffer>(columns);
  stage_validity_ = std::vector<Buffer>(columns);
  stage_ages_ = std::vector<Buffer>(columns);
  base_pointers_.assign(plan_->column_slots, nullptr);
  stage_pointers_.assign(plan_->column_slots, nullptr);
  value_pointers_.assign(plan_->value_slots, nullptr);
  values_.assign(plan_->values.size(), {});
  callees_.clear();
  peer_frames_.clear();
  std::size_t most_outputs = 0;
  for (const PlanInstance& bound : plan_->instances) {
    for (std::size_t slot = 0; slot < bound.columns.size(); ++slot) {
      base_pointers_[bound.column_offset + slot] = &base_columns_[bound.columns[slot]];
      stage_pointers_[bound.column_offset + slot] = &stage_columns_[bound.columns[slot]];
    }
    for (std::size_t slot = 0; slot < bound.values.size(); ++slot) {
      value_pointers_[bound.value_offset + slot] = &values_[bound.values[slot]];
    }
    callees_.push_back({bound.instance, bound.instance->name_hash(), bound.instance->mark().index(), bound.state_offset,
                        value_pointers_.data() + bound.value_offset, bound.column_offset,
                        bound.instance->scratch_bytes > 0, bound.instance->request_state_bytes > 0});
    peer_frames_.push_back(bound.is_peer ? std::make_unique<PeerFrame>() : nullptr);
    if (bound.is_peer) {
      peer_frames_.back()->ctx.effects = this;
      peer_frames_.back()->scratch.ensure(bound.instance->scratch_bytes);
    }
    most_outputs = std::max(most_outputs, bound.outputs.size());
  }
  outputs_.assign(most_outputs, {});
  output_memory_.assign(most_outputs, {});
  output_columns_.assign(plan_->outputs.size(), SHUNT_NONE);
  for (std::uint32_t i = 0; i < columns; ++i) {
    const PlanColumn& column = plan_->columns[i];
    if (column.source == PlanColumn::Source::Request) output_columns_[column.output] = i;
  }
  const std::size_t most_results = plan_->profiles.size() * plan_->handler_rounds + 1;
  results_.reserve(most_results);
  result_errors_.resize(most_results);
  next_profiles_.assign(std::max<std::size_t>(1, plan_->profiles.size()), 0);
  scratch_.ensure(plan_->scratch_bytes);
  {
    const std::lock_guard lock(totals);
    hand_in();
    times_.assign(plan_->instances.size(), {});
    told_calls_.assign(plan_->instances.size(), 0);
    handler_runs_ = 0;
    ledgers_.clear();
    for (const PlanInstance& bound : plan_->instances) ledgers_.push_back(bound.instance->ledger);
    shadow_counts_.assign(plan_->shadow_ledgers.size(), {});
    shadow_ledgers_ = plan_->shadow_ledgers;
  }
  nanoseconds_per_tick_ = nanoseconds_per_tick();
  budget_ticks_ = static_cast<std::uint64_t>(static_cast<double>(plan_->budget_ns) / nanoseconds_per_tick_);
  filled_version_ = 0;
}

void Cycle::hand_in() {
  for_each_count([](CallCounts& ledger, const CallCounts& counted) { ledger += counted; });
  for_each_shadow([](ShadowCounts& ledger, const ShadowCounts& counted) { ledger += counted; });
  for (CallCounts& time : times_) time = {};
  for (ShadowCounts& counts : shadow_counts_) counts = {};
  std::ranges::fill(told_calls_, 0);
  handler_runs_ = 0;
}

void Cycle::run(const Snapshot& snapshot, Request& request, const ScheduleOptions& options, Decision& decision) {
  const std::uint64_t started = ticks();
  last_tick_ = started;
  snapshot_ = &snapshot;
  request_ = &request;
  options_ = &options;
  decision_ = &decision;
  tracing_ = options.trace;
  breakers_ = plan_->breaker.enabled ? options.breakers : BreakerUse::Ignore;
  round_ = 0;
  results_.clear();
  primary_result_ = SHUNT_NONE;
  arena_.reset();
  // The base view of the last request may lie in a snapshot that is gone by now.
  base_ = {};
  base_to_snapshot_ = row_index_ = nullptr;
  row_index_mask_ = layout_ = 0;
  decision.clear();
  decision.seed = options.seed;
  decision.now_ns = options.now_ns;
  decision.generation = generation_->number();
  decision.snapshot_version = snapshot.version();

  request_seed_ = mix(mix(options.seed, request.number), request.attempt);
  call_.size = sizeof call_;
  call_.attempt = request.attempt;
  call_.now_ns = options.now_ns;
  call_.request = &request.raw();
  call_.done = results_.data();
  call_.n_done = 0;
  call_.done_stride = sizeof(shunt_result);
  call_.pool = &pool_;
  call_.queue = options.queue != nullptr ? options.queue : &no_queue_;
  call_.ctx = &ctx_;
  call_.base = &base_view_;
  if (plan_->state_bytes > 0) {
    // A retry goes on with what earlier attempts have left, unless they ran on another generation.
    if (request.plugin_state.size() != plan_->state_bytes || request.attempt == 0 ||
        request.plugin_state_generation != generation_->number()) {
      request.plugin_state.assign(plan_->state_bytes, std::byte{0});
      request.plugin_seen.assign(plan_->instances.size(), 0);
      request.plugin_state_generation = generation_->number();
    }
  }

  // An exception may leave a call half-way; its mark would look like one that never ends.
  const struct Marked {
    explicit Marked(MarkedThread& entry, Cycle& decides, std::uint64_t generation) : thread(entry), cycle(decides) {
      thread.generation.store(generation, std::memory_order_relaxed);
      thread.cycle.store(&cycle, std::memory_order_relaxed);
    }
    ~Marked() {
      end_mark(thread);
      if ((cycle.probe_ | cycle.handler_probe_) != 0) [[unlikely]]
        cycle.lose_probes();
    }
    Marked(const Marked&) = delete;
    Marked& operator=(const Marked&) = delete;
    MarkedThread& thread;
    Cycle& cycle;
  } marked(*(marks_ = &this_marked_thread()), *this, generation_->number());
  const Reclaimer::Busy busy(*epoch_);
  // Those who hear of decisions look at all of this, also when there is nothing to decide.
  prepare_base();
  prepare_pool();
  prepare_values();
  if (!generation_->can_decide()) {
    reject(500, "no-profile", "the config has no scheduling profile");
  } else if (base_.count == 0) {
    reject(503, "rejected-no-endpoints",
           snapshot.size() == 0                        ? "there is no endpoint"
           : options.subset && options.subset->empty() ? "no endpoint may be used"
                                                       : "every endpoint is excluded for this request");
  } else {
    if (options.replay != nullptr)
      replay_outputs();
    else
      run_producers();
    decide_with_handler();
  }
  if (options.count) count_and_observe();
  if (plan_->deciding_profiles < plan_->profiles.size() && base_.count != 0) [[unlikely]]
    run_shadows();
  if (options.timings) {
    decision.duration_ns = static_cast<std::uint64_t>(static_cast<double>(ticks() - started) * nanoseconds_per_tick_);
  }
}

}  // namespace shunt
