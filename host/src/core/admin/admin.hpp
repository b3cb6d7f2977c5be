// SPDX-License-Identifier: Apache-2.0
// admin.hpp: the admin listener as a part of a running host: health, metrics, what there is and what was decided, the page.
#pragma once

#include <memory>

#include "live/live_host.hpp"
#include "live/part.hpp"

namespace shunt::host {

// nullptr where the config switches it off. A PartFactory.
std::unique_ptr<Part> make_admin(LiveHost& host, const HostSettings& settings);

}  // namespace shunt::host
