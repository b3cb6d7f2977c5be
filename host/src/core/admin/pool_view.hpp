// SPDX-License-Identifier: Apache-2.0
// pool_view.hpp: the endpoints and what is known about them, as JSON: /v1/endpoints, /v1/models, and the rows of the page.
#pragma once

#include <shunt/framework/generation.hpp>

#include <boost/json/object.hpp>

#include <cstdint>
#include <span>

#include "live/data_layer_counts.hpp"
#include "live/pool_picture.hpp"

namespace shunt::host {

// Every attribute that has a value, and what the sources of endpoints said last. `now_ns`: to tell ages.
boost::json::object endpoints_view(const PoolPicture& picture, std::span<const DiscoveryStatus> sources,
                                   std::int64_t now_ns);

// The few numbers that the page shows, one list for each endpoint, in the order of "columns".
boost::json::object endpoint_rows_view(const PoolPicture& picture, std::int64_t now_ns);

// Models of the config, and those that endpoints say they serve, with how many do.
boost::json::object models_view(const Generation& generation, const PoolPicture& picture);

// Where the endpoint's requests may not go, that is false.
bool is_routable(const PoolPicture& picture, std::uint32_t row);

}  // namespace shunt::host
