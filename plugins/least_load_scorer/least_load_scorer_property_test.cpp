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

// Loads of which many are equal and some differ in the last bit only.
std::vector<double> loads() {
  return *rc::gen::nonEmpty(rc::gen::container<std::vector<double>>(rc::gen::map(rc::gen::inRange(0, 2000), [](int n) {
    return n < 1000 ? n / 10 * 0.01 : std::nextafter(n / 500 * 0.1, n % 2);
  })));
}

RC_GTEST_PROP(LeastLoadScorerProperty, ChoosesTheFirstOfTheLeast, ()) {
  const std::vector<double> load = loads();
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, "least-load-scorer", "{}", host);
  EndpointSet endpoints;
  Rows turned;
  for (std::size_t i = 0; i < load.size(); ++i) {
    endpoints.add("pod-" + std::to_string(i)).number("load", load[i]);
    turned.push_back(static_cast<std::uint32_t>(load.size() - 1 - i));
  }
  const std::vector<double> scores = plugin.score(endpoints, RequestBuilder()).values;
  const std::vector<double> others = plugin.score(endpoints, RequestBuilder(), {.candidates = turned}).values;
  RC_ASSERT(std::max_element(scores.begin(), scores.end()) - scores.begin() ==
            std::min_element(load.begin(), load.end()) - load.begin());
  for (std::size_t a = 0; a < load.size(); ++a) {
    RC_ASSERT(scores[a] >= 0.0 && scores[a] <= 1.0);
    RC_ASSERT(others[load.size() - 1 - a] == scores[a]);
    for (std::size_t b = 0; b < load.size(); ++b) {
      if (load[a] <= load[b]) RC_ASSERT(scores[a] >= scores[b]);
    }
  }
}

}  // namespace
