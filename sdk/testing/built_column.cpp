// SPDX-License-Identifier: Apache-2.0
#include "built_column.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>

#include "text.hpp"

namespace shunt::testing {

namespace {

class ColumnBuilder {
 public:
  ColumnBuilder(FakeHost& host, const DeclaredColumn& declared, const EndpointSet& endpoints,
                const std::vector<std::uint32_t>& rows)
      : host_(host), declared_(declared), endpoints_(endpoints), rows_(rows) {}

  std::unique_ptr<BuiltColumn> build(const shunt_request& request) const {
    auto column = std::make_unique<BuiltColumn>();
    column->raw.size = sizeof(shunt_column);
    column->raw.type = declared_.type;
    column->valid = PaddedArray<std::uint8_t>(rows_.size(), 0);
    column->ages = PaddedArray<std::int64_t>(rows_.size(), INT64_MAX);
    bool anywhere = false;
    bool aged = false;
    for (std::size_t i = 0; i < endpoints_.size(); ++i) {
      anywhere = anywhere || !std::holds_alternative<std::monostate>(endpoints_[i].cell(declared_.name));
    }
    bool complete = true;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const Endpoint& endpoint = endpoints_[rows_[i]];
      column->valid[i] = std::holds_alternative<std::monostate>(endpoint.cell(declared_.name)) ? 0 : 1;
      complete = complete && column->valid[i] == 1;
      const std::optional<std::int64_t> age = endpoint.age(declared_.name);
      column->ages[i] = age.value_or(INT64_MAX);
      aged = aged || age.has_value();
    }
    fill(*column, request);
    if (!anywhere) column->raw.flags |= SHUNT_COLUMN_FLAG_ABSENT | SHUNT_COLUMN_FLAG_PARTIAL;
    if (!complete) column->raw.flags |= SHUNT_COLUMN_FLAG_PARTIAL;
    if (column->raw.flags != 0) column->raw.valid = column->valid.data();
    if (aged) column->raw.as_of_ns = column->ages.data();
    return column;
  }

 private:
  void fill(BuiltColumn& column, const shunt_request& request) const {
    switch (declared_.type) {
      case SHUNT_COLUMN_NUMBER:
        column.numbers = PaddedArray<double>(rows_.size(), 0.0);
        each<double>([&](std::size_t i, double value) { column.numbers[i] = value; });
        column.raw.data = column.numbers.data();
        break;
      case SHUNT_COLUMN_FLAG:
        column.flags = PaddedArray<std::uint8_t>(rows_.size(), 0);
        each<bool>([&](std::size_t i, bool value) { column.flags[i] = value ? 1 : 0; });
        column.raw.data = column.flags.data();
        break;
      case SHUNT_COLUMN_SYMBOL:
        column.symbols = PaddedArray<std::uint32_t>(rows_.size(), 0);
        each<std::string>([&](std::size_t i, const std::string& text) { column.symbols[i] = host_.intern(text); });
        column.raw.data = column.symbols.data();
        break;
      case SHUNT_COLUMN_SET: fill_sets(column); break;
      case SHUNT_COLUMN_SET_SIZE:
        column.numbers = PaddedArray<double>(rows_.size(), 0.0);
        each<TextSet>(
            [&](std::size_t i, const TextSet& members) { column.numbers[i] = static_cast<double>(members.size()); });
        column.raw.data = column.numbers.data();
        break;
      default: {
        column.flags = PaddedArray<std::uint8_t>(rows_.size(), 0);
        const shunt_str wanted = field(request);
        const std::string text = detail::copy(wanted);
        each<TextSet>([&](std::size_t i, const TextSet& members) {
          const bool found = wanted.data != nullptr && std::find(members.begin(), members.end(), text) != members.end();
          column.flags[i] = found ? 1 : 0;
        });
        column.raw.data = column.flags.data();
      }
    }
  }

  void fill_sets(BuiltColumn& column) const {
    column.sets = PaddedArray<shunt_set_row>(rows_.size(), shunt_set_row{0, 0});
    std::vector<std::uint32_t> pool;
    each<TextSet>([&](std::size_t i, const TextSet& members) {
      column.sets[i].begin = static_cast<std::uint32_t>(pool.size());
      for (const std::string& member : members) pool.push_back(host_.intern(member));
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
  void each(Use use) const {
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const Endpoint& endpoint = endpoints_[rows_[i]];
      const Cell& cell = endpoint.cell(declared_.name);
      if (std::holds_alternative<std::monostate>(cell)) continue;
      const T* value = std::get_if<T>(&cell);
      if (value == nullptr) {
        throw std::invalid_argument("endpoint \"" + endpoint.name() + "\": the plugin reads \"" + declared_.name +
                                    "\" with another type");
      }
      use(i, *value);
    }
  }

  // The field of the request whose membership a column states.
  shunt_str field(const shunt_request& request) const {
    switch (declared_.field) {
      case SHUNT_FIELD_MODEL: return request.model;
      case SHUNT_FIELD_TARGET_MODEL: return request.target_model;
      default: return request.type;
    }
  }

  FakeHost& host_;
  const DeclaredColumn& declared_;
  const EndpointSet& endpoints_;
  const std::vector<std::uint32_t>& rows_;
};

}  // namespace

bool BuiltColumn::intact() const noexcept {
  return numbers.intact() && flags.intact() && symbols.intact() && sets.intact() && pool.intact() && valid.intact() &&
         ages.intact();
}

std::unique_ptr<BuiltColumn> build_column(FakeHost& host, const DeclaredColumn& declared, const EndpointSet& endpoints,
                                          const std::vector<std::uint32_t>& rows, const shunt_request& request) {
  return ColumnBuilder(host, declared, endpoints, rows).build(request);
}

}  // namespace shunt::testing
