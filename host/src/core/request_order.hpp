// SPDX-License-Identifier: Apache-2.0
// request_order.hpp: who goes first when all wait at once, and what the queue looks like to each when its turn comes.
#pragma once

#include <shunt/abi/cycle.h>
#include <shunt/framework/request.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace shunt::host {

// Positions in `requests`: higher priority first, then earlier arrival, then file order.
std::vector<std::size_t> batch_order(std::span<const Request> requests);

// The requests behind one in a batch, as plugins are told of them.
class WaitingQueue {
 public:
  WaitingQueue(std::span<const Request> requests, std::vector<std::size_t> order, std::int64_t now_ns);

  std::span<const std::size_t> order() const { return order_; }

  // Those who still wait while the `turn`-th is decided. Valid until the next call.
  const shunt_queue_stats& behind(std::size_t turn);

 private:
  std::int64_t wait_ns(std::size_t turn) const;

  std::span<const Request> requests_;
  std::vector<std::size_t> order_;
  std::int64_t now_ns_;
  std::vector<std::size_t> band_ends_;        // one past the last turn of each band, in order
  std::vector<std::int64_t> oldest_wait_ns_;  // by turn: of this and all later ones
  std::vector<std::uint8_t> any_deadline_;    // by turn: of this and all later ones
  std::vector<shunt_queue_band> bands_;
  shunt_queue_stats stats_{};
};

}  // namespace shunt::host
