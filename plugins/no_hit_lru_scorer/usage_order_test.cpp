// SPDX-License-Identifier: Apache-2.0
#include "usage_order.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <thread>
#include <vector>

namespace {

using no_hit_lru::UsageOrder;

// The same with a list, too simple to be wrong.
class Model {
 public:
  explicit Model(std::size_t capacity) : capacity_(capacity) {}
  void touch(std::uint64_t endpoint) {
    erase(endpoint);
    if (order_.size() == capacity_) order_.erase(order_.begin());
    order_.push_back(endpoint);
  }
  void erase(std::uint64_t endpoint) {
    order_.erase(std::remove(order_.begin(), order_.end(), endpoint), order_.end());
  }
  std::uint32_t position(std::uint64_t endpoint) const {
    const auto at = std::find(order_.begin(), order_.end(), endpoint);
    return at == order_.end() ? UsageOrder::kNever : static_cast<std::uint32_t>(at - order_.begin());
  }
  std::size_t size() const { return order_.size(); }

 private:
  std::size_t capacity_;
  std::vector<std::uint64_t> order_;
};

TEST(UsageOrder, OldestFirst) {
  UsageOrder order(8);
  EXPECT_EQ(order.position(5), UsageOrder::kNever);
  for (const std::uint64_t endpoint : {5u, 6u, 7u, 5u}) EXPECT_TRUE(order.touch(endpoint));
  EXPECT_EQ(order.position(6), 0u);
  EXPECT_EQ(order.position(7), 1u);
  EXPECT_EQ(order.position(5), 2u);
  EXPECT_EQ(order.size(), 3u);
  EXPECT_TRUE(order.erase(6));
  EXPECT_TRUE(order.erase(99));
  EXPECT_EQ(order.position(6), UsageOrder::kNever);
  EXPECT_EQ(order.position(7), 0u);
}

TEST(UsageOrder, ForgetsTheOldestBeyondItsCapacity) {
  UsageOrder order(2);
  for (const std::uint64_t endpoint : {1u, 2u, 1u, 3u}) order.touch(endpoint);
  EXPECT_EQ(order.position(2), UsageOrder::kNever);
  EXPECT_EQ(order.position(1), 0u);
  EXPECT_EQ(order.position(3), 1u);
  UsageOrder one(0);
  one.touch(4);
  one.touch(5);
  EXPECT_EQ(one.size(), 1u);
  EXPECT_EQ(one.position(5), 0u);
}

// Keys that share their lower bits stand in one another's way in the table.
TEST(UsageOrder, AnswersLikeAList) {
  std::mt19937_64 draw(5);
  for (const std::size_t capacity : {1u, 2u, 7u, 32u}) {
    UsageOrder order(capacity);
    Model model(capacity);
    for (int step = 0; step < 4000; ++step) {
      const std::uint64_t endpoint = (draw() % 6 << 32) + draw() % 9 + 1;
      if (draw() % 5 == 0) {
        order.erase(endpoint);
        model.erase(endpoint);
      } else {
        order.touch(endpoint);
        model.touch(endpoint);
      }
      ASSERT_EQ(order.size(), model.size());
      for (std::uint64_t high = 0; high < 6; ++high) {
        for (std::uint64_t low = 1; low < 10; ++low) {
          const std::uint64_t other = (high << 32) + low;
          ASSERT_EQ(order.position(other), model.position(other)) << "step " << step;
        }
      }
    }
  }
}

TEST(UsageOrder, TenMillionUsesStayWithinTheBound) {
  UsageOrder order(16);
  std::mt19937_64 draw(9);
  for (int i = 0; i < 10'000'000; ++i) order.touch(draw() % 100 + 1);
  EXPECT_EQ(order.size(), 16u);
}

// When all is quiet, nothing is left pending, every endpoint has one position, and all positions are taken.
TEST(UsageOrder, ThreadsLeaveAWholeOrder) {
  constexpr std::uint64_t kEndpoints = 40;
  UsageOrder order(kEndpoints);
  std::atomic<std::uint64_t> dropped{0};
  std::vector<std::jthread> threads;
  for (std::uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937_64 draw(t);
      for (int i = 0; i < 100000; ++i) {
        if (!order.touch(draw() % kEndpoints + 1)) dropped.fetch_add(1);
        const std::uint32_t position = order.position(draw() % kEndpoints + 1);
        if (position != UsageOrder::kNever) {
          EXPECT_LT(position, kEndpoints);
        }
      }
    });
  }
  threads.clear();
  EXPECT_EQ(order.size(), kEndpoints);
  std::vector<bool> taken(kEndpoints);
  for (std::uint64_t e = 1; e <= kEndpoints; ++e) {
    ASSERT_LT(order.position(e), kEndpoints);
    EXPECT_FALSE(taken[order.position(e)]);
    taken[order.position(e)] = true;
  }
}

}  // namespace
