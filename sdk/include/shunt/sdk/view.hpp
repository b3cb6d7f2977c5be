// SPDX-License-Identifier: Apache-2.0
// view.hpp: the candidates of a call and their columns.
//
//   shunt::sdk::Column<double> queue;                      // member; = init.column<double>("queue") in the constructor
//   const auto q = queue(view);                            // in a hot function
//   for (std::size_t i = 0; i < q.size(); ++i) if (q.has(i)) use(q[i]);
#pragma once

#include <shunt/abi/column.h>
#include <shunt/sdk/kernels.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace shunt::sdk {

// An interned text: equal symbols are equal texts; 0 is "no text".
using Symbol = std::uint32_t;

// Column element types beside double.
struct Flag {};     // read as std::uint8_t, 0 or 1
struct Set {};      // read as a span of symbols
struct SetSize {};  // read as double: members of a set column

namespace [[gnu::visibility("hidden")]] detail {
template <class T>
struct ColumnTraits;
template <>
struct ColumnTraits<double> {
  static constexpr std::uint32_t kType = SHUNT_COLUMN_NUMBER;
  using Stored = double;
};
template <>
struct ColumnTraits<SetSize> {
  static constexpr std::uint32_t kType = SHUNT_COLUMN_SET_SIZE;
  using Stored = double;
};
template <>
struct ColumnTraits<Flag> {
  static constexpr std::uint32_t kType = SHUNT_COLUMN_FLAG;
  using Stored = std::uint8_t;
};
template <>
struct ColumnTraits<Symbol> {
  static constexpr std::uint32_t kType = SHUNT_COLUMN_SYMBOL;
  using Stored = Symbol;
};
template <>
struct ColumnTraits<Set> {
  static constexpr std::uint32_t kType = SHUNT_COLUMN_SET;
  using Stored = shunt_set_row;
};
}  // namespace detail

// The candidates of one call; row i is candidate i. Valid until the call returns; cheap to copy.
class View {
 public:
  explicit View(const shunt_view& raw) noexcept : raw_(&raw) {}

  // Number of candidates.
  std::size_t size() const noexcept { return raw_->count; }
  // There are none.
  bool empty() const noexcept { return raw_->count == 0; }
  // 64-bit hash of the endpoint's name: what per-endpoint state is kept by.
  std::uint64_t key(std::size_t row) const noexcept { return raw_->key[row]; }
  // The key of every row.
  std::span<const std::uint64_t> keys() const noexcept { return {raw_->key, raw_->count}; }
  // The candidate's row in the cycle's base view.
  std::uint32_t base_row(std::size_t row) const noexcept { return raw_->base_row[row]; }
  // Row of an endpoint, nothing when it is no candidate. Constant time in the base view, a scan elsewhere.
  std::optional<std::uint32_t> find(std::uint64_t key) const noexcept {
    const std::uint32_t row = shunt_view_find(raw_, key);
    if (row == SHUNT_NONE) return std::nullopt;
    return row;
  }
  // Changes whenever the keys change; 0: do not cache.
  std::uint64_t layout() const noexcept { return raw_->layout; }
  const shunt_view& raw() const noexcept { return *raw_; }

 private:
  const shunt_view* raw_;
};

// One column over the candidates. A row without value reads as zero: ask has().
template <class T>
class ColumnView {
 public:
  // Type of a row: double, std::uint8_t for flags, Symbol, or shunt_set_row.
  using Stored = typename detail::ColumnTraits<T>::Stored;
  // Borrows the column, which the host owns.
  ColumnView(const shunt_column& raw, std::size_t size) noexcept : raw_(&raw), size_(size) {}

  // Number of rows.
  std::size_t size() const noexcept { return size_; }
  // All rows; 64-byte aligned and readable up to the next multiple of 64 bytes.
  const Stored* data() const noexcept { return static_cast<const Stored*>(raw_->data); }
  // The value of a row, zero where it has none.
  Stored operator[](std::size_t row) const noexcept { return data()[row]; }
  // Whether the row has a value.
  bool has(std::size_t row) const noexcept { return raw_->valid == nullptr || raw_->valid[row] != 0; }
  // Every row has a value.
  bool complete() const noexcept { return raw_->valid == nullptr; }
  // No endpoint of this snapshot has a value.
  bool absent() const noexcept { return (raw_->flags & SHUNT_COLUMN_FLAG_ABSENT) != 0; }
  // When row's value was measured; nothing: current, which the ABI writes as INT64_MAX or as no ages at all.
  std::optional<std::int64_t> as_of_ns(std::size_t row) const noexcept {
    if (raw_->as_of_ns == nullptr || raw_->as_of_ns[row] == INT64_MAX) return std::nullopt;
    return raw_->as_of_ns[row];
  }
  // Members of a row of a set column.
  std::span<const Symbol> members(std::size_t row) const noexcept
    requires std::same_as<Stored, shunt_set_row>
  {
    const shunt_set_row range = data()[row];
    return {raw_->pool + range.begin, raw_->pool + range.end};
  }
  const shunt_column& raw() const noexcept { return *raw_; }

 private:
  const shunt_column* raw_;
  std::size_t size_;
};

// A column that the constructor declared; call it with the view of a hot function.
template <class T>
class Column {
 public:
  Column() = default;
  explicit Column(std::uint32_t slot) noexcept : slot_(slot) {}
  // The column over the candidates of this view.
  ColumnView<T> operator()(View view) const noexcept { return {*view.raw().columns[slot_], view.size()}; }
  // Index into shunt_view::columns.
  std::uint32_t slot() const noexcept { return slot_; }

 private:
  std::uint32_t slot_ = SHUNT_NONE;
};

// A membership column: 1 where the endpoint's set holds the request's model or type.
using Membership = Column<Flag>;

}  // namespace shunt::sdk
