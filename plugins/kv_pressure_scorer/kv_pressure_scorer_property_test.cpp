// SPDX-License-Identifier: Apache-2.0
// The rule as its source states it, in whole numbers, against the score: the same choice, ties included, and no other order.
#include <shunt/testing/plugin_under_test.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
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
  auto head() const { return std::tuple(tier(), depth, ~(reports ? total - used : 0)); }
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

// What holds for scores whatever the keys are: the best have the highest, the first of them in front, and no other order is
// turned round.
template <class Endpoints>
void check_scores(const std::vector<double>& scores, const Endpoints& endpoints) {
  const auto best = std::min_element(endpoints.begin(), endpoints.end(),
                                     [](const auto& a, const auto& b) { return a.key() < b.key(); });
  // max_element gives the first of equal ones too: what `ties: first` picks.
  RC_ASSERT(std::max_element(scores.begin(), scores.end()) - scores.begin() == best - endpoints.begin());
  for (std::size_t a = 0; a < endpoints.size(); ++a) {
    RC_ASSERT(scores[a] >= 0.0 && scores[a] <= 1.0);
    RC_ASSERT((scores[a] == 1.0) == (endpoints[a].key() == best->key()));
    for (std::size_t b = 0; b < endpoints.size(); ++b) {
      if (endpoints[a].key() == endpoints[b].key()) RC_ASSERT(scores[a] == scores[b]);
      if (endpoints[a].key() < endpoints[b].key()) RC_ASSERT(scores[a] >= scores[b]);
    }
  }
}

RC_GTEST_PROP(KvPressureScorerProperty, OrdersAsTheSourceDoes, ()) {
  const int bits = key_bits();
  std::vector<Replica> replicas;
  for (int i = *rc::gen::inRange(1, 40); i > 0; --i) replicas.push_back(replica(bits));
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, "kv-pressure-scorer", "{}", host);
  const std::vector<double> scores = plugin.score(endpoints_of(replicas), RequestBuilder()).values;
  check_scores(scores, replicas);
  // What the first 50 bits tell apart: everything, where all keys have room there, or the first three.
  const bool all = bits <= 10;
  if (bits > 20) return;
  for (std::size_t a = 0; a < replicas.size(); ++a) {
    for (std::size_t b = 0; b < replicas.size(); ++b) {
      const bool better = all ? replicas[a].key() < replicas[b].key() : replicas[a].head() < replicas[b].head();
      if (better) RC_ASSERT(scores[a] > scores[b]);
    }
  }
}

// An endpoint that reports whatever a double can be, and the keys that the README makes of it.
struct Oddity {
  std::optional<double> usage, depth;
  double blocks, free_bytes, served;

  static constexpr double kMost = 2251799813685247.0;  // 2^51 - 1
  static double count(double number) {
    return std::isnan(number) ? 0.0 : std::nearbyint(std::clamp(number, -kMost, kMost));
  }
  auto key() const {
    const bool reports = usage && !std::isnan(*usage);
    const double used = reports ? std::clamp(*usage, 0.0, 1.0) : 0.0;
    const int tier = !reports ? 4 : (used >= 0.7) + (used >= 0.85) + (used >= 0.95);
    const double all = std::isnan(blocks) ? 0.0 : std::clamp(blocks, 0.0, kMost);
    const double free = reports ? std::nearbyint(all * (1.0 - used)) : 0.0;
    const bool deep = depth && !std::isnan(*depth);
    return std::tuple(tier, deep ? count(*depth) : kMost + 1, -free, -count(free_bytes), count(served));
  }
};

// What one column of a pool has: small numbers, large ones, or whatever a double can be.
std::vector<double> values() {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  constexpr double kMost = Oddity::kMost;
  const auto large = rc::gen::map(rc::gen::inRange<std::int64_t>(-(1LL << 52), 1LL << 52),
                                  [](std::int64_t number) { return static_cast<double>(number) / 2; });
  const auto odd = rc::gen::oneOf(
      large, rc::gen::element(0.0, -0.0, -2.5, 1.0, 8e10, 8e10 - 1, 1e-300, std::nan(""), kInfinity, -kInfinity, 1e300,
                              -1e300, kMost, kMost - 1, kMost + 1, -kMost, 1 - kMost, std::exp2(53) + 2));
  switch (*rc::gen::inRange(0, 4)) {
    case 0: return {0, 1, 2, 9, 0.5, 1.5};
    case 1: return {0, 1, 3, std::nan("")};
    case 2: return *rc::gen::container<std::vector<double>>(4, large);
    default: return *rc::gen::container<std::vector<double>>(4, odd);
  }
}

std::vector<Oddity> oddities() {
  const std::vector<double> depths = values();
  const std::vector<double> blocks = values();
  const std::vector<double> free_bytes = values();
  const std::vector<double> served = values();
  const std::vector<double> usages = *rc::gen::elementOf(std::vector<std::vector<double>>{{0.0},
                                                                                          {0.0, 0.7},
                                                                                          {0.1, 0.1 + 1e-13, 0.95, 1.0},
                                                                                          {0.1, 0.0, -1.0},
                                                                                          {0.5, 1.0, 3.0},
                                                                                          {0.0, 0.5, std::nan("")},
                                                                                          values()});
  const bool gaps = *rc::gen::arbitrary<bool>();
  std::vector<Oddity> made;
  for (std::size_t i = *rc::gen::inRange<std::size_t>(1, 60); i > 0; --i) {
    // Another one with a single value changed ties with it up to there.
    const bool alike = !made.empty() && *rc::gen::inRange(0, 4) != 0;
    Oddity one = alike ? made[*rc::gen::inRange<std::size_t>(0, made.size())] : Oddity{};
    const int changed = alike ? *rc::gen::inRange(0, 6) : -1;
    const auto changes = [&](int value) { return changed < 0 || changed == value; };
    if (changes(0)) one.usage = *rc::gen::elementOf(usages);
    if (changes(1)) one.depth = *rc::gen::elementOf(depths);
    if (changes(2)) one.blocks = *rc::gen::elementOf(blocks);
    if (changes(3)) one.free_bytes = *rc::gen::elementOf(free_bytes);
    if (changes(4)) one.served = *rc::gen::elementOf(served);
    if (gaps && *rc::gen::inRange(0, 8) == 0) one.usage.reset();
    if (gaps && *rc::gen::inRange(0, 8) == 0) one.depth.reset();
    made.push_back(one);
  }
  return made;
}

RC_GTEST_PROP(KvPressureScorerProperty, ChoosesTheBestOfAnyNumbers, ()) {
  const std::vector<Oddity> odd = oddities();
  EndpointSet endpoints;
  for (std::size_t i = 0; i < odd.size(); ++i) {
    Endpoint& endpoint = endpoints.add("pod-" + std::to_string(i));
    if (odd[i].usage) endpoint.number("kv_cache_usage", *odd[i].usage);
    if (odd[i].depth) endpoint.number("in_flight", *odd[i].depth);
    endpoint.number("kv_cache_blocks", odd[i].blocks);
    endpoint.number("kv_cache_free_bytes", odd[i].free_bytes);
    endpoint.number("requests_served", odd[i].served);
  }
  FakeHost host;
  PluginUnderTest plugin(shunt_library_entry_v1, "kv-pressure-scorer", "{}", host);
  check_scores(plugin.score(endpoints, RequestBuilder()).values, odd);
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
