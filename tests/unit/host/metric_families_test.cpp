// SPDX-License-Identifier: Apache-2.0
#include "admin/metric_families.hpp"

#include <gmock/gmock.h>

#include <set>
#include <stdexcept>

#include "admin/metric_table.hpp"
#include "admin/metrics_exporter.hpp"
#include "admin/process_metrics.hpp"

namespace shunt::host {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(MetricTable, NamesFollowTheRules) {
  std::set<std::string_view> names;
  for (const MetricSpec& metric : metric_table()) {
    EXPECT_TRUE(names.insert(metric.name).second) << metric.name;
    EXPECT_TRUE(metric.name.starts_with("shunt_") || metric.name.starts_with("process_")) << metric.name;
    EXPECT_EQ(metric.name.ends_with("_total"), metric.kind == MetricKind::Counter) << metric.name;
    EXPECT_FALSE(metric.help.empty() || metric.help.ends_with('.')) << metric.name;
    for (const std::string_view unbounded : {"endpoint", "request", "id", "model", "tenant", "instance"}) {
      EXPECT_EQ(("," + std::string(metric.labels) + ",").find("," + std::string(unbounded) + ","), std::string::npos)
          << metric.name;
    }
  }
}

TEST(MetricFamilies, EveryMetricIsThereWithoutValues) {
  const std::string text = MetricFamilies().text();
  for (const MetricSpec& metric : metric_table()) {
    EXPECT_THAT(text,
                HasSubstr("# TYPE " + std::string(metric.name) + " " + std::string(to_string(metric.kind)) + "\n"));
  }
}

TEST(MetricFamilies, WhatIsNotInTheTableIsAMistake) {
  MetricFamilies families;
  EXPECT_THROW(families.add("shunt_nothing", {}, 1.0), std::logic_error);
  EXPECT_THROW(families.add("shunt_ready", {"x"}, 1.0), std::logic_error);
  EXPECT_THROW(families.add("shunt_tokens_total", {"http"}, 1.0), std::logic_error);
}

TEST(MetricFamilies, LabelsAreEscaped) {
  MetricFamilies families;
  families.add("shunt_retries_total", {"a\"b\\c\nd"}, 3.0);
  EXPECT_THAT(families.text(), HasSubstr(R"(shunt_retries_total{door="a\"b\\c\nd"} 3)"));
}

TEST(MetricFamilies, ANameIsTakenOnce) {
  MetricFamilies families;
  prometheus::MetricFamily family;
  family.name = "shunt_ready";
  EXPECT_FALSE(families.add_family(family));
  family.name = "shunt_mine";
  EXPECT_TRUE(families.add_family(family));
  EXPECT_FALSE(families.add_family(family));
  EXPECT_THROW(families.add("shunt_mine", {}, 1.0), std::logic_error);
}

TEST(MetricFolding, CellsOfOneDoorAreAddedUp) {
  RequestCounts counts;
  for (int thread = 0; thread < 2; ++thread) {
    RequestCounts::Cell& cell = counts.add_cell("http");
    cell.begun = 5;
    cell.decisions = 4;
    cell.rejected_decisions = 1;
    cell.output_tokens = 100;
    for (int i = 0; i < 3; ++i) cell.count(Ending::Completed, "");
    cell.count(Ending::Rejected, "rejected-saturated");
    cell.decision.add(3'000);              // 3 us
    cell.decision.add(400'000'000);        // 0.4 s
    cell.decision.add(1'000'000'000'000);  // beyond the last bound
  }
  MetricFamilies families;
  add_outcomes(counts.outcomes(), families);
  add_totals(counts.totals(), families);
  const std::string text = families.text();
  for (const char* line : {"shunt_requests_total{door=\"http\",outcome=\"completed\",code=\"\"} 6\n",
                           "shunt_requests_total{door=\"http\",outcome=\"rejected\",code=\"rejected-saturated\"} 2\n",
                           "shunt_requests_begun_total{door=\"http\"} 10\n", "shunt_requests_under_way 2\n",
                           "shunt_decisions_total{door=\"http\",outcome=\"dispatched\"} 6\n",
                           "shunt_decisions_total{door=\"http\",outcome=\"rejected\"} 2\n",
                           "shunt_tokens_total{door=\"http\",kind=\"output\"} 200\n",
                           "shunt_decision_duration_seconds_count{door=\"http\"} 6\n",
                           "shunt_decision_duration_seconds_bucket{door=\"http\",le=\"0.25\"} 2\n",
                           "shunt_decision_duration_seconds_bucket{door=\"http\",le=\"0.5\"} 4\n",
                           "shunt_decision_duration_seconds_bucket{door=\"http\",le=\"+Inf\"} 6\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(MetricFolding, TheDataLayerIsCountedByResult) {
  DataLayerCounts counts;
  counts.fetches[static_cast<std::size_t>(FetchResult::TimedOut)] = 7;
  counts.became_unhealthy = 2;
  counts.fetch_duration.add(2'000'000);
  MetricFamilies families;
  add_data_layer(counts, families);
  const std::string text = families.text();
  EXPECT_THAT(text, HasSubstr("shunt_fetches_total{result=\"timed-out\"} 7\n"));
  EXPECT_THAT(text, HasSubstr("shunt_health_changes_total{to=\"unhealthy\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("shunt_fetch_duration_seconds_count 1\n"));
}

TEST(MetricFolding, ConnectionsOfAllThreadsAddUp) {
  ConnectionCounts counts;
  ConnectionCounts::Cell& first = counts.add_cell();
  ConnectionCounts::Cell& second = counts.add_cell();
  raise_own(first.accepted, 5);
  raise_own(second.accepted, 3);
  first.closed(CloseReason::Idle);
  second.closed(CloseReason::Idle);
  second.closed(CloseReason::Memory);
  first.count(HandshakeResult::TimedOut);
  second.count(ConnectResult::GivenUp);
  raise_own(second.reused, 4);
  first.links = 7;
  first.idle = 2;
  second.idle = 1;  // not yet in `links`
  MetricFamilies families;
  add_connections(counts.total(), families);
  const std::string text = families.text();
  for (const char* line :
       {"shunt_client_connections 5\n", "shunt_client_connections_accepted_total 8\n",
        "shunt_client_connections_closed_total{reason=\"idle\"} 2\n",
        "shunt_client_connections_closed_total{reason=\"memory\"} 1\n",
        "shunt_client_connections_closed_total{reason=\"client\"} 0\n",
        "shunt_client_tls_handshakes_total{result=\"timed-out\"} 1\n",
        "shunt_upstream_connects_total{result=\"given-up\"} 1\n", "shunt_upstream_connections_reused_total 4\n",
        "shunt_upstream_connections{state=\"busy\"} 5\n", "shunt_upstream_connections{state=\"idle\"} 3\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(ProcessMetrics, SayWhatTheKernelSays) {
  MetricFamilies families;
  add_process_metrics(families);
  const std::string text = families.text();
  for (const char* name :
       {"process_cpu_seconds_total ", "process_resident_memory_bytes ", "process_virtual_memory_bytes ",
        "process_open_fds ", "process_max_fds ", "process_threads ", "process_start_time_seconds "}) {
    EXPECT_THAT(text, HasSubstr(std::string("\n") + name)) << name;
    EXPECT_THAT(text, Not(HasSubstr(std::string("\n") + name + "0\n"))) << name;
  }
}

}  // namespace
}  // namespace shunt::host
