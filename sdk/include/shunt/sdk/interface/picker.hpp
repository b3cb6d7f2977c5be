// SPDX-License-Identifier: Apache-2.0
// interface/picker.hpp: the shape of a picker and its trampoline.
#pragma once

#include <shunt/abi/picker.h>
#include <shunt/sdk/interface/boundary.hpp>
#include <shunt/sdk/view.hpp>

#include <cstdint>
#include <span>

namespace shunt::sdk {

// The list that a picker fills: rows in order of preference.
class Picks {
 public:
  // Writes rows and their number to where the host wants them.
  Picks(std::uint32_t* rows, std::uint32_t capacity, std::uint32_t* n) noexcept
      : rows_(rows), capacity_(capacity), n_(n) {}
  // Appends a row; false when the list is full.
  bool add(std::size_t row) noexcept {
    if (*n_ == capacity_) return false;
    rows_[(*n_)++] = static_cast<std::uint32_t>(row);
    return true;
  }
  // Rows that fit.
  std::size_t capacity() const noexcept { return capacity_; }
  // The whole list, for pickers that sort in place; call resize() with what counts.
  std::span<std::uint32_t> rows() noexcept { return {rows_, capacity_}; }
  // Says how many entries of rows() count; at most capacity().
  void resize(std::size_t n) noexcept { *n_ = static_cast<std::uint32_t>(n); }

 private:
  std::uint32_t* rows_;
  std::uint32_t capacity_;
  std::uint32_t* n_;
};

// void or Status pick(const Cycle&, View, std::span<const double> totals, Picks&) const.
template <class P>
concept Picker =
    requires(const P& plugin, const Cycle& cycle, View view, std::span<const double> totals, Picks& picks) {
      { plugin.pick(cycle, view, totals, picks) } -> detail::StatusOrVoid;
    };

namespace [[gnu::visibility("hidden")]] detail {
template <Picker P>
struct PickerInterface {
  static Status pick(void* self, const shunt_cycle* cycle, const shunt_view* view, const double* total,
                     std::uint32_t* rows, std::uint32_t capacity, std::uint32_t* n) noexcept {
    auto& it = instance<P>(self);
    return guard(it.host, cycle->ctx, [&] {
      Picks picks(rows, capacity, n);
      return std::as_const(it.plugin).pick(Cycle(*it.host, *cycle), View(*view), std::span(total, view->count), picks);
    });
  }
  static constexpr shunt_picker_table kTable{sizeof(shunt_picker_table), 0, &pick};
};
}  // namespace detail
}  // namespace shunt::sdk
