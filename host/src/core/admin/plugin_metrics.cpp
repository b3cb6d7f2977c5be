// SPDX-License-Identifier: Apache-2.0
#include "admin/plugin_metrics.hpp"

#include <shunt/framework/instance.hpp>

#include <limits>
#include <map>
#include <string>

namespace shunt::host {

namespace {

constexpr std::string_view kInstanceLabel = "name";

std::string family_name(const Instance& instance, const shunt_metric& metric) {
  std::string name = "shunt_" + instance.type() + "_" + metric.name;
  for (char& c : name) {
    const bool good =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ':';
    if (!good) c = '_';
  }
  return name;
}

prometheus::MetricType type_of(shunt_metric::Type type) {
  switch (type) {
    case shunt_metric::Type::Counter: return prometheus::MetricType::Counter;
    case shunt_metric::Type::Gauge: return prometheus::MetricType::Gauge;
    case shunt_metric::Type::Histogram: break;
  }
  return prometheus::MetricType::Histogram;
}

prometheus::ClientMetric read(const Instance& instance, const shunt_metric& metric) {
  prometheus::ClientMetric out;
  out.label.push_back({std::string(kInstanceLabel), instance.name()});
  for (const auto& [name, value] : metric.labels) {
    // As Prometheus itself does where two want the same label.
    out.label.push_back({name == kInstanceLabel ? "exported_" + name : name, value});
  }
  const double value = metric.value.load(std::memory_order_relaxed);
  out.counter.value = value;
  out.gauge.value = value;
  if (metric.type != shunt_metric::Type::Histogram) return out;
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < metric.buckets.size(); ++i) {
    below += metric.buckets[i].load(std::memory_order_relaxed);
    const double bound = i < metric.bounds.size() ? metric.bounds[i] : std::numeric_limits<double>::infinity();
    out.histogram.bucket.push_back({below, bound});
  }
  out.histogram.sample_count = below;
  out.histogram.sample_sum = value;
  return out;
}

}  // namespace

std::size_t add_plugin_metrics(const Generation& generation, MetricFamilies& families) {
  struct Made {
    prometheus::MetricFamily family;
    std::vector<double> bounds;
    std::string type;  // of the plugin: "a_b" and "a-b" would have one name
  };
  std::map<std::string, Made> made;
  std::size_t left_out = 0;
  for (const auto& instance : generation.instances()) {
    for (const shunt_metric& metric : instance->metrics.all()) {
      const std::string name = family_name(*instance, metric);
      auto [place, fresh] = made.try_emplace(name);
      Made& one = place->second;
      if (fresh) {
        one.family.name = name;
        one.family.help = metric.help;
        one.family.type = type_of(metric.type);
        one.bounds = metric.bounds;
        one.type = instance->type();
      }
      const bool same =
          one.family.type == type_of(metric.type) && one.bounds == metric.bounds && one.type == instance->type();
      if (same) one.family.metric.push_back(read(*instance, metric));
      left_out += same ? 0 : 1;
    }
  }
  for (auto& [name, one] : made) {
    const std::size_t values = one.family.metric.size();
    if (!families.add_family(std::move(one.family))) left_out += values;
  }
  return left_out;
}

}  // namespace shunt::host
