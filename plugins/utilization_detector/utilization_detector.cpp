// SPDX-License-Identifier: Apache-2.0
// utilization-detector as a filter: endpoints whose queue and KV cache have room, judged by fresh metrics.
#include "duration.hpp"

#include <shunt/sdk/explain.hpp>
#include <shunt/sdk/filter.hpp>

#include <algorithm>
#include <cstdint>
#include <string>

namespace {

using shunt::sdk::Column;
using shunt::sdk::ColumnView;
using shunt::sdk::Cycle;
using shunt::sdk::Error;
using shunt::sdk::Init;
using shunt::sdk::View;

class UtilizationDetector {
 public:
  SHUNT_PLUGIN("utilization-detector", "1.0.0",
               "Keeps endpoints with room in queue and KV cache, judged by fresh metrics")
  static constexpr std::string_view kReads[] = {"queue", "kv_cache_usage"};
  static constexpr std::string_view kParametersSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "queueDepthThreshold": {
      "type": "number", "exclusiveMinimum": 0, "default": 5,
      "description": "Waiting requests from which an endpoint is full"
    },
    "kvCacheUtilThreshold": {
      "type": "number", "exclusiveMinimum": 0, "maximum": 1, "default": 0.8,
      "description": "Used share of the KV cache from which an endpoint is full"
    },
    "metricsStalenessThreshold": {
      "type": "string", "minLength": 1, "default": "200ms",
      "description": "Age from which metrics say nothing, such as 200ms or 1m30s"
    },
    "headroom": {
      "type": "number", "minimum": 0, "default": 0,
      "description": "Share by which both thresholds are raised"
    }
  }
})";

  explicit UtilizationDetector(Init& init)
      : queue_(init.column<double>("queue")),
        kv_cache_usage_(init.column<double>("kv_cache_usage")),
        queue_limit_(init.parameter("queueDepthThreshold").number(5) * (1 + headroom(init))),
        kv_limit_(init.parameter("kvCacheUtilThreshold").number(0.8) * (1 + headroom(init))) {
    const std::string text = init.parameter("metricsStalenessThreshold").text("200ms");
    const auto threshold = duration::parse_nanoseconds(text);
    if (!threshold || *threshold <= 0) {
      throw Error("parameter /metricsStalenessThreshold must be a time above 0, such as 200ms, found \"" + text + "\"");
    }
    staleness_ns_ = *threshold;
  }

  void filter(const Cycle& cycle, View view, std::span<std::uint8_t> keep) const {
    const Inputs in(*this, cycle, view);
    std::uint8_t any = 0;
    for (std::size_t i = 0; i < keep.size(); ++i) {
      keep[i] = in.fresh(i) && in.has_room(i) ? 1 : 0;
      any = static_cast<std::uint8_t>(any | keep[i]);
    }
    // A full pool is for the waiting room to see: here nobody would be left.
    if (any == 0) std::fill(keep.begin(), keep.end(), std::uint8_t{1});
  }

  void explain(const Cycle& cycle, View view, std::string_view, std::span<shunt_str> reason) const {
    const Inputs in(*this, cycle, view);
    bool any = false;
    for (std::size_t i = 0; i < reason.size(); ++i) any |= in.fresh(i) && in.has_room(i);
    for (std::size_t i = 0; any && i < reason.size(); ++i) {
      if (!in.fresh(i)) {
        reason[i] = shunt::sdk::to_abi("metrics are missing or too old");
      } else if (!in.has_room(i)) {
        reason[i] = shunt::sdk::to_abi(in.queue[i] < in.queue_limit ? "KV cache is full" : "queue is full");
      }
    }
  }

 private:
  static double headroom(const Init& init) { return init.parameter("headroom").number(0); }

  // The columns of one call.
  struct Inputs {
    Inputs(const UtilizationDetector& it, const Cycle& cycle, View view)
        : queue(it.queue_(view)),
          kv_cache_usage(it.kv_cache_usage_(view)),
          queue_limit(it.queue_limit_),
          kv_limit(it.kv_limit_),
          now_ns(cycle.now_ns()),
          staleness_ns(it.staleness_ns_) {}

    bool fresh(std::size_t i) const { return fresh(queue, i) && fresh(kv_cache_usage, i); }
    bool has_room(std::size_t i) const { return queue[i] < queue_limit && kv_cache_usage[i] < kv_limit; }
    bool fresh(const ColumnView<double>& column, std::size_t i) const {
      if (!column.has(i)) return false;
      const auto measured_ns = column.as_of_ns(i);
      return !measured_ns || now_ns - *measured_ns <= staleness_ns;
    }

    ColumnView<double> queue;
    ColumnView<double> kv_cache_usage;
    double queue_limit;
    double kv_limit;
    std::int64_t now_ns;
    std::int64_t staleness_ns;
  };

  Column<double> queue_;
  Column<double> kv_cache_usage_;
  double queue_limit_;
  double kv_limit_;
  std::int64_t staleness_ns_ = 0;
};

}  // namespace

SHUNT_LIBRARY(UtilizationDetector)
