// SPDX-License-Identifier: Apache-2.0
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;

// The rule as its source states it.
double cost(double price, double gpus, double throughput, double tokens) {
  return price * gpus / 3600.0 * (throughput > 0 ? tokens / throughput : 1.0);
}

RC_GTEST_PROP(CostScorerProperty, ChoosesTheFirstOfTheCheapest, ()) {
  const std::size_t n = *rc::gen::inRange<std::size_t>(1, 40);
  const auto tokens = *rc::gen::inRange<std::uint64_t>(0, 3000);
  EndpointSet endpoints;
  std::vector<double> costs;
  Rows turned;
  for (std::size_t i = 0; i < n; ++i) {
    const double price = *rc::gen::inRange(0, 4) / 2.0;
    const double gpus = *rc::gen::inRange(1, 9);
    const double throughput = *rc::gen::inRange(0, 4) * 100.0;
    endpoints.add("pod-" + std::to_string(i))
        .number("price_per_gpu_hour", price)
        .number("gpu_count", gpus)
        .number("tokens_per_second", throughput);
    costs.push_back(cost(price, gpus, throughput, static_cast<double>(tokens)));
    turned.push_back(static_cast<std::uint32_t>(n - 1 - i));
  }
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, "cost-scorer", "{}", host);
  RequestBuilder request;
  request.max_tokens(tokens);
  const std::vector<double> scores = plugin.score(endpoints, request).values;
  const std::vector<double> others = plugin.score(endpoints, request, {.candidates = turned}).values;
  RC_ASSERT(std::max_element(scores.begin(), scores.end()) - scores.begin() ==
            std::min_element(costs.begin(), costs.end()) - costs.begin());
  for (std::size_t a = 0; a < n; ++a) {
    RC_ASSERT(scores[a] >= 0.0 && scores[a] <= 1.0);
    RC_ASSERT(others[n - 1 - a] == scores[a]);
    for (std::size_t b = 0; b < n; ++b) {
      if (costs[a] <= costs[b]) RC_ASSERT(scores[a] >= scores[b]);
    }
  }
}

}  // namespace
