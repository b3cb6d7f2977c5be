// SPDX-License-Identifier: Apache-2.0
// draft/ordering.hpp: the draft interface shunt.ordering: who goes first among the requests that wait. Drafts may change in any release.
//
//   struct Handler {
//     static constexpr std::array<std::string_view, 1> kExtraInterfaces{SHUNT_ORDERING_ID};
//     Placement classify(const Request& request) const { return {.band = request.priority()}; }   // then in order of arrival
//     void rekey(const WaitingRequests& waiting, std::span<double> key) const;                    // optional: where order changes with time
//     std::size_t next_flow(const Flows& flows) const;                                           // optional: where flows take turns
//     const void* extra_interface(std::string_view id) const { return ordering_table<Handler>(id); }
//   };
#pragma once

#include <shunt/abi/draft/ordering.h>
#include <shunt/sdk/interface/boundary.hpp>
#include <shunt/sdk/request.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace shunt::sdk {

// Where a waiting request stands: higher bands first, then lower keys, then earlier arrival.
struct Placement {
  // Higher first.
  std::int32_t band = 0;
  // Those of one tenant or session have the same; any number will do.
  std::uint64_t flow = 0;
  // Lower first; finite.
  double key = 0.0;
};

// The waiting requests of one band, parallel and in order of arrival. Absent numbers are NaN. Valid until the call returns.
class WaitingRequests {
 public:
  explicit WaitingRequests(const shunt_queue_view& raw) noexcept : raw_(&raw) {}
  // How many wait.
  std::size_t size() const noexcept { return raw_->count; }
  // The time of the call, on the clock of arrivals.
  std::int64_t now_ns() const noexcept { return raw_->now_ns; }
  // Columns of shunt_queue_view of the same names:
  std::span<const std::int64_t> arrival_ns() const noexcept { return {raw_->arrival_ns, size()}; }
  std::span<const double> priority() const noexcept { return {raw_->priority, size()}; }
  std::span<const double> deadline_ns() const noexcept { return {raw_->deadline_ns, size()}; }
  std::span<const double> cost_budget() const noexcept { return {raw_->cost_budget, size()}; }
  std::span<const double> max_tokens() const noexcept { return {raw_->max_tokens, size()}; }
  std::span<const double> prompt_tokens() const noexcept { return {raw_->prompt_tokens, size()}; }
  const shunt_queue_view& raw() const noexcept { return *raw_; }

 private:
  const shunt_queue_view* raw_;
};

// The flows of one band that have waiting requests. Valid until the call returns.
class Flows {
 public:
  // As next_flow() is given them.
  Flows(const shunt_flow* first, std::uint32_t count, std::uint32_t stride) noexcept
      : first_(reinterpret_cast<const char*>(first)), count_(count), stride_(stride) {}
  // How many there are, one at least.
  std::size_t size() const noexcept { return count_; }
  // Below size().
  const shunt_flow& operator[](std::size_t index) const noexcept {
    return *reinterpret_cast<const shunt_flow*>(first_ + index * stride_);
  }

 private:
  const char* first_;
  std::uint32_t count_;
  std::uint32_t stride_;
};

template <class P>
concept Orderer = requires(const P& plugin, const Request& request) {
  { plugin.classify(request) } -> std::convertible_to<Placement>;
};
template <class P>
concept RekeyingOrderer = Orderer<P> && requires(const P& plugin, const WaitingRequests& waiting,
                                                 std::span<double> key) { plugin.rekey(waiting, key); };
template <class P>
concept FlowOrderer = Orderer<P> && requires(const P& plugin, const Flows& flows) {
  { plugin.next_flow(flows) } -> std::convertible_to<std::size_t>;
};

namespace [[gnu::visibility("hidden")]] detail {
template <Orderer P>
struct OrderingInterface {
  static Status classify(void* self, shunt_ctx* ctx, const shunt_request* request, std::int32_t* band,
                         std::uint64_t* flow, double* key) noexcept {
    return enter<const P>(self, ctx, [&](const P& plugin, const Context&) -> Status {
      const Placement placement = plugin.classify(Request(*request));
      *band = placement.band;
      *flow = placement.flow;
      *key = placement.key;
      return SHUNT_OK;
    });
  }
  static Status rekey(void* self, shunt_ctx* ctx, const shunt_queue_view* view, double* key) noexcept {
    return enter<const P>(self, ctx, [&](const P& plugin, const Context&) -> Status {
      plugin.rekey(WaitingRequests(*view), std::span<double>(key, view->count));
      return SHUNT_OK;
    });
  }
  static Status next_flow(void* self, shunt_ctx* ctx, const shunt_flow* flows, std::uint32_t n, std::uint32_t stride,
                          std::uint32_t* pick) noexcept {
    return enter<const P>(self, ctx, [&](const P& plugin, const Context&) -> Status {
      *pick = static_cast<std::uint32_t>(plugin.next_flow(Flows(flows, n, stride)));
      return SHUNT_OK;
    });
  }
  static constexpr shunt_ordering_table make() {
    shunt_ordering_table table{sizeof(shunt_ordering_table), 0, &classify, nullptr, nullptr};
    if constexpr (RekeyingOrderer<P>) table.rekey = &rekey;
    if constexpr (FlowOrderer<P>) table.next_flow = &next_flow;
    return table;
  }
  static constexpr shunt_ordering_table kTable = make();
};
}  // namespace detail

// The table of P for its own id, nullptr for any other: what extra_interface() returns.
template <Orderer P>
const void* ordering_table(std::string_view id) noexcept {
  return id == SHUNT_ORDERING_ID ? &detail::OrderingInterface<P>::kTable : nullptr;
}

}  // namespace shunt::sdk
