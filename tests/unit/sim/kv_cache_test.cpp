// SPDX-License-Identifier: Apache-2.0
#include "kv_cache.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>
#include <vector>

namespace shunt::sim {
namespace {

using Held = std::vector<KvCache::Block>;
using Hashes = std::vector<std::uint64_t>;

// As an engine does: take blocks for a prompt, compute it, publish its blocks.
std::optional<std::uint32_t> run(KvCache& cache, const Hashes& prompt, Held& held) {
  const auto found = cache.acquire(prompt, static_cast<std::uint32_t>(prompt.size()), held);
  if (!found) return found;
  for (std::size_t i = *found; i < prompt.size(); ++i) cache.publish(held[i], prompt[i]);
  return found;
}

TEST(KvCache, SharesBlocksOfTheSameBeginning) {
  KvCache cache(10);
  Held first;
  Held second;
  EXPECT_EQ(run(cache, {1, 2, 3}, first), 0u);
  EXPECT_EQ(run(cache, {1, 2, 4}, second), 2u);
  EXPECT_EQ(cache.used(), 4u);
  EXPECT_EQ(first[1], second[1]);
  EXPECT_NE(first[2], second[2]);
}

TEST(KvCache, KeepsContentThatNobodyHolds) {
  KvCache cache(4);
  Held held;
  run(cache, {1, 2}, held);
  cache.release(held);
  EXPECT_EQ(cache.used(), 0u);
  EXPECT_EQ(run(cache, {1, 2, 3}, held), 2u);
}

TEST(KvCache, TakesTheLeastRecentlyUsedAndTheEndOfASequenceFirst) {
  KvCache cache(4);
  Held held;
  run(cache, {1, 2}, held);
  cache.release(held);
  run(cache, {5, 6}, held);
  cache.release(held);
  EXPECT_EQ(run(cache, {7}, held), 0u);  // takes the block of 2
  cache.release(held);
  Held again;
  EXPECT_EQ(cache.acquire(Hashes{1, 2}, 2, again), 1u);
}

TEST(KvCache, TakesNothingWhereTheBlocksDoNotSuffice) {
  KvCache cache(4);
  Held first;
  Held second;
  run(cache, {1, 2, 3}, first);
  EXPECT_EQ(run(cache, {4, 5}, second), std::nullopt);
  EXPECT_TRUE(second.empty());
  EXPECT_EQ(cache.used(), 3u);
  EXPECT_TRUE(cache.extend(second));
  EXPECT_FALSE(cache.extend(second));
}

TEST(KvCache, BlocksThatMatchAreNotTakenForOthers) {
  KvCache cache(3);
  Held held;
  run(cache, {1, 2, 3}, held);
  cache.release(held);
  // 3 is the oldest; it matches nothing here, while 1 and 2 do and have to survive.
  EXPECT_EQ(run(cache, {1, 2, 4}, held), 2u);
  EXPECT_EQ(cache.available(), 0u);
}

TEST(KvCache, ForgetsOnlyWhatNobodyHolds) {
  KvCache cache(4);
  Held kept;
  Held gone;
  run(cache, {1}, kept);
  run(cache, {2}, gone);
  cache.release(gone);
  cache.forget();
  EXPECT_EQ(cache.cached(), 1u);
  EXPECT_EQ(run(cache, {1, 2}, gone), 1u);
}

// Whatever happens, used blocks are exactly those that somebody holds, and everything comes back in the end.
TEST(KvCacheProperty, BlocksNeitherLeakNorAppear) {
  EXPECT_TRUE(rc::check([] {
    const auto capacity = *rc::gen::inRange<std::uint32_t>(1, 20);
    KvCache cache(capacity);
    std::vector<Held> sequences;
    const auto steps = *rc::gen::container<std::vector<std::pair<int, std::uint32_t>>>(
        rc::gen::pair(rc::gen::inRange(0, 5), rc::gen::inRange<std::uint32_t>(0, 1000)));
    for (const auto& [action, chance] : steps) {
      if (action <= 1) {
        // Few beginnings and few lengths, so that many prompts share blocks.
        Hashes prompt;
        for (std::uint64_t i = 0; i < chance % 8; ++i) prompt.push_back((chance / 8 % 3) * 100 + i);
        Held held;
        const std::uint32_t before = cache.used();
        const auto found = run(cache, prompt, held);
        RC_ASSERT((found ? held.size() == prompt.size() : held.empty() && cache.used() == before));
        if (found) sequences.push_back(std::move(held));
      } else if (action == 2 && !sequences.empty()) {
        Held& held = sequences[chance % sequences.size()];
        const std::uint32_t before = cache.available();
        RC_ASSERT(cache.extend(held) == (before > 0));
      } else if (action == 3 && !sequences.empty()) {
        const auto victim = sequences.begin() + static_cast<std::ptrdiff_t>(chance % sequences.size());
        cache.release(*victim);
        sequences.erase(victim);
      } else if (action == 4) {
        cache.forget();
      }
      std::map<KvCache::Block, int> holders;
      for (const Held& held : sequences) {
        for (const KvCache::Block block : held) ++holders[block];
      }
      RC_ASSERT(cache.used() == holders.size());
      RC_ASSERT(cache.used() + cache.available() == capacity);
      RC_ASSERT(cache.cached() <= capacity);
      RC_ASSERT((holders.empty() || holders.rbegin()->first < capacity));
    }
    for (Held& held : sequences) cache.release(held);
    RC_ASSERT(cache.available() == capacity);
    // Every block can be taken, each once.
    Held all;
    while (cache.extend(all)) continue;
    std::sort(all.begin(), all.end());
    RC_ASSERT(all.size() == capacity);
    RC_ASSERT(std::adjacent_find(all.begin(), all.end()) == all.end());
    RC_ASSERT(cache.cached() == 0u);
  }));
}

}  // namespace
}  // namespace shunt::sim
