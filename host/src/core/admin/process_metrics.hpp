// SPDX-License-Identifier: Apache-2.0
// process_metrics.hpp: what the kernel says about this process, in the names that every exporter uses for it.
#pragma once

#include "admin/metric_families.hpp"

namespace shunt::host {

// What cannot be found out is left without value.
void add_process_metrics(MetricFamilies& families);

}  // namespace shunt::host
