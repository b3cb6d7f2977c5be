// SPDX-License-Identifier: Apache-2.0
// waiting_queue.hpp: what the queue looks like to each of several requests that wait at the same time, when its turn comes.
#pragma once

#include <shunt/abi/cycle.h>
#include <shunt/framework/request.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace shunt::host {

// The requests behind one, as plugins are told of them.
class WaitingQueue {
 public:
  // `order`: positions in `requests`, which stay as they are.
  WaitingQueue(std::span<const Request> requests, std::vector<std::size_t> order, std::int64_t now_ns);

  std::span<const std::size_t> order() const { return order_; }

  // Those who still wait while the `turn`-th is decided. Valid until the next call.
  const shunt_queue_stats& behind(std::size_t turn);

 private:
  // Those of one priority, by turn; the oldest wait is that of each and all behind it.
  struct Band {
    std::int32_t priority = 0;
    std::vector<std::size_t> turns;
    std::vector<std::int64_t> oldest_wait_ns;
  };

  std::vector<std::size_t> order_;
  std::vector<Band> bands_;                 // highest priority first
  std::vector<std::uint8_t> any_deadline_;  // by turn: of this and all later ones
  std::vector<shunt_queue_band> told_;
  shunt_queue_stats stats_{};
};

}  // namespace shunt::host
