// SPDX-License-Identifier: Apache-2.0
// draft/state.hpp: the draft interface shunt.state: what an instance has learned goes to the instance that replaces it when the
// config of a running host changes. Drafts may change in any release.
//
//   struct Learner {
//     static constexpr std::array<std::string_view, 1> kExtraInterfaces{SHUNT_STATE_ID};
//     static constexpr std::string_view kStateVersion = "1";               // of the format
//     void save(StateWriter& out) const { out.write(text()); }             // texts and numbers, never symbols
//     bool load(std::string_view version, std::string_view bytes) { ... }  // false: this version cannot be read
//     const void* extra_interface(std::string_view id) const { return state_table<Learner>(id); }
//   };
#pragma once

#include <shunt/abi/draft/state.h>
#include <shunt/sdk/interface/boundary.hpp>

#include <string_view>

namespace shunt::sdk {

// Takes the state piece by piece. Its bound is the host's; beyond it, write() throws Error.
class StateWriter {
 public:
  // Over what save() was given.
  StateWriter(shunt_state_write function, void* stream) noexcept : write_(function), stream_(stream) {}
  // Appends bytes; throws Error where the host takes no more.
  void write(std::string_view bytes) {
    const Status status = write_(stream_, bytes.data(), bytes.size());
    if (status != SHUNT_OK) throw Error("the state is larger than the host takes", status);
  }

 private:
  shunt_state_write write_;
  void* stream_;
};

namespace [[gnu::visibility("hidden")]] detail {
template <class P>
struct StateInterface {
  static Status save(void* self, shunt_ctx* ctx, shunt_state_write write, void* stream) noexcept {
    return enter<const P>(self, ctx, [&](const P& plugin, const Context&) -> Status {
      StateWriter out(write, stream);
      plugin.save(out);
      return SHUNT_OK;
    });
  }
  static Status load(void* self, shunt_ctx* ctx, shunt_str version, const void* data, std::uint64_t len) noexcept {
    return enter<P>(self, ctx, [&](P& plugin, const Context& context) -> Status {
      const std::string_view bytes(static_cast<const char*>(data), len);
      if (plugin.load(to_view(version), bytes)) return SHUNT_OK;
      return context.fail("state of this version cannot be read", SHUNT_UNSUPPORTED);
    });
  }
  static constexpr shunt_state_table kTable{
      sizeof(shunt_state_table), 0, {P::kStateVersion.data(), P::kStateVersion.size()}, &save, &load};
};
}  // namespace detail

// The table of save() and load() for its own id, nullptr for any other: what extra_interface() returns. Neither overlaps with
// events; hot calls of the old instance go on while it saves, and the new one is asked nothing before it has loaded.
template <class P>
const void* state_table(std::string_view id) noexcept {
  return id == SHUNT_STATE_ID ? &detail::StateInterface<P>::kTable : nullptr;
}

}  // namespace shunt::sdk
