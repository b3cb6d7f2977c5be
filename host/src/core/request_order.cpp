// SPDX-License-Identifier: Apache-2.0
#include "request_order.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace shunt::host {

std::vector<std::size_t> batch_order(std::span<const Request> requests) {
  std::vector<std::size_t> order(requests.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
    const auto key = [&](std::size_t i) {
      return std::pair(-std::int64_t{requests[i].priority.value_or(0)}, requests[i].arrival_ns);
    };
    return key(a) < key(b);
  });
  return order;
}

WaitingQueue::WaitingQueue(std::span<const Request> requests, std::vector<std::size_t> order, std::int64_t now_ns)
    : requests_(requests),
      order_(std::move(order)),
      now_ns_(now_ns),
      oldest_wait_ns_(order_.size()),
      any_deadline_(order_.size()) {
  const auto priority = [&](std::size_t turn) { return requests_[order_[turn]].priority.value_or(0); };
  for (std::size_t turn = 1; turn <= order_.size(); ++turn) {
    if (turn == order_.size() || priority(turn) != priority(turn - 1)) band_ends_.push_back(turn);
  }
  std::int64_t oldest = 0;
  bool deadline = false;
  for (std::size_t turn = order_.size(); turn-- > 0;) {
    oldest = std::max(oldest, wait_ns(turn));
    deadline = deadline || requests_[order_[turn]].deadline_ns.has_value();
    oldest_wait_ns_[turn] = oldest;
    any_deadline_[turn] = deadline ? 1 : 0;
  }
}

std::int64_t WaitingQueue::wait_ns(std::size_t turn) const {
  return std::max<std::int64_t>(0, now_ns_ - requests_[order_[turn]].arrival_ns);
}

const shunt_queue_stats& WaitingQueue::behind(std::size_t turn) {
  const std::size_t first = turn + 1;
  bands_.clear();
  std::size_t begin = first;
  for (const std::size_t end : band_ends_) {
    if (end <= begin) continue;
    // Within a band the first has waited longest, because that is the order.
    bands_.push_back(
        {sizeof(shunt_queue_band), requests_[order_[begin]].priority.value_or(0), end - begin, wait_ns(begin)});
    begin = end;
  }
  stats_ = {};
  stats_.size = sizeof stats_;
  stats_.waiting = order_.size() - std::min(first, order_.size());
  if (stats_.waiting != 0) {
    stats_.highest_priority = bands_.front().priority;
    stats_.oldest_wait_ns = oldest_wait_ns_[first];
    stats_.any_deadline = any_deadline_[first];
  }
  stats_.n_bands = static_cast<std::uint32_t>(bands_.size());
  stats_.bands = bands_.data();
  stats_.band_stride = sizeof(shunt_queue_band);
  return stats_;
}

}  // namespace shunt::host
