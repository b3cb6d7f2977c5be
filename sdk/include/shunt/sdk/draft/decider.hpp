// SPDX-License-Identifier: Apache-2.0
// draft/decider.hpp: the draft interface shunt.decider from both sides. Drafts may change in any release.
//
//   struct Handler {                                    // asks
//     Decider decider;                                  // = Decider(init, "prefill-decider")
//     ... std::optional<bool> yes; if (const Status s = decider.ask(cycle, yes); s < 0) return s;
//   };
//   struct LongPrompts {                                // answers
//     static constexpr std::array<std::string_view, 1> kExtraInterfaces{SHUNT_DECIDER_ID};
//     Status decide(const Cycle& cycle, View base, bool& yes) const;
//     const void* extra_interface(std::string_view id) const { return decider_table<LongPrompts>(id); }
//   };
#pragma once

#include <shunt/abi/draft/decider.h>
#include <shunt/sdk/init.hpp>
#include <shunt/sdk/interface/boundary.hpp>
#include <shunt/sdk/peer.hpp>

#include <optional>
#include <string_view>

namespace shunt::sdk {

// Another instance that answers a question about a request.
class Decider {
 public:
  // Throws Error where there is no such instance or it is no decider.
  Decider(Init& init, std::string_view plugin_ref) : peer_(init.peer(plugin_ref, SHUNT_DECIDER_ID)) {}

  // Asks about the running call's request and results. SHUNT_OK: `yes` holds the answer, nothing when the decider abstains.
  Status ask(const Cycle& cycle, std::optional<bool>& yes) const noexcept {
    yes.reset();
    const std::optional<PeerCall> call = enter_peer(cycle, peer_.slot);
    if (!call) return SHUNT_ERROR;
    std::uint32_t answer = 0;
    const auto* table = static_cast<const shunt_decider_table*>(peer_.table);
    const Status status = table->decide(peer_.self, call->cycle, call->base, &answer);
    if (status == SHUNT_SKIP) return SHUNT_OK;
    if (status != SHUNT_OK) return status < 0 ? status : SHUNT_ERROR;
    yes = answer != 0;
    return SHUNT_OK;
  }

 private:
  PeerHandle peer_;
};

namespace [[gnu::visibility("hidden")]] detail {
template <class P>
struct DeciderInterface {
  static Status decide(void* self, const shunt_cycle* cycle, const shunt_view* base, std::uint32_t* yes) noexcept {
    auto& it = instance<P>(self);
    return guard(it.host, cycle->ctx, [&]() -> Status {
      bool answer = false;
      const Status status = std::as_const(it.plugin).decide(Cycle(*it.host, *cycle), View(*base), answer);
      *yes = answer ? 1 : 0;
      return status;
    });
  }
  static constexpr shunt_decider_table kTable{sizeof(shunt_decider_table), 0, &decide};
};
}  // namespace detail

// The decider's table for its own id, nullptr for any other: what extra_interface() returns.
template <class P>
const void* decider_table(std::string_view id) noexcept {
  return id == SHUNT_DECIDER_ID ? &detail::DeciderInterface<P>::kTable : nullptr;
}

}  // namespace shunt::sdk
