#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the Grafana dashboard and the alert rules of Prometheus from the table of metrics.

  make_dashboard.py           writes grafana/shunt.json and alerts/shunt.rules.yml beside it
  make_dashboard.py --check   exit 1 where they are not what it would write, or name a metric that there is not
"""
import json
import pathlib
import sys

from metric_table import read_table, unknown_names

HERE = pathlib.Path(__file__).resolve().parent
DASHBOARD = HERE / "grafana/shunt.json"
ALERTS = HERE / "alerts/shunt.rules.yml"
SOURCE = {"type": "prometheus", "uid": "${source}"}
SELECTOR = 'job=~"$job",instance=~"$instance"'
WIDTH, HEIGHT = 8, 7

# Shown by a panel of their own kind, or by none: a constant is no curve.
LEFT_OUT = {"shunt_build_info", "process_start_time_seconds", "process_max_fds", "shunt_snapshot_version"}

# (name, expression, for, severity, summary). Each stands for something that a person has to do.
RULES = [
    ("ShuntNotReady", "shunt_ready == 0", "1m", "critical", "{{ $labels.instance }} takes no requests: /readyz says why"),
    ("ShuntNoEndpoint", "shunt_endpoints_routable == 0", "30s", "critical",
     "{{ $labels.instance }} has no endpoint that may get requests"),
    ("ShuntEndpointsUnhealthy",
     'sum by (job, instance) (shunt_endpoints{health="unhealthy"}) / sum by (job, instance) (shunt_endpoints) > 0.25', "2m",
     "warning", "{{ $value | humanizePercentage }} of the endpoints of {{ $labels.instance }} are unhealthy"),
    ("ShuntRequestsFail",
     'sum by (job, instance) (rate(shunt_requests_total{outcome="failed"}[5m])) '
     "/ sum by (job, instance) (rate(shunt_requests_total[5m])) > 0.02", "5m", "critical",
     "{{ $value | humanizePercentage }} of the requests to {{ $labels.instance }} fail"),
    ("ShuntRejects",
     'sum by (job, instance) (rate(shunt_requests_total{outcome="rejected"}[5m])) '
     "/ sum by (job, instance) (rate(shunt_requests_total[5m])) > 0.05", "10m", "warning",
     "{{ $labels.instance }} rejects {{ $value | humanizePercentage }} of its requests: the label code says why"),
    ("ShuntConnectionsRefused", 'increase(shunt_client_connections_closed_total{reason="limit"}[5m]) > 0', "5m", "warning",
     "{{ $labels.instance }} has as many client connections as serve.limits.connections allows, and refuses others"),
    ("ShuntConnectsFail",
     'sum by (job, instance) (rate(shunt_upstream_connects_total{result!~"good|given-up"}[5m])) '
     "/ sum by (job, instance) (rate(shunt_upstream_connects_total[5m])) > 0.1", "5m", "warning",
     "{{ $value | humanizePercentage }} of the connections that {{ $labels.instance }} opens to endpoints fail: the label result says how"),
    ("ShuntDecisionsSlow",
     "histogram_quantile(0.99, sum by (job, instance, le) (rate(shunt_decision_duration_seconds_bucket[5m]))) > 0.005", "10m",
     "warning", "one decision in a hundred takes {{ $value | humanizeDuration }} or more on {{ $labels.instance }}"),
    ("ShuntPluginFails", "sum by (job, instance, name) (rate(shunt_plugin_errors_total[5m])) > 0.1", "5m", "warning",
     "plugin {{ $labels.name }} fails {{ $value | humanize }} times a second: /v1/decisions shows with what"),
    ("ShuntPluginOverBudget",
     "sum by (job, instance, name) (rate(shunt_plugin_over_budget_total[5m])) "
     "/ sum by (job, instance, name) (rate(shunt_plugin_duration_seconds_count[5m])) > 0.01", "10m", "warning",
     "plugin {{ $labels.name }} takes longer than limits.pluginBudgetMicroseconds in {{ $value | humanizePercentage }} of its calls"),
    ("ShuntPluginNotCalled", "max by (job, instance, name) (shunt_plugin_breaker_state) > 0", "1m", "warning",
     "the circuit breaker of plugin {{ $labels.name }} is not closed: the fallback of its kind takes its place"),
    ("ShuntEndpointDataOld", "shunt_endpoint_data_age_seconds > 60", "2m", "warning",
     "an endpoint of {{ $labels.instance }} has given no page for {{ $value | humanizeDuration }}"),
    ("ShuntFetchesFail",
     'sum by (job, instance) (rate(shunt_fetches_total{result!="good"}[5m])) '
     "/ sum by (job, instance) (rate(shunt_fetches_total[5m])) > 0.1", "5m", "warning",
     "{{ $value | humanizePercentage }} of the fetches from endpoints fail: the label result says how"),
    ("ShuntDiscoveryFails", "increase(shunt_discovery_failures_total[10m]) > 0", "10m", "warning",
     "a file or a DNS name that lists endpoints cannot be used; the last good list stays in use"),
    ("ShuntOldGenerations", "shunt_generations_retired > 2", "30m", "warning",
     "former generations of {{ $labels.instance }} are still in use: some request does not end"),
    ("ShuntCanaryRolledBack", 'increase(shunt_reload_total{cause="canary",result="rolled-back"}[15m]) > 0', "0m", "warning",
     "{{ $labels.instance }} has taken a canary back: its report in /v1/reloads says why, and which plugin it was"),
    ("ShuntLogLost", "increase(shunt_log_dropped_total[10m]) > 0", "10m", "info",
     "{{ $labels.instance }} logs more than can be written"),
    ("ShuntDescriptorsRunOut", "process_open_fds / process_max_fds > 0.9", "5m", "critical",
     "{{ $labels.instance }} has used {{ $value | humanizePercentage }} of its file descriptors"),
]


def unit_of(metric):
    if metric.name.endswith("_seconds") or metric.name.endswith("_seconds_total"):
        return "s"
    if "_bytes" in metric.name:
        return "Bps" if metric.kind == "counter" else "bytes"
    if metric.name.endswith("_ratio"):
        return "percentunit"
    return "cps" if metric.kind == "counter" else "short"


def targets_of(metric):
    """[(expression, legend)]"""
    by = f"sum by ({', '.join(metric.labels)}) " if metric.labels else "sum "
    legend = " ".join("{{" + label + "}}" for label in metric.labels) or metric.name
    if metric.kind == "counter":
        return [(f"{by}(rate({metric.name}{{{SELECTOR}}}[$__rate_interval]))", legend)]
    if metric.kind == "histogram":
        groups = ", ".join([*metric.labels, "le"])
        return [(f"histogram_quantile({share}, sum by ({groups}) (rate({metric.name}_bucket{{{SELECTOR}}}[$__rate_interval])))",
                 f"p{int(share * 100)} " + " ".join("{{" + label + "}}" for label in metric.labels)) for share in (0.5, 0.95, 0.99)]
    if metric.kind == "summary":
        rates = [f"{by}(rate({metric.name}_{part}{{{SELECTOR}}}[$__rate_interval]))" for part in ("sum", "count")]
        return [(" / ".join(rates), legend)]
    if metric.labels:
        return [(f"{by}({metric.name}{{{SELECTOR}}})", legend)]
    return [(f"{metric.name}{{{SELECTOR}}}", "{{instance}}")]


def panel(number, metric, x, y):
    means = {"summary": "Mean of: "}
    return {
        "id": number, "type": "timeseries", "title": metric.name.removesuffix("_total"),
        "description": means.get(metric.kind, "") + metric.help, "datasource": SOURCE,
        "gridPos": {"x": x, "y": y, "w": WIDTH, "h": HEIGHT},
        "fieldConfig": {"defaults": {"unit": unit_of(metric), "min": 0, "custom": {"lineWidth": 1, "fillOpacity": 8, "showPoints": "never"}},
                        "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi", "sort": "desc"}},
        "targets": [{"refId": chr(ord("A") + i), "datasource": SOURCE, "expr": expression, "legendFormat": legend.strip()}
                    for i, (expression, legend) in enumerate(targets_of(metric))]}


def variable(name, query, previous=""):
    return {"name": name, "type": "query", "datasource": SOURCE, "refresh": 2, "multi": True, "includeAll": True,
            "current": {"text": "All", "value": "$__all"},
            "query": {"query": f"label_values(shunt_ready{previous}, {query})", "refId": name}}


def dashboard(table):
    panels, y, number = [], 0, 0
    for group in dict.fromkeys(metric.group for metric in table):
        number += 1
        panels.append({"id": number, "type": "row", "title": group, "collapsed": False, "gridPos": {"x": 0, "y": y, "w": 24, "h": 1}})
        y += 1
        shown = [metric for metric in table if metric.group == group and metric.name not in LEFT_OUT]
        for i, metric in enumerate(shown):
            number += 1
            panels.append(panel(number, metric, i % 3 * WIDTH, y + i // 3 * HEIGHT))
        y += (len(shown) + 2) // 3 * HEIGHT
    return {"uid": "shunt", "title": "shunt", "tags": ["shunt", "inference"], "schemaVersion": 39, "editable": True,
            "refresh": "10s", "time": {"from": "now-1h", "to": "now"}, "graphTooltip": 1,
            "templating": {"list": [{"name": "source", "type": "datasource", "query": "prometheus"},
                                    variable("job", "job"), variable("instance", "instance", '{job=~"$job"}')]},
            "panels": panels}


def alerts():
    lines = ["# SPDX-License-Identifier: Apache-2.0", "# Made by host/packaging/make_dashboard.py. Changes are lost.",
             "groups:", "  - name: shunt", "    rules:"]
    for name, expression, time, severity, summary in RULES:
        lines += [f"      - alert: {name}", f"        expr: {json.dumps(expression)}", f"        for: {time}",
                  "        labels:", f"          severity: {severity}", "        annotations:",
                  f"          summary: {json.dumps(summary)}"]
    return "\n".join(lines) + "\n"


def main(arguments):
    table = read_table()
    files = {DASHBOARD: json.dumps(dashboard(table), indent=1) + "\n", ALERTS: alerts()}
    problems = []
    queries = [target["expr"] for one in dashboard(table)["panels"] for target in one.get("targets", [])]
    for text in queries + [rule[1] for rule in RULES]:
        problems += [f"{text}: {name} is in no metric of the table" for name in unknown_names(text, table)]
    if arguments == ["--check"]:
        problems += [f"{path} is not up to date: run {pathlib.Path(__file__).name}" for path, text in files.items()
                     if not path.exists() or path.read_text() != text]
    else:
        for path, text in files.items():
            path.write_text(text)
    print("\n".join(problems) or f"{len(queries)} queries and {len(RULES)} rules name metrics of the table")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
