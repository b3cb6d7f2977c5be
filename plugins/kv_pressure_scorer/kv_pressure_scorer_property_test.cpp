// SPDX-License-Identifier: Apache-2.0
// The rule as its source states it, in whole numbers, against the score: the same choice and the same order, ties included.
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <tuple>

extern "C" const shunt_library* shunt_library_entry_v1(void);

namespace {

using namespace shunt::testing;

struct Replica {
  bool reports;
  std::uint64_t used, total, depth, free_bytes, served;

  std::uint64_t tier() const {
    if (!reports) return 255;
    const std::uint64_t permille = used * 1000 / total;
    return permille >= 950 ? 3 : permille >= 850 ? 2 : permille >= 700 ? 1 : 0;
  }
  // Less is better; what is better when it is more counts down.
  auto key() const {
    const std::uint64_t free = reports ? total - used : 0;
    return std::tuple(tier(), depth, ~free, ~free_bytes, served);
  }
};

// Keys of up to so many bits: short ones fit one number together, and from about 17 on they do so now and then.
int key_bits() { return *rc::gen::element(2, 10, 15, 16, 17, 18, 40); }

Replica replica(int bits) {
  const auto below = [](std::uint64_t bound) { return *rc::gen::inRange<std::uint64_t>(0, bound); };
  Replica made{};
  made.reports = below(6) != 0;
  made.total = 1 + below(bits > 2 ? 1ull << bits : 2000);
  made.used = std::min(made.total, *rc::gen::element(made.total * 700 / 1000, made.total * 850 / 1000,
                                                     made.total * 950 / 1000, below(made.total + 1)) +
                                       below(2));
  made.depth = *rc::gen::element<std::uint64_t>(0, bits > 20 ? (1 << 20) - 1 : 5) + below(3);
  made.free_bytes = below(bits > 2 ? 1ull << bits : 3);
  made.served = below(bits > 2 ? 1ull << bits : 4);
  return made;
}

EndpointSet endpoints_of(const std::vector<Replica>& replicas) {
  EndpointSet endpoints;
  for (std::size_t i = 0; i < replicas.size(); ++i) {
    const Replica& one = replicas[i];
    Endpoint& endpoint = endpoints.add("pod-" + std::to_string(i));
    if (one.reports) {
      endpoint.number("kv_cache_usage", static_cast<double>(one.used) / static_cast<double>(one.total));
      endpoint.number("kv_cache_blocks", static_cast<double>(one.total));
    }
    endpoint.number("in_flight", static_cast<double>(one.depth));
    endpoint.number("kv_cache_free_bytes", static_cast<double>(one.free_bytes));
    endpoint.number("requests_served", static_cast<double>(one.served));
  }
  return endpoints;
}

RC_GTEST_PROP(KvPressureScorerProperty, OrdersAsTheSourceDoes, ()) {
  const int bits = key_bits();
  std::vector<Replica> replicas;
  for (int i = *rc::gen::inRange(1, 40); i > 0; --i) replicas.push_back(replica(bits));
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, "kv-pressure-scorer", "{}", host);
  const std::vector<double> scores = plugin.score(endpoints_of(replicas), RequestBuilder()).values;
  const auto best = std::min_element(replicas.begin(), replicas.end(),
                                     [](const Replica& a, const Replica& b) { return a.key() < b.key(); });
  // max_element gives the first of equal ones too: what `ties: first` picks.
  RC_ASSERT(std::max_element(scores.begin(), scores.end()) - scores.begin() == best - replicas.begin());
  for (std::size_t a = 0; a < replicas.size(); ++a) {
    RC_ASSERT(scores[a] >= 0.0 && scores[a] <= 1.0);
    for (std::size_t b = 0; b < replicas.size(); ++b) {
      RC_ASSERT((replicas[a].key() < replicas[b].key()) == (scores[a] > scores[b]));
    }
  }
}

RC_GTEST_PROP(KvPressureScorerProperty, OrderOfEndpointsDoesNotMatter, ()) {
  const int bits = key_bits();
  std::vector<Replica> replicas;
  const std::uint32_t n = *rc::gen::inRange(1u, 40u);
  for (std::uint32_t i = 0; i < n; ++i) replicas.push_back(replica(bits));
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, "kv-pressure-scorer", "{}", host);
  const EndpointSet endpoints = endpoints_of(replicas);
  Rows rows;
  for (std::uint32_t i = 0; i < n; ++i) rows.push_back(n - 1 - i);
  const std::vector<double> straight = plugin.score(endpoints, RequestBuilder()).values;
  const std::vector<double> turned = plugin.score(endpoints, RequestBuilder(), {.candidates = rows}).values;
  for (std::uint32_t i = 0; i < n; ++i) RC_ASSERT(turned[i] == straight[rows[i]]);
}

}  // namespace
