// SPDX-License-Identifier: Apache-2.0
#include <shunt/framework/request_ordering.hpp>

#include "building.hpp"

#include <shunt/abi/draft/ordering.h>

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

namespace shunt::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Answer {
  std::int32_t band = 0;
  std::uint64_t flow = 0;
  double key = 0.0;
  std::int32_t status = SHUNT_OK;
};

// What the policy below does; functions of the C ABI carry no context.
struct Script {
  std::function<Answer(const shunt_request&)> classify;
  std::function<void(const shunt_queue_view&, double*)> rekey;
  std::function<std::uint32_t(const shunt_flow*, std::uint32_t)> next_flow;
} script;

std::int32_t classify(void*, shunt_ctx*, const shunt_request* request, std::int32_t* band, std::uint64_t* flow,
                      double* key) {
  const Answer answer = script.classify(*request);
  *band = answer.band;
  *flow = answer.flow;
  *key = answer.key;
  return answer.status;
}
std::int32_t rekey(void*, shunt_ctx*, const shunt_queue_view* view, double* key) {
  script.rekey(*view, key);
  return SHUNT_OK;
}
std::int32_t next_flow(void*, shunt_ctx*, const shunt_flow* flows, std::uint32_t n, std::uint32_t,
                       std::uint32_t* pick) {
  *pick = script.next_flow(flows, n);
  return SHUNT_OK;
}
constexpr shunt_ordering_table kKeys{sizeof(shunt_ordering_table), 0, classify, nullptr, nullptr};
constexpr shunt_ordering_table kRekeys{sizeof(shunt_ordering_table), 0, classify, rekey, nullptr};
constexpr shunt_ordering_table kTakesTurns{sizeof(shunt_ordering_table), 0, classify, nullptr, next_flow};

class RequestOrdering : public ::testing::Test, public Workbench {
 protected:
  RequestOrdering() {
    script = {};
    script.classify = [](const shunt_request&) { return Answer{}; };
    library.add("keys", {SHUNT_ORDERING_ID}).tables[SHUNT_ORDERING_ID] = &kKeys;
    library.add("rekeys", {SHUNT_ORDERING_ID}).tables[SHUNT_ORDERING_ID] = &kRekeys;
    library.add("turns", {SHUNT_ORDERING_ID}).tables[SHUNT_ORDERING_ID] = &kTakesTurns;
  }
  Request& add(std::int64_t arrival_ns, std::optional<std::int32_t> priority = {}) {
    Request& request = requests.emplace_back();
    request.number = requests.size();
    request.arrival_ns = arrival_ns;
    request.priority = priority;
    return request;
  }
  RequestOrder order(std::string_view policy, std::int64_t now_ns = 100) {
    const std::string plugin = policy.empty() ? "" : "{\"type\": \"" + std::string(policy) + "\"},";
    generation = build(config_text(plugin)).generation;
    return order_requests(*generation, requests, now_ns);
  }
  std::vector<Request> requests;
  std::shared_ptr<const Generation> generation;
};

TEST_F(RequestOrdering, WithoutAPolicyPriorityThenArrivalThenPlace) {
  add(5);
  add(0, -1);
  add(9, 2);
  add(5, 0);
  add(3, 2);
  const RequestOrder found = order("");
  EXPECT_THAT(found.positions, ElementsAre(4U, 2U, 0U, 3U, 1U)) << "an absent priority is 0";
  EXPECT_EQ(found.policy, "");
}

TEST_F(RequestOrdering, BandsThenKeysThenArrivalThenPlace) {
  script.classify = [](const shunt_request& request) {
    return Answer{request.number == 5 ? 7 : 0, 0, request.number == 1 ? 2.0 : 1.0};
  };
  add(0);
  add(30);
  add(20);
  add(20);
  add(90);
  const RequestOrder found = order("keys");
  EXPECT_THAT(found.positions, ElementsAre(4U, 2U, 3U, 1U, 0U));
  EXPECT_EQ(found.policy, "keys");
  EXPECT_EQ(found.faults, 0u);
}

TEST_F(RequestOrdering, KeysThatChangeWithTime) {
  add(0).deadline_ns = 1000;
  add(50).deadline_ns = 100;
  add(10);
  // The most urgent first, as a share of the time that was given.
  script.rekey = [](const shunt_queue_view& view, double* key) {
    ASSERT_EQ(view.count, 3u);
    EXPECT_EQ(view.arrival_ns[1], 10) << "in order of arrival";
    EXPECT_TRUE(std::isnan(view.deadline_ns[1]));
    for (std::uint32_t i = 0; i < view.count; ++i) {
      const double elapsed = static_cast<double>(view.now_ns - view.arrival_ns[i]);
      key[i] = std::isnan(view.deadline_ns[i]) ? 0.0 : -elapsed / view.deadline_ns[i];
    }
  };
  EXPECT_THAT(order("rekeys", 55).positions, ElementsAre(0U, 1U, 2U));
  EXPECT_THAT(order("rekeys", 60).positions, ElementsAre(1U, 0U, 2U));
}

TEST_F(RequestOrdering, FlowsTakeTurns) {
  script.classify = [](const shunt_request& request) { return Answer{0, request.number <= 3 ? 1u : 2u, 0.0}; };
  for (int i = 0; i < 4; ++i) add(i).prompt_tokens = 10;
  add(4).prompt_tokens = 100;
  // Who has got fewest tokens so far.
  script.next_flow = [](const shunt_flow* flows, std::uint32_t n) {
    const auto* least = std::min_element(
        flows, flows + n, [](const shunt_flow& a, const shunt_flow& b) { return a.served_tokens < b.served_tokens; });
    return static_cast<std::uint32_t>(least - flows);
  };
  EXPECT_THAT(order("turns").positions, ElementsAre(0U, 3U, 1U, 4U, 2U));
}

TEST_F(RequestOrdering, WhatAPolicyAnswersIsNotTrusted) {
  add(0, 1);
  add(10);
  add(20, 3);
  script.classify = [](const shunt_request& request) {
    if (request.number == 1) return Answer{0, 0, std::numeric_limits<double>::quiet_NaN()};
    if (request.number == 3) return Answer{-9, 0, -5.0, SHUNT_ERROR};
    return Answer{};
  };
  const RequestOrder found = order("keys");
  EXPECT_THAT(found.positions, ElementsAre(2U, 1U, 0U)) << "its priority is its band where the policy failed";
  EXPECT_EQ(found.faults, 2u);
  EXPECT_THAT(found.problem, HasSubstr("not finite"));

  script.classify = [](const shunt_request& request) { return Answer{0, request.number, 0.0}; };
  script.next_flow = [](const shunt_flow*, std::uint32_t n) { return n; };
  const RequestOrder turns = order("turns");
  EXPECT_THAT(turns.positions, ElementsAre(0U, 1U, 2U)) << "who has waited longest";
  EXPECT_EQ(turns.faults, 3u);
}

// Whatever a policy says, each request has one place, and higher bands come first.
RC_GTEST_PROP(RequestOrderingProperty, IsAPermutationByBands, ()) {
  struct Bench : Workbench {
  } bench;
  bench.library.add("keys", {SHUNT_ORDERING_ID}).tables[SHUNT_ORDERING_ID] = &kKeys;
  bench.library.add("turns", {SHUNT_ORDERING_ID}).tables[SHUNT_ORDERING_ID] = &kTakesTurns;
  const bool turns = *rc::gen::arbitrary<bool>();
  const auto built = bench.build(config_text(turns ? "{\"type\": \"turns\"}," : "{\"type\": \"keys\"},"));
  const auto count = *rc::gen::inRange<std::size_t>(0, 40);
  const auto bands = *rc::gen::container<std::vector<std::int32_t>>(count, rc::gen::inRange(-2, 3));
  const auto flows = *rc::gen::container<std::vector<std::uint64_t>>(count, rc::gen::inRange<std::uint64_t>(0, 4));
  const auto keys = *rc::gen::container<std::vector<double>>(count, rc::gen::arbitrary<double>());
  const auto wild = *rc::gen::arbitrary<std::uint32_t>();
  std::vector<Request> requests(count);
  for (std::size_t i = 0; i < count; ++i) requests[i].number = i;
  script.classify = [&](const shunt_request& request) {
    return Answer{bands[request.number], flows[request.number], keys[request.number]};
  };
  script.next_flow = [wild](const shunt_flow*, std::uint32_t n) { return wild % (n + 2); };
  const RequestOrder found = order_requests(*built.generation, requests, 1);
  std::vector<std::size_t> sorted = found.positions;
  std::ranges::sort(sorted);
  std::vector<std::size_t> all(count);
  std::iota(all.begin(), all.end(), std::size_t{0});
  RC_ASSERT(sorted == all);
  RC_ASSERT(std::ranges::is_sorted(found.positions, std::greater{}, [&](std::size_t at) { return bands[at]; }));
}

}  // namespace
}  // namespace shunt::testing
