// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;

// Latencies of which many are equal and some differ in the last bit only.
std::vector<double> latencies() {
  return *rc::gen::nonEmpty(rc::gen::container<std::vector<double>>(rc::gen::map(rc::gen::inRange(0, 2000), [](int n) {
    return n < 1000 ? n / 10 * 0.01 : std::nextafter(n / 500 * 0.1, n % 2);
  })));
}

RC_GTEST_PROP(FastestInstanceScorerProperty, ChoosesTheFirstOfTheLeast, ()) {
  const std::vector<double> latency = latencies();
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, "fastest-instance-scorer", "{}", host);
  EndpointSet endpoints;
  Rows turned;
  for (std::size_t i = 0; i < latency.size(); ++i) {
    endpoints.add("pod-" + std::to_string(i)).number("avg_latency_ms", latency[i]);
    turned.push_back(static_cast<std::uint32_t>(latency.size() - 1 - i));
  }
  const std::vector<double> scores = plugin.score(endpoints, RequestBuilder()).values;
  const std::vector<double> others = plugin.score(endpoints, RequestBuilder(), {.candidates = turned}).values;
  RC_ASSERT(std::max_element(scores.begin(), scores.end()) - scores.begin() ==
            std::min_element(latency.begin(), latency.end()) - latency.begin());
  for (std::size_t a = 0; a < latency.size(); ++a) {
    RC_ASSERT(scores[a] >= 0.0 && scores[a] <= 1.0);
    RC_ASSERT(others[latency.size() - 1 - a] == scores[a]);
    for (std::size_t b = 0; b < latency.size(); ++b) {
      if (latency[a] <= latency[b]) RC_ASSERT(scores[a] >= scores[b]);
    }
  }
}

}  // namespace
