// SPDX-License-Identifier: Apache-2.0
// The views and columns of a frame.
#include <algorithm>
#include <limits>
#include <string>

#include "frame.hpp"

namespace shunt::validate {

namespace {

using testing::DeclaredColumn;

constexpr std::int64_t kMeasured = 1'699'999'999'000'000'000;

std::uint64_t layout_of(std::span<const std::uint64_t> keys) {
  std::uint64_t layout = keys.size() + 1;
  for (const std::uint64_t key : keys) layout = layout * 0x100000001b3u ^ key;
  return layout == 0 ? 1 : layout;
}

}  // namespace

const shunt_view* Frame::build_view(const Rows& endpoints, const Rows& base_rows, bool is_base) {
  const std::size_t count = endpoints.size();
  const auto keys = memory_.input<std::uint64_t>("view->key", count);
  const auto rows = memory_.input<std::uint32_t>("view->base_row", count);
  const auto& declared = subject_.declared().columns;
  const auto columns = memory_.input<const shunt_column*>("view->columns", declared.size());
  for (std::size_t i = 0; i < count; ++i) {
    keys[i] = testing::FakeHost::key_of(endpoint_name(endpoints[i]));
    rows[i] = base_rows[i];
  }
  for (std::size_t slot = 0; slot < declared.size(); ++slot) columns[slot] = build_column(declared[slot], endpoints);
  auto& view = memory_.structure<shunt_view>("shunt_view");
  view = {};
  view.size = sizeof view;
  view.count = static_cast<std::uint32_t>(count);
  view.columns = columns.data();
  view.key = keys.data();
  view.base_row = rows.data();
  if (is_base) {
    view.layout = layout_of(keys);
    build_index(view);
  }
  return &view;
}

void Frame::build_index(shunt_view& view) {
  std::uint64_t capacity = 2;
  while (capacity < 2ull * view.count) capacity *= 2;
  const auto index = memory_.input<std::uint32_t>("view->row_index", capacity);
  std::ranges::fill(index, SHUNT_NONE);
  for (std::uint32_t row = 0; row < view.count; ++row) {
    std::uint64_t at = view.key[row] & (capacity - 1);
    while (index[at] != SHUNT_NONE) at = (at + 1) & (capacity - 1);
    index[at] = row;
  }
  view.row_index = index.data();
  view.row_index_mask = capacity - 1;
}

const shunt_column* Frame::build_column(const DeclaredColumn& declared, const Rows& endpoints) {
  auto& column = memory_.structure<shunt_column>("shunt_column");
  column = {};
  column.size = sizeof column;
  column.type = declared.type;
  const char* name = GuardedMemory::lasting_name("valid[] of the column " + declared.name);
  const auto valid = memory_.input<std::uint8_t>(name, endpoints.size());
  fill_column(column, declared, endpoints, valid);
  const bool complete = std::ranges::find(valid, std::uint8_t{0}) == valid.end();
  const bool nowhere = std::ranges::find(valid, std::uint8_t{1}) == valid.end();
  if (!scene_.produces(declared.name) && nowhere) column.flags |= SHUNT_COLUMN_FLAG_ABSENT | SHUNT_COLUMN_FLAG_PARTIAL;
  if (!complete) column.flags |= SHUNT_COLUMN_FLAG_PARTIAL;
  if (column.flags != 0) column.valid = valid.data();
  if (scene_.numbers == Numbers::Partial) {
    const auto ages = memory_.input<std::int64_t>("column->as_of_ns", endpoints.size());
    // Of the endpoint, not of the row: where the rows are in another order the ages are too.
    for (std::size_t i = 0; i < ages.size(); ++i) ages[i] = endpoints[i] % 3 == 0 ? INT64_MAX : kMeasured;
    column.as_of_ns = ages.data();
  }
  return &column;
}

void Frame::fill_column(shunt_column& column, const DeclaredColumn& declared, const Rows& endpoints,
                        std::span<std::uint8_t> valid) {
  const char* name = GuardedMemory::lasting_name("column " + declared.name);
  const std::size_t count = endpoints.size();
  for (std::size_t i = 0; i < count; ++i) valid[i] = sample_present(scene_, declared.name, endpoints[i]) ? 1 : 0;
  switch (declared.type) {
    case SHUNT_COLUMN_NUMBER:
    case SHUNT_COLUMN_SET_SIZE: {
      const auto data = memory_.input<double>(name, count);
      for (std::size_t i = 0; i < count; ++i) {
        if (declared.type == SHUNT_COLUMN_NUMBER) {
          data[i] = sample_number(scene_, declared.name, endpoints[i]).value_or(0.0);
        } else if (valid[i] != 0) {
          data[i] = static_cast<double>(sample_set(scene_, declared.name, endpoints[i]).size());
        }
      }
      column.data = data.data();
      break;
    }
    case SHUNT_COLUMN_SYMBOL: {
      const auto data = memory_.input<std::uint32_t>(name, count);
      for (std::size_t i = 0; i < count; ++i) {
        const auto text = sample_text(scene_, declared.name, endpoints[i]);
        valid[i] = text ? 1 : 0;
        data[i] = text ? subject_.host().fake().intern(*text) : 0;
      }
      column.data = data.data();
      break;
    }
    case SHUNT_COLUMN_SET: fill_sets(column, declared, endpoints, valid, name); break;
    default: {
      const auto data = memory_.input<std::uint8_t>(name, count);
      const std::string_view wanted = membership_text(declared.field);
      for (std::size_t i = 0; i < count; ++i) {
        if (valid[i] == 0) continue;
        if (declared.type == SHUNT_COLUMN_FLAG) {
          data[i] = sample_flag(scene_, declared.name, endpoints[i]) ? 1 : 0;
        } else {
          const auto members = sample_set(scene_, declared.name, endpoints[i]);
          data[i] = std::ranges::find(members, wanted) != members.end() ? 1 : 0;
        }
      }
      column.data = data.data();
    }
  }
}

void Frame::fill_sets(shunt_column& column, const DeclaredColumn& declared, const Rows& endpoints,
                      std::span<const std::uint8_t> valid, const char* name) {
  const auto data = memory_.input<shunt_set_row>(name, endpoints.size());
  std::vector<std::uint32_t> pool;
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    data[i].begin = static_cast<std::uint32_t>(pool.size());
    if (valid[i] != 0) {
      for (const std::string& member : sample_set(scene_, declared.name, endpoints[i])) {
        pool.push_back(subject_.host().fake().intern(member));
      }
    }
    data[i].end = static_cast<std::uint32_t>(pool.size());
    if (valid[i] == 0) data[i] = {0, 0};
  }
  const auto kept = memory_.input<std::uint32_t>("column->pool", pool.size());
  std::ranges::copy(pool, kept.begin());
  column.pool = kept.data();
  column.pool_len = static_cast<std::uint32_t>(pool.size());
  column.data = data.data();
}

std::string_view Frame::membership_text(std::uint32_t field) const {
  const shunt_str text = field == SHUNT_FIELD_MODEL          ? request_->model
                         : field == SHUNT_FIELD_TARGET_MODEL ? request_->target_model
                                                             : request_->type;
  return text.data == nullptr ? std::string_view() : std::string_view(text.data, text.len);
}

}  // namespace shunt::validate
