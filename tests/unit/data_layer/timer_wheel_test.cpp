// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include "data/timer_wheel.hpp"

namespace {

using shunt::host::TimerWheel;

constexpr std::int64_t kTick = 10;

struct Alarm final : TimerWheel::Entry {
  std::vector<std::int64_t> fired;
  std::function<void()> then;

 private:
  void due(std::int64_t now_ns) override {
    fired.push_back(now_ns);
    if (then) then();
  }
};

TEST(TimerWheel, FiresWhenDueAndOnce) {
  TimerWheel wheel(1000, kTick, 8);
  Alarm alarm;
  wheel.arm(alarm, 1035);
  EXPECT_TRUE(alarm.armed());
  wheel.advance(1034);
  EXPECT_TRUE(alarm.fired.empty());
  wheel.advance(1039);  // the tick that covers it ends at 1040
  EXPECT_TRUE(alarm.fired.empty());
  wheel.advance(1040);
  EXPECT_EQ(alarm.fired, std::vector<std::int64_t>{1040});
  EXPECT_FALSE(alarm.armed());
  wheel.advance(2000);
  EXPECT_EQ(alarm.fired.size(), 1u);
}

TEST(TimerWheel, WaitsSeveralRounds) {
  TimerWheel wheel(0, kTick, 4);
  Alarm alarm;
  wheel.arm(alarm, 1000);
  for (std::int64_t now = 0; now < 1000; now += 5) wheel.advance(now);
  EXPECT_TRUE(alarm.fired.empty());
  wheel.advance(1000);
  EXPECT_EQ(alarm.fired.size(), 1u);
}

TEST(TimerWheel, CatchesUpAfterALongPause) {
  TimerWheel wheel(0, kTick, 4);
  Alarm soon;
  Alarm later;
  Alarm far;
  wheel.arm(soon, 10);
  wheel.arm(later, 500);
  wheel.arm(far, 100'000);
  wheel.advance(50'000);
  EXPECT_EQ(soon.fired.size(), 1u);
  EXPECT_EQ(later.fired.size(), 1u);
  EXPECT_TRUE(far.fired.empty());
}

TEST(TimerWheel, WhatIsDueAlreadyWaitsForTheNextTick) {
  TimerWheel wheel(100, kTick, 8);
  Alarm alarm;
  alarm.then = [&] { wheel.arm(alarm, 0); };
  wheel.arm(alarm, 50);
  wheel.advance(115);
  EXPECT_EQ(alarm.fired.size(), 1u);
  wheel.advance(115);
  EXPECT_EQ(alarm.fired.size(), 1u);
  wheel.advance(120);
  EXPECT_EQ(alarm.fired.size(), 2u);
}

TEST(TimerWheel, ArmingAgainMoves) {
  TimerWheel wheel(0, kTick, 8);
  Alarm alarm;
  wheel.arm(alarm, 20);
  wheel.arm(alarm, 60);
  wheel.advance(50);
  EXPECT_TRUE(alarm.fired.empty());
  TimerWheel::disarm(alarm);
  wheel.advance(500);
  EXPECT_TRUE(alarm.fired.empty());
}

TEST(TimerWheel, EntriesMayDestroyEachOther) {
  TimerWheel wheel(0, kTick, 8);
  auto first = std::make_unique<Alarm>();
  auto second = std::make_unique<Alarm>();
  first->then = [&] { second.reset(); };
  wheel.arm(*first, 20);
  wheel.arm(*second, 20);
  wheel.advance(20);
  EXPECT_EQ(first->fired.size(), 1u);
  EXPECT_EQ(second, nullptr);
}

TEST(TimerWheel, AnEntryMayOutliveNothing) {
  Alarm alarm;
  {
    TimerWheel wheel(0, kTick, 8);
    wheel.arm(alarm, 20);
  }
  EXPECT_FALSE(alarm.armed());
}

TEST(TimerWheel, SaysWhenToCall) {
  TimerWheel wheel(0, kTick, 8);
  EXPECT_FALSE(wheel.next_ns().has_value());
  Alarm alarm;
  wheel.arm(alarm, 35);
  EXPECT_EQ(wheel.next_ns(), 40);
  wheel.arm(alarm, 1000);  // of a later round: asked for again in between
  EXPECT_LE(wheel.next_ns().value(), 1000);
}

// Whatever is armed, moved and disarmed: everything fires within a tick of its time, or not at all.
TEST(TimerWheel, AgreesWithASimpleModel) {
  std::mt19937 random(3);
  TimerWheel wheel(0, kTick, 16);
  std::vector<Alarm> alarms(50);
  std::map<std::size_t, std::int64_t> due;
  std::int64_t now = 0;
  for (int round = 0; round < 20'000; ++round) {
    const std::size_t which = random() % alarms.size();
    if (random() % 4 == 0) {
      TimerWheel::disarm(alarms[which]);
      due.erase(which);
    } else {
      due[which] = now + static_cast<std::int64_t>(random() % 400);
      wheel.arm(alarms[which], due[which]);
    }
    now += static_cast<std::int64_t>(random() % 30);
    wheel.advance(now);
    for (std::size_t i = 0; i < alarms.size(); ++i) {
      const bool fired = !alarms[i].fired.empty();
      const auto expected = due.find(i);
      if (fired) {
        ASSERT_NE(expected, due.end());
        ASSERT_LE(expected->second, now);
        due.erase(expected);
        alarms[i].fired.clear();
      } else if (expected != due.end()) {
        ASSERT_GT(expected->second + 2 * kTick, now);
      }
    }
  }
}

}  // namespace
