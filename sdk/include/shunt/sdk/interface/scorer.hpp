// SPDX-License-Identifier: Apache-2.0
// interface/scorer.hpp: the shape of a scorer and its trampoline.
#pragma once

#include <shunt/abi/scorer.h>
#include <shunt/sdk/interface/boundary.hpp>
#include <shunt/sdk/view.hpp>

#include <span>

namespace shunt::sdk {

// void or Status score(const Cycle&, View, std::span<double> score) const; rows left unwritten count 0.
template <class P>
concept Scorer = requires(const P& plugin, const Cycle& cycle, View view, std::span<double> score) {
  { plugin.score(cycle, view, score) } -> detail::StatusOrVoid;
};

namespace [[gnu::visibility("hidden")]] detail {
template <Scorer P>
struct ScorerInterface {
  static Status score(void* self, const shunt_cycle* cycle, const shunt_view* view, double* score) noexcept {
    auto& it = instance<P>(self);
    return guard(it.host, cycle->ctx, [&] {
      return std::as_const(it.plugin).score(Cycle(*it.host, *cycle), View(*view), std::span(score, view->count));
    });
  }
  static constexpr shunt_scorer_table kTable{sizeof(shunt_scorer_table), 0, &score};
};
}  // namespace detail
}  // namespace shunt::sdk
