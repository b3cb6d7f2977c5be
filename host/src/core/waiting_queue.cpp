// SPDX-License-Identifier: Apache-2.0
#include "waiting_queue.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

namespace shunt::host {

WaitingQueue::WaitingQueue(std::span<const Request> requests, std::vector<std::size_t> order, std::int64_t now_ns)
    : order_(std::move(order)), any_deadline_(order_.size()) {
  std::map<std::int32_t, Band, std::greater<>> bands;
  for (std::size_t turn = 0; turn < order_.size(); ++turn) {
    const Request& request = requests[order_[turn]];
    Band& band = bands[request.priority.value_or(0)];
    band.turns.push_back(turn);
    band.oldest_wait_ns.push_back(std::max<std::int64_t>(0, now_ns - request.arrival_ns));
  }
  for (auto& [priority, band] : bands) {
    for (std::size_t i = band.turns.size() - 1; i-- > 0;) {
      band.oldest_wait_ns[i] = std::max(band.oldest_wait_ns[i], band.oldest_wait_ns[i + 1]);
    }
    band.priority = priority;
    bands_.push_back(std::move(band));
  }
  bool deadline = false;
  for (std::size_t turn = order_.size(); turn-- > 0;) {
    deadline = deadline || requests[order_[turn]].deadline_ns.has_value();
    any_deadline_[turn] = deadline ? 1 : 0;
  }
}

const shunt_queue_stats& WaitingQueue::behind(std::size_t turn) {
  told_.clear();
  stats_ = {};
  stats_.size = sizeof stats_;
  for (const Band& band : bands_) {
    const auto first = std::ranges::upper_bound(band.turns, turn);
    if (first == band.turns.end()) continue;
    const auto waiting = static_cast<std::uint64_t>(band.turns.end() - first);
    const std::int64_t oldest_ns = band.oldest_wait_ns[static_cast<std::size_t>(first - band.turns.begin())];
    told_.push_back({sizeof(shunt_queue_band), band.priority, waiting, oldest_ns});
    stats_.waiting += waiting;
    stats_.oldest_wait_ns = std::max(stats_.oldest_wait_ns, oldest_ns);
  }
  if (stats_.waiting != 0) {
    stats_.highest_priority = told_.front().priority;
    stats_.any_deadline = any_deadline_[turn + 1];
  }
  stats_.n_bands = static_cast<std::uint32_t>(told_.size());
  stats_.bands = told_.data();
  stats_.band_stride = sizeof(shunt_queue_band);
  return stats_;
}

}  // namespace shunt::host
