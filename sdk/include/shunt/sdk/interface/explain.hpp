// SPDX-License-Identifier: Apache-2.0
// interface/explain.hpp: the shape of a plugin that gives reasons, and its trampoline.
#pragma once

#include <shunt/abi/explain.h>
#include <shunt/sdk/interface/boundary.hpp>
#include <shunt/sdk/view.hpp>

#include <span>

namespace shunt::sdk {

// void explain(const Cycle&, View, std::string_view interface_id, std::span<shunt_str> reason) const; texts by cycle.keep().
template <class P>
concept Explainer = requires(const P& plugin, const Cycle& cycle, View view, std::string_view interface_id,
                             std::span<shunt_str> reason) {
  { plugin.explain(cycle, view, interface_id, reason) } -> detail::StatusOrVoid;
};

namespace [[gnu::visibility("hidden")]] detail {
template <Explainer P>
struct ExplainInterface {
  static Status explain(void* self, const shunt_cycle* cycle, const shunt_view* view, shunt_str interface_id,
                        shunt_str* reason) noexcept {
    auto& it = instance<P>(self);
    return guard(it.host, cycle->ctx, [&] {
      return std::as_const(it.plugin).explain(Cycle(*it.host, *cycle), View(*view), to_view(interface_id),
                                              std::span(reason, view->count));
    });
  }
  static constexpr shunt_explain_table kTable{sizeof(shunt_explain_table), 0, &explain};
};
}  // namespace detail
}  // namespace shunt::sdk
