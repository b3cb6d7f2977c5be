// SPDX-License-Identifier: Apache-2.0
// metrics_exporter.hpp: adds up what a running host has counted, when somebody asks: GET /metrics.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "admin/metric_families.hpp"
#include "live/connection_counts.hpp"
#include "live/data_layer_counts.hpp"
#include "live/live_host.hpp"

namespace shunt::host {

// What the admin listener itself counts.
struct AdminCounts {
  std::array<std::uint64_t, 6> statuses{};  // by first digit
  std::uint64_t event_clients = 0;
  std::uint64_t dropped_clients = 0;
  std::uint64_t schedule_dispatched = 0;
  std::uint64_t schedule_rejected = 0;
};

// Counted by each thread for itself; here they are added up. Separate, so that tests need no host.
void add_outcomes(std::span<const OutcomeCount> outcomes, MetricFamilies& families);
void add_totals(std::span<const RequestTotals> totals, MetricFamilies& families);
void add_pool(const PoolPicture& picture, std::int64_t now_ns, MetricFamilies& families);
void add_connections(const ConnectionTotals& totals, MetricFamilies& families);
void add_data_layer(const DataLayerCounts& counts, MetricFamilies& families);
void add_reloads(const Reloader& reloader, MetricFamilies& families);

class MetricsExporter {
 public:
  explicit MetricsExporter(LiveHost& host) : host_(host) {}

  // To be called now and then: the age of a picture counts from here. One thread, as page().
  void look_at_pool();
  std::string page(const AdminCounts& admin);

 private:
  void add_generation(MetricFamilies& families) const;

  LiveHost& host_;
  std::uint64_t snapshot_version_ = 0;
  std::int64_t snapshot_ns_ = 0;
};

}  // namespace shunt::host
