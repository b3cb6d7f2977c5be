// SPDX-License-Identifier: Apache-2.0
// What is saved of an index makes an index that answers the same, and nothing else is taken for one.
#include "index_state.hpp"
#include "naive_prefix_index.hpp"
#include "saved_index.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace approx_prefix;
using enum ReadResult::Outcome;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr std::size_t kLongest = 10'000;

class IndexState : public ::testing::Test {
 protected:
  SharedPrefixIndex index{kLongest};
  SharedPrefixIndex restored{kLongest};
};

TEST_F(IndexState, OfNothingIsSixWords) {
  const auto words = words_of(index);
  EXPECT_THAT(words, SizeIs(6));
  EXPECT_EQ(read_words(words, restored).outcome, Restored);
  EXPECT_EQ(restored.endpoints(), 0u);
}

TEST_F(IndexState, KeepsWhoHoldsWhat) {
  for (std::uint64_t c = 0; c < 40; ++c) index.insert(c % 7 + 1, long_chain(c, 50, 20, 100 + c % 3), 1000);
  index.purge(3);
  const auto words = words_of(index);
  ASSERT_EQ(read_words(words, restored).outcome, Restored);
  EXPECT_EQ(restored.blocks(), index.blocks());
  EXPECT_EQ(restored.holdings(), index.holdings());
  EXPECT_EQ(restored.endpoints(), 6u);
  for (std::uint64_t c = 0; c < 40; ++c) {
    const Chain chain = long_chain(c, 50, 20, 100 + c % 3);
    EXPECT_EQ(match(restored.index(), chain), match(index.index(), chain));
    EXPECT_EQ(walk(restored.index(), chain), match(index.index(), chain));
  }
  EXPECT_EQ(words_of(restored), words) << "and is saved as it was";
}

TEST_F(IndexState, KeepsTheOrderOfUse) {
  for (std::uint64_t c = 0; c < 3; ++c) index.insert(1, long_chain(c, 10), 1000);
  index.insert(1, long_chain(0, 10), 1000);
  ASSERT_EQ(read_words(words_of(index), restored).outcome, Restored);
  for (std::uint64_t c = 3; c < 5; ++c) restored.insert(1, long_chain(c, 10), 30);
  EXPECT_THAT(match(restored.index(), long_chain(0, 10)), ElementsAre(Pair(1, 10))) << "used last";
  EXPECT_THAT(match(restored.index(), long_chain(1, 10)), IsEmpty());
  EXPECT_THAT(match(restored.index(), long_chain(2, 10)), IsEmpty());
}

TEST_F(IndexState, KeepsWhichEndpointWasIdleLongest) {
  SharedPrefixIndex of(kLongest, 3);
  SharedPrefixIndex small(kLongest, 3);
  for (const std::uint64_t endpoint : {1u, 2u, 3u, 1u}) of.insert(endpoint, long_chain(endpoint, 4), 100);
  ASSERT_EQ(read_words(words_of(of), small).outcome, Restored);
  small.insert(4, long_chain(4, 4), 100);
  EXPECT_THAT(match(small.index(), long_chain(2, 4)), IsEmpty());
  EXPECT_THAT(match(small.index(), long_chain(1, 4)), ElementsAre(Pair(1, 4)));
}

TEST_F(IndexState, RecordsHaveALimit) {
  index.insert(1, long_chain(1, kMaximumRecord + 1), kLongest);
  const auto words = words_of(index);
  EXPECT_THAT(words, SizeIs(6 + 2 * 2 + kMaximumRecord + 1));
  ASSERT_EQ(read_words(words, restored).outcome, Restored);
  EXPECT_THAT(match(restored.index(), long_chain(1, kMaximumRecord + 1)), ElementsAre(Pair(1, kMaximumRecord + 1)));
}

TEST_F(IndexState, WhatDoesNotFitIsTheLeastRecent) {
  for (std::uint64_t c = 0; c < 100; ++c) index.insert(c % 2 + 1, long_chain(c, 20), 10'000);
  const std::uint64_t capacity = 8000;
  const auto words = words_of(index, capacity);
  EXPECT_THAT(words.size() * 8, Le(capacity));
  EXPECT_GT(words.size() * 8, capacity * 8 / 10);
  ASSERT_EQ(read_words(words, restored).outcome, Restored);
  EXPECT_THAT(match(restored.index(), long_chain(99, 20)), ElementsAre(Pair(2, 20)));
  EXPECT_THAT(match(restored.index(), long_chain(98, 20)), ElementsAre(Pair(1, 20)));
  EXPECT_THAT(match(restored.index(), long_chain(0, 20)), IsEmpty());
  // Every size, down to one that takes no block.
  for (std::uint64_t bytes = 48; bytes < 3000; bytes += 8) {
    const auto part = words_of(index, bytes);
    ASSERT_THAT(part.size() * 8, Le(bytes));
    SharedPrefixIndex other(kLongest);
    ASSERT_EQ(read_words(part, other).outcome, Restored) << bytes;
    for (std::uint64_t c = 0; c < 100; ++c) {
      ASSERT_EQ(match(other.index(), long_chain(c, 20)), walk(other.index(), long_chain(c, 20)));
    }
  }
}

TEST_F(IndexState, TheNewCapacityCounts) {
  index.insert(1, long_chain(1, 50), 1000);
  index.insert(1, long_chain(2, 50), 1000);
  ASSERT_EQ(read_words(words_of(index), restored, 60).outcome, Restored);
  EXPECT_EQ(restored.holdings(), 60u);
  EXPECT_THAT(match(restored.index(), long_chain(2, 50)), ElementsAre(Pair(1, 50)));
  EXPECT_THAT(match(restored.index(), long_chain(1, 50)), ElementsAre(Pair(1, 10)));
}

TEST_F(IndexState, IdsOfAnotherOriginMeanNothing) {
  index.insert(1, long_chain(1, 5), 1000);
  const auto words = words_of(index);
  for (const IdOrigin& other : {IdOrigin{32, kOrigin.hash_check}, IdOrigin{kOrigin.block_tokens, 1}}) {
    EXPECT_EQ(read_words(words, restored, kNoLimit, other).outcome, OtherOrigin);
  }
  EXPECT_EQ(restored.blocks(), 0u);
}

TEST_F(IndexState, EveryChangedBitIsNoticed) {
  for (std::uint64_t c = 0; c < 4; ++c) index.insert(c % 2 + 1, long_chain(c, 5), 1000);
  const auto words = words_of(index);
  for (std::size_t bit = 0; bit < words.size() * 64; ++bit) {
    auto changed = words;
    changed[bit / 64] ^= std::uint64_t{1} << bit % 64;
    EXPECT_EQ(read_words(changed, restored).outcome, Damaged) << "bit " << bit;
  }
  EXPECT_EQ(restored.blocks(), 0u);
}

TEST_F(IndexState, EveryLengthButItsOwnIsRefused) {
  index.insert(1, long_chain(1, 5), 1000);
  const auto words = words_of(index);
  const std::string bytes(reinterpret_cast<const char*>(words.data()), words.size() * 8);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_EQ(read_index(std::string_view(bytes).substr(0, length), kOrigin, kNoLimit, restored).outcome, Damaged);
  }
  EXPECT_EQ(read_index(bytes + '\0', kOrigin, kNoLimit, restored).outcome, Damaged);
  EXPECT_EQ(read_index(bytes + bytes, kOrigin, kNoLimit, restored).outcome, Damaged);
  EXPECT_EQ(restored.blocks(), 0u);
}

// Lies with a right checksum: lengths, counts, the number of endpoints.
TEST_F(IndexState, CountsAreNotTrusted) {
  index.insert(1, long_chain(1, 5), 1000);
  const auto words = words_of(index);
  ASSERT_THAT(words, SizeIs(3 + 2 + 5 + 3));
  const auto refused = [&](std::size_t at, std::uint64_t value) {
    auto lie = words;
    lie[at] = value;
    seal(lie);
    EXPECT_EQ(read_words(lie, restored).outcome, Damaged) << at << ' ' << value;
  };
  for (const std::uint64_t n :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{4}, std::uint64_t{6}, std::uint64_t{8},
        std::uint64_t{kMaximumRecord + 1}, std::uint64_t{1} << 32, ~std::uint64_t{0}}) {
    refused(4, n);
  }
  refused(0, 0);
  refused(10, 2);
  refused(10, ~std::uint64_t{0});
  refused(11, 4);
  refused(11, std::uint64_t{1} << 61);
  EXPECT_EQ(restored.blocks(), 0u);

  std::vector<std::uint64_t> crowd{words[0], words[1], words[2]};
  for (std::uint64_t key = 1; key <= kMaximumEndpointId + std::uint64_t{1}; ++key) {
    crowd.insert(crowd.end(), {mixed(key), 1, mixed(key + 1'000'000)});
  }
  crowd.insert(crowd.end(), {kMaximumEndpointId + std::uint64_t{1}, kMaximumEndpointId + std::uint64_t{1}, 0});
  seal(crowd);
  EXPECT_EQ(read_words(crowd, restored).outcome, Damaged);
  EXPECT_EQ(restored.blocks(), 0u);
}

// What nobody touches meanwhile is saved whole, wherever in the order of use it stands; the rest is in order all the same.
TEST_F(IndexState, IsSavedBesideInsertions) {
  constexpr std::uint64_t kEndpoints = 3;
  const auto prompt = [](std::uint64_t number) { return long_chain(number, 200, 50, 10'000 + number % 5); };
  for (std::uint64_t c = 0; c < 120; ++c) index.insert(c % kEndpoints + 1, prompt(c), 100'000);
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint64_t i = t; !stop; i += 2) {
        // Old prompts become the most recent ones, under the eyes of the listing; and new ones come.
        const std::uint64_t draw = mixed(i + 1);
        index.insert(draw % kEndpoints + 1, prompt(draw / 8 % 120), 100'000);
        index.insert(draw % kEndpoints + 1, long_chain(1'000'000 + i % 500, 20), 100'000);
        std::this_thread::yield();
      }
    });
  }
  for (int round = 0; round < 8; ++round) {
    SharedPrefixIndex copy(kLongest);
    const auto words = words_of(index);
    ASSERT_EQ(read_words(words, copy).outcome, Restored);
    for (std::uint64_t c = 0; c < 120; ++c) {
      const Matches found = match(copy.index(), prompt(c));
      ASSERT_EQ(found.at(c % kEndpoints + 1), 200u) << "prompt " << c;
      ASSERT_EQ(found, walk(copy.index(), prompt(c)));
    }
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
