// SPDX-License-Identifier: Apache-2.0
// pool_picture.hpp: all that the host knows about its endpoints at one moment, handed to deciding threads without blocking them.
//
//   PictureSlot::Reader reader(slot);       // one per thread
//   const PoolPicture& pool = reader.get();
#pragma once

#include <shunt/framework/snapshot.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "live/shared_slot.hpp"

namespace shunt::host {

enum class Health : std::uint8_t { Unknown, Healthy, Unhealthy };
std::string_view to_string(Health health);

// What the data layer knows about one endpoint besides its columns. For people.
struct EndpointStatus {
  std::string source;  // "config", the file's path, the DNS name
  Health health = Health::Unknown;
  std::string problem;             // why it is unhealthy, or what the last fetch complained about
  std::int64_t last_fetch_ns = 0;  // of a page that was understood; 0: never
  std::uint64_t fetches = 0;
  std::uint64_t fetch_failures = 0;
};

struct PoolPicture {
  std::shared_ptr<const Snapshot> snapshot;
  // Keys of the endpoints that may get requests, where some may not (unhealthy ones); nullopt: all.
  std::optional<std::vector<std::uint64_t>> routable;
  std::shared_ptr<const std::vector<EndpointStatus>>
      statuses;  // by row of the snapshot; up to half a second older than it
};

using PictureSlot = SharedSlot<PoolPicture>;

}  // namespace shunt::host
