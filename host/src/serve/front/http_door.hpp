// SPDX-License-Identifier: Apache-2.0
// http_door.hpp: the HTTP front door as a part of a running host.
//
//   surroundings.parts.push_back(make_http_door);
#pragma once

#include "live/connection_counts.hpp"
#include "live/front_door.hpp"
#include "live/part.hpp"
#include "live/pool_picture.hpp"

#include <functional>
#include <memory>

namespace shunt::host {

// What the door needs of the host behind it.
struct HttpDoorHost {
  std::function<std::unique_ptr<FrontDoor>()> open_front_door;  // called once for each thread
  std::function<std::shared_ptr<const PoolPicture>()> picture;  // any thread; empty: nobody knows
  ConnectionCounts* counts = nullptr;                           // nullptr: nobody asks
};

std::unique_ptr<Part> make_http_door(HttpDoorHost host, const HostSettings& settings);
std::unique_ptr<Part> make_http_door(LiveHost& host, const HostSettings& settings);

}  // namespace shunt::host
