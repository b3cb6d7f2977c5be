// SPDX-License-Identifier: Apache-2.0
#include "serve/front/timer_wheel.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <random>
#include <vector>

namespace shunt::host::front {
namespace {

struct Alarm final : TimerWheel::Entry {
  void on_deadline() noexcept override {
    ++rings;
    if (also) also();
  }
  int rings = 0;
  std::function<void()> also;
};

TEST(TimerWheelTest, NoneIsEarlyAndNoneLaterThanTwoTicks) {
  std::mt19937 random(1);
  TimerWheel wheel(10, 1'000);
  std::vector<std::unique_ptr<Alarm>> alarms;
  std::vector<std::int64_t> due;
  for (int i = 0; i < 500; ++i) {
    const std::int64_t in = std::uniform_int_distribution<std::int64_t>(0, 30'000)(random);  // more than one turn
    alarms.push_back(std::make_unique<Alarm>());
    wheel.arm(*alarms.back(), 1'000, in);
    due.push_back(1'000 + in);
  }
  for (std::int64_t now = 1'000; now < 33'000; now += 7) {
    wheel.advance(now);
    for (std::size_t i = 0; i < alarms.size(); ++i) {
      const int least = now > due[i] + 20 ? 1 : 0;
      const int most = now < due[i] ? 0 : 1;
      EXPECT_TRUE(alarms[i]->rings >= least && alarms[i]->rings <= most) << due[i] << " at " << now;
    }
  }
}

TEST(TimerWheelTest, ADeadlineMovesBothWays) {
  TimerWheel wheel(10, 0);
  Alarm alarm;
  wheel.arm(alarm, 0, 100);
  wheel.arm(alarm, 0, 10'000);
  wheel.advance(9'000);
  EXPECT_EQ(alarm.rings, 0);
  wheel.arm(alarm, 9'000, 50);
  wheel.advance(9'080);
  EXPECT_EQ(alarm.rings, 1);
  wheel.advance(60'000);
  EXPECT_EQ(alarm.rings, 1);
}

TEST(TimerWheelTest, AnAlarmMayArmDisarmAndDestroyOthers) {
  TimerWheel wheel(10, 0);
  Alarm first;
  Alarm second;
  auto third = std::make_unique<Alarm>();
  first.also = [&] {
    TimerWheel::disarm(second);
    third.reset();
    wheel.arm(first, 100, 100);
  };
  wheel.arm(first, 0, 90);
  wheel.arm(second, 0, 90);
  wheel.arm(*third, 0, 90);
  wheel.advance(110);
  EXPECT_EQ(first.rings, 1);
  EXPECT_EQ(second.rings, 0);
  first.also = nullptr;
  wheel.advance(230);
  EXPECT_EQ(first.rings, 2);
}

}  // namespace
}  // namespace shunt::host::front
