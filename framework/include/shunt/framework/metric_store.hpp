// SPDX-License-Identifier: Apache-2.0
// metric_store.hpp: the metrics that one instance registered, updated lock-free by its calls and read by whoever exports them.
#pragma once

#include <shunt/framework/error.hpp>

#include <atomic>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// The handle that plugins hold.
struct shunt_metric {
  enum class Type : std::uint8_t { Counter, Gauge, Histogram };
  Type type = Type::Counter;
  std::string name;
  std::string help;
  std::vector<std::pair<std::string, std::string>> labels;  // sorted by name
  std::atomic<double> value{0.0};                           // counter and gauge: the value; histogram: the sum
  std::vector<double> bounds;                               // histogram: upper bounds, ascending
  std::deque<std::atomic<std::uint64_t>> buckets;           // histogram: per bound, and one for what exceeds the last
};

namespace shunt {

class MetricStore {
 public:
  using Labels = std::vector<std::pair<std::string, std::string>>;

  // Registers a metric. A name or label that is no metric name, a label that comes twice, a name with another type, a name with
  // labels that are taken, and bounds that do not ascend are errors.
  Result<shunt_metric*> add(shunt_metric::Type type, std::string_view name, std::string_view help, Labels labels = {},
                            std::vector<double> bounds = {});
  const std::deque<shunt_metric>& all() const noexcept { return metrics_; }

 private:
  std::deque<shunt_metric> metrics_;
};

}  // namespace shunt
