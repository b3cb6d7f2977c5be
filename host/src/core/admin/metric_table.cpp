// SPDX-License-Identifier: Apache-2.0
// Read by host/packaging/make_dashboard.py and tests/docs too: one row is {"name", Kind, "labels", "group", "help"}.
#include "admin/metric_table.hpp"

namespace shunt::host {

namespace {

using enum MetricKind;

// A row a metric, however long.
// clang-format off
constexpr MetricSpec kTable[] = {
    {"shunt_requests_total", Counter, "door,outcome,code", "Requests", "Requests that ended, by how they did; every request is counted exactly once"},
    {"shunt_requests_begun_total", Counter, "door", "Requests", "Requests that a door began to read"},
    {"shunt_requests_under_way", Gauge, "", "Requests", "Requests begun and not ended"},
    {"shunt_request_duration_seconds", Histogram, "door", "Requests", "Time from arrival to end"},
    {"shunt_first_token_seconds", Histogram, "door", "Requests", "Time from dispatch to the first byte of content of a streamed answer"},
    {"shunt_output_token_seconds", Histogram, "door", "Requests", "Time between output tokens of a streamed answer"},
    {"shunt_retries_total", Counter, "door", "Requests", "Further endpoints tried after one failed"},
    {"shunt_tokens_total", Counter, "door,kind", "Requests", "Tokens that answers say they used: prompt, cached, output"},
    {"shunt_decisions_total", Counter, "door,outcome", "Decisions", "Decisions: dispatched, rejected"},
    {"shunt_decision_duration_seconds", Histogram, "door", "Decisions", "Time of one decision"},
    {"shunt_schedule_decisions_total", Counter, "outcome", "Decisions", "Decisions of POST /v1/schedule"},
    {"shunt_decision_records_total", Counter, "", "Decisions", "Decisions that were remembered for /v1/decisions"},
    {"shunt_plugin_duration_seconds", Summary, "kind,plugin,name", "Plugins", "Time in calls of an instance and of those that it has replaced, and their number"},
    {"shunt_plugin_background_duration_seconds", Summary, "kind,plugin,name", "Plugins", "Time in calls of such an instance that no request waits for, events and pages, and their number"},
    {"shunt_plugin_errors_total", Counter, "kind,plugin,name", "Plugins", "Calls that failed or whose answer had to be corrected"},
    {"shunt_plugin_over_budget_total", Counter, "kind,plugin,name", "Plugins", "Calls above limits.pluginBudgetMicroseconds"},
    {"shunt_plugin_breaker_state", Gauge, "kind,plugin,name", "Plugins", "Circuit breaker of an instance: 0 closed, 1 half-open, 2 open"},
    {"shunt_plugin_breaker_opened_total", Counter, "kind,plugin,name", "Plugins", "Times that the circuit breaker has opened"},
    {"shunt_plugin_calls_skipped_total", Counter, "kind,plugin,name", "Plugins", "Calls that an open circuit breaker has kept from an instance; the fallback of its kind took their place"},
    {"shunt_shadow_runs_total", Counter, "profile,result", "Decisions", "Runs of a shadow profile, by how they compare with the decision: same, different, rejected, dispatched, failed"},
    {"shunt_plugin_metrics_left_out", Gauge, "", "Plugins", "Metrics of plugins that are not exported, because their name is taken with another kind or bounds"},
    {"shunt_client_connections", Gauge, "", "Connections", "Connections of clients to the HTTP door that are open"},
    {"shunt_client_connections_accepted_total", Counter, "", "Connections", "Connections of clients that were taken, those above the limit included"},
    {"shunt_client_connections_closed_total", Counter, "reason", "Connections", "Connections of clients that ended, by the first reason for it; limit: refused above serve.limits.connections"},
    {"shunt_client_tls_handshakes_total", Counter, "result", "Connections", "TLS handshakes with clients: good, failed, timed-out"},
    {"shunt_upstream_connections", Gauge, "state", "Connections", "Connections of the HTTP door to endpoints: busy, idle"},
    {"shunt_upstream_connects_total", Counter, "result", "Connections", "Attempts of the HTTP door to open a connection to an endpoint: good, unresolved, refused, tls, given-up"},
    {"shunt_upstream_connections_reused_total", Counter, "", "Connections", "Requests that went to an endpoint over a connection that was kept"},
    {"shunt_endpoints", Gauge, "health", "Pool", "Endpoints by health: healthy, unhealthy, unknown"},
    {"shunt_endpoints_routable", Gauge, "", "Pool", "Endpoints that may get requests"},
    {"shunt_endpoint_requests", Gauge, "state", "Pool", "Requests at all endpoints: in_flight as this host counts, running and waiting as they say"},
    {"shunt_endpoint_tokens_in_flight", Gauge, "", "Pool", "Tokens of the requests in flight"},
    {"shunt_kv_cache_usage_ratio", Gauge, "statistic", "Pool", "Used share of the KV caches: mean and max over the endpoints that report it"},
    {"shunt_snapshot_version", Gauge, "", "Pool", "Version of the newest picture of the pool"},
    {"shunt_snapshot_age_seconds", Gauge, "", "Pool", "Time since the newest picture of the pool was seen to be new"},
    {"shunt_endpoint_data_age_seconds", Gauge, "", "Pool", "Age of the oldest last page over all endpoints that ever gave one"},
    {"shunt_fetches_total", Counter, "result", "Data layer", "Fetches of pages from endpoints, by result"},
    {"shunt_health_checks_total", Counter, "result", "Data layer", "Health checks, by result"},
    {"shunt_fetch_duration_seconds", Histogram, "", "Data layer", "Time of good fetches and health checks"},
    {"shunt_fetch_bytes_total", Counter, "", "Data layer", "Bytes of pages"},
    {"shunt_fetch_back_offs_total", Counter, "", "Data layer", "Pauses that were made longer after failures"},
    {"shunt_extraction_failures_total", Counter, "", "Data layer", "Pages that an extractor complained about"},
    {"shunt_health_changes_total", Counter, "to", "Data layer", "Changes of an endpoint's health: healthy, unhealthy"},
    {"shunt_discovery_failures_total", Counter, "", "Data layer", "Answers of files and DNS names that could not be used"},
    {"shunt_discovery_skipped_total", Counter, "", "Data layer", "Single entries of discovery that were wrong"},
    {"shunt_generation", Gauge, "", "Host", "Number of the generation that decides"},
    {"shunt_generations_retired", Gauge, "", "Host", "Former generations that requests still use"},
    {"shunt_libraries", Gauge, "", "Host", "Plugin libraries of the generation that decides"},
    {"shunt_libraries_mapped", Gauge, "", "Host", "Distinct library contents that are mapped, in use or not: they are never unmapped"},
    {"shunt_reload_total", Counter, "cause,result", "Host", "Reloads by what asked for them (signal, api, file, rollback, canary: what was found out about one) and what came of it; dry runs are not counted"},
    {"shunt_reload_drain_seconds", Gauge, "", "Host", "Time that the generation which was left last took to be left by all threads and requests, from the publication of the next one; 0 before the first"},
    {"shunt_reload_last_duration_seconds", Gauge, "", "Host", "Time that the last reload took, until it was published or refused"},
    {"shunt_canary_generation", Gauge, "", "Host", "Number of the generation that decides for a share of the requests; 0: none"},
    {"shunt_canary_share_ratio", Gauge, "", "Host", "Share of the requests that the canary decides; 0: there is none"},
    {"shunt_ready", Gauge, "", "Host", "1 where /readyz says yes"},
    {"shunt_draining", Gauge, "", "Host", "1 once the host is about to end"},
    {"shunt_worker_restarts_total", Counter, "cause", "Host", "Workers that the supervisor has started in the place of one before: crash, hang, exit, killed, ended, hand_over"},
    {"shunt_worker_restart_seconds", Gauge, "", "Host", "Time from the loss of the last worker until the next one served"},
    {"shunt_libraries_quarantined", Gauge, "", "Host", "Libraries that are not loaded because they crashed or hung a host"},
    {"shunt_libraries_quarantined_in_use", Gauge, "", "Host", "Those of them that decide all the same: the config cannot be built without them, or another host has put them into quarantine meanwhile"},
    {"shunt_plugins_left_out", Gauge, "", "Host", "Instances of the config that do not run because their library is quarantined"},
    {"shunt_admin_requests_total", Counter, "status", "Host", "Requests to the admin listener, by class of status"},
    {"shunt_admin_event_clients", Gauge, "", "Host", "Clients of /v1/events"},
    {"shunt_admin_event_clients_dropped_total", Counter, "", "Host", "Clients of /v1/events that were too slow"},
    {"shunt_log_dropped_total", Counter, "", "Host", "Log lines that were lost because too many came at once"},
    {"shunt_build_info", Gauge, "version,commit,abi", "Host", "Always 1; what is running"},
    {"process_cpu_seconds_total", Counter, "", "Process", "User and system time"},
    {"process_resident_memory_bytes", Gauge, "", "Process", "Resident memory"},
    {"process_virtual_memory_bytes", Gauge, "", "Process", "Virtual memory"},
    {"process_open_fds", Gauge, "", "Process", "Open file descriptors"},
    {"process_max_fds", Gauge, "", "Process", "Limit of open file descriptors"},
    {"process_threads", Gauge, "", "Process", "Threads"},
    {"process_start_time_seconds", Gauge, "", "Process", "Start time, seconds since 1970"},
};
// clang-format on

}  // namespace

std::string_view to_string(MetricKind kind) {
  switch (kind) {
    case Counter: return "counter";
    case Gauge: return "gauge";
    case Histogram: return "histogram";
    case Summary: break;
  }
  return "summary";
}

std::span<const MetricSpec> metric_table() { return kTable; }

}  // namespace shunt::host
