// SPDX-License-Identifier: Apache-2.0
#include <shunt/framework/metric_store.hpp>

#include <algorithm>
#include <cmath>

namespace shunt {
namespace {

bool is_metric_name(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  for (const char c : name) {
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_')) return false;
  }
  return true;
}

}  // namespace

Result<shunt_metric*> MetricStore::add(shunt_metric::Type type, std::string_view name, std::string_view help,
                                       Labels labels, std::vector<double> bounds) {
  const auto refuse = [&](const char* why) {
    return Error{ErrorKind::Plugin, "C513", "metric \"" + std::string(name) + "\" " + why};
  };
  if (!is_metric_name(name)) return refuse("is not named with letters, digits and underscores");
  std::ranges::sort(labels);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (!is_metric_name(labels[i].first)) return refuse("has a label that is not named as metrics are");
    if (i > 0 && labels[i].first == labels[i - 1].first) return refuse("has a label twice");
  }
  for (const shunt_metric& metric : metrics_) {
    if (metric.name != name) continue;
    if (metric.type != type) return refuse("is registered with another kind");
    if (metric.labels == labels) return refuse("is registered already");
  }
  if (!bounds.empty() && type != shunt_metric::Type::Histogram) return refuse("has bounds and is no histogram");
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    if (!std::isfinite(bounds[i]) || (i > 0 && bounds[i] <= bounds[i - 1]))
      return refuse("has bounds that do not ascend");
  }
  shunt_metric& metric = metrics_.emplace_back();
  metric.type = type;
  metric.name = name;
  metric.help = help;
  metric.labels = std::move(labels);
  metric.bounds = std::move(bounds);
  if (type == shunt_metric::Type::Histogram) metric.buckets.resize(metric.bounds.size() + 1);
  return &metric;
}

}  // namespace shunt
