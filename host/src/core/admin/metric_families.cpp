// SPDX-License-Identifier: Apache-2.0
#include "admin/metric_families.hpp"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <limits>
#include <sstream>
#include <stdexcept>

#include "admin/metric_table.hpp"

namespace shunt::host {

namespace {

prometheus::MetricType type_of(MetricKind kind) {
  switch (kind) {
    case MetricKind::Counter: return prometheus::MetricType::Counter;
    case MetricKind::Gauge: return prometheus::MetricType::Gauge;
    case MetricKind::Histogram: return prometheus::MetricType::Histogram;
    case MetricKind::Summary: break;
  }
  return prometheus::MetricType::Summary;
}

std::vector<std::string_view> split(std::string_view names) {
  std::vector<std::string_view> out;
  while (!names.empty()) {
    const std::size_t comma = std::min(names.find(','), names.size());
    out.push_back(names.substr(0, comma));
    names.remove_prefix(std::min(comma + 1, names.size()));
  }
  return out;
}

}  // namespace

MetricFamilies::MetricFamilies() {
  for (const MetricSpec& spec : metric_table()) {
    by_name_.emplace(spec.name, families_.size());
    prometheus::MetricFamily family;
    family.name = spec.name;
    family.help = spec.help;
    family.type = type_of(spec.kind);
    families_.push_back(std::move(family));
  }
}

prometheus::ClientMetric& MetricFamilies::next(std::string_view metric,
                                               std::initializer_list<std::string_view> values) {
  const auto place = by_name_.find(std::string(metric));
  if (place == by_name_.end() || place->second >= metric_table().size()) {
    throw std::logic_error(std::string(metric) + " is not in the table of metrics");
  }
  const auto labels = split(metric_table()[place->second].labels);
  if (labels.size() != values.size()) throw std::logic_error(std::string(metric) + " has other labels");
  prometheus::ClientMetric& made = families_[place->second].metric.emplace_back();
  auto value = values.begin();
  for (const std::string_view label : labels) made.label.push_back({std::string(label), std::string(*value++)});
  return made;
}

void MetricFamilies::add(std::string_view metric, std::initializer_list<std::string_view> values, double value) {
  prometheus::ClientMetric& made = next(metric, values);
  made.counter.value = value;
  made.gauge.value = value;
}

void MetricFamilies::add(std::string_view metric, std::initializer_list<std::string_view> values,
                         const LatencyHistogram::Sum& sum) {
  prometheus::ClientMetric::Histogram& made = next(metric, values).histogram;
  const std::span<const double> bounds = LatencyHistogram::bounds();
  std::uint64_t below = 0;
  for (std::size_t i = 0; i <= bounds.size(); ++i) {
    below += i < sum.buckets.size() ? sum.buckets[i] : 0;
    made.bucket.push_back({below, i < bounds.size() ? bounds[i] : std::numeric_limits<double>::infinity()});
  }
  // The buckets themselves, so that the last one and the count agree while others count on.
  made.sample_count = below;
  made.sample_sum = sum.seconds;
}

void MetricFamilies::add(std::string_view metric, std::initializer_list<std::string_view> values, std::uint64_t count,
                         double sum) {
  prometheus::ClientMetric::Summary& made = next(metric, values).summary;
  made.sample_count = count;
  made.sample_sum = sum;
}

bool MetricFamilies::add_family(prometheus::MetricFamily family) {
  if (!by_name_.emplace(family.name, families_.size()).second) return false;
  families_.push_back(std::move(family));
  return true;
}

std::string MetricFamilies::text() const { return prometheus::TextSerializer().Serialize(families_); }

}  // namespace shunt::host
