// SPDX-License-Identifier: Apache-2.0
// data_layer_settings.hpp: the section "dataLayer": how endpoints are asked about their state.
#pragma once

#include <shunt/framework/object_reader.hpp>

#include <cstdint>
#include <string>

namespace shunt::host {

struct HealthCheckSettings {
  bool enabled = true;
  std::string path = "/health";
  std::int64_t interval_ms = 1'000;
  std::int64_t timeout_ms = 1'000;
  std::uint32_t unhealthy_after = 3;  // failures in a row
  std::uint32_t healthy_after = 1;    // successes in a row
};

struct DataLayerSettings {
  std::int64_t publish_interval_ms = 20;  // shortest time between two snapshots
  std::int64_t minimum_interval_ms = 50;  // a page is never fetched more often, whatever a plugin asks for
  std::int64_t timeout_ms = 1'000;        // of one fetch
  std::int64_t back_off_max_ms = 10'000;  // longest pause between fetches that fail
  std::int64_t stale_after_ms = 5'000;    // older values that came with a page are absent; 0: never
  std::uint64_t page_bytes = 8u << 20;    // a longer page is a failed fetch
  HealthCheckSettings health;
};

DataLayerSettings read_data_layer_settings(const ObjectReader& root, const ReadContext& context);

}  // namespace shunt::host
