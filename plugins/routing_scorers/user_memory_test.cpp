// SPDX-License-Identifier: Apache-2.0
#include "user_memory.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace routing_scorers {
namespace {

// A hash whose users all share one group: its upper half tells them apart.
std::uint64_t user(std::uint64_t number) { return (number + 1) << 32; }

TEST(UserMemory, RemembersTheLastEndpoint) {
  UserMemory memory(100);
  EXPECT_EQ(memory.find(user(1)), 0u);
  memory.remember(user(1), 77, 1);
  memory.remember(user(2), 88, 2);
  EXPECT_EQ(memory.find(user(1)), UserMemory::mark(77));
  memory.remember(user(1), 99, 3);
  EXPECT_EQ(memory.find(user(1)), UserMemory::mark(99));
  EXPECT_EQ(memory.find(user(2)), UserMemory::mark(88));
  EXPECT_EQ(memory.find(user(3)), 0u);
}

TEST(UserMemory, ForgetsWhoHasNotComeForLongest) {
  UserMemory memory(8);
  ASSERT_EQ(memory.capacity(), 8u);
  for (std::uint64_t i = 0; i < 8; ++i) memory.remember(user(i), 10 + i, static_cast<std::int64_t>(i));
  memory.remember(user(0), 10, 100);
  memory.remember(user(8), 18, 101);
  EXPECT_EQ(memory.find(user(1)), 0u) << "it came before all others";
  for (const std::uint64_t i : {0u, 2u, 3u, 4u, 5u, 6u, 7u, 8u})
    EXPECT_EQ(memory.find(user(i)), UserMemory::mark(10 + i));
}

TEST(UserMemory, HasRoomForWhatWasAskedFor) {
  EXPECT_GE(UserMemory(0).capacity(), 1u);
  EXPECT_EQ(UserMemory(9).capacity(), 16u);
  EXPECT_EQ(UserMemory(65536).capacity(), 65536u);
}

TEST(UserMemory, MarksAreNeverZero) {
  EXPECT_NE(UserMemory::mark(0x0000000500000005u), 0u);
  UserMemory memory(8);
  memory.remember(5, 0x0000000500000005u, 1);  // a hash whose upper half is 0
  EXPECT_NE(memory.find(5), 0u);
}

TEST(UserMemory, ThreadsReadWholeEntriesOnly) {
  UserMemory memory(64);
  std::vector<std::jthread> threads;
  for (std::uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&memory, t] {
      for (std::uint64_t i = 0; i < 20000; ++i) {
        const std::uint64_t who = (i * 7 + t) % 40;
        memory.remember(user(who), 1000 + who, static_cast<std::int64_t>(i));
        const std::uint32_t found = memory.find(user((who + 3) % 40));
        if (found != 0 && found != UserMemory::mark(1000 + (who + 3) % 40)) std::abort();
      }
    });
  }
}

}  // namespace
}  // namespace routing_scorers
