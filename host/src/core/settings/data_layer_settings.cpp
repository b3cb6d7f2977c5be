// SPDX-License-Identifier: Apache-2.0
#include "settings/data_layer_settings.hpp"

#include <array>

#include "settings/section.hpp"

namespace shunt::host {

namespace {

constexpr std::array<std::string_view, 7> kKeys = {
    "publishIntervalMs", "minimumIntervalMs", "timeoutMs", "backOffMaxMs", "staleAfterMs", "pageBytes", "healthCheck"};
constexpr std::array<std::string_view, 6> kHealthKeys = {"enabled",   "path",           "intervalMs",
                                                         "timeoutMs", "unhealthyAfter", "healthyAfter"};

}  // namespace

DataLayerSettings read_data_layer_settings(const ObjectReader& root, const ReadContext& context) {
  DataLayerSettings settings;
  const Section section(root, "dataLayer", kKeys, context);
  section.integer("publishIntervalMs", 1, 60'000, settings.publish_interval_ms);
  section.integer("minimumIntervalMs", 10, 60'000, settings.minimum_interval_ms);
  section.integer("timeoutMs", 1, 600'000, settings.timeout_ms);
  section.integer("backOffMaxMs", 1, kDayMs, settings.back_off_max_ms);
  section.integer("staleAfterMs", 0, kDayMs, settings.stale_after_ms);
  section.integer("pageBytes", 1024, std::int64_t{1} << 30, settings.page_bytes);
  const Section health(section.reader(), "healthCheck", kHealthKeys, context);
  health.flag("enabled", settings.health.enabled);
  health.path("path", settings.health.path);
  health.integer("intervalMs", 50, kDayMs, settings.health.interval_ms);
  health.integer("timeoutMs", 1, 600'000, settings.health.timeout_ms);
  health.integer("unhealthyAfter", 1, 1000, settings.health.unhealthy_after);
  health.integer("healthyAfter", 1, 1000, settings.health.healthy_after);
  return settings;
}

}  // namespace shunt::host
