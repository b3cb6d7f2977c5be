// SPDX-License-Identifier: Apache-2.0
#include "admin/metrics_exporter.hpp"

#include <shunt/framework/instance.hpp>
#include <shunt/framework/live_counters.hpp>
#include <shunt/framework/manifest.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "admin/generation_view.hpp"
#include "admin/plugin_metrics.hpp"
#include "admin/pool_view.hpp"
#include "admin/process_metrics.hpp"
#include "build_info.hpp"
#include "contain/spared_libraries.hpp"
#include "live/log.hpp"
#include "live/reload/reloader.hpp"

namespace shunt::host {

namespace {

double number(std::uint64_t count) { return static_cast<double>(count); }
double number(const std::atomic<std::uint64_t>& count) { return number(count.load(std::memory_order_relaxed)); }
double seconds(std::int64_t nanoseconds) { return static_cast<double>(nanoseconds) * 1e-9; }

struct ColumnSum {
  std::uint64_t count = 0;
  double sum = 0.0;
  double most = 0.0;
};

ColumnSum sum_column(const Snapshot& snapshot, std::string_view attribute) {
  ColumnSum sum;
  const auto id = snapshot.attributes()->find(attribute);
  const Snapshot::Column* column = id ? snapshot.column(*id) : nullptr;
  if (column == nullptr || column->absent || column->type != AttributeType::Number) return sum;
  const auto numbers = column->numbers(snapshot.size());
  for (std::size_t row = 0; row < numbers.size(); ++row) {
    if (column->valid != nullptr && column->valid[row] == 0) continue;
    ++sum.count;
    sum.sum += numbers[row];
    sum.most = std::max(sum.most, numbers[row]);
  }
  return sum;
}

template <std::size_t Size>
void add_results(std::string_view metric, const std::array<std::atomic<std::uint64_t>, Size>& counts,
                 MetricFamilies& families) {
  for (std::size_t i = 0; i < Size; ++i) {
    families.add(metric, {to_string(static_cast<FetchResult>(i))}, number(counts[i]));
  }
}

}  // namespace

void add_outcomes(std::span<const OutcomeCount> outcomes, MetricFamilies& families) {
  for (const OutcomeCount& outcome : outcomes) {
    families.add("shunt_requests_total", {outcome.door, to_string(outcome.ending), outcome.code},
                 number(outcome.count));
  }
}

void add_totals(std::span<const RequestTotals> totals, MetricFamilies& families) {
  double under_way = 0.0;
  for (const RequestTotals& door : totals) {
    under_way += number(door.begun) - number(door.ended);
    families.add("shunt_requests_begun_total", {door.door}, number(door.begun));
    families.add("shunt_request_duration_seconds", {door.door}, door.duration);
    families.add("shunt_first_token_seconds", {door.door}, door.first_token);
    families.add("shunt_output_token_seconds", {door.door}, door.output_token);
    families.add("shunt_retries_total", {door.door}, number(door.retries));
    families.add("shunt_tokens_total", {door.door, "prompt"}, number(door.prompt_tokens));
    families.add("shunt_tokens_total", {door.door, "cached"}, number(door.cached_tokens));
    families.add("shunt_tokens_total", {door.door, "output"}, number(door.output_tokens));
    const std::uint64_t rejected = std::min(door.rejected_decisions, door.decisions);
    families.add("shunt_decisions_total", {door.door, "dispatched"}, number(door.decisions - rejected));
    families.add("shunt_decisions_total", {door.door, "rejected"}, number(rejected));
    families.add("shunt_decision_duration_seconds", {door.door}, door.decision);
  }
  // Cells are read one after the other: a request may be seen to end before it was seen to begin.
  families.add("shunt_requests_under_way", {}, std::max(0.0, under_way));
}

void add_pool(const PoolPicture& picture, std::int64_t now_ns, MetricFamilies& families) {
  const Snapshot& snapshot = *picture.snapshot;
  std::array<std::uint64_t, 3> by_health{};
  std::optional<std::int64_t> oldest_ns;
  if (picture.statuses != nullptr) {
    for (const EndpointStatus& status : *picture.statuses) {
      ++by_health[std::min<std::size_t>(static_cast<std::size_t>(status.health), by_health.size() - 1)];
      if (status.last_fetch_ns != 0)
        oldest_ns = std::min(oldest_ns.value_or(status.last_fetch_ns), status.last_fetch_ns);
    }
  }
  for (const Health health : {Health::Unknown, Health::Healthy, Health::Unhealthy}) {
    families.add("shunt_endpoints", {to_string(health)}, number(by_health[static_cast<std::size_t>(health)]));
  }
  families.add("shunt_endpoints_routable", {}, number(picture.routable ? picture.routable->size() : snapshot.size()));
  double in_flight = 0.0;
  double tokens = 0.0;
  for (std::uint32_t row = 0; row < snapshot.size(); ++row) {
    in_flight += static_cast<double>(snapshot.live().in_flight(snapshot.live_slot(row)));
    tokens += static_cast<double>(snapshot.live().in_flight_tokens(snapshot.live_slot(row)));
  }
  families.add("shunt_endpoint_requests", {"in_flight"}, in_flight);
  families.add("shunt_endpoint_requests", {"running"}, sum_column(snapshot, "running").sum);
  families.add("shunt_endpoint_requests", {"waiting"}, sum_column(snapshot, "queue").sum);
  families.add("shunt_endpoint_tokens_in_flight", {}, tokens);
  if (const ColumnSum kv = sum_column(snapshot, "kv_cache_usage"); kv.count != 0) {
    families.add("shunt_kv_cache_usage_ratio", {"mean"}, kv.sum / number(kv.count));
    families.add("shunt_kv_cache_usage_ratio", {"max"}, kv.most);
  }
  families.add("shunt_snapshot_version", {}, number(snapshot.version()));
  if (oldest_ns) families.add("shunt_endpoint_data_age_seconds", {}, seconds(now_ns - *oldest_ns));
}

void add_connections(const ConnectionTotals& totals, MetricFamilies& families) {
  families.add("shunt_client_connections", {}, number(totals.open_clients()));
  families.add("shunt_client_connections_accepted_total", {}, number(totals.accepted));
  for (std::size_t i = 0; i < kCloseReasons; ++i) {
    families.add("shunt_client_connections_closed_total", {to_string(static_cast<CloseReason>(i))},
                 number(totals.closed[i]));
  }
  for (std::size_t i = 0; i < kHandshakeResults; ++i) {
    families.add("shunt_client_tls_handshakes_total", {to_string(static_cast<HandshakeResult>(i))},
                 number(totals.handshakes[i]));
  }
  families.add("shunt_upstream_connections", {"busy"}, number(totals.busy));
  families.add("shunt_upstream_connections", {"idle"}, number(totals.idle));
  for (std::size_t i = 0; i < kConnectResults; ++i) {
    families.add("shunt_upstream_connects_total", {to_string(static_cast<ConnectResult>(i))},
                 number(totals.connects[i]));
  }
  families.add("shunt_upstream_connections_reused_total", {}, number(totals.reused));
}

void add_data_layer(const DataLayerCounts& counts, MetricFamilies& families) {
  add_results("shunt_fetches_total", counts.fetches, families);
  add_results("shunt_health_checks_total", counts.health_checks, families);
  LatencyHistogram::Sum duration;
  duration.merge(counts.fetch_duration);
  families.add("shunt_fetch_duration_seconds", {}, duration);
  families.add("shunt_fetch_bytes_total", {}, number(counts.page_bytes));
  families.add("shunt_fetch_back_offs_total", {}, number(counts.back_offs));
  families.add("shunt_extraction_failures_total", {}, number(counts.extraction_failures));
  families.add("shunt_health_changes_total", {"healthy"}, number(counts.became_healthy));
  families.add("shunt_health_changes_total", {"unhealthy"}, number(counts.became_unhealthy));
  families.add("shunt_discovery_failures_total", {}, number(counts.discovery_failures));
  families.add("shunt_discovery_skipped_total", {}, number(counts.discovery_skipped));
}

void add_reloads(const Reloader& reloader, MetricFamilies& families) {
  for (std::size_t cause = 0; cause < kReloadCauses; ++cause) {
    for (std::size_t result = 0; result < kReloadResults; ++result) {
      const auto why = static_cast<ReloadCause>(cause);
      const auto what = static_cast<ReloadResult>(result);
      if (!is_counted(why, what)) continue;
      families.add("shunt_reload_total", {to_string(why), to_string(what)}, number(reloader.count(why, what)));
    }
  }
  families.add("shunt_reload_last_duration_seconds", {}, seconds(reloader.last_duration_ns()));
  families.add("shunt_libraries_mapped", {}, number(reloader.mapped_libraries()));
  const auto canary = reloader.canary();
  families.add("shunt_canary_generation", {}, canary ? number(canary->generation) : 0.0);
  families.add("shunt_canary_share_ratio", {}, canary ? canary->settings.share : 0.0);
}

void MetricsExporter::look_at_pool() {
  const std::uint64_t version = host_.keeper().pictures().current()->snapshot->version();
  if (version == snapshot_version_) return;
  snapshot_version_ = version;
  snapshot_ns_ = host_.clock().now_ns();
}

void MetricsExporter::add_generation(MetricFamilies& families) const {
  const auto generation = host_.scheduler().current();
  const auto totals = host_.scheduler().plugin_totals(*generation);
  const auto instances = generation->instances();
  for (std::size_t i = 0; i < instances.size() && i < totals.size(); ++i) {
    const Instance& instance = *instances[i];
    const std::string kinds = kinds_of(instance);
    const auto labels = {std::string_view(kinds), std::string_view(instance.type()), std::string_view(instance.name())};
    families.add("shunt_plugin_duration_seconds", labels, totals[i].calls, totals[i].seconds);
    if (instance.extractor != nullptr || instance.observer != nullptr) {
      families.add("shunt_plugin_background_duration_seconds", labels, instance.background->calls,
                   seconds(static_cast<std::int64_t>(instance.background->nanoseconds)));
    }
    families.add("shunt_plugin_errors_total", labels, number(totals[i].faults));
    families.add("shunt_plugin_over_budget_total", labels, number(totals[i].slow));
    families.add("shunt_plugin_breaker_state", labels, static_cast<double>(totals[i].breaker));
    families.add("shunt_plugin_breaker_opened_total", labels, number(totals[i].opened));
    families.add("shunt_plugin_calls_skipped_total", labels, number(totals[i].skipped));
  }
  const auto shadows = host_.scheduler().shadow_totals(*generation);
  for (std::size_t i = 0; i < shadows.size(); ++i) {
    const auto profile = static_cast<std::uint32_t>(generation->deciding_profile_count() + i);
    for (std::size_t result = 0; result < kShadowResultWords.size(); ++result) {
      families.add("shunt_shadow_runs_total", {generation->profile_name(profile), kShadowResultWords[result]},
                   number(shadows[i].runs[result]));
    }
  }
  families.add("shunt_generation", {}, number(generation->number()));
  families.add("shunt_generations_retired", {}, number(host_.older_generations()));
  families.add("shunt_reload_drain_seconds", {}, seconds(host_.scheduler().last_drain_ns()));
  families.add("shunt_libraries", {}, number(generation->libraries().size()));
  const Containment& containment = host_.containment();
  for (std::size_t i = 0; i < kRestartCauses.size(); ++i) {
    families.add("shunt_worker_restarts_total", {kRestartCauses[i]}, number(containment.restarts[i]));
  }
  if (host_.seconds_without_service() >= 0.0) {
    families.add("shunt_worker_restart_seconds", {}, host_.seconds_without_service());
  }
  const auto quarantined = containment.quarantine.read_or_known();
  families.add("shunt_libraries_quarantined", {}, number(quarantined.size()));
  families.add("shunt_libraries_quarantined_in_use", {}, number(in_use(quarantined, *generation).size()));
  families.add("shunt_plugins_left_out", {}, number(host_.left_out().size()));
  families.add("shunt_plugin_metrics_left_out", {}, number(add_plugin_metrics(*generation, families)));
}

std::string MetricsExporter::page(const AdminCounts& admin) {
  static constexpr std::array<std::string_view, 6> kClasses = {"", "1xx", "2xx", "3xx", "4xx", "5xx"};
  look_at_pool();
  const std::int64_t now_ns = host_.clock().now_ns();
  MetricFamilies families;
  add_outcomes(host_.counts().outcomes(), families);
  add_totals(host_.counts().totals(), families);
  families.add("shunt_schedule_decisions_total", {"dispatched"}, number(admin.schedule_dispatched));
  families.add("shunt_schedule_decisions_total", {"rejected"}, number(admin.schedule_rejected));
  families.add("shunt_decision_records_total", {}, number(host_.decisions().newest()));
  add_connections(host_.connection_counts().total(), families);
  add_generation(families);
  if (host_.reloader() != nullptr) add_reloads(*host_.reloader(), families);
  add_pool(*host_.keeper().pictures().current(), now_ns, families);
  families.add("shunt_snapshot_age_seconds", {}, seconds(now_ns - snapshot_ns_));
  add_data_layer(host_.data_layer_counts(), families);
  std::string why;
  families.add("shunt_ready", {}, host_.ready(why) ? 1.0 : 0.0);
  families.add("shunt_draining", {}, host_.draining() ? 1.0 : 0.0);
  for (std::size_t i = 2; i < kClasses.size(); ++i) {
    families.add("shunt_admin_requests_total", {kClasses[i]}, number(admin.statuses[i]));
  }
  families.add("shunt_admin_event_clients", {}, number(admin.event_clients));
  families.add("shunt_admin_event_clients_dropped_total", {}, number(admin.dropped_clients));
  families.add("shunt_log_dropped_total", {}, number(dropped_log_lines()));
  families.add("shunt_build_info", {SHUNT_BUILD_VERSION, SHUNT_BUILD_COMMIT, to_string(kHostAbi)}, 1.0);
  add_process_metrics(families);
  return families.text();
}

}  // namespace shunt::host
