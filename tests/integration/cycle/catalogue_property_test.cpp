// SPDX-License-Identifier: Apache-2.0
// Invariants of every shipped type within a decision: order of endpoints, determinism, totals in range.
#include "catalogue.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace shunt::integration {
namespace {

// What a decision has come to, by names of endpoints.
struct Answer {
  bool dispatched;
  std::string code;
  std::vector<std::string> picks;
  std::vector<std::map<std::string, double>> totals;  // per profile that has run
  bool operator==(const Answer&) const = default;
};

Answer answer_of(const Decision& decision, const Snapshot& snapshot) {
  Answer answer{decision.dispatched(), decision.code, {}, {}};
  for (const std::uint32_t row : decision.picks) answer.picks.emplace_back(snapshot.name(row));
  for (std::size_t run = 0; run < decision.run_count; ++run) {
    auto& totals = answer.totals.emplace_back();
    const ProfileRun& ran = decision.runs[run];
    for (std::size_t k = 0; k < ran.rows.size(); ++k) totals[std::string(snapshot.name(ran.rows[k]))] = ran.totals[k];
  }
  return answer;
}

// Three at least: of two equal candidates the power-of-two-picker takes the first, as its source does.
std::vector<std::size_t> random_endpoints() {
  std::vector<std::size_t> endpoints(*rc::gen::inRange<std::size_t>(3, 40));
  const std::size_t start = *rc::gen::inRange<std::size_t>(0, 1000);
  for (std::size_t i = 0; i < endpoints.size(); ++i) endpoints[i] = start + i;
  return endpoints;
}

// Leaves out about one cell in ten, the same ones of the same endpoint whenever it is asked in the same order.
std::function<bool(std::size_t)> gaps(std::uint64_t seed) {
  return [seed, asked = std::map<std::size_t, std::uint64_t>()](std::size_t endpoint) mutable {
    return std::mt19937_64(seed + endpoint * 1000 + asked[endpoint]++)() % 10 == 0;
  };
}

class EveryTypeProperty : public ::testing::TestWithParam<ShippedType> {};

TEST_P(EveryTypeProperty, OrderOfEndpointsChangesNothing) {
  const ShippedType& type = GetParam();
  const bool holds = rc::check([&type] {
    auto endpoints = random_endpoints();
    const auto seed = *rc::gen::arbitrary<std::uint64_t>();
    const bool complete = *rc::gen::arbitrary<bool>();
    const auto absent = [&] { return complete ? [](std::size_t) { return false; } : gaps(seed); };
    Pool first(0), second(0);
    fill_pool(first, endpoints, absent());
    std::shuffle(endpoints.begin(), endpoints.end(), std::mt19937_64(seed));
    fill_pool(second, endpoints, absent());
    const auto a = first.table.publish(), b = second.table.publish();
    Deciding one(composition_of(type), first.attributes), two(composition_of(type), second.attributes);
    // Of three users, so that what a plugin remembers plays its part; the second host decides alike without a trace.
    for (std::uint64_t i = 0; i < 9; ++i) {
      const auto now = static_cast<std::int64_t>(i) * 1'000'000;
      fill_request(one.request, i, 3);
      fill_request(two.request, i, 3);
      const Answer straight =
          answer_of(one.decide(*a, {.now_ns = now, .seed = seed, .fallbacks = 2, .trace = true}), *a);
      RC_ASSERT(straight ==
                answer_of(two.decide(*b, {.now_ns = now, .seed = seed, .fallbacks = 2, .scores = true}), *b));
      for (const auto& run : straight.totals) {
        for (const auto& [name, total] : run) RC_ASSERT(total >= 0.0 && total <= 2.1);
      }
    }
  });
  EXPECT_TRUE(holds) << type.type;
}

std::vector<ShippedType> those_without_order() {
  std::vector<ShippedType> found;
  for (const ShippedType& one : shipped_types()) {
    if (!one.ties_by_order) found.push_back(one);
  }
  return found;
}

INSTANTIATE_TEST_SUITE_P(Catalogue, EveryTypeProperty, ::testing::ValuesIn(those_without_order()), TestName());

}  // namespace
}  // namespace shunt::integration
