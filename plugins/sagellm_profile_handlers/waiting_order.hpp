// SPDX-License-Identifier: Apache-2.0
// waiting_order.hpp: who goes first among waiting requests, as each policy has it: what a handler inherits to order a queue.
#pragma once

#include "urgency.hpp"

#include <shunt/sdk/draft/ordering.hpp>

#include <array>
#include <limits>
#include <string_view>

namespace sagellm {

template <class Handler>
class Orders {
 public:
  static constexpr std::array<std::string_view, 1> kExtraInterfaces{SHUNT_ORDERING_ID};
  const void* extra_interface(std::string_view id) const { return shunt::sdk::ordering_table<Handler>(id); }
};

// In order of arrival.
template <class Handler>
class OrdersByArrival : public Orders<Handler> {
 public:
  shunt::sdk::Placement classify(const shunt::sdk::Request&) const { return {}; }
};

// Higher priority first, then in order of arrival.
template <class Handler>
class OrdersByPriority : public Orders<Handler> {
 public:
  shunt::sdk::Placement classify(const shunt::sdk::Request& request) const { return {.band = request.priority()}; }
};

// Higher urgency first, then in order of arrival. It is a share of the time that was given, so the order of two requests may turn
// round while they wait.
template <class Handler>
class OrdersByUrgency : public OrdersByArrival<Handler> {
 public:
  void rekey(const shunt::sdk::WaitingRequests& waiting, std::span<double> key) const {
    for (std::size_t i = 0; i < key.size(); ++i) {
      key[i] = -urgency(waiting.now_ns(), waiting.arrival_ns()[i], waiting.deadline_ns()[i]);
    }
  }
};

// Higher priority first, then the smaller budget; none, or one of 0, is the largest.
template <class Handler>
class OrdersByBudget : public Orders<Handler> {
 public:
  shunt::sdk::Placement classify(const shunt::sdk::Request& request) const {
    const double budget = request.cost_budget().value_or(0.0);
    return {.band = request.priority(), .key = budget > 0.0 ? budget : std::numeric_limits<double>::max()};
  }
};

}  // namespace sagellm
