// SPDX-License-Identifier: Apache-2.0
#include "waiting_order.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <vector>

namespace sagellm {
namespace {

using shunt::sdk::Placement;
using shunt::sdk::Request;
using ::testing::ElementsAre;

struct ByArrival : OrdersByArrival<ByArrival> {};
struct ByPriority : OrdersByPriority<ByPriority> {};
struct ByUrgency : OrdersByUrgency<ByUrgency> {};
struct ByBudget : OrdersByBudget<ByBudget> {};

shunt_request with_priority(std::int32_t priority, double budget = -1.0) {
  shunt_request raw{};
  raw.size = sizeof raw;
  raw.priority = priority;
  raw.present = SHUNT_REQUEST_PRIORITY;
  if (budget < 0.0) return raw;
  raw.present |= SHUNT_REQUEST_COST_BUDGET;
  raw.cost_budget = budget;
  return raw;
}

TEST(WaitingOrder, ArrivalLooksAtNothingElse) {
  const shunt_request raw = with_priority(2);
  const Placement placement = ByArrival().classify(Request(raw));
  EXPECT_EQ(placement.band, 0);
  EXPECT_EQ(placement.key, 0.0);
}

TEST(WaitingOrder, PriorityIsTheBand) {
  for (const std::int32_t priority : {-2, 0, 2, 2147483647}) {
    const shunt_request raw = with_priority(priority);
    EXPECT_EQ(ByPriority().classify(Request(raw)).band, priority);
    EXPECT_EQ(ByPriority().classify(Request(raw)).key, 0.0);
  }
}

TEST(WaitingOrder, TheSmallerBudgetGoesFirstAndNoneIsTheLargest) {
  const auto key = [](double budget) {
    const shunt_request raw = with_priority(1, budget);
    const Placement placement = ByBudget().classify(Request(raw));
    EXPECT_EQ(placement.band, 1);
    EXPECT_TRUE(std::isfinite(placement.key));
    return placement.key;
  };
  EXPECT_LT(key(0.1), key(0.2));
  EXPECT_LT(key(1e300), key(-1.0)) << "none";
  EXPECT_EQ(key(0.0), key(-1.0)) << "0 counts as none";
}

// One that waits since 0 with a deadline of 1000, one since 50 with 100, one without, one that is overdue, one from the future.
TEST(WaitingOrder, UrgencyChangesWithTime) {
  const std::vector<std::int64_t> arrival{0, 50, 10, 0, 1000};
  const std::vector<double> deadline{1000, 100, std::nan(""), 5, 10};
  shunt_queue_view raw{};
  raw.size = sizeof raw;
  raw.count = 5;
  raw.arrival_ns = arrival.data();
  raw.deadline_ns = deadline.data();
  std::vector<double> key(5, 9.0);
  raw.now_ns = 55;
  ByUrgency().rekey(shunt::sdk::WaitingRequests(raw), key);
  EXPECT_THAT(key, ElementsAre(-0.055, -0.05, 0.0, -1.0, 0.0));
  raw.now_ns = 60;
  ByUrgency().rekey(shunt::sdk::WaitingRequests(raw), key);
  EXPECT_THAT(key, ElementsAre(-0.06, -0.1, 0.0, -1.0, 0.0)) << "the second one has overtaken the first";
}

TEST(WaitingOrder, TheInterfaceIsOfferedUnderItsName) {
  EXPECT_NE(ByUrgency().extra_interface(SHUNT_ORDERING_ID), nullptr);
  EXPECT_EQ(ByUrgency().extra_interface("shunt.scorer/1"), nullptr);
  const auto* by_urgency = static_cast<const shunt_ordering_table*>(ByUrgency().extra_interface(SHUNT_ORDERING_ID));
  const auto* by_arrival = static_cast<const shunt_ordering_table*>(ByArrival().extra_interface(SHUNT_ORDERING_ID));
  EXPECT_NE(by_urgency->rekey, nullptr);
  EXPECT_EQ(by_arrival->rekey, nullptr) << "its order does not change with time";
  EXPECT_EQ(by_urgency->next_flow, nullptr);
}

}  // namespace
}  // namespace sagellm
