// SPDX-License-Identifier: Apache-2.0
// fetch_surroundings.hpp: what all connections of the data layer share.
#pragma once

#include <shunt/framework/error.hpp>

#include <boost/asio/ip/address.hpp>

#include <functional>
#include <string>
#include <vector>

#include "data/response_reader.hpp"
#include "data/socket_poll.hpp"
#include "data/timer_wheel.hpp"
#include "data/upstream_access.hpp"
#include "live/clock.hpp"
#include "live/data_layer_counts.hpp"

namespace shunt::host {

// Finds the address of a host without blocking.
class HostLookup {
 public:
  virtual ~HostLookup() = default;
  // Calls `found` on the thread of the connections, later.
  virtual void look_up(const std::string& host, std::function<void(const Result<boost::asio::ip::address>&)> found) = 0;
};

struct FetchSurroundings {
  const Clock& clock;
  TimerWheel& wheel;
  SocketPoll& poll;
  HostLookup& lookup;
  DataLayerCounts& counts;
  UpstreamAccess access;
  std::uint64_t page_bytes = 8u << 20;
  SpareBodies spare = {};
  // What was just received: by one connection at a time, because each uses it up at once.
  std::vector<char> received = std::vector<char>(std::size_t{256} << 10);
};

}  // namespace shunt::host
