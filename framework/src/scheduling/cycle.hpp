// SPDX-License-Identifier: Apache-2.0
// cycle.hpp: one run of the scheduler for one request, on memory that one thread keeps from request to request.
#pragma once

#include <shunt/framework/call_marks.hpp>
#include <shunt/framework/scheduler.hpp>

#include "runtime/call_context.hpp"
#include "runtime/generation_plan.hpp"
#include "runtime/reclaimer.hpp"
#include "scheduling/arena.hpp"
#include "scheduling/buffer.hpp"

#include <boost/json/object.hpp>

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <string_view>
#include <vector>

namespace shunt {

class Cycle final : public CallEffects {
 public:
  Cycle();
  ~Cycle();
  // Takes over a generation: everything whose size depends on it is built here, so that run() allocates nothing.
  // The counts of the one before go to the ledgers of its instances, under `totals`.
  void bind(std::shared_ptr<const Generation> generation, std::mutex& totals);
  void run(const Snapshot& snapshot, Request& request, const ScheduleOptions& options, Decision& decision);
  std::span<const CallCounts> times() const { return times_; }
  // Under the same mutex as bind(): adds the counts to the ledgers and begins anew.
  void hand_in();
  // Likewise, from any thread, while run() goes on in its own.
  template <class Visit>
  void for_each_count(Visit&& visit) const;
  template <class Visit>
  void for_each_shadow(Visit&& visit) const;
  // What run() was called with, while it is on the stack: config, endpoints, request and so on. From another thread only
  // while the one that runs it stands still.
  boost::json::object inputs() const;

  std::int32_t set_value(shunt_ctx& ctx, std::uint32_t slot, const shunt_value& value) override;
  std::int32_t annotate(shunt_ctx& ctx, std::uint32_t kind, std::string_view name, std::string_view text,
                        bool removes) override;
  std::int32_t set_picks(shunt_ctx& ctx, std::uint32_t result, const std::uint32_t* base_rows,
                         std::uint32_t n) override;
  std::int32_t peer_call(shunt_ctx& ctx, std::uint32_t slot, const shunt_cycle** cycle,
                         const shunt_view** base) override;

 private:
  // The candidates of a stage: which rows, and where their columns lie.
  struct Candidates {
    std::uint32_t count = 0;
    const std::uint64_t* keys = nullptr;
    const std::uint32_t* base_rows = nullptr;
    const shunt_column* const* pointers = nullptr;  // slots of all instances, one after the other
  };

  // Memory of this request. Throws std::bad_alloc, which ends the request and not the process.
  template <class T>
  T* memory(std::size_t count) {
    T* found = arena_.allocate_array<T>(count);
    if (found == nullptr) throw std::bad_alloc();
    return found;
  }

  // cycle_base.cpp: the base view.
  void prepare_base();
  void fill_stored(std::uint32_t column);
  void fill_membership(std::uint32_t column);
  void fill_live(std::uint32_t column);
  void fill_load(std::uint32_t column);
  void set_absent(shunt_column& column) const;
  void exclude_endpoints();
  void index_base_rows();
  void prepare_values();
  void prepare_pool();

  // cycle_outputs.cpp: what producers write.
  // Where an output lies; what the plugin does to its shunt_output changes nothing here.
  struct OutputMemory {
    std::byte* data = nullptr;
    std::uint8_t* valid = nullptr;
  };
  void run_producers();
  void run_producer(std::uint32_t producer);
  std::uint64_t accept_output(std::uint32_t output, std::uint32_t state, const OutputMemory& memory);
  void replay_outputs();

  // profile_run.cpp: filters, scorers, picker.
  void run_profile(std::uint32_t profile);
  bool apply_filter(std::uint32_t profile, const FilterStep& step, Candidates& candidates);
  void keep_only(const FilterStep& step, Candidates& candidates, std::uint32_t kept);
  bool apply_scorer(std::uint32_t profile, const ScorerStep& step, const Candidates& candidates, double* totals);
  bool apply_picker(const ProfilePlan& profile, const Candidates& candidates, const double* totals,
                    shunt_result& result);
  std::uint32_t valid_picks(const Candidates& candidates, std::uint32_t n);
  std::uint32_t* fresh_marks(std::size_t count);
  std::uint32_t best_row(const Candidates& candidates, const double* totals, std::uint64_t seed) const;
  void fail_run(const PlanInstance& plugin, std::string_view kind, std::int32_t status);

  // shadow_runs.cpp: profiles that are only compared.
  void run_shadows();
  ShadowResult run_shadow(std::uint32_t profile, std::size_t shadowed);

  // cycle_outcome.cpp: handler, result, observers.
  void decide_with_handler();
  void decide_without_handler(std::string_view why, bool fails);
  bool run_handler();
  void conclude();
  void fail_handler(const std::string& what);
  void keep_notes();
  void forget_handler();
  void decide_by(std::uint32_t result);
  void reject(std::uint32_t status, std::string_view code, std::string_view reason);
  std::string_view handler_reason();
  void dispatch(std::size_t primary);
  void choose_fallbacks(const shunt_result& primary);
  void count_and_observe();
  void record_run(const shunt_result& result);

  // trace.cpp: only when a decision is explained.
  TraceStage& add_stage(TraceStage::Stage stage, std::uint32_t instance, std::uint32_t profile, std::int32_t status);
  void trace_rows(TraceStage& stage, const Candidates& candidates) const;
  void trace_reasons(TraceStage& stage, std::uint32_t instance, std::string_view interface_id, const shunt_view& view);
  void trace_scores(TraceStage& stage, const Candidates& candidates, double weight) const;
  void trace_output(const PlanOutput& output, const shunt_column& column);
  void trace_values();

  // What a call needs of the instance that it goes to, side by side: a cycle makes a dozen calls.
  struct Callee {
    const Instance* instance = nullptr;
    std::uint64_t name_hash = 0;
    std::uint32_t mark = 0;
    std::size_t state_offset = 0;  // in Request::plugin_state
    const shunt_value* const* values = nullptr;
    std::size_t column_offset = 0;  // of its slots in Candidates::pointers
    bool has_scratch = false;
    bool has_state = false;
  };

  // What a peer is called with. References form no circle, so an instance has at most one call as a peer at a time.
  struct PeerFrame {
    shunt_ctx ctx;
    shunt_cycle cycle{};
    shunt_view base{};
    Buffer scratch;
  };

  // Everything that is the same for each call; defined in cycle_calls.hpp.
  shunt_cycle& begin_call(PluginFunction function, std::uint32_t instance, std::uint32_t profile,
                          std::uint32_t permissions);
  std::uint64_t call_seed(std::uint32_t instance) const;
  void end_call(std::uint32_t instance);
  // Before begin_call(), of an instance whose kind has a fallback: false where that takes the call's place.
  bool may_call(std::uint32_t instance);
  // Behind end_call(), once it is known whether anything of the answer can be used; nothing that throws comes between.
  void settle(std::uint32_t instance, bool useless);
  // cycle_breakers.cpp: where a breaker is not closed, or a call went wrong.
  bool ask_breaker(std::uint32_t instance);
  void tell_breaker(std::uint32_t instance, bool useless);
  void tell_breaker(std::uint32_t instance, bool useless, std::uint64_t calls);
  void settle_handler();
  void lose_probes() noexcept;
  shunt_view view_of(std::uint32_t instance, const Candidates& candidates) const;
  void* state_of(std::uint32_t instance);
  // A status that no comment names is a fault; SHUNT_SKIP is named wherever this is asked.
  static bool is_fault(std::int32_t status) { return status < 0 || status > SHUNT_SKIP; }
  std::string failure_text(std::int32_t status) const;
  std::uint32_t snapshot_row(std::uint32_t base_row) const { return base_to_snapshot_[base_row]; }
  void fault(std::uint32_t instance, std::uint64_t n = 1) { raise(times_[instance].faults, n); }
  // This thread alone writes, so a plain addition will do; others may read at any moment.
  static void raise(std::uint64_t& counter, std::uint64_t by) {
    std::atomic_ref(counter).store(counter + by, std::memory_order_relaxed);
  }

  std::shared_ptr<const Generation> generation_;
  const GenerationPlan* plan_ = nullptr;
  shunt_ctx ctx_;
  Arena arena_;
  std::shared_ptr<Reclaimer::Epoch> epoch_;

  // One request.
  const Snapshot* snapshot_ = nullptr;
  Request* request_ = nullptr;
  const ScheduleOptions* options_ = nullptr;
  Decision* decision_ = nullptr;
  bool tracing_ = false;
  MarkedThread* marks_ = nullptr;  // of the thread that runs the request
  std::uint64_t request_seed_ = 0;
  std::uint64_t last_tick_ = 0;
  std::uint64_t call_ticks_ = 0;    // of the call that ended last
  std::uint64_t budget_ticks_ = 0;  // of one call
  BreakerUse breakers_ = BreakerUse::Ignore;
  std::uint32_t probe_ = 0;   // phase of its breaker that the call under way probes; 0: it is none
  std::uint32_t probed_ = 0;  // instance of that call
  // The handler is judged by decision: it is called several times for one, with other calls in between.
  std::uint32_t handler_probe_ = 0;
  bool handler_useless_ = false;
  std::uint64_t handler_ticks_ = 0;     // of its longest call
  std::uint64_t handler_runs_ = 0;      // decisions that its breaker has not heard of
  std::vector<Annotation> kept_notes_;  // as they were before its calls; the first kept_note_count_
  std::size_t kept_note_count_ = 0;
  double nanoseconds_per_tick_ = 0.0;
  std::uint32_t round_ = 0;
  std::vector<Callee> callees_;                          // parallel to the plan's instances
  std::vector<std::unique_ptr<PeerFrame>> peer_frames_;  // likewise; nullptr for those that nobody calls
  shunt_cycle call_{};
  shunt_pool_stats pool_{};
  shunt_queue_stats no_queue_{};

  // The base view.
  Candidates base_;
  shunt_view base_view_{};  // its columns are those of the instance that is called
  const std::uint32_t* base_to_snapshot_ = nullptr;
  const std::uint32_t* row_index_ = nullptr;
  std::uint64_t row_index_mask_ = 0;
  std::uint64_t layout_ = 0;
  std::uint64_t filled_version_ = 0;  // snapshot whose stored columns base_columns_ holds; 0: none
  std::vector<shunt_column> base_columns_;
  std::vector<const shunt_column*> base_pointers_;
  std::vector<Buffer> column_memory_;  // per plan column: data of columns that are computed per cycle
  std::vector<Buffer> column_validity_;
  std::vector<std::uint32_t> output_columns_;  // per plan output: the plan column that reads it, SHUNT_NONE for none
  std::vector<shunt_output> outputs_;          // of the producer that runs
  std::vector<OutputMemory> output_memory_;    // parallel to outputs_
  std::vector<shunt_value> values_;
  std::vector<const shunt_value*> value_pointers_;
  std::array<Symbol, SHUNT_FIELD_TYPE + 1> field_symbols_{};
  Buffer zeros_;

  // The profile run.
  std::vector<shunt_column> stage_columns_;
  std::vector<const shunt_column*> stage_pointers_;
  std::vector<Buffer> stage_memory_;  // per plan column
  std::vector<Buffer> stage_validity_;
  std::vector<Buffer> stage_ages_;
  Buffer stage_keys_;
  Buffer stage_rows_;
  Buffer keep_;
  Buffer kept_rows_;
  Buffer scores_;
  Buffer pick_rows_;
  Buffer seen_;  // rows that bear the latest mark have been seen
  std::uint32_t seen_mark_ = 0;
  std::uint32_t primary_result_ = SHUNT_NONE;
  std::int32_t run_status_ = 0;
  std::string run_error_;
  std::vector<shunt_result> results_;
  std::vector<std::string> result_errors_;  // parallel to results_
  std::vector<std::uint32_t> next_profiles_;
  shunt_outcome outcome_{};
  Buffer scratch_;
  std::vector<CallCounts> times_;
  std::vector<std::shared_ptr<CallCounts>> ledgers_;           // parallel to times_
  std::vector<std::uint64_t> told_calls_;                      // likewise: what its breaker has heard of
  std::vector<ShadowCounts> shadow_counts_;                    // by shadow profile
  std::vector<std::shared_ptr<ShadowCounts>> shadow_ledgers_;  // parallel to shadow_counts_
};

template <class Visit>
void Cycle::for_each_count(Visit&& visit) const {
  for (std::size_t i = 0; i < times_.size(); ++i) {
    // atomic_ref takes no const object; nothing is written here.
    auto& from = const_cast<CallCounts&>(times_[i]);
    const auto read = [](std::uint64_t& counter) { return std::atomic_ref(counter).load(std::memory_order_relaxed); };
    visit(*ledgers_[i], CallCounts{read(from.calls), read(from.ticks), read(from.faults), read(from.slow),
                                   read(from.skipped), read(from.opened)});
  }
}

template <class Visit>
void Cycle::for_each_shadow(Visit&& visit) const {
  for (std::size_t i = 0; i < shadow_counts_.size(); ++i) {
    ShadowCounts counted;
    for (std::size_t result = 0; result < counted.runs.size(); ++result) {
      auto& from = const_cast<std::uint64_t&>(shadow_counts_[i].runs[result]);
      counted.runs[result] = std::atomic_ref(from).load(std::memory_order_relaxed);
    }
    visit(*shadow_ledgers_[i], counted);
  }
}

}  // namespace shunt
