// SPDX-License-Identifier: Apache-2.0
// metric_table.hpp: every metric that a running host exports, apart from those of plugins. The one source of the exporter, of
// docs/reference/metrics.md, and of the dashboard and the alert rules under host/packaging.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace shunt::host {

enum class MetricKind : std::uint8_t { Counter, Gauge, Histogram, Summary };
std::string_view to_string(MetricKind kind);

struct MetricSpec {
  std::string_view name;
  MetricKind kind = MetricKind::Gauge;
  std::string_view labels;  // names, separated by commas
  std::string_view group;   // of the dashboard
  std::string_view help;    // without full stop
};

// In the order of the page.
std::span<const MetricSpec> metric_table();

}  // namespace shunt::host
