// SPDX-License-Identifier: Apache-2.0
#include "session_bindings.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <thread>
#include <vector>

namespace {

using namespace session_affinity;

constexpr std::int64_t kSecond = 1'000'000'000;

TEST(SessionBindings, FindsWhatWasBound) {
  SessionBindings bindings(1024, 10 * kSecond);
  EXPECT_EQ(bindings.find(5, 0), 0u);
  EXPECT_EQ(bindings.bind(5, 77, 0), Bound::Kept);
  EXPECT_EQ(bindings.find(5, 1), 77u);
  EXPECT_EQ(bindings.bind(5, 78, 2), Bound::Kept);
  EXPECT_EQ(bindings.find(5, 3), 78u);
  EXPECT_EQ(bindings.bind(0, 9, 4), Bound::Kept);
  EXPECT_EQ(bindings.find(0, 5), 9u);
  EXPECT_EQ(bindings.count(5), 2u);
}

TEST(SessionBindings, ExpireAfterTheTimeWithoutUse) {
  SessionBindings bindings(16, 10);
  bindings.bind(5, 77, 100);
  EXPECT_EQ(bindings.find(5, 110), 77u) << "the last moment";
  EXPECT_EQ(bindings.find(5, 120), 77u) << "the use before counts";
  EXPECT_EQ(bindings.find(5, 131), 0u);
  EXPECT_EQ(bindings.count(131), 0u);
  EXPECT_EQ(bindings.find(5, 50), 77u) << "a clock that jumps back expires nothing";
}

TEST(SessionBindings, TheLongestIdleGivesWay) {
  SessionBindings bindings(16, 1000);
  ASSERT_EQ(bindings.capacity(), 16u);
  for (std::uint64_t s = 1; s <= 16; ++s) EXPECT_EQ(bindings.bind(s, s, static_cast<std::int64_t>(s)), Bound::Kept);
  EXPECT_EQ(bindings.find(1, 20), 1u);
  EXPECT_EQ(bindings.bind(17, 17, 21), Bound::Evicted);
  EXPECT_EQ(bindings.find(2, 22), 0u) << "session 1 was used since";
  EXPECT_EQ(bindings.find(1, 23), 1u);
  EXPECT_EQ(bindings.find(17, 24), 17u);
  EXPECT_EQ(bindings.bind(18, 18, 2000), Bound::Kept) << "all have expired";
}

TEST(SessionBindings, CapacityIsABound) {
  EXPECT_EQ(SessionBindings(1, 1).capacity(), 16u);
  EXPECT_EQ(SessionBindings(47, 1).capacity(), 32u);
  EXPECT_EQ(SessionBindings(131072, 1).capacity(), 131072u);
}

// A model that never evicts: with few sessions the table must answer like it.
TEST(SessionBindings, AnswersLikeAMap) {
  SessionBindings bindings(65536, 100);
  struct Entry {
    std::uint64_t endpoint;
    std::int64_t used_ns;
  };
  std::map<std::uint64_t, Entry> model;
  std::mt19937_64 draw(3);
  std::int64_t now = 0;
  for (int i = 0; i < 200000; ++i) {
    now += static_cast<std::int64_t>(draw() % 2);
    const std::uint64_t session = draw() % 1000 * 0x100000001b3u;
    const auto known = model.find(session);
    const bool live = known != model.end() && now - known->second.used_ns <= 100;
    if (draw() % 4 == 0) {
      const std::uint64_t endpoint = draw() | 1;
      ASSERT_EQ(bindings.bind(session, endpoint, now), Bound::Kept);
      model[session] = {endpoint, now};
    } else {
      ASSERT_EQ(bindings.find(session, now), live ? known->second.endpoint : 0u);
      if (live) known->second.used_ns = now;
    }
  }
}

TEST(SessionBindings, TenMillionSessionsStayWithinTheBound) {
  SessionBindings bindings(4096, 300 * kSecond);
  std::uint64_t evicted = 0;
  for (std::uint64_t i = 0; i < 10'000'000; ++i) {
    evicted += bindings.bind(i * 0x9e3779b97f4a7c15u, i | 1, static_cast<std::int64_t>(i)) == Bound::Evicted;
  }
  EXPECT_LE(bindings.count(10'000'000), bindings.capacity());
  EXPECT_GE(evicted, 10'000'000 - bindings.capacity());
}

// The endpoint is a function of the session: whatever a reader finds has to be that session's.
TEST(SessionBindings, ThreadsNeverSeeAnotherSessionsEndpoint) {
  SessionBindings bindings(64, 300 * kSecond);
  const auto endpoint_of = [](std::uint64_t session) { return session * 31 + 7; };
  std::atomic<std::uint64_t> wrong{0};
  std::atomic<std::uint64_t> found{0};
  std::vector<std::jthread> threads;
  for (std::uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937_64 draw(t);
      for (int i = 0; i < 200000; ++i) {
        const std::uint64_t session = draw() % 256;
        if (draw() % 2 == 0) {
          bindings.bind(session, endpoint_of(session == 0 ? 1 : session), i);
        } else if (const std::uint64_t endpoint = bindings.find(session, i); endpoint != 0) {
          found.fetch_add(1, std::memory_order_relaxed);
          wrong.fetch_add(endpoint != endpoint_of(session == 0 ? 1 : session), std::memory_order_relaxed);
        }
      }
    });
  }
  threads.clear();
  EXPECT_EQ(wrong, 0u);
  EXPECT_GT(found, 0u);
}

}  // namespace
