// SPDX-License-Identifier: Apache-2.0
#include <shunt/sdk/observer.hpp>
#include <shunt/sdk/output.hpp>

#include <unordered_map>

namespace {

using shunt::sdk::Context;
using shunt::sdk::EndpointOutput;
using shunt::sdk::Events;
using shunt::sdk::Init;

class InstanceStatisticsObserver {
 public:
  SHUNT_PLUGIN("instance-statistics-observer", "1.0.0",
               "Measures the mean latency of each endpoint and counts the requests sent there")
  static constexpr std::string_view kWrites[] = {"avg_latency_ms", "requests_served"};
  static constexpr auto& kDefaultProducerOf = kWrites;
  static constexpr std::uint64_t kWants = SHUNT_EVENT_BIT(SHUNT_EVENT_DISPATCHED) |
                                          SHUNT_EVENT_BIT(SHUNT_EVENT_COMPLETED) |
                                          SHUNT_EVENT_BIT(SHUNT_EVENT_ENDPOINT_REMOVED);
  static constexpr std::string_view kParametersSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "smoothing": {
      "type": "number", "exclusiveMinimum": 0, "maximum": 1, "default": 0.1,
      "description": "Share that the newest request has in the mean latency"
    }
  }
})";

  explicit InstanceStatisticsObserver(Init& init)
      : smoothing_(init.parameter("smoothing").number(0.1)),
        latency_(init.endpoint_output<double>("avg_latency_ms")),
        served_(init.endpoint_output<double>("requests_served")) {}

  void events(const Context& context, const Events& events) {
    for (std::size_t i = 0; i < events.size(); ++i) {
      const shunt_event& event = events[i];
      if (event.endpoint == 0) continue;
      if (event.type == SHUNT_EVENT_ENDPOINT_REMOVED) {
        endpoints_.erase(event.endpoint);
      } else if (event.type == SHUNT_EVENT_DISPATCHED) {
        Statistics& of = endpoints_[event.endpoint];
        of.served += 1;
        keep(event.endpoint, served_.put(context, event.endpoint, of.served));
      } else if (event.type == SHUNT_EVENT_COMPLETED && event.cause == SHUNT_CAUSE_NATURAL &&
                 (event.present & SHUNT_EVENT_DURATION) != 0 && answered(event)) {
        Statistics& of = endpoints_[event.endpoint];
        of.measure(static_cast<double>(event.duration_ns) / 1e6, smoothing_);
        keep(event.endpoint, latency_.put(context, event.endpoint, of.mean_ms));
      }
    }
  }

 private:
  // An error comes quickly, and says nothing of how long an answer takes.
  static bool answered(const shunt_event& event) {
    return (event.present & SHUNT_EVENT_HTTP_STATUS) == 0 || event.http_status / 100 == 2;
  }

  struct Statistics {
    double served = 0;
    double mean_ms = 0;
    bool measured = false;

    void measure(double milliseconds, double smoothing) {
      mean_ms = measured ? smoothing * milliseconds + (1 - smoothing) * mean_ms : milliseconds;
      measured = true;
    }
  };

  // A request may end after its endpoint has gone: what nobody knows any more is forgotten, so that there are never more
  // entries than endpoints.
  void keep(std::uint64_t endpoint, shunt::sdk::Status status) {
    if (status == SHUNT_NOT_FOUND) endpoints_.erase(endpoint);
  }

  double smoothing_;
  EndpointOutput<double> latency_;
  EndpointOutput<double> served_;
  std::unordered_map<std::uint64_t, Statistics> endpoints_;
};

}  // namespace

SHUNT_LIBRARY(InstanceStatisticsObserver)
