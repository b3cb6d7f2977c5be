// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;

RC_GTEST_PROP(RoutingScorersProperty, OrderOfEndpointsDoesNotMatter, (const std::string& user)) {
  const std::uint32_t n = *rc::gen::inRange(1u, 40u);
  EndpointSet endpoints;
  Rows turned;
  for (std::uint32_t i = 0; i < n; ++i) {
    endpoints.add("pod-" + std::to_string(i))
        .text("machine", std::to_string(*rc::gen::inRange(0, 3)))
        .text("rack", std::to_string(*rc::gen::inRange(0, 2)));
    turned.push_back(n - 1 - i);
  }
  RequestBuilder request;
  request.user(user).preferred_endpoint(endpoints.key(*rc::gen::inRange(0u, n)));
  FakeHost host;
  for (const char* type : {"user-affinity-scorer", "locality-scorer", "topology-scorer"}) {
    PluginUnderTest plugin(shunt_library_entry_v1, type, "{}", host);
    plugin.picked(endpoints, request, {}, {.done = {{.picks = {n / 2}, .candidates = {n / 2}, .totals = {1.0}}}});
    const Scores straight = plugin.score(endpoints, request);
    const Scores other = plugin.score(endpoints, request, {.candidates = turned});
    RC_ASSERT(straight.status == other.status);
    if (straight.status == SHUNT_SKIP) continue;
    for (std::uint32_t i = 0; i < n; ++i) {
      RC_ASSERT(straight.values[i] >= 0.0 && straight.values[i] <= 1.0);
      RC_ASSERT(other.values[n - 1 - i] == straight.values[i]);
    }
  }
}

}  // namespace
