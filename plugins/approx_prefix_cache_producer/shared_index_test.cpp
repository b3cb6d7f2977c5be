// SPDX-License-Identifier: Apache-2.0
// Threads that match while others insert and purge. ThreadSanitizer is the judge of the rest.
#include "shared_index.hpp"
#include "naive_prefix_index.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace {

using namespace approx_prefix;
using ::testing::ElementsAre;
using ::testing::Pair;

constexpr std::size_t kLongest = 128;
constexpr std::uint64_t kPrompts = 50;

// Prompts that share roots of different lengths.
Chain prompt(std::uint64_t number, std::size_t length = kLongest) {
  return long_chain(number, length, mixed(number + 1) % kLongest, kPrompts + number % 3);
}

TEST(SharedPrefixIndex, OneThreadSeesItsOwnInsertionAtOnce) {
  SharedPrefixIndex shared(kLongest);
  for (std::uint64_t c = 0; c < 500; ++c) {
    ASSERT_TRUE(shared.insert(c % 5 + 1, long_chain(c, 50), 200));
    ASSERT_THAT(match(shared.index(), long_chain(c, 50)), ElementsAre(Pair(c % 5 + 1, 50)));
  }
  EXPECT_EQ(shared.blocks(), 1000u);
  shared.purge(3);
  EXPECT_EQ(shared.blocks(), 800u);
}

TEST(SharedPrefixIndex, CutsChainsAtItsLimit) {
  SharedPrefixIndex shared(10);
  shared.insert(1, long_chain(1, 40), 200);
  EXPECT_THAT(match(shared.index(), long_chain(1, 40)), ElementsAre(Pair(1, 10)));
}

// Without evictions and with fewer chains under way than the queue holds, every chain arrives, whoever applied it.
TEST(SharedPrefixIndex, NoChainIsLostBetweenThreads) {
  SharedPrefixIndex shared(kLongest);
  constexpr std::uint64_t kThreads = 4;
  constexpr std::uint64_t kChains = 500;
  std::atomic<std::uint64_t> dropped{0};
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint64_t c = 0; c < kChains; ++c) {
        if (!shared.insert(t + 1, long_chain(t * kChains + c, 20), 1'000'000)) ++dropped;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  shared.purge(99);  // empties the queue
  EXPECT_EQ(shared.index().holdings(), (kThreads * kChains - dropped) * 20);
  std::uint64_t found = 0;
  for (std::uint64_t c = 0; c < kThreads * kChains; ++c) {
    const Matches there = match(shared.index(), long_chain(c, 20));
    if (!there.empty()) {
      ++found;
      EXPECT_THAT(there, ElementsAre(Pair(c / kChains + 1, 20)));
    }
  }
  EXPECT_EQ(found, kThreads * kChains - dropped);
}

TEST(SharedPrefixIndex, MatchesWhileOthersChangeIt) {
  constexpr std::uint64_t kStable = 1000;
  constexpr std::uint64_t kEndpoints = 12;
  SharedPrefixIndex shared(kLongest);
  const Chain stable = long_chain(1'000'000, kLongest);
  shared.insert(kStable, stable, kLongest);

  std::atomic<int> writing{2};
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint64_t i = 0; i < 2000; ++i) {
        const std::uint64_t draw = mixed(i * 2 + t);
        const Chain chain = prompt(draw % kPrompts, 1 + draw / 64 % kLongest);
        shared.insert(1 + draw / 1'000'000 % kEndpoints, chain, 100 + draw / 512 % 300);
        if (i % 64 == 0) shared.purge(1 + i / 64 % kEndpoints);
      }
      --writing;
    });
  }
  std::atomic<std::uint64_t> wrong{0};
  for (std::uint64_t t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      std::vector<Level> workspace(workspace_size(kLongest));
      for (std::uint64_t i = 0; i < 500 || writing > 0; ++i) {
        // Nobody touches this one, so it has to be there, whole, at any moment.
        if (match(shared.index(), stable) != Matches{{kStable, kLongest}}) ++wrong;
        const Chain chain = prompt(mixed(i + t) % kPrompts);
        const auto levels = i % 4 == 0 ? shared.index().walk(chain, workspace) : shared.index().match(chain, workspace);
        for (const Level& level : levels) {
          if (level.depth == 0 || level.depth > kLongest) ++wrong;
          shared.index().for_each_holder(level, [&](std::uint64_t key) {
            if (key != kStable && (key == 0 || key > kEndpoints)) ++wrong;
          });
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0u);

  // At rest, what the threads left behind is in order again.
  shared.purge(kStable);
  for (std::uint64_t c = 0; c < kPrompts; ++c) {
    const Chain chain = prompt(c);
    EXPECT_EQ(match(shared.index(), chain), walk(shared.index(), chain));
  }
  for (std::uint64_t e = 1; e <= kEndpoints; ++e) shared.purge(e);
  EXPECT_EQ(shared.index().holdings(), 0u);
  EXPECT_EQ(shared.blocks(), 0u);
}

}  // namespace
