// SPDX-License-Identifier: Apache-2.0
// interface/filter.hpp: the shape of a filter and its trampoline.
#pragma once

#include <shunt/abi/filter.h>
#include <shunt/sdk/interface/boundary.hpp>
#include <shunt/sdk/view.hpp>

#include <cstdint>
#include <span>

namespace shunt::sdk {

// void or Status filter(const Cycle&, View, std::span<std::uint8_t> keep) const; `keep` arrives as all 1.
template <class P>
concept Filter = requires(const P& plugin, const Cycle& cycle, View view, std::span<std::uint8_t> keep) {
  { plugin.filter(cycle, view, keep) } -> detail::StatusOrVoid;
};

namespace [[gnu::visibility("hidden")]] detail {
template <Filter P>
struct FilterInterface {
  static Status filter(void* self, const shunt_cycle* cycle, const shunt_view* view, std::uint8_t* keep) noexcept {
    auto& it = instance<P>(self);
    return guard(it.host, cycle->ctx, [&] {
      return std::as_const(it.plugin).filter(Cycle(*it.host, *cycle), View(*view), std::span(keep, view->count));
    });
  }
  static constexpr shunt_filter_table kTable{sizeof(shunt_filter_table), 0, &filter};
};
}  // namespace detail
}  // namespace shunt::sdk
