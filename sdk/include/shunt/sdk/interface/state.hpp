// SPDX-License-Identifier: Apache-2.0
// interface/state.hpp: the shape of a plugin whose state outlives it, and its trampolines.
//
//   struct Learner {
//     static constexpr std::string_view kStateVersion = "1";  // of the format
//     void save_state(const Context&, StateWriter& out) const { out.write(text()); }
//     Status load_state(const Context& context, const SavedState& saved) {
//       if (saved.version() != kStateVersion) return context.fail("written by another version", SHUNT_UNSUPPORTED);
//       ...
//     }
//   };
#pragma once

#include <shunt/abi/state.h>
#include <shunt/sdk/interface/boundary.hpp>

#include <cstdint>
#include <string_view>

namespace shunt::sdk {

// Where a state goes, piece by piece.
class StateWriter {
 public:
  // Over what save() was given.
  explicit StateWriter(shunt_state_stream& raw) noexcept : raw_(&raw) {}
  // Bytes that the host takes in all: who has more leaves out what is worth least.
  std::uint64_t capacity() const noexcept { return raw_->capacity; }
  // Appends a copy of these bytes; throws Error where the host takes no more.
  void write(std::string_view bytes) {
    const Status status = raw_->write(raw_, bytes.data(), bytes.size());
    if (status != SHUNT_OK) throw Error("the host took no more of the state", status);
  }

 private:
  shunt_state_stream* raw_;
};

// What a predecessor has written. Valid until load_state() returns.
class SavedState {
 public:
  // Over what load() was given.
  SavedState(std::string_view version, std::string_view bytes) noexcept : version_(version), bytes_(bytes) {}
  // Tag of the format, as the predecessor states it.
  std::string_view version() const noexcept { return version_; }
  // Not aligned, and to be checked: another library wrote it.
  std::string_view bytes() const noexcept { return bytes_; }

 private:
  std::string_view version_;
  std::string_view bytes_;
};

// void or Status save_state(const Context&, StateWriter&) const, void or Status load_state(const Context&, const SavedState&),
// and static constexpr std::string_view kStateVersion. save_state() runs beside hot calls. A load_state() that fails leaves the
// object as its constructor has made it.
template <class P>
concept Stateful =
    requires(P& plugin, const P& saving, const Context& context, StateWriter& out, const SavedState& saved) {
      { saving.save_state(context, out) } -> detail::StatusOrVoid;
      { plugin.load_state(context, saved) } -> detail::StatusOrVoid;
      std::string_view(P::kStateVersion);
    };

namespace [[gnu::visibility("hidden")]] detail {
template <Stateful P>
struct StateInterface {
  static Status save(void* self, shunt_ctx* ctx, shunt_state_stream* stream) noexcept {
    auto& it = instance<P>(self);
    return guard(it.host, ctx, [&] {
      StateWriter out(*stream);
      return std::as_const(it.plugin).save_state(Context(*it.host, ctx), out);
    });
  }
  static Status load(void* self, shunt_ctx* ctx, shunt_str version, const void* data, std::uint64_t len) noexcept {
    auto& it = instance<P>(self);
    return guard(it.host, ctx, [&] {
      const SavedState saved(to_view(version), std::string_view(static_cast<const char*>(data), len));
      return it.plugin.load_state(Context(*it.host, ctx), saved);
    });
  }
  static constexpr std::string_view kVersion = P::kStateVersion;
  static_assert(!kVersion.empty() && kVersion.size() <= 64, "kStateVersion has 1 to 64 bytes");
  static constexpr shunt_state_table kTable{
      sizeof(shunt_state_table), 0, {kVersion.data(), kVersion.size()}, &save, &load};
};
}  // namespace detail
}  // namespace shunt::sdk
