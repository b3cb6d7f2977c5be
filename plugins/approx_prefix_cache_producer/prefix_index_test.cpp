// SPDX-License-Identifier: Apache-2.0
#include "naive_prefix_index.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace {

using namespace approx_prefix;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr std::size_t kPlenty = 100000;

TEST(PrefixIndex, KnowsNothingAtFirst) {
  const PrefixIndex index;
  EXPECT_THAT(match(index, {}), IsEmpty());
  EXPECT_THAT(match(index, {1, 2, 3}), IsEmpty());
  EXPECT_THAT(walk(index, {1, 2, 3}), IsEmpty());
}

TEST(PrefixIndex, FindsEveryDepthInChainsOfEveryLength) {
  for (const std::size_t length : {1u, 2u, 15u, 16u, 17u, 31u, 255u, 256u, 257u, 2048u}) {
    PrefixIndex index;
    for (std::size_t held = 0; held <= length; held += 1 + held / 3) {
      index.purge(7);
      index.insert(7, long_chain(1, held, held), kPlenty);
      const Chain asked = long_chain(2, length, held);
      const Matches expected = held == 0 ? Matches{} : Matches{{7, static_cast<std::uint32_t>(held)}};
      EXPECT_EQ(match(index, asked), expected) << held << " of " << length;
      EXPECT_EQ(walk(index, asked), expected) << held << " of " << length;
    }
  }
}

TEST(PrefixIndex, TellsEndpointsApart) {
  PrefixIndex index;
  index.insert(1, long_chain(0, 100), kPlenty);
  index.insert(2, long_chain(5, 80, 40), kPlenty);
  index.insert(3, long_chain(6, 80, 41), kPlenty);
  index.insert(4, long_chain(7, 80), kPlenty);
  index.insert(5, long_chain(0, 1), kPlenty);
  const Matches expected = {{1, 100}, {2, 40}, {3, 41}, {5, 1}};
  EXPECT_EQ(match(index, long_chain(0, 100)), expected);
  EXPECT_EQ(walk(index, long_chain(0, 100)), expected);
}

TEST(PrefixIndex, OneLevelPerDepthAtWhichSomeMatchEnds) {
  PrefixIndex index;
  for (std::uint64_t e = 1; e <= 300; ++e) index.insert(e, long_chain(e, 320, e), kPlenty);
  const Matches found = match(index, long_chain(0, 320));
  ASSERT_EQ(found.size(), 300u);
  for (const auto& [endpoint, depth] : found) EXPECT_EQ(depth, endpoint);
}

TEST(PrefixIndex, DropsTheLeastRecentChainLeavesFirst) {
  PrefixIndex index;
  index.insert(1, long_chain(1, 10), 25);
  index.insert(1, long_chain(2, 10), 25);
  index.insert(1, long_chain(3, 10), 25);
  EXPECT_THAT(match(index, long_chain(1, 10)), ElementsAre(Pair(1, 5)));
  EXPECT_THAT(match(index, long_chain(2, 10)), ElementsAre(Pair(1, 10)));
  EXPECT_THAT(match(index, long_chain(3, 10)), ElementsAre(Pair(1, 10)));
  EXPECT_EQ(index.holdings(), 25u);
}

TEST(PrefixIndex, UseKeepsAChain) {
  PrefixIndex index;
  index.insert(1, long_chain(1, 10), 25);
  index.insert(1, long_chain(2, 10), 25);
  index.insert(1, long_chain(1, 10), 25);
  index.insert(1, long_chain(3, 10), 25);
  EXPECT_THAT(match(index, long_chain(1, 10)), ElementsAre(Pair(1, 10)));
  EXPECT_THAT(match(index, long_chain(2, 10)), ElementsAre(Pair(1, 5)));
}

TEST(PrefixIndex, SharedRootsOutliveTheirBranches) {
  PrefixIndex index;
  for (std::uint64_t branch = 1; branch <= 20; ++branch) index.insert(1, long_chain(branch, 20, 10, 99), 40);
  EXPECT_THAT(match(index, long_chain(1, 20, 10, 99)), ElementsAre(Pair(1, 10)));
  EXPECT_THAT(match(index, long_chain(20, 20, 10, 99)), ElementsAre(Pair(1, 20)));
}

TEST(PrefixIndex, ChainsLongerThanTheCapacityKeepTheirRoot) {
  PrefixIndex index;
  index.insert(1, long_chain(1, 100), 30);
  EXPECT_THAT(match(index, long_chain(1, 100)), ElementsAre(Pair(1, 30)));
  index.insert(1, long_chain(1, 100), 0);
  EXPECT_EQ(index.holdings(), 30u);
}

TEST(PrefixIndex, AFallingCapacityTakesEffectWithTheNextChain) {
  PrefixIndex index;
  index.insert(1, long_chain(1, 3000), kPlenty);
  index.insert(1, long_chain(2, 10), 100);
  EXPECT_EQ(index.holdings(), 100u);
  EXPECT_THAT(match(index, long_chain(1, 3000)), ElementsAre(Pair(1, 90)));
}

TEST(PrefixIndex, PurgeTakesOneEndpointOut) {
  PrefixIndex index;
  for (std::uint64_t e = 1; e <= 6; ++e) index.insert(e, long_chain(1, 50), kPlenty);
  index.purge(3);
  index.purge(3);
  index.purge(77);
  const Matches expected = {{1, 50}, {2, 50}, {4, 50}, {5, 50}, {6, 50}};
  EXPECT_EQ(match(index, long_chain(1, 50)), expected);
  for (const std::uint64_t e : {1u, 2u, 4u, 5u, 6u}) index.purge(e);
  EXPECT_THAT(match(index, long_chain(1, 50)), IsEmpty());
  EXPECT_EQ(index.blocks(), 0u);
  EXPECT_EQ(index.holdings(), 0u);
  EXPECT_EQ(index.endpoints(), 0u);
}

TEST(PrefixIndex, ThousandsOfHoldersComeAndGo) {
  constexpr std::uint64_t kEndpoints = 5000;
  PrefixIndex index;
  for (std::uint64_t e = 1; e <= kEndpoints; ++e) index.insert(e, long_chain(1, 3), kPlenty);
  EXPECT_EQ(match(index, long_chain(1, 3)).size(), kEndpoints);
  EXPECT_EQ(index.blocks(), 3u);
  std::uint64_t left = kEndpoints;
  for (std::uint64_t e = 1; e <= kEndpoints; ++e) {
    if (e % 1000 == 7) continue;
    index.purge(e);
    --left;
    if (e % 97 == 0) {
      ASSERT_EQ(match(index, long_chain(1, 3)).size(), left);
    }
  }
  EXPECT_THAT(match(index, long_chain(1, 3)),
              ElementsAre(Pair(7, 3), Pair(1007, 3), Pair(2007, 3), Pair(3007, 3), Pair(4007, 3)));
}

TEST(PrefixIndex, RepeatedIdsInAChainAreHarmless) {
  PrefixIndex index;
  const Chain odd = {11, 12, 11, 12, 12, 13, 11};
  for (int i = 0; i < 3; ++i) index.insert(1, odd, 5);
  EXPECT_LE(index.holdings(), 5u);
  index.insert(2, odd, kPlenty);
  index.purge(1);
  index.purge(2);
  EXPECT_EQ(index.holdings(), 0u);
  EXPECT_EQ(index.blocks(), 0u);
  EXPECT_THAT(match(index, odd), IsEmpty());
}

TEST(PrefixIndex, WithoutRoomTheEndpointIdleLongestGoes) {
  PrefixIndex index(3);
  for (const std::uint64_t e : {1u, 2u, 3u, 1u, 4u}) index.insert(e, long_chain(1, 5), kPlenty);
  const Matches expected = {{1, 5}, {3, 5}, {4, 5}};
  EXPECT_EQ(match(index, long_chain(1, 5)), expected);
}

TEST(PrefixIndex, FindsEverythingAfterItHasGrown) {
  PrefixIndex index;
  constexpr std::uint64_t kChains = 2000;
  for (std::uint64_t c = 0; c < kChains; ++c) index.insert(1 + c % 7, long_chain(c, 100), kPlenty);
  EXPECT_EQ(index.blocks(), kChains * 100);
  for (std::uint64_t c = 0; c < kChains; ++c) {
    ASSERT_THAT(match(index, long_chain(c, 100)), ElementsAre(Pair(1 + c % 7, 100))) << "chain " << c;
  }
  EXPECT_THAT(match(index, long_chain(kChains, 100)), IsEmpty());
}

// Each endpoint is at its capacity after the first rounds; whatever comes then has to fit into what is there.
TEST(PrefixIndex, MemoryStaysConstant) {
  PrefixIndex index;
  constexpr std::size_t kCapacity = 1000;
  constexpr std::uint64_t kEndpoints = 20;
  std::uint64_t chain = 0;
  const auto insert_blocks = [&](std::size_t blocks) {
    for (std::size_t i = 0; i < blocks; i += 100, ++chain) {
      index.insert(1 + mixed(chain) % kEndpoints, long_chain(chain, 100, 20, chain % 3), kCapacity);
    }
  };
  insert_blocks(60'000);
  const std::size_t settled = index.bytes();
  insert_blocks(600'000);
  // A shard of the table that random ids happen to crowd may still grow; so many more insertions must not show otherwise.
  EXPECT_LE(index.bytes(), settled + settled / 10);
  EXPECT_EQ(index.holdings(), kCapacity * kEndpoints);
}

}  // namespace
