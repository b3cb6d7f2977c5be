// SPDX-License-Identifier: Apache-2.0
#include "core/waiting_queue.hpp"

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

TEST(WaitingQueue, TellsOfThoseStillBehind) {
  std::vector<Request> requests;
  requests.push_back(request(1, 10));
  requests.push_back(request(0, 0, true));
  requests.push_back(request(1, 20));
  requests.push_back(request(0, 90));
  WaitingQueue queue(requests, {0, 2, 1, 3}, 100);
  EXPECT_THAT(queue.order(), ElementsAre(0U, 2U, 1U, 3U));

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

// An order that does not go by priority or arrival.
TEST(WaitingQueue, BandsAreThoseOfPrioritiesWhateverTheOrder) {
  std::vector<Request> requests;
  requests.push_back(request(0, 90));
  requests.push_back(request(5, 80));
  requests.push_back(request(0, 10));
  requests.push_back(request(5, 40));
  WaitingQueue queue(requests, {0, 3, 2, 1}, 100);
  const shunt_queue_stats& first = queue.behind(0);
  ASSERT_EQ(first.n_bands, 2U);
  EXPECT_EQ(first.highest_priority, 5);
  EXPECT_EQ(first.oldest_wait_ns, 90);
  EXPECT_EQ(first.bands[0].waiting, 2U);
  EXPECT_EQ(first.bands[0].oldest_wait_ns, 60);
  EXPECT_EQ(first.bands[1].waiting, 1U);
  const shunt_queue_stats& second = queue.behind(1);
  EXPECT_EQ(second.bands[0].waiting, 1U);
  EXPECT_EQ(second.bands[0].oldest_wait_ns, 20) << "the older one has had its turn";
  EXPECT_EQ(queue.behind(2).n_bands, 1U);
}

TEST(WaitingQueue, NobodyWaitsBeforeArriving) {
  std::vector<Request> requests;
  requests.push_back(request(0, 0));
  requests.push_back(request(0, 50));
  WaitingQueue queue(requests, {0, 1}, 10);
  EXPECT_EQ(queue.behind(0).oldest_wait_ns, 0);
}

}  // namespace
}  // namespace shunt::host
