// SPDX-License-Identifier: Apache-2.0
// The base view of a cycle: which endpoints, and every column that some plugin reads, before any filter.
#include "scheduling/cycle_calls.hpp"
#include "scheduling/gather.hpp"

#include <shunt/sdk/kernels.h>
#include <shunt/framework/live_counters.hpp>

#include <algorithm>
#include <bit>
#include <cstring>

namespace shunt {
void gather_column(const void* in, const std::uint32_t* rows, std::size_t n, std::size_t width, void* out) {
  if (width == 8) {
    shunt_gather_u64(static_cast<const std::uint64_t*>(in), rows, n, static_cast<std::uint64_t*>(out));
  } else if (width == 4) {
    shunt_gather_u32(static_cast<const std::uint32_t*>(in), rows, n, static_cast<std::uint32_t*>(out));
  } else {
    shunt_gather_u8(static_cast<const std::uint8_t*>(in), rows, n, static_cast<std::uint8_t*>(out));
  }
}

std::size_t column_width(std::uint32_t column_type) {
  switch (column_type) {
    case SHUNT_COLUMN_FLAG:
    case SHUNT_COLUMN_MEMBERSHIP: return 1;
    case SHUNT_COLUMN_SYMBOL: return sizeof(Symbol);
    default: return sizeof(double);
  }
}

void Cycle::set_absent(shunt_column& column) const {
  column.flags = SHUNT_COLUMN_FLAG_ABSENT | SHUNT_COLUMN_FLAG_PARTIAL;
  column.pool_len = 0;
  column.data = zeros_.data();
  column.valid = zeros_.as<const std::uint8_t>();
  column.as_of_ns = nullptr;
  column.pool = column.type == SHUNT_COLUMN_SET ? zeros_.as<const Symbol>() : nullptr;
}

void Cycle::prepare_base() {
  const Snapshot& snapshot = *snapshot_;
  base_ = {snapshot.size(), snapshot.keys(), snapshot.identity(), base_pointers_.data()};
  base_to_snapshot_ = snapshot.identity();
  row_index_ = snapshot.row_index();
  row_index_mask_ = snapshot.row_index_mask();
  layout_ = snapshot.layout();
  zeros_.ensure(std::size_t{base_.count} * sizeof(double));

  const bool fresh = filled_version_ != snapshot.version();
  field_symbols_.fill(0);
  for (std::uint32_t i = 0; i < plan_->columns.size(); ++i) {
    switch (plan_->columns[i].source) {
      case PlanColumn::Source::Stored:
      case PlanColumn::Source::SetSizes:
        // These point into the snapshot: the next cycle on the same one finds them in place.
        if (fresh) fill_stored(i);
        break;
      case PlanColumn::Source::Membership: fill_membership(i); break;
      case PlanColumn::Source::InFlight:
      case PlanColumn::Source::InFlightTokens: fill_live(i); break;
      case PlanColumn::Source::Load: fill_load(i); break;
      case PlanColumn::Source::Request: set_absent(base_columns_[i]); break;
    }
  }
  filled_version_ = snapshot.version();
  if (!request_->excluded.empty() || options_->subset) exclude_endpoints();
  base_view_.size = sizeof base_view_;
  base_view_.count = base_.count;
  base_view_.columns = base_.pointers;
  base_view_.key = base_.keys;
  base_view_.base_row = base_.base_rows;
  base_view_.row_index = row_index_;
  base_view_.row_index_mask = row_index_mask_;
  base_view_.layout = layout_;
}

void Cycle::fill_stored(std::uint32_t i) {
  const PlanColumn& plan = plan_->columns[i];
  shunt_column& column = base_columns_[i];
  const Snapshot::Column* stored = snapshot_->column(plan.attribute);
  if (stored == nullptr || stored->absent) {
    set_absent(column);
    return;
  }
  column.flags = stored->valid != nullptr ? SHUNT_COLUMN_FLAG_PARTIAL : 0;
  column.data = plan.source == PlanColumn::Source::SetSizes ? stored->set_sizes : stored->data;
  column.valid = stored->valid;
  column.as_of_ns = stored->as_of_ns;
  column.pool = plan.type == SHUNT_COLUMN_SET ? stored->pool : nullptr;
  column.pool_len = plan.type == SHUNT_COLUMN_SET ? stored->pool_size : 0;
}

void Cycle::fill_membership(std::uint32_t i) {
  const PlanColumn& plan = plan_->columns[i];
  shunt_column& column = base_columns_[i];
  const Snapshot::Column* set = snapshot_->column(plan.attribute);
  if (set == nullptr || set->absent) {
    set_absent(column);
    return;
  }
  Symbol& symbol = field_symbols_[plan.field];
  if (symbol == 0) {
    const shunt_request& raw = request_->raw();
    const shunt_str text = plan.field == SHUNT_FIELD_MODEL          ? raw.model
                           : plan.field == SHUNT_FIELD_TARGET_MODEL ? raw.target_model
                                                                    : raw.type;
    symbol = text.data != nullptr ? SymbolTable::process().find({text.data, text.len}) : 0;
  }
  column.flags = set->valid != nullptr ? SHUNT_COLUMN_FLAG_PARTIAL : 0;
  column.valid = set->valid;
  column.as_of_ns = set->as_of_ns;
  const Snapshot::Posting posting = symbol != 0 ? snapshot_->posting(plan.attribute, symbol) : Snapshot::Posting{};
  if (posting.dense != nullptr) {
    column.data = posting.dense;
  } else if (posting.rows.empty()) {
    column.data = zeros_.data();
  } else {
    auto* bytes = column_memory_[i].ensure_array<std::uint8_t>(base_.count);
    std::memset(bytes, 0, base_.count);
    for (const std::uint32_t row : posting.rows) bytes[row] = 1;
    column.data = bytes;
  }
}

void Cycle::fill_live(std::uint32_t i) {
  const bool requests = plan_->columns[i].source == PlanColumn::Source::InFlight;
  auto* numbers = column_memory_[i].ensure_array<double>(base_.count);
  const LiveCounters& live = snapshot_->live();
  if (options_->live.empty()) {
    for (std::uint32_t row = 0; row < base_.count; ++row) {
      const std::uint32_t slot = snapshot_->live_slot(row);
      numbers[row] = static_cast<double>(requests ? live.in_flight(slot) : live.in_flight_tokens(slot));
    }
  } else {
    for (std::uint32_t row = 0; row < base_.count; ++row) {
      const LiveCount& count = options_->live[row];
      numbers[row] = static_cast<double>(requests ? count.requests : count.tokens);
    }
  }
  shunt_column& column = base_columns_[i];
  column.flags = 0;
  column.valid = nullptr;
  column.as_of_ns = nullptr;
  column.data = numbers;
}

// Canonical attributes have the same ids in every table.
static AttributeId canonical(std::string_view name) { return *AttributeTable().find(name); }

static const Snapshot::Column* most_concurrency(const Snapshot& snapshot) {
  static const AttributeId kMost = canonical("max_concurrency");
  return snapshot.column(kMost);
}

// The load of one endpoint: its own if the snapshot has one, else what the counters say of its concurrency.
static bool load_of(const Snapshot& snapshot, std::span<const LiveCount> live, const Snapshot::Column* given,
                    const Snapshot::Column* most, std::uint32_t row, double& load) {
  const auto has = [row](const Snapshot::Column* column) {
    return column != nullptr && !column->absent && (column->valid == nullptr || column->valid[row] != 0);
  };
  if (has(given)) {
    load = static_cast<const double*>(given->data)[row];
    return true;
  }
  if (!has(most)) return false;
  const double concurrency = static_cast<const double*>(most->data)[row];
  if (!(concurrency > 0.0)) return false;
  const std::int64_t in_flight = live.empty() ? snapshot.live().in_flight(snapshot.live_slot(row)) : live[row].requests;
  load = std::min(1.0, static_cast<double>(in_flight) / concurrency);
  return true;
}

void Cycle::fill_load(std::uint32_t i) {
  shunt_column& column = base_columns_[i];
  const Snapshot::Column* given = snapshot_->column(plan_->columns[i].attribute);
  const Snapshot::Column* most = most_concurrency(*snapshot_);
  auto* numbers = column_memory_[i].ensure_array<double>(base_.count);
  auto* valid = column_validity_[i].ensure_array<std::uint8_t>(base_.count);
  std::uint32_t known = 0;
  for (std::uint32_t row = 0; row < base_.count; ++row) {
    numbers[row] = 0.0;
    valid[row] = load_of(*snapshot_, options_->live, given, most, row, numbers[row]) ? 1 : 0;
    known += valid[row];
  }
  if (known == 0) {
    set_absent(column);
    return;
  }
  column.flags = known < base_.count ? SHUNT_COLUMN_FLAG_PARTIAL : 0;
  column.valid = known < base_.count ? valid : nullptr;
  column.as_of_ns = nullptr;
  column.data = numbers;
}

// Endpoints that failed before, or that the gateway does not allow, are gone before anybody looks.
void Cycle::exclude_endpoints() {
  auto* stays = memory<std::uint8_t>(base_.count);
  std::memset(stays, options_->subset ? 0 : 1, base_.count);
  const auto mark = [&](std::uint64_t key, std::uint8_t value) {
    if (const std::uint32_t row = snapshot_->find(key); row != SHUNT_NONE) stays[row] = value;
  };
  if (options_->subset) {
    for (const std::uint64_t key : *options_->subset) mark(key, 1);
  }
  for (const std::uint64_t key : request_->excluded) mark(key, 0);
  auto* rows = memory<std::uint32_t>(base_.count);
  std::uint32_t kept = 0;
  for (std::uint32_t row = 0; row < base_.count; ++row) {
    rows[kept] = row;
    kept += stays[row];
  }
  if (kept == base_.count) return;
  auto* keys = memory<std::uint64_t>(kept);
  shunt_gather_u64(base_.keys, rows, kept, keys);
  for (shunt_column& column : base_columns_) {
    if ((column.flags & SHUNT_COLUMN_FLAG_ABSENT) != 0) continue;
    const std::size_t width = column_width(column.type);
    void* data = memory<std::byte>(kept * width);
    gather_column(column.data, rows, kept, width, data);
    column.data = data;
    if (column.valid != nullptr) {
      auto* valid = memory<std::uint8_t>(kept);
      shunt_gather_u8(column.valid, rows, kept, valid);
      column.valid = valid;
    }
    if (column.as_of_ns != nullptr) {
      auto* ages = memory<std::int64_t>(kept);
      gather_column(column.as_of_ns, rows, kept, sizeof(std::int64_t), ages);
      column.as_of_ns = ages;
    }
  }
  filled_version_ = 0;
  base_.count = kept;
  base_.keys = keys;
  base_to_snapshot_ = rows;
  layout_ = 0;
  index_base_rows();
}

void Cycle::index_base_rows() {
  const std::size_t size = std::bit_ceil(std::max<std::size_t>(16, std::size_t{base_.count} * 2));
  auto* index = memory<std::uint32_t>(size);
  std::fill_n(index, size, SHUNT_NONE);
  for (std::uint32_t row = 0; row < base_.count; ++row) {
    std::uint64_t at = base_.keys[row] & (size - 1);
    while (index[at] != SHUNT_NONE) at = (at + 1) & (size - 1);
    index[at] = row;
  }
  row_index_ = index;
  row_index_mask_ = size - 1;
}

void Cycle::prepare_pool() {
  pool_ = {};
  pool_.size = sizeof pool_;
  pool_.endpoints = snapshot_->size();
  pool_.candidates = base_.count;
  static const AttributeId kLoad = canonical("load");
  const Snapshot::Column* given = snapshot_->column(kLoad);
  const Snapshot::Column* most = most_concurrency(*snapshot_);
  if ((given == nullptr || given->absent) && (most == nullptr || most->absent)) return;
  double sum = 0.0;
  std::uint32_t known = 0;
  for (std::uint32_t row = 0; row < snapshot_->size(); ++row) {
    double load = 0.0;
    if (!load_of(*snapshot_, options_->live, given, most, row, load)) continue;
    sum += load;
    ++known;
  }
  if (known == 0) return;
  pool_.present |= SHUNT_POOL_MEAN_LOAD;
  pool_.mean_load = sum / known;
}

}  // namespace shunt
