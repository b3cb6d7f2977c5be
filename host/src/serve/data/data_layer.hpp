// SPDX-License-Identifier: Apache-2.0
// data_layer.hpp: the part of a running host that finds endpoints, checks their health and fetches what extractors want to read.
#pragma once

#include <memory>

#include "data/file_source.hpp"
#include "data/resolver.hpp"
#include "live/live_host.hpp"
#include "live/part.hpp"

namespace shunt::host {

// Its work is done on the thread of the host's keeper.
std::unique_ptr<Part> make_data_layer(LiveHost& host, const HostSettings& settings);

// With another resolver and another pace, for tests.
std::unique_ptr<Part> make_data_layer(LiveHost& host, const HostSettings& settings, std::unique_ptr<Resolver> resolver,
                                      FileSource::Pace pace);

}  // namespace shunt::host
