// SPDX-License-Identifier: Apache-2.0
// Recording why: only when a decision is explained, so this may allocate.
#include "scheduling/cycle_calls.hpp"

#include "scheduling/score_marks.hpp"
#include "scheduling/tick_clock.hpp"

#include <algorithm>
#include <limits>

namespace shunt {
namespace {

constexpr std::size_t kMaximumReason = 200;

}  // namespace

TraceStage& Cycle::add_stage(TraceStage::Stage kind, std::uint32_t instance, std::uint32_t profile,
                             std::int32_t status) {
  const PlanInstance& plugin = plan_->instances[instance];
  TraceStage& stage = decision_->trace.emplace_back();
  stage.stage = kind;
  stage.plugin = plugin.instance->name();
  stage.type = plugin.instance->type();
  stage.profile = profile;
  stage.round = round_;
  // A run is added to the results when it ends.
  if (profile != SHUNT_NONE) stage.run = static_cast<std::uint32_t>(results_.size());
  stage.status = status;
  // Skipping is for those that are one of many.
  const bool may_skip = kind != TraceStage::Stage::Picker && kind != TraceStage::Stage::ProcessResults;
  if (is_fault(status) || (status == SHUNT_SKIP && !may_skip)) stage.error = ctx_.error_text();
  if (options_->timings) {
    stage.duration_ns = static_cast<std::uint64_t>(static_cast<double>(call_ticks_) * nanoseconds_per_tick());
  }
  return stage;
}

void Cycle::trace_rows(TraceStage& stage, const Candidates& candidates) const {
  stage.rows.reserve(candidates.count);
  for (std::uint32_t row = 0; row < candidates.count; ++row) {
    stage.rows.push_back(snapshot_row(candidates.base_rows[row]));
  }
}

void Cycle::trace_scores(TraceStage& stage, const Candidates& candidates, double weight) const {
  trace_rows(stage, candidates);
  const auto* scores = scores_.as<double>();
  for (std::uint32_t row = 0; row < candidates.count; ++row) {
    const bool finite = scores[row] - scores[row] == 0.0;
    if (is_unwritten_score(scores[row])) ++stage.unwritten;
    stage.raw.push_back(finite ? scores[row] : std::numeric_limits<double>::quiet_NaN());
    stage.weighted.push_back(finite ? weight * std::clamp(scores[row], 0.0, 1.0) : 0.0);
  }
  stage.faults -= std::min(stage.faults, stage.unwritten);
}

void Cycle::trace_reasons(TraceStage& stage, std::uint32_t instance, std::string_view interface_id,
                          const shunt_view& view) {
  const Instance& plugin = *plan_->instances[instance].instance;
  if (plugin.explain == nullptr || view.count == 0) return;
  std::vector<shunt_str> reasons(view.count, shunt_str{nullptr, 0});
  const shunt_cycle& call = begin_call(PluginFunction::Explain, instance, stage.profile, 0);
  const std::int32_t status =
      plugin.explain->explain(plugin.self(), &call, &view, {interface_id.data(), interface_id.size()}, reasons.data());
  end_mark(*marks_);
  if (is_fault(status)) fault(instance);
  if (status != SHUNT_OK) return;
  for (std::uint32_t row = 0; row < view.count; ++row) {
    if (reasons[row].data == nullptr) continue;
    stage.reasons.emplace_back(snapshot_row(view.base_row[row]),
                               std::string(reasons[row].data, std::min<std::size_t>(reasons[row].len, kMaximumReason)));
  }
}

void Cycle::trace_output(const PlanOutput& output, const shunt_column& column) {
  RecordedOutput& recorded = decision_->recorded.emplace_back();
  recorded.name = output.name;
  recorded.type = output.type;
  for (std::uint32_t row = 0; row < base_.count; ++row) {
    if (column.valid != nullptr && column.valid[row] == 0) continue;
    recorded.rows.push_back(snapshot_row(row));
    recorded.numbers.push_back(output.type == SHUNT_COLUMN_NUMBER ? static_cast<const double*>(column.data)[row]
                                                                  : static_cast<const std::uint8_t*>(column.data)[row]);
  }
}

void Cycle::trace_values() {
  for (std::size_t i = 0; i < values_.size(); ++i) {
    if (values_[i].present == 0) continue;
    RecordedOutput& recorded = decision_->recorded.emplace_back();
    recorded.name = plan_->values[i].name;
    recorded.is_value = true;
    recorded.type = values_[i].type;
    recorded.numbers.push_back(values_[i].number);
    recorded.key = values_[i].key;
    if (values_[i].text.data != nullptr) recorded.text.assign(values_[i].text.data, values_[i].text.len);
    // Symbols mean nothing in another process.
    if (values_[i].type == SHUNT_VALUE_SYMBOL) recorded.text = SymbolTable::process().text(values_[i].symbol);
  }
}

}  // namespace shunt
