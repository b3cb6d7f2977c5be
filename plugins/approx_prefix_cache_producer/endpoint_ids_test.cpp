// SPDX-License-Identifier: Apache-2.0
#include "endpoint_ids.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <set>

namespace {

using approx_prefix::EndpointId;
using approx_prefix::EndpointIds;

TEST(EndpointIds, GivesEachKeyANumberOfItsOwn) {
  EndpointIds ids(3);
  EXPECT_EQ(ids.find(70), 0);
  const EndpointId first = ids.add(70);
  const EndpointId second = ids.add(80);
  EXPECT_NE(first, 0);
  EXPECT_NE(first, second);
  EXPECT_EQ(ids.find(70), first);
  EXPECT_EQ(ids.find(80), second);
  EXPECT_EQ(ids.key(second), 80u);
  EXPECT_EQ(ids.size(), 2u);
}

TEST(EndpointIds, GivesNumbersOutAgain) {
  EndpointIds ids(2);
  ids.add(1);
  const EndpointId second = ids.add(2);
  ids.remove(2);
  EXPECT_EQ(ids.find(2), 0);
  EXPECT_EQ(ids.key(second), 2u) << "a reader may still ask";
  EXPECT_EQ(ids.add(3), second);
  EXPECT_EQ(ids.size(), 2u);
  ids.remove(99);
  EXPECT_EQ(ids.size(), 2u);
}

// Numbers near each other collide often enough in so small a table.
TEST(EndpointIds, AnswersAsAMapDoes) {
  constexpr std::uint32_t kMaximum = 50;
  EndpointIds ids(kMaximum);
  std::map<std::uint64_t, EndpointId> expected;
  std::uint64_t state = 1;
  for (int step = 0; step < 20000; ++step) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    const std::uint64_t key = 1 + (state >> 33) % 120;
    if (expected.contains(key)) {
      ids.remove(key);
      expected.erase(key);
    } else if (expected.size() < kMaximum) {
      expected[key] = ids.add(key);
    }
    ASSERT_EQ(ids.size(), expected.size());
    for (std::uint64_t other = 1; other <= 120; ++other) {
      const auto found = expected.find(other);
      ASSERT_EQ(ids.find(other), found == expected.end() ? 0 : found->second) << other << " after " << step;
    }
  }
  std::set<EndpointId> distinct;
  for (const auto& [key, id] : expected) distinct.insert(id);
  EXPECT_EQ(distinct.size(), expected.size());
}

}  // namespace
