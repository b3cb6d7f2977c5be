// SPDX-License-Identifier: Apache-2.0
// admin.hpp: the admin listener as a part of a running host: health, metrics, what there is and what was decided, the page.
#pragma once

#include <functional>
#include <memory>

#include "live/data_layer_counts.hpp"
#include "live/live_host.hpp"
#include "live/part.hpp"

namespace shunt::host {

// nullptr where the config switches it off. `data_layer`: its counters, nullptr while there are none.
std::unique_ptr<Part> make_admin(LiveHost& host, const HostSettings& settings,
                                 std::function<const DataLayerCounts*()> data_layer);

// A PartFactory.
std::unique_ptr<Part> make_admin(LiveHost& host, const HostSettings& settings);

}  // namespace shunt::host
