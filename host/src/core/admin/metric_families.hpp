// SPDX-License-Identifier: Apache-2.0
// metric_families.hpp: collects values for the metrics of the table and writes them as a page.
//
//   MetricFamilies families;
//   families.add("shunt_decisions_total", {"http", "dispatched"}, 17);
//   std::string page = families.text();
#pragma once

#include <prometheus/metric_family.h>

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "live/request_counts.hpp"

namespace shunt::host {

class MetricFamilies {
 public:
  // Every metric of the table, without values.
  MetricFamilies();

  // `values`: of the labels, in the order of the table. A name that is not in the table, or another number of labels, is a
  // programming error: std::logic_error.
  void add(std::string_view metric, std::initializer_list<std::string_view> values, double value);
  void add(std::string_view metric, std::initializer_list<std::string_view> values, const LatencyHistogram::Sum& sum);
  // A summary without quantiles.
  void add(std::string_view metric, std::initializer_list<std::string_view> values, std::uint64_t count, double sum);
  // One that is not of the table. False where the name is taken.
  bool add_family(prometheus::MetricFamily family);

  // The text format of Prometheus.
  std::string text() const;
  std::span<const prometheus::MetricFamily> all() const { return families_; }

 private:
  prometheus::ClientMetric& next(std::string_view metric, std::initializer_list<std::string_view> values);

  std::vector<prometheus::MetricFamily> families_;
  std::unordered_map<std::string, std::size_t> by_name_;
};

}  // namespace shunt::host
