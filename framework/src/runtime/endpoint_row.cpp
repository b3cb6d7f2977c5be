// SPDX-License-Identifier: Apache-2.0
#include "runtime/endpoint_row.hpp"

#include <shunt/framework/symbol_table.hpp>

namespace shunt {

EndpointRow::EndpointRow(const Instance& instance, const EndpointTable& table, std::uint64_t key)
    : cells_(instance.columns.size()), columns_(instance.columns.size()) {
  zeros_.ensure(64);
  *key_.ensure_array<std::uint64_t>(1) = key;
  *base_row_.ensure_array<std::uint32_t>(1) = 0;
  for (std::size_t slot = 0; slot < columns_.size(); ++slot) {
    fill(instance.columns[slot], table, key, cells_[slot], columns_[slot]);
    pointers_.push_back(&columns_[slot]);
  }
  view_.size = sizeof view_;
  view_.count = 1;
  view_.columns = pointers_.data();
  view_.key = key_.as<std::uint64_t>();
  view_.base_row = base_row_.as<std::uint32_t>();
}

void EndpointRow::fill(const ColumnRead& read, const EndpointTable& table, std::uint64_t key, Cell& cell,
                       shunt_column& column) {
  column.size = sizeof column;
  column.type = read.type;
  column.flags = SHUNT_COLUMN_FLAG_ABSENT | SHUNT_COLUMN_FLAG_PARTIAL;
  column.data = zeros_.data();
  column.valid = zeros_.as<std::uint8_t>();
  if (read.type == SHUNT_COLUMN_SET) column.pool = zeros_.as<Symbol>();

  const auto id = table.attributes()->find(read.name);
  std::optional<AttributeValue> value = id ? table.get(key, *id) : std::nullopt;
  if (!value && read.name.starts_with(kLabelPrefix)) value = table.label(key, read.name.substr(kLabelPrefix.size()));
  if (!value || read.type == SHUNT_COLUMN_MEMBERSHIP) return;  // there is no request whose membership could be told

  SymbolTable& symbols = SymbolTable::process();
  if (const auto* number = std::get_if<double>(&*value); number != nullptr && read.type == SHUNT_COLUMN_NUMBER) {
    *cell.data.ensure_array<double>(1) = *number;
  } else if (const auto* flag = std::get_if<bool>(&*value); flag != nullptr && read.type == SHUNT_COLUMN_FLAG) {
    *cell.data.ensure_array<std::uint8_t>(1) = *flag ? 1 : 0;
  } else if (const auto* text = std::get_if<std::string>(&*value);
             text != nullptr && read.type == SHUNT_COLUMN_SYMBOL) {
    *cell.data.ensure_array<Symbol>(1) = symbols.intern(*text);
  } else if (const auto* set = std::get_if<std::vector<std::string>>(&*value);
             set != nullptr && read.type == SHUNT_COLUMN_SET_SIZE) {
    *cell.data.ensure_array<double>(1) = static_cast<double>(set->size());
  } else if (set != nullptr && read.type == SHUNT_COLUMN_SET) {
    auto* pool = cell.pool.ensure_array<Symbol>(set->size());
    for (std::size_t i = 0; i < set->size(); ++i) pool[i] = symbols.intern((*set)[i]);
    *cell.data.ensure_array<shunt_set_row>(1) = {0, static_cast<std::uint32_t>(set->size())};
    column.pool = pool;
    column.pool_len = static_cast<std::uint32_t>(set->size());
  } else {
    return;
  }
  column.flags = 0;
  column.data = cell.data.data();
  column.valid = nullptr;
}

}  // namespace shunt
