// SPDX-License-Identifier: Apache-2.0
// interface/producer.hpp: the shape of a producer and its trampoline.
#pragma once

#include <shunt/abi/producer.h>
#include <shunt/sdk/interface/boundary.hpp>
#include <shunt/sdk/notes.hpp>
#include <shunt/sdk/output.hpp>
#include <shunt/sdk/view.hpp>

namespace shunt::sdk {

// void or Status produce(const Cycle&, View base, const Outputs&) const.
template <class P>
concept Producer = requires(const P& plugin, const Cycle& cycle, View base, const Outputs& outputs) {
  { plugin.produce(cycle, base, outputs) } -> detail::StatusOrVoid;
};

namespace [[gnu::visibility("hidden")]] detail {
template <Producer P>
struct ProducerInterface {
  static Status produce(void* self, const shunt_cycle* cycle, const shunt_view* base, shunt_output* out,
                        std::uint32_t n, std::uint32_t stride) noexcept {
    auto& it = instance<P>(self);
    return guard(it.host, cycle->ctx, [&] {
      return std::as_const(it.plugin).produce(Cycle(*it.host, *cycle), View(*base), Outputs(out, n, stride));
    });
  }
  static constexpr shunt_producer_table kTable{sizeof(shunt_producer_table), 0, &produce};
};
}  // namespace detail
}  // namespace shunt::sdk
