// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;

RC_GTEST_PROP(BalancingPickersProperty, OrderOfEndpointsDoesNotMatter, (std::uint64_t seed)) {
  const std::uint32_t n = *rc::gen::inRange(1u, 40u);
  EndpointSet endpoints;
  Rows turned;
  std::vector<double> totals;
  for (std::uint32_t i = 0; i < n; ++i) {
    endpoints.add("pod-" + std::to_string(i)).number("load", *rc::gen::inRange(0, 11) / 10.0);
    totals.push_back(i + 1.0);
    turned.push_back(n - 1 - i);
  }
  const std::vector<double> other_totals(totals.rbegin(), totals.rend());
  FakeHost host;
  for (const char* type : {"round-robin-picker", "weighted-round-robin-picker", "power-of-two-picker"}) {
    PluginUnderTest plugin(shunt_library_entry_v1, type, "{}", host);
    const Rows straight = plugin.pick(totals, endpoints, RequestBuilder(), {.seed = seed}).base_rows;
    RC_ASSERT(straight.size() == 1u);
    RC_ASSERT(plugin.pick(other_totals, endpoints, RequestBuilder(), {.seed = seed, .candidates = turned}).base_rows ==
              straight);
  }
}

}  // namespace
