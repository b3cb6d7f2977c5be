// SPDX-License-Identifier: Apache-2.0
// view_builder.hpp: from endpoints and one instance's declarations to the view that a call of this instance receives.
#pragma once

#include <shunt/testing/endpoint_set.hpp>
#include <shunt/testing/padded_array.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace shunt::testing {

// A view with everything that it points to. Lives as long as the call that it is for.
class BuiltView {
 public:
  // The base view of a cycle: every endpoint, with the index from key to row.
  BuiltView(FakeInstance& instance, const EndpointSet& endpoints, const shunt_request& request)
      : BuiltView(instance, endpoints, request, all_rows(endpoints.size()), true) {}
  // A compacted view: the endpoints of these base rows, in this order.
  BuiltView(FakeInstance& instance, const EndpointSet& endpoints, const shunt_request& request,
            std::vector<std::uint32_t> base_rows)
      : BuiltView(instance, endpoints, request, std::move(base_rows), false) {}

  // The rows of a base view: 0 to count - 1.
  static std::vector<std::uint32_t> all_rows(std::size_t count) {
    std::vector<std::uint32_t> rows(count);
    for (std::size_t i = 0; i < count; ++i) rows[i] = static_cast<std::uint32_t>(i);
    return rows;
  }

  BuiltView(const BuiltView&) = delete;
  BuiltView& operator=(const BuiltView&) = delete;

  const shunt_view& raw() const noexcept { return raw_; }
  // Number of candidates.
  std::size_t size() const noexcept { return rows_.size(); }
  // Base row of each candidate.
  const std::vector<std::uint32_t>& base_rows() const noexcept { return rows_; }
  // Nobody wrote behind an array of this view.
  bool intact() const noexcept {
    const auto whole = [](const auto& column) { return column->intact(); };
    return keys_.intact() && base_rows_.intact() && index_.intact() &&
           std::all_of(columns_.begin(), columns_.end(), whole);
  }

 private:
  struct BuiltColumn {
    shunt_column raw{};
    PaddedArray<double> numbers;
    PaddedArray<std::uint8_t> flags;
    PaddedArray<std::uint32_t> symbols;
    PaddedArray<shunt_set_row> sets;
    PaddedArray<std::uint32_t> pool;
    PaddedArray<std::uint8_t> valid;
    PaddedArray<std::int64_t> ages;

    bool intact() const noexcept {
      return numbers.intact() && flags.intact() && symbols.intact() && sets.intact() && pool.intact() &&
             valid.intact() && ages.intact();
    }
  };

  BuiltView(FakeInstance& instance, const EndpointSet& endpoints, const shunt_request& request,
            std::vector<std::uint32_t> base_rows, bool base)
      : rows_(std::move(base_rows)), keys_(rows_.size()), base_rows_(rows_.size()) {
    std::uint64_t layout = rows_.size();
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      base_rows_[i] = rows_[i];
      keys_[i] = endpoints.key(rows_[i]);
      layout = layout * 0x9e3779b97f4a7c15u + keys_[i];
    }
    for (const DeclaredColumn& declared : instance.declared.columns) {
      columns_.push_back(build(*instance.host, declared, endpoints, request));
      pointers_.push_back(&columns_.back()->raw);
    }
    raw_.size = sizeof raw_;
    raw_.count = static_cast<std::uint32_t>(rows_.size());
    raw_.columns = pointers_.data();
    raw_.key = keys_.data();
    raw_.base_row = base_rows_.data();
    // Only a base view is worth caching under its layout.
    if (base) raw_.layout = layout == 0 ? 1 : layout;
    if (base) build_index();
  }

  void build_index() {
    std::uint64_t capacity = 2;
    while (capacity < 2 * rows_.size()) capacity *= 2;
    index_ = PaddedArray<std::uint32_t>(capacity, SHUNT_NONE);
    for (std::uint32_t row = 0; row < raw_.count; ++row) {
      std::uint64_t at = keys_[row] & (capacity - 1);
      while (index_[at] != SHUNT_NONE) at = (at + 1) & (capacity - 1);
      index_[at] = row;
    }
    raw_.row_index = index_.data();
    raw_.row_index_mask = capacity - 1;
  }

  std::unique_ptr<BuiltColumn> build(FakeHost& host, const DeclaredColumn& declared, const EndpointSet& endpoints,
                                     const shunt_request& request) const {
    auto column = std::make_unique<BuiltColumn>();
    column->raw.size = sizeof(shunt_column);
    column->raw.type = declared.type;
    column->valid = PaddedArray<std::uint8_t>(rows_.size(), 0);
    column->ages = PaddedArray<std::int64_t>(rows_.size(), INT64_MAX);
    bool anywhere = false;
    bool aged = false;
    for (std::size_t i = 0; i < endpoints.size(); ++i) {
      anywhere = anywhere || !std::holds_alternative<std::monostate>(endpoints[i].cell(declared.name));
    }
    bool complete = true;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const Endpoint& endpoint = endpoints[rows_[i]];
      column->valid[i] = std::holds_alternative<std::monostate>(endpoint.cell(declared.name)) ? 0 : 1;
      complete = complete && column->valid[i] == 1;
      const std::optional<std::int64_t> age = endpoint.age(declared.name);
      column->ages[i] = age.value_or(INT64_MAX);
      aged = aged || age.has_value();
    }
    fill(*column, host, declared, endpoints, request);
    if (!anywhere) column->raw.flags |= SHUNT_COLUMN_FLAG_ABSENT | SHUNT_COLUMN_FLAG_PARTIAL;
    if (!complete) column->raw.flags |= SHUNT_COLUMN_FLAG_PARTIAL;
    if (column->raw.flags != 0) column->raw.valid = column->valid.data();
    if (aged) column->raw.as_of_ns = column->ages.data();
    return column;
  }

  void fill(BuiltColumn& column, FakeHost& host, const DeclaredColumn& declared, const EndpointSet& endpoints,
            const shunt_request& request) const {
    switch (declared.type) {
      case SHUNT_COLUMN_NUMBER:
        column.numbers = PaddedArray<double>(rows_.size(), 0.0);
        each<double>(declared, endpoints, [&](std::size_t i, double value) { column.numbers[i] = value; });
        column.raw.data = column.numbers.data();
        break;
      case SHUNT_COLUMN_FLAG:
        column.flags = PaddedArray<std::uint8_t>(rows_.size(), 0);
        each<bool>(declared, endpoints, [&](std::size_t i, bool value) { column.flags[i] = value ? 1 : 0; });
        column.raw.data = column.flags.data();
        break;
      case SHUNT_COLUMN_SYMBOL:
        column.symbols = PaddedArray<std::uint32_t>(rows_.size(), 0);
        each<std::string>(declared, endpoints,
                          [&](std::size_t i, const std::string& text) { column.symbols[i] = host.intern(text); });
        column.raw.data = column.symbols.data();
        break;
      case SHUNT_COLUMN_SET: fill_sets(column, host, declared, endpoints); break;
      case SHUNT_COLUMN_SET_SIZE:
        column.numbers = PaddedArray<double>(rows_.size(), 0.0);
        each<TextSet>(declared, endpoints, [&](std::size_t i, const TextSet& members) {
          column.numbers[i] = static_cast<double>(members.size());
        });
        column.raw.data = column.numbers.data();
        break;
      default: {
        column.flags = PaddedArray<std::uint8_t>(rows_.size(), 0);
        const shunt_str wanted = field(request, declared.field);
        each<TextSet>(declared, endpoints, [&](std::size_t i, const TextSet& members) {
          const std::string text = FakeServices::copy(wanted);
          const bool found = wanted.data != nullptr && std::find(members.begin(), members.end(), text) != members.end();
          column.flags[i] = found ? 1 : 0;
        });
        column.raw.data = column.flags.data();
      }
    }
  }

  void fill_sets(BuiltColumn& column, FakeHost& host, const DeclaredColumn& declared,
                 const EndpointSet& endpoints) const {
    column.sets = PaddedArray<shunt_set_row>(rows_.size(), shunt_set_row{0, 0});
    std::vector<std::uint32_t> pool;
    each<TextSet>(declared, endpoints, [&](std::size_t i, const TextSet& members) {
      column.sets[i].begin = static_cast<std::uint32_t>(pool.size());
      for (const std::string& member : members) pool.push_back(host.intern(member));
      column.sets[i].end = static_cast<std::uint32_t>(pool.size());
    });
    column.pool = PaddedArray<std::uint32_t>(pool.size(), 0);
    std::copy(pool.begin(), pool.end(), column.pool.data());
    column.raw.pool = column.pool.data();
    column.raw.pool_len = static_cast<std::uint32_t>(pool.size());
    column.raw.data = column.sets.data();
  }

  // Calls `use` for every row that has a value. A value of another type is a mistake of the test.
  template <class T, class Use>
  void each(const DeclaredColumn& declared, const EndpointSet& endpoints, Use use) const {
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const Cell& cell = endpoints[rows_[i]].cell(declared.name);
      if (std::holds_alternative<std::monostate>(cell)) continue;
      const T* value = std::get_if<T>(&cell);
      if (value == nullptr) {
        throw std::invalid_argument("endpoint \"" + endpoints[rows_[i]].name() + "\": the plugin reads \"" +
                                    declared.name + "\" with another type");
      }
      use(i, *value);
    }
  }

  static shunt_str field(const shunt_request& request, std::uint32_t id) {
    switch (id) {
      case SHUNT_FIELD_MODEL: return request.model;
      case SHUNT_FIELD_TARGET_MODEL: return request.target_model;
      default: return request.type;
    }
  }

  std::vector<std::uint32_t> rows_;
  PaddedArray<std::uint64_t> keys_;
  PaddedArray<std::uint32_t> base_rows_;
  PaddedArray<std::uint32_t> index_;
  std::vector<std::unique_ptr<BuiltColumn>> columns_;
  std::vector<const shunt_column*> pointers_;
  shunt_view raw_{};
};

}  // namespace shunt::testing
