// SPDX-License-Identifier: Apache-2.0
// interface/observer.hpp: the shape of an observer and its trampolines.
#pragma once

#include <shunt/abi/observer.h>
#include <shunt/sdk/interface/boundary.hpp>
#include <shunt/sdk/notes.hpp>
#include <shunt/sdk/view.hpp>

namespace shunt::sdk {

// A finished decision.
class Decision {
 public:
  explicit Decision(const shunt_decision& raw) noexcept : raw_(&raw) {}
  // The request goes to an endpoint.
  bool dispatched() const noexcept { return raw_->outcome == SHUNT_OUTCOME_DISPATCHED; }
  // SHUNT_OUTCOME_*; values that are not known mean "not dispatched".
  std::uint32_t outcome() const noexcept { return raw_->outcome; }
  // Index of the profile whose picks count; SHUNT_NONE when rejected before one was chosen.
  std::uint32_t primary_profile() const noexcept { return raw_->primary_profile; }
  // The run that was chosen, as an index into results(); SHUNT_NONE when none was.
  std::uint32_t primary_result() const noexcept { return raw_->primary_result; }
  // Of a rejection; else 0.
  std::uint32_t http_status() const noexcept { return raw_->http_status; }
  // Every profile run of the request, in order.
  Results results() const noexcept { return {raw_->results, raw_->n_results, raw_->result_stride}; }
  const shunt_decision& raw() const noexcept { return *raw_; }

 private:
  const shunt_decision* raw_;
};

// Events one stride apart.
class Events {
 public:
  // `stride` is the distance of two events in bytes, at least the size of one.
  Events(const shunt_event* first, std::size_t size, std::size_t stride) noexcept
      : first_(reinterpret_cast<const std::byte*>(first)), size_(size), stride_(stride) {}
  // Number of events.
  std::size_t size() const noexcept { return size_; }
  // Event `i`, in the order in which they happened; `i` is below size().
  const shunt_event& operator[](std::size_t i) const noexcept {
    return *reinterpret_cast<const shunt_event*>(first_ + i * stride_);
  }
  // The first of them; the next is stride() bytes further on.
  const shunt_event* raw() const noexcept { return reinterpret_cast<const shunt_event*>(first_); }
  // Distance of two events in bytes.
  std::size_t stride() const noexcept { return stride_; }

 private:
  const std::byte* first_;
  std::size_t size_;
  std::size_t stride_;
};

// void picked(const Cycle&, View base, const Decision&) const: synchronous, cheap, concurrent.
template <class P>
concept PickObserver = requires(const P& plugin, const Cycle& cycle, View base, const Decision& decision) {
  plugin.picked(cycle, base, decision);
};
// void events(const Context&, const Events&) with `static constexpr std::uint64_t kWants`: serialised, off the request path.
template <class P>
concept EventObserver = requires(P& plugin, const Context& context, const Events& events) {
  plugin.events(context, events);
  { P::kWants } -> std::convertible_to<std::uint64_t>;
};
// Hears of decisions, of events, or of both.
template <class P>
concept Observer = PickObserver<P> || EventObserver<P>;

namespace [[gnu::visibility("hidden")]] detail {
template <Observer P>
struct ObserverInterface {
  static void picked(void* self, const shunt_cycle* cycle, const shunt_view* base,
                     const shunt_decision* decision) noexcept {
    auto& it = instance<P>(self);
    (void)guard(it.host, cycle->ctx, [&] {
      if constexpr (PickObserver<P>) {
        std::as_const(it.plugin).picked(Cycle(*it.host, *cycle), View(*base), Decision(*decision));
      }
    });
  }
  static void events(void* self, shunt_ctx* ctx, const shunt_event* events, std::uint32_t n,
                     std::uint32_t stride) noexcept {
    auto& it = instance<P>(self);
    (void)guard(it.host, ctx, [&] {
      if constexpr (EventObserver<P>) it.plugin.events(Context(*it.host, ctx), Events(events, n, stride));
    });
  }
  static constexpr std::uint64_t wants() {
    if constexpr (EventObserver<P>) return P::kWants;
    return 0;
  }
  static constexpr shunt_observer_table kTable{sizeof(shunt_observer_table), 0, wants(),
                                               PickObserver<P> ? &picked : nullptr,
                                               EventObserver<P> ? &events : nullptr};
};
}  // namespace detail
}  // namespace shunt::sdk
