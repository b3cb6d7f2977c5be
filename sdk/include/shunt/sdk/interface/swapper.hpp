// SPDX-License-Identifier: Apache-2.0
// interface/swapper.hpp: the shape of a swapper and its trampolines.
#pragma once

#include <shunt/abi/swapper.h>
#include <shunt/sdk/interface/boundary.hpp>

#include <cstdint>

namespace shunt::sdk {

// "May this model be loaded now, and at whose expense?"
class SwapQuery : public Context {
 public:
  // Borrows the query, which the host owns.
  SwapQuery(const Context& context, const shunt_swap_query& raw) noexcept : Context(context), raw_(&raw) {}
  // The model to be loaded.
  const shunt_model& target() const noexcept { return *raw_->target; }
  // Models that are not stopped, and targets of committed swaps.
  std::size_t running_count() const noexcept { return raw_->n_running; }
  // One of them, sorted by id; `i` is below running_count().
  const shunt_model& running(std::size_t i) const noexcept {
    return *reinterpret_cast<const shunt_model*>(reinterpret_cast<const std::byte*>(raw_->running) +
                                                 i * raw_->running_stride);
  }
  // Accelerators and memory pools.
  std::size_t device_count() const noexcept { return raw_->n_devices; }
  // One of them; `i` is below device_count().
  const shunt_device& device(std::size_t i) const noexcept {
    return *reinterpret_cast<const shunt_device*>(reinterpret_cast<const std::byte*>(raw_->devices) +
                                                  i * raw_->device_stride);
  }
  // The clock; see Cycle::now_ns().
  std::int64_t now_ns() const noexcept { return raw_->now_ns; }
  const shunt_swap_query& raw() const noexcept { return *raw_; }

 private:
  const shunt_swap_query* raw_;
};

// The answer being written.
class SwapPlan {
 public:
  // Writes to `raw`, which the host owns.
  SwapPlan(const Context& context, shunt_swap_plan& raw) noexcept : context_(context), raw_(&raw) {}
  // Evicts query.running(i).
  void evict(std::size_t i) noexcept {
    if (raw_->n_victims < raw_->victims_capacity) raw_->victims[raw_->n_victims++] = static_cast<std::uint32_t>(i);
  }
  // Places the target on query.device(i).
  void place(std::size_t i) noexcept {
    if (raw_->n_placement < raw_->placement_capacity) {
      raw_->placement[raw_->n_placement++] = static_cast<std::uint32_t>(i);
    }
  }
  // For people; copied.
  void reason(std::string_view text) noexcept { raw_->reason = context_.keep(text); }
  // `return plan.blocked("...")`: wait; `return plan.impossible("...")`: refuse.
  Status blocked(std::string_view text, std::int64_t retry_after_ns = 0) noexcept {
    raw_->retry_after_ns = retry_after_ns;
    reason(text);
    return SHUNT_BLOCKED;
  }
  // See blocked().
  Status impossible(std::string_view text) noexcept {
    reason(text);
    return SHUNT_IMPOSSIBLE;
  }
  shunt_swap_plan& raw() noexcept { return *raw_; }

 private:
  Context context_;
  shunt_swap_plan* raw_;
};

// void or Status eviction_for(const SwapQuery&, SwapPlan&) const.
template <class P>
concept Swapper = requires(const P& plugin, const SwapQuery& query, SwapPlan& plan) {
  { plugin.eviction_for(query, plan) } -> detail::StatusOrVoid;
};
// Optional: void on_swap_start(const SwapQuery&, const shunt_swap_plan&, std::uint64_t ticket); it hears of committed swaps.
template <class P>
concept SwapStarter = Swapper<P> && requires(P& plugin, const SwapQuery& query, const shunt_swap_plan& plan,
                                             std::uint64_t ticket) { plugin.on_swap_start(query, plan, ticket); };

namespace [[gnu::visibility("hidden")]] detail {
template <Swapper P>
struct SwapperInterface {
  static Status eviction_for(void* self, shunt_ctx* ctx, const shunt_swap_query* query, shunt_swap_plan* raw) noexcept {
    auto& it = instance<P>(self);
    return guard(it.host, ctx, [&] {
      const Context context(*it.host, ctx);
      SwapPlan plan(context, *raw);
      return std::as_const(it.plugin).eviction_for(SwapQuery(context, *query), plan);
    });
  }
  static void on_swap_start(void* self, shunt_ctx* ctx, const shunt_swap_query* query, const shunt_swap_plan* plan,
                            std::uint64_t ticket) noexcept {
    auto& it = instance<P>(self);
    (void)guard(it.host, ctx, [&] {
      if constexpr (SwapStarter<P>) {
        it.plugin.on_swap_start(SwapQuery(Context(*it.host, ctx), *query), *plan, ticket);
      }
    });
  }
  static constexpr shunt_swapper_table kTable{sizeof(shunt_swapper_table), 0, &eviction_for,
                                              SwapStarter<P> ? &on_swap_start : nullptr};
};
}  // namespace detail
}  // namespace shunt::sdk
