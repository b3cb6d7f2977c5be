// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <shunt/framework/endpoint_table.hpp>
#include <string>
#include <vector>

#include "data/fetch_schedule.hpp"
#include "data/health_counter.hpp"

namespace {

using shunt::host::fetch_seed;
using shunt::host::FetchSchedule;
using shunt::host::Health;
using shunt::host::HealthCheckSettings;
using shunt::host::HealthCounter;

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kNow = 123'456'789'012;

TEST(FetchSchedule, KeepsItsBeat) {
  FetchSchedule schedule(42, 50 * kMs, 1000 * kMs);
  std::int64_t last = schedule.first_ns(kNow);
  EXPECT_GE(last, kNow);
  EXPECT_LT(last, kNow + 50 * kMs);
  last = schedule.after_success(last);
  for (int i = 0; i < 100; ++i) {
    const std::int64_t next = schedule.after_success(last + (i % 20) * kMs);  // fetches take up to 19 ms
    EXPECT_EQ(next - last, 50 * kMs);
    last = next;
  }
}

TEST(FetchSchedule, LeavesOutTheBeatsThatASlowFetchMissed) {
  FetchSchedule schedule(42, 50 * kMs, 1000 * kMs);
  const std::int64_t beat = schedule.after_success(kNow);
  const std::int64_t next = schedule.after_success(beat + 180 * kMs);
  EXPECT_EQ((next - beat) % (50 * kMs), 0);
  EXPECT_GE(next, beat + 200 * kMs);
  EXPECT_LE(next, beat + 250 * kMs);
}

TEST(FetchSchedule, NobodyIsAskedTwiceInARow) {
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    FetchSchedule schedule(seed, 1000 * kMs, 1000 * kMs);
    const std::int64_t first = schedule.first_ns(kNow);
    const std::int64_t second = schedule.after_success(first);
    EXPECT_GE(second - first, 500 * kMs);
    EXPECT_LE(second - first, 1500 * kMs);
  }
}

TEST(FetchSchedule, NewcomersAreAskedSoon) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const FetchSchedule schedule(seed * 12345678901, 600'000 * kMs, 1000 * kMs);
    EXPECT_LT(schedule.first_ns(kNow) - kNow, FetchSchedule::kFirstWithinNs);
  }
}

// 1,000 endpoints and one second: no stretch of 10 ms has much more than its share of 10.
TEST(FetchSchedule, EndpointsAreSpread) {
  std::vector<int> per_stretch(100);
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t seed = fetch_seed(shunt::endpoint_key("pod-" + std::to_string(i)), "/metrics");
    FetchSchedule schedule(seed, 1000 * kMs, 1000 * kMs);
    ++per_stretch[static_cast<std::size_t>(schedule.after_success(kNow) / (10 * kMs) % 100)];
  }
  EXPECT_LE(*std::max_element(per_stretch.begin(), per_stretch.end()), 25);
  EXPECT_NE(fetch_seed(1, "/metrics"), fetch_seed(1, "/health"));
  EXPECT_EQ(fetch_seed(1, "/metrics"), fetch_seed(1, "/metrics"));
}

TEST(FetchSchedule, BacksOffUpToTheLimitAndDifferentlyForEverybody) {
  std::vector<std::int64_t> thirds;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    FetchSchedule schedule(fetch_seed(seed, "x"), 100 * kMs, 2000 * kMs);
    std::int64_t longest = 200 * kMs;
    for (int failure = 1; failure <= 70; ++failure) {
      const std::int64_t pause = schedule.after_failure(kNow) - kNow;
      EXPECT_GE(pause, std::max(longest / 2, 100 * kMs));
      EXPECT_LE(pause, longest);
      if (failure == 3) thirds.push_back(pause);
      longest = std::min(longest * 2, 2000 * kMs);
    }
    EXPECT_LE(schedule.after_success(kNow) - kNow, 150 * kMs);
    EXPECT_LE(schedule.after_failure(kNow) - kNow, 200 * kMs);  // begins anew
  }
  std::sort(thirds.begin(), thirds.end());
  EXPECT_GT(std::unique(thirds.begin(), thirds.end()) - thirds.begin(), 90);
}

TEST(FetchSchedule, TheLimitNeverShortensTheInterval) {
  FetchSchedule schedule(7, 60'000 * kMs, 10 * kMs);
  EXPECT_GE(schedule.after_failure(kNow) - kNow, 60'000 * kMs);
}

TEST(HealthCounter, CountsInARow) {
  HealthCheckSettings settings;
  settings.unhealthy_after = 3;
  settings.healthy_after = 2;
  HealthCounter counter(settings);
  EXPECT_EQ(counter.health(), Health::Unknown);
  EXPECT_EQ(counter.failed(), std::nullopt);
  EXPECT_EQ(counter.failed(), std::nullopt);
  EXPECT_EQ(counter.succeeded(), std::nullopt);
  EXPECT_EQ(counter.succeeded(), Health::Healthy);
  EXPECT_EQ(counter.succeeded(), std::nullopt);
  EXPECT_EQ(counter.failed(), std::nullopt);
  EXPECT_EQ(counter.failed(), std::nullopt);
  EXPECT_EQ(counter.health(), Health::Healthy);
  EXPECT_EQ(counter.failed(), Health::Unhealthy);
  EXPECT_EQ(counter.failed(), std::nullopt);
  EXPECT_EQ(counter.succeeded(), std::nullopt);
  EXPECT_EQ(counter.failed(), std::nullopt);
  EXPECT_EQ(counter.succeeded(), std::nullopt);
  EXPECT_EQ(counter.succeeded(), Health::Healthy);
}

TEST(HealthCounter, OneSuccessIsEnoughByDefault) {
  HealthCounter counter{HealthCheckSettings{}};
  EXPECT_EQ(counter.succeeded(), Health::Healthy);
}

TEST(HealthCounter, WhoNeverAnsweredBecomesUnhealthy) {
  HealthCounter counter{HealthCheckSettings{}};
  EXPECT_EQ(counter.failed(), std::nullopt);
  EXPECT_EQ(counter.failed(), std::nullopt);
  EXPECT_EQ(counter.failed(), Health::Unhealthy);
}

}  // namespace
