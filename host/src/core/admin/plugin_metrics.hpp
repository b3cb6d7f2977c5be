// SPDX-License-Identifier: Apache-2.0
// plugin_metrics.hpp: the metrics that plugins registered, under names of their own: blocks of approx-prefix-cache-producer is
// shunt_approx_prefix_cache_producer_blocks, with the label `name` for the instance.
#pragma once

#include <shunt/framework/generation.hpp>

#include <cstddef>

#include "admin/metric_families.hpp"

namespace shunt::host {

// How many metrics had to be left out: instances of one type may give one name different kinds or bounds, and a name may be one
// of the host's own.
std::size_t add_plugin_metrics(const Generation& generation, MetricFamilies& families);

}  // namespace shunt::host
