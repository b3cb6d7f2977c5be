// SPDX-License-Identifier: Apache-2.0
#include "core/request_order.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace shunt::host {
namespace {

using ::testing::ElementsAre;

Request request(std::optional<std::int32_t> priority, std::int64_t arrival_ns, bool deadline = false) {
  Request out;
  out.priority = priority;
  out.arrival_ns = arrival_ns;
  if (deadline) out.deadline_ns = 1;
  return out;
}

TEST(BatchOrder, PriorityThenArrivalThenPlaceInTheFile) {
  const std::vector<Request> requests = [] {
    std::vector<Request> r;
    r.push_back(request(std::nullopt, 5));
    r.push_back(request(-1, 0));
    r.push_back(request(2, 9));
    r.push_back(request(0, 5));
    r.push_back(request(2, 3));
    return r;
  }();
  EXPECT_THAT(batch_order(requests), ElementsAre(4U, 2U, 0U, 3U, 1U)) << "an absent priority is 0";
}

TEST(WaitingQueue, TellsOfThoseStillBehind) {
  std::vector<Request> requests;
  requests.push_back(request(1, 10));
  requests.push_back(request(0, 0, true));
  requests.push_back(request(1, 20));
  requests.push_back(request(0, 90));
  WaitingQueue queue(requests, batch_order(requests), 100);
  ASSERT_THAT(queue.order(), ElementsAre(0U, 2U, 1U, 3U));

  const shunt_queue_stats& first = queue.behind(0);
  EXPECT_EQ(first.waiting, 3U);
  EXPECT_EQ(first.highest_priority, 1);
  EXPECT_EQ(first.oldest_wait_ns, 100);
  EXPECT_EQ(first.any_deadline, 1U);
  ASSERT_EQ(first.n_bands, 2U);
  EXPECT_EQ(first.bands[0].priority, 1);
  EXPECT_EQ(first.bands[0].waiting, 1U);
  EXPECT_EQ(first.bands[0].oldest_wait_ns, 80);
  EXPECT_EQ(first.bands[1].waiting, 2U);
  EXPECT_EQ(first.bands[1].oldest_wait_ns, 100);

  const shunt_queue_stats& third = queue.behind(2);
  EXPECT_EQ(third.waiting, 1U);
  EXPECT_EQ(third.n_bands, 1U);
  EXPECT_EQ(third.any_deadline, 0U) << "the one with a deadline is being decided";
  EXPECT_EQ(third.oldest_wait_ns, 10);

  const shunt_queue_stats& last = queue.behind(3);
  EXPECT_EQ(last.waiting, 0U);
  EXPECT_EQ(last.n_bands, 0U);
  EXPECT_EQ(last.highest_priority, 0);
}

TEST(WaitingQueue, NobodyWaitsBeforeArriving) {
  std::vector<Request> requests;
  requests.push_back(request(0, 0));
  requests.push_back(request(0, 50));
  WaitingQueue queue(requests, batch_order(requests), 10);
  EXPECT_EQ(queue.behind(0).oldest_wait_ns, 0);
}

}  // namespace
}  // namespace shunt::host
