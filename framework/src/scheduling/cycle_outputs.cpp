// SPDX-License-Identifier: Apache-2.0
// Request-scoped columns and values: what producers write, checked before anybody reads it.
#include "scheduling/cycle_calls.hpp"
#include "scheduling/gather.hpp"

#include <shunt/sdk/kernels.h>

#include <algorithm>
#include <cstring>

namespace shunt {
namespace {

// Turns bytes other than 0 and 1 into `instead` and returns how many there were.
std::uint64_t normalise(std::uint8_t* bytes, std::uint32_t n, std::uint8_t instead) {
  std::uint64_t odd = 0;
  for (std::uint32_t row = 0; row < n; ++row) {
    const bool is_odd = bytes[row] > 1;
    odd += is_odd;
    bytes[row] = is_odd ? instead : bytes[row];
  }
  return odd;
}

}  // namespace

void Cycle::prepare_values() {
  for (std::size_t i = 0; i < values_.size(); ++i) {
    values_[i] = {};
    values_[i].size = sizeof(shunt_value);
    values_[i].type = plan_->values[i].type;
  }
}

void Cycle::run_producers() {
  for (const std::uint32_t producer : plan_->producers) run_producer(producer);
  if (!tracing_) return;
  trace_values();
  decision_->recorded_notes = decision_->annotations;
}

void Cycle::run_producer(std::uint32_t producer) {
  const PlanInstance& plugin = plan_->instances[producer];
  if (!may_call(producer)) [[unlikely]] {
    // Nobody has written its outputs in this cycle: they are absent.
    if (!tracing_) return;
    TraceStage& stage = add_stage(TraceStage::Stage::Producer, producer, SHUNT_NONE, SHUNT_SKIP);
    stage.skipped = stage.defaulted = true;
    return;
  }
  const std::size_t n = plugin.outputs.size();
  for (std::size_t slot = 0; slot < n; ++slot) {
    const std::uint32_t type = plan_->outputs[plugin.outputs[slot]].type;
    // Output memory belongs to the column that reads it, or to the arena where nobody reads.
    const std::uint32_t reader = output_columns_[plugin.outputs[slot]];
    const std::size_t bytes = base_.count * column_width(type);
    std::byte* data = reader != SHUNT_NONE ? column_memory_[reader].ensure(bytes) : memory<std::byte>(bytes);
    auto* valid = memory<std::uint8_t>(base_.count);
    std::memset(data, 0, bytes);
    std::memset(valid, 0, base_.count);
    output_memory_[slot] = {data, valid};
    outputs_[slot] = {sizeof(shunt_output), type, SHUNT_OUTPUT_ABSENT, base_.count, data, valid};
  }
  const shunt_cycle& call = begin_call(PluginFunction::Produce, producer, SHUNT_NONE, kMaySetValue | kMaySetHeaders);
  const std::int32_t status =
      plugin.instance->producer->produce(plugin.instance->self(), &call, &base_view_, outputs_.data(),
                                         static_cast<std::uint32_t>(n), sizeof(shunt_output));
  end_call(producer);
  settle(producer, is_fault(status));
  std::uint64_t faults = is_fault(status) ? 1 : 0;
  // Before the columns: a stage of the trace comes before what it wrote.
  const std::size_t stage = decision_->trace.size();
  if (tracing_) (void)add_stage(TraceStage::Stage::Producer, producer, SHUNT_NONE, status);
  if (status == SHUNT_OK) {
    for (std::size_t slot = 0; slot < n; ++slot) {
      const shunt_output& written = outputs_[slot];
      const OutputMemory& ours = output_memory_[slot];
      const bool moved = written.data != ours.data || written.valid != ours.valid;
      faults += moved ? 1 : accept_output(plugin.outputs[slot], written.state, ours);
    }
  } else {
    // Values may have been set before the failure: half a result is none.
    for (const std::uint32_t value : plugin.value_outputs) {
      values_[value] = {sizeof(shunt_value), plan_->values[value].type, 0, 0, 0.0, 0, {nullptr, 0}};
    }
  }
  if (faults != 0) fault(producer, faults);
  if (tracing_) decision_->trace[stage].faults = status < 0 ? 0 : faults;
}

// Lets the readers of an output see it, without numbers that are not finite, flags other than 0 and 1, and what lies in rows
// without a value. Returns how much of that there was.
std::uint64_t Cycle::accept_output(std::uint32_t output, std::uint32_t state, const OutputMemory& written) {
  if (state == SHUNT_OUTPUT_ABSENT) return 0;
  if (state != SHUNT_OUTPUT_ALL && state != SHUNT_OUTPUT_PARTIAL) return 1;
  const std::uint32_t reader = output_columns_[output];
  if (reader == SHUNT_NONE) return 0;
  const std::uint32_t n = base_.count;
  const bool is_number = plan_->outputs[output].type == SHUNT_COLUMN_NUMBER;
  auto* numbers = reinterpret_cast<double*>(written.data);
  auto* flags = reinterpret_cast<std::uint8_t*>(written.data);
  bool partial = state == SHUNT_OUTPUT_PARTIAL;
  std::uint64_t faults = 0;
  if (partial) {
    faults += normalise(written.valid, n, 0);
    for (std::uint32_t row = 0; row < n; ++row) {
      if (written.valid[row] != 0) continue;
      if (is_number)
        numbers[row] = 0.0;
      else
        flags[row] = 0;
    }
  }
  if (!is_number) faults += normalise(flags, n, 1);
  if (is_number && shunt_any_not_finite(numbers, n) != 0) {
    if (!partial) std::memset(written.valid, 1, n);
    partial = true;
    for (std::uint32_t row = 0; row < n; ++row) {
      if (numbers[row] - numbers[row] == 0.0) continue;
      numbers[row] = 0.0;
      written.valid[row] = 0;
      ++faults;
    }
  }
  shunt_column& column = base_columns_[reader];
  column.flags = partial ? SHUNT_COLUMN_FLAG_PARTIAL : 0;
  column.data = written.data;
  column.valid = partial ? written.valid : nullptr;
  column.as_of_ns = nullptr;
  if (tracing_) trace_output(plan_->outputs[output], column);
  return faults;
}

// A recording of other types than the config has now is no recording of these outputs, which stay absent.
void Cycle::replay_outputs() {
  for (const RecordedOutput& recorded : *options_->replay) {
    if (recorded.is_value) {
      for (std::size_t i = 0; i < values_.size(); ++i) {
        if (plan_->values[i].name != recorded.name || plan_->values[i].type != recorded.type) continue;
        values_[i].present = 1;
        values_[i].number = recorded.numbers.empty() ? 0.0 : recorded.numbers.front();
        values_[i].key = recorded.key;
        if (recorded.type == SHUNT_VALUE_SYMBOL)
          values_[i].symbol = SymbolTable::process().intern(recorded.text);
        else
          values_[i].text = {recorded.text.data(), recorded.text.size()};
      }
      continue;
    }
    for (std::uint32_t output = 0; output < plan_->outputs.size(); ++output) {
      if (plan_->outputs[output].name != recorded.name || plan_->outputs[output].type != recorded.type) continue;
      const std::size_t bytes = base_.count * column_width(recorded.type);
      auto* data = memory<std::byte>(bytes);
      auto* valid = memory<std::uint8_t>(base_.count);
      std::memset(data, 0, bytes);
      std::memset(valid, 0, base_.count);
      for (std::size_t k = 0; k < recorded.rows.size(); ++k) {
        // Recorded rows are snapshot rows; base rows ascend with them.
        const std::uint32_t* end = base_to_snapshot_ + base_.count;
        const std::uint32_t* row = std::lower_bound(base_to_snapshot_, end, recorded.rows[k]);
        if (row == end || *row != recorded.rows[k]) continue;
        const auto at = static_cast<std::size_t>(row - base_to_snapshot_);
        valid[at] = 1;
        if (recorded.type == SHUNT_COLUMN_NUMBER)
          reinterpret_cast<double*>(data)[at] = recorded.numbers[k];
        else
          data[at] = std::byte{recorded.numbers[k] != 0.0};
      }
      const bool all = recorded.rows.size() == base_.count;
      (void)accept_output(output, all ? SHUNT_OUTPUT_ALL : SHUNT_OUTPUT_PARTIAL, {data, valid});
    }
  }
  decision_->annotations.assign(options_->replay_notes.begin(), options_->replay_notes.end());
  if (!tracing_) return;
  trace_values();
  decision_->recorded_notes = decision_->annotations;
}

}  // namespace shunt
