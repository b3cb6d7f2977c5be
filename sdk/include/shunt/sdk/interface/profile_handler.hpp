// SPDX-License-Identifier: Apache-2.0
// interface/profile_handler.hpp: the shape of a profile handler and its trampolines.
#pragma once

#include <shunt/abi/profile_handler.h>
#include <shunt/sdk/interface/boundary.hpp>
#include <shunt/sdk/notes.hpp>
#include <shunt/sdk/view.hpp>

#include <cstdint>

namespace shunt::sdk {

// The profiles to run next.
class ProfileList {
 public:
  // Writes indices and their number to where the host wants them.
  ProfileList(std::uint32_t* next, std::uint32_t capacity, std::uint32_t* n) noexcept
      : next_(next), capacity_(capacity), n_(n) {}
  // Appends a profile index; false when the list is full.
  bool add(std::uint32_t profile) noexcept {
    if (*n_ == capacity_) return false;
    next_[(*n_)++] = profile;
    return true;
  }

 private:
  std::uint32_t* next_;
  std::uint32_t capacity_;
  std::uint32_t* n_;
};

// The handler's verdict. Texts are copied into the call's arena.
class Outcome {
 public:
  // Writes to `raw`, which the host owns.
  Outcome(const Context& context, shunt_outcome& raw) noexcept : context_(context), raw_(&raw) {}
  // The request goes to the picks of results()[result].
  void choose(std::size_t result) noexcept { raw_->primary_result = static_cast<std::uint32_t>(result); }
  // For people; with a dispatched request too.
  void reason(std::string_view text) noexcept { raw_->reason = context_.keep(text); }
  // Rejects the request: HTTP status 400..599, a short stable word, a sentence.
  void reject(std::uint32_t http_status, std::string_view code, std::string_view text) noexcept {
    raw_->reject = 1;
    raw_->http_status = http_status;
    raw_->code = context_.keep(code);
    raw_->reason = context_.keep(text);
  }
  shunt_outcome& raw() noexcept { return *raw_; }

 private:
  Context context_;
  shunt_outcome* raw_;
};

// Replaces the picks of a finished run, best first, base rows; from process_results().
inline Status set_picks(const Cycle& cycle, std::size_t result, std::span<const std::uint32_t> base_rows) noexcept {
  return cycle.host().set_picks(cycle.raw_context(), static_cast<std::uint32_t>(result), base_rows.data(),
                                static_cast<std::uint32_t>(base_rows.size()));
}

// void or Status pick_profiles(const Cycle&, View base, ProfileList&) const and process_results(const Cycle&, View base,
// Outcome&) const.
template <class P>
concept ProfileHandler = requires(const P& plugin, const Cycle& cycle, View base, ProfileList& next, Outcome& outcome) {
  { plugin.pick_profiles(cycle, base, next) } -> detail::StatusOrVoid;
  { plugin.process_results(cycle, base, outcome) } -> detail::StatusOrVoid;
};

namespace [[gnu::visibility("hidden")]] detail {
template <ProfileHandler P>
struct ProfileHandlerInterface {
  static Status pick_profiles(void* self, const shunt_cycle* cycle, const shunt_view* base, std::uint32_t* next,
                              std::uint32_t capacity, std::uint32_t* n) noexcept {
    auto& it = instance<P>(self);
    return guard(it.host, cycle->ctx, [&] {
      ProfileList list(next, capacity, n);
      return std::as_const(it.plugin).pick_profiles(Cycle(*it.host, *cycle), View(*base), list);
    });
  }
  static Status process_results(void* self, const shunt_cycle* cycle, const shunt_view* base,
                                shunt_outcome* raw) noexcept {
    auto& it = instance<P>(self);
    return guard(it.host, cycle->ctx, [&] {
      Outcome outcome(Context(*it.host, cycle->ctx), *raw);
      return std::as_const(it.plugin).process_results(Cycle(*it.host, *cycle), View(*base), outcome);
    });
  }
  static constexpr shunt_profile_handler_table kTable{sizeof(shunt_profile_handler_table), 0, &pick_profiles,
                                                      &process_results};
};
}  // namespace detail
}  // namespace shunt::sdk
