// SPDX-License-Identifier: Apache-2.0
#include <shunt/sdk/endpoint_map.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <thread>
#include <vector>

namespace {

using shunt::sdk::EndpointMap;

TEST(EndpointMap, GivesEveryEndpointAnIndexOfItsOwn) {
  EndpointMap map(3);
  EXPECT_EQ(map.capacity(), 3u);
  EXPECT_EQ(map.find(7), EndpointMap::kNone);
  const std::uint32_t seven = map.insert(7);
  const std::uint32_t eight = map.insert(8);
  EXPECT_NE(seven, eight);
  EXPECT_EQ(map.insert(7), seven) << "it has one";
  EXPECT_EQ(map.find(7), seven);
  EXPECT_EQ(map.key(eight), 8u);
  EXPECT_EQ(map.size(), 2u);
  EXPECT_EQ(map.insert(0), EndpointMap::kNone) << "no endpoint has this key";
  EXPECT_NE(map.insert(9), EndpointMap::kNone);
  EXPECT_EQ(map.insert(10), EndpointMap::kNone) << "there is no more room";
  EXPECT_EQ(map.erase(8), eight);
  EXPECT_EQ(map.erase(8), EndpointMap::kNone);
  EXPECT_EQ(map.key(eight), 0u);
  EXPECT_EQ(map.insert(10), eight);
  EXPECT_EQ(map.find(8), EndpointMap::kNone);
}

TEST(EndpointMap, HasRoomForOneAtLeast) {
  EndpointMap map(0);
  EXPECT_EQ(map.capacity(), 1u);
  EXPECT_EQ(map.insert(5), 0u);
}

// Few homes, so that most searches run into others.
TEST(EndpointMap, AnswersLikeAMap) {
  EndpointMap map(64);
  std::map<std::uint64_t, std::uint32_t> model;
  std::mt19937_64 draw(5);
  for (int i = 0; i < 200'000; ++i) {
    const std::uint64_t key = ((draw() % 24) << 32) + draw() % 6 + 1;
    if (draw() % 3 == 0) {
      const auto known = model.find(key);
      ASSERT_EQ(map.erase(key), known == model.end() ? EndpointMap::kNone : known->second);
      model.erase(key);
    } else {
      const std::uint32_t index = map.insert(key);
      if (const auto known = model.find(key); known != model.end()) {
        ASSERT_EQ(index, known->second);
      } else if (model.size() == 64) {
        ASSERT_EQ(index, EndpointMap::kNone);
      } else {
        ASSERT_LT(index, 64u);
        model.emplace(key, index);
      }
    }
    ASSERT_EQ(map.size(), model.size());
    const std::uint64_t asked = ((draw() % 24) << 32) + draw() % 6 + 1;
    const auto known = model.find(asked);
    ASSERT_EQ(map.find(asked), known == model.end() ? EndpointMap::kNone : known->second);
  }
  std::set<std::uint32_t> indices;
  for (const auto& [key, index] : model) indices.insert(index);
  EXPECT_EQ(indices.size(), model.size());
}

// Those that nobody touches are there at any moment, whatever comes and goes around them.
TEST(EndpointMap, NobodyIsMissedWhileOthersComeAndGo) {
  EndpointMap map(32);
  std::vector<std::uint64_t> stable;
  for (std::uint64_t i = 0; i < 8; ++i) stable.push_back((i << 32) + 3);
  std::vector<std::uint32_t> index;
  for (const std::uint64_t key : stable) index.push_back(map.insert(key));
  std::atomic<bool> done{false};
  std::atomic<std::uint64_t> wrong{0};
  std::atomic<std::uint64_t> found{0};
  std::vector<std::jthread> readers;
  for (int t = 0; t < 3; ++t) {
    readers.emplace_back([&] {
      std::uint64_t seen = 0;
      while (!done.load(std::memory_order_relaxed)) {
        for (std::size_t i = 0; i < stable.size(); ++i) {
          const std::uint32_t at = map.find(stable[i]);
          // It gives up where endpoints are erased without a pause, as no pool does.
          if (at == EndpointMap::kNone) continue;
          wrong += at != index[i];
          ++seen;
        }
      }
      found += seen;
    });
  }
  std::mt19937_64 draw(9);
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t key = ((100 + draw() % 40) << 32) + draw() % 4;
    if (draw() % 2 == 0)
      (void)map.insert(key);
    else
      (void)map.erase(key);
  }
  done = true;
  readers.clear();
  EXPECT_EQ(wrong, 0u);
  for (std::size_t i = 0; i < stable.size(); ++i) EXPECT_EQ(map.find(stable[i]), index[i]);
}

}  // namespace
