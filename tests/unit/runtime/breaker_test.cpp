// SPDX-License-Identifier: Apache-2.0
// When the circuit breaker of an instance opens and closes. Time is what the test says.
#include <shunt/framework/breaker.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace shunt {
namespace {

using Change = Breaker::Change;

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr BreakerBounds kTen{
    .calls = 10, .failed_percent = 50, .slow_percent = 50, .open_milliseconds = 100, .probes = 3};

void open(Breaker& breaker, const BreakerBounds& bounds, std::int64_t now_ns) {
  Change change = Change::None;
  for (std::uint32_t i = 0; i < bounds.calls && change == Change::None; ++i) {
    change = breaker.count(bounds, 1, true, false, now_ns);
  }
  ASSERT_EQ(change, Change::Opened);
}

// As many probes as are let through; how each went.
std::uint32_t probe(Breaker& breaker, const BreakerBounds& bounds, std::int64_t now_ns, bool good) {
  std::uint32_t probes = 0;
  for (auto admission = breaker.admit(bounds, now_ns); admission.phase != 0;
       admission = breaker.admit(bounds, now_ns)) {
    ++probes;
    breaker.probed(bounds, admission.phase, good, now_ns);
  }
  return probes;
}

TEST(Breaker, OpensWithTheCallThatReachesTheShare) {
  Breaker breaker;
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(breaker.count(kTen, 2, true, false, 0), Change::None) << "a good one before each";
    EXPECT_TRUE(breaker.closed());
  }
  EXPECT_EQ(breaker.count(kTen, 2, true, false, 0), Change::Opened) << "five of ten";
  EXPECT_EQ(breaker.state(), BreakerState::Open);
}

TEST(Breaker, StaysClosedBelowTheShareHoweverLong) {
  Breaker breaker;
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(breaker.count(kTen, 3, true, true, 0), Change::None);
  // Any number of good ones between two bad ones belong to a window that is over.
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(breaker.count(kTen, ~std::uint64_t{0}, true, true, 0), Change::None);
}

TEST(Breaker, FailedAndSlowCallsHaveSharesOfTheirOwn) {
  BreakerBounds bounds = kTen;
  bounds.failed_percent = 0;
  bounds.slow_percent = 100;
  Breaker breaker;
  for (int i = 0; i < 100; ++i) ASSERT_EQ(breaker.count(bounds, 1, true, false, 0), Change::None);
  Breaker slow;
  for (int i = 0; i < 9; ++i) ASSERT_EQ(slow.count(bounds, 1, false, true, 0), Change::None);
  EXPECT_EQ(slow.count(bounds, 1, false, true, 0), Change::Opened);
}

TEST(Breaker, NobodyIsLetThroughUntilThePauseIsOver) {
  Breaker breaker;
  open(breaker, kTen, 7);
  EXPECT_FALSE(breaker.admit(kTen, 7).calls);
  EXPECT_FALSE(breaker.admit(kTen, 6 + 100 * kMillisecond).calls);
  EXPECT_EQ(breaker.state(), BreakerState::Open);
  const auto first = breaker.admit(kTen, 7 + 100 * kMillisecond);
  EXPECT_TRUE(first.calls);
  EXPECT_NE(first.phase, 0u);
  EXPECT_EQ(breaker.state(), BreakerState::HalfOpen);
}

TEST(Breaker, ClosesWhenAllProbesAreGood) {
  Breaker breaker;
  open(breaker, kTen, 0);
  const std::int64_t later = 100 * kMillisecond;
  std::vector<std::uint32_t> phases;
  for (auto admission = breaker.admit(kTen, later); admission.calls; admission = breaker.admit(kTen, later)) {
    phases.push_back(admission.phase);
    ASSERT_LE(phases.size(), 3u);
  }
  ASSERT_EQ(phases.size(), 3u) << "no more than that at a time";
  EXPECT_EQ(breaker.probed(kTen, phases[0], true, later), Change::None);
  EXPECT_EQ(breaker.probed(kTen, phases[1], true, later), Change::None);
  EXPECT_FALSE(breaker.admit(kTen, later).calls) << "the third is still under way";
  EXPECT_EQ(breaker.probed(kTen, phases[2], true, later), Change::Closed);
  const auto admission = breaker.admit(kTen, later);
  EXPECT_TRUE(admission.calls);
  EXPECT_EQ(admission.phase, 0u);
  for (int i = 0; i < 4; ++i) ASSERT_EQ(breaker.count(kTen, 1, true, false, later), Change::None) << "a new window";
}

TEST(Breaker, OneBadProbeOpensForTwiceAsLongUpToSixteenTimes) {
  Breaker breaker;
  std::int64_t now = 0;
  open(breaker, kTen, now);
  for (const std::int64_t times : {1, 2, 4, 8, 16, 16, 16}) {
    EXPECT_EQ(probe(breaker, kTen, now + times * 100 * kMillisecond - 1, false), 0u) << times;
    now += times * 100 * kMillisecond;
    EXPECT_EQ(probe(breaker, kTen, now, false), 1u) << times << ": the others would only find the same";
    EXPECT_EQ(breaker.state(), BreakerState::Open);
  }
  now += 1600 * kMillisecond;
  EXPECT_EQ(probe(breaker, kTen, now, true), 3u);
  EXPECT_TRUE(breaker.closed());
  open(breaker, kTen, now);
  EXPECT_EQ(probe(breaker, kTen, now + 100 * kMillisecond, true), 3u) << "it begins with the short pause again";
}

TEST(Breaker, AProbeOfAnEarlierPhaseChangesNothing) {
  Breaker breaker;
  open(breaker, kTen, 0);
  const auto late = breaker.admit(kTen, 100 * kMillisecond);
  const auto bad = breaker.admit(kTen, 100 * kMillisecond);
  EXPECT_EQ(breaker.probed(kTen, bad.phase, false, 100 * kMillisecond), Change::Opened);
  EXPECT_EQ(breaker.probed(kTen, late.phase, false, 100 * kMillisecond), Change::None) << "it is open already";
  const auto next = breaker.admit(kTen, 300 * kMillisecond);
  ASSERT_TRUE(next.calls);
  EXPECT_NE(next.phase, late.phase);
  EXPECT_EQ(breaker.probed(kTen, late.phase, false, 300 * kMillisecond), Change::None);
  EXPECT_EQ(breaker.state(), BreakerState::HalfOpen);
}

TEST(Breaker, ThreadsTogetherProbeNoMoreOftenThanOne) {
  BreakerBounds bounds = kTen;
  bounds.probes = 7;
  for (int round = 0; round < 50; ++round) {
    Breaker breaker;
    open(breaker, bounds, 0);
    std::atomic<std::uint32_t> admitted{0};
    std::atomic<std::uint32_t> closed{0};
    std::atomic<bool> begin{false};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        while (!begin) std::this_thread::yield();
        // One that finds the lock taken does not probe, so everyone asks until it is closed.
        while (!breaker.closed()) {
          const auto admission = breaker.admit(bounds, 100 * kMillisecond);
          if (admission.phase == 0) continue;
          admitted.fetch_add(1);
          if (breaker.probed(bounds, admission.phase, true, 100 * kMillisecond) == Change::Closed) closed.fetch_add(1);
        }
      });
    }
    begin = true;
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(admitted.load(), 7u);
    EXPECT_EQ(closed.load(), 1u);
  }
}

}  // namespace
}  // namespace shunt
