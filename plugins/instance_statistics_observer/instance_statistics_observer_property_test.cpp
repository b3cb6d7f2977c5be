// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;

RC_GTEST_PROP(InstanceStatisticsObserverProperty, TheMeanStaysBetweenTheExtremes, ()) {
  const auto latencies = *rc::gen::nonEmpty(
      rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(0, 60'000'000'000)));
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, "instance-statistics-observer", "{}", host);
  EndpointSet endpoints;
  endpoints.add_many(1);
  for (const std::int64_t latency : latencies) {
    plugin.events(endpoints, {Event(SHUNT_EVENT_COMPLETED).endpoint("pod-0").duration_ns(latency)});
  }
  endpoints.apply(host.take_cells());
  const double mean = std::get<double>(endpoints[0].cell("avg_latency_ms"));
  const auto [low, high] = std::minmax_element(latencies.begin(), latencies.end());
  RC_ASSERT(mean >= static_cast<double>(*low) / 1e6 * (1 - 1e-12));
  RC_ASSERT(mean <= static_cast<double>(*high) / 1e6 * (1 + 1e-12));
}

}  // namespace
