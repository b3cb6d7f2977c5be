// SPDX-License-Identifier: Apache-2.0
// draft/dump.hpp: the draft interface shunt.dump: shows an instance's state to people. Drafts may change in any release.
//
//   struct Producer {
//     static constexpr std::array<std::string_view, 1> kExtraInterfaces{SHUNT_DUMP_ID};
//     std::string dump() const { return "{\"blocks\":" + std::to_string(blocks()) + "}"; }   // JSON without secrets or prompts
//     const void* extra_interface(std::string_view id) const { return dump_table<Producer>(id); }
//   };
#pragma once

#include <shunt/abi/draft/dump.h>
#include <shunt/sdk/interface/boundary.hpp>

#include <cstring>
#include <string>
#include <string_view>

namespace shunt::sdk {

namespace [[gnu::visibility("hidden")]] detail {
template <class P>
struct DumpInterface {
  static Status dump(void* self, shunt_ctx* ctx, char* json, std::uint64_t capacity, std::uint64_t* len) noexcept {
    return enter<const P>(self, ctx, [&](const P& plugin, const Context& context) -> Status {
      const std::string text = plugin.dump();
      if (text.size() > capacity) return context.fail("the state is larger than the host takes", SHUNT_OUT_OF_RANGE);
      std::memcpy(json, text.data(), text.size());
      *len = text.size();
      return SHUNT_OK;
    });
  }
  static constexpr shunt_dump_table kTable{sizeof(shunt_dump_table), 0, &dump};
};
}  // namespace detail

// The table of `std::string P::dump() const` for its own id, nullptr for any other: what extra_interface() returns. The text
// is one JSON value. dump() runs beside hot calls, never beside events.
template <class P>
const void* dump_table(std::string_view id) noexcept {
  return id == SHUNT_DUMP_ID ? &detail::DumpInterface<P>::kTable : nullptr;
}

}  // namespace shunt::sdk
