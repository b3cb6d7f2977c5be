// SPDX-License-Identifier: Apache-2.0
#include <shunt/framework/log_allowance.hpp>

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace shunt::testing {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

TEST(LogAllowance, SoManyLinesASecondAndTheNumberOfTheOthers) {
  LogAllowance allowance;
  for (std::uint32_t i = 0; i < LogAllowance::kLinesPerSecond; ++i) EXPECT_EQ(allowance.take(5), 0u);
  for (int i = 0; i < 7; ++i) EXPECT_EQ(allowance.take(kSecond - 1), std::nullopt);
  EXPECT_EQ(allowance.take(kSecond), 7u);
  EXPECT_EQ(allowance.take(kSecond), 0u);
}

TEST(LogAllowance, EveryLineIsWrittenOrCounted) {
  LogAllowance allowance;
  std::atomic<std::uint64_t> written{0}, told{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i) {
        if (const auto left_out = allowance.take(i / 1000 * kSecond)) {
          ++written;
          told += *left_out;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto rest = allowance.take(100 * kSecond);
  ASSERT_TRUE(rest);
  EXPECT_EQ(written + told + *rest, 40'000u);
}

}  // namespace
}  // namespace shunt::testing
