// SPDX-License-Identifier: Apache-2.0
#include "latency_models.hpp"
#include "synthetic_load.hpp"

#include <gtest/gtest.h>

#include <malloc.h>

#include <atomic>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace predicted_latency;
using enum Latency;

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr ModelSettings kSettings{.memory = 500, .least_observations = 10, .stale_ns = 300 * kSecond};
const Features kIdle = features_of({});

std::optional<double> predicted(const LatencyModels& models, std::uint64_t endpoint, Latency latency = FirstToken,
                                std::int64_t now_ns = 0, const Features& features = kIdle) {
  const Lines lines = models.predictor(now_ns).lines(endpoint);
  const Line* line = lines.find(latency);
  if (line == nullptr) return std::nullopt;
  return line->at(features);
}

// How many events a test of bounds goes through; the long tier asks for ten million.
std::uint64_t many_events() {
  const char* asked = std::getenv("SHUNT_TEST_EVENTS");
  return asked != nullptr ? std::strtoull(asked, nullptr, 10) : 200'000;
}

TEST(LatencyModels, NothingIsPredictedBeforeEnoughIsKnown) {
  LatencyModels models(16, kSettings);
  EXPECT_FALSE(models.predictor(0).any());
  for (int i = 0; i < 9; ++i) ASSERT_TRUE(models.learn(7, FirstToken, kIdle, 50.0, i));
  EXPECT_EQ(predicted(models, 7), std::nullopt);
  ASSERT_TRUE(models.learn(8, FirstToken, kIdle, 50.0, 9));
  EXPECT_TRUE(models.predictor(0).any());
  EXPECT_NEAR(predicted(models, 7).value(), 50.0, 0.1);
  EXPECT_NEAR(predicted(models, 8).value(), 50.0, 0.1);
  EXPECT_NEAR(predicted(models, 9).value(), 50.0, 0.1) << "an endpoint that nobody knows is like the others";
  EXPECT_EQ(predicted(models, 7, Token), std::nullopt) << "each latency by itself";
  EXPECT_EQ(predicted(models, 7, Whole), std::nullopt);
}

// Answers of another sort keep the endpoint young, not what a cold start has taught of the first token.
TEST(LatencyModels, EachLatencyIsStaleByItself) {
  LatencyModels models(16, kSettings);
  for (int i = 0; i < 400; ++i) ASSERT_TRUE(models.learn(8, FirstToken, kIdle, 50.0, 0));
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(models.learn(7, FirstToken, kIdle, 5000.0, 0));
  const double cold = predicted(models, 7).value();
  const double of_all = predicted(models, 9).value();
  ASSERT_GT(cold, 2 * of_all);
  for (int seconds = 10; seconds <= 310; seconds += 10) {
    ASSERT_TRUE(models.learn(7, Whole, kIdle, 100.0, seconds * kSecond));
  }
  EXPECT_NEAR(predicted(models, 7, FirstToken, 310 * kSecond).value(), of_all, 1e-9);
  EXPECT_TRUE(predicted(models, 7, Whole, 310 * kSecond).has_value());
}

TEST(LatencyModels, EndpointsAreToldApart) {
  LatencyModels models(16, kSettings);
  SyntheticServer fast;
  SyntheticServer slow;
  for (double& ms : slow.milliseconds) ms *= 3;
  SyntheticLoad load(1);
  for (int i = 0; i < 400; ++i) {
    const Features features = load.features();
    models.learn(1, FirstToken, features, load.observe(fast, features), i);
    models.learn(2, FirstToken, features, load.observe(slow, features), i);
  }
  const auto error = [&](const SyntheticServer& server, std::uint64_t endpoint) {
    return mean_error(server, 5, [&](const Features& at) { return *predicted(models, endpoint, FirstToken, 0, at); });
  };
  // A prior of four mean observations among 400 pulls by a hundredth of the difference.
  EXPECT_LT(error(fast, 1), 10.0);
  EXPECT_LT(error(slow, 2), 15.0);
  const double unknown = *predicted(models, 3, FirstToken, 0, load.features());
  EXPECT_TRUE(std::isfinite(unknown));
}

TEST(LatencyModels, AnEndpointThatIsNotAskedIsLikeTheOthersAgain) {
  LatencyModels models(16, kSettings);
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(models.learn(1, FirstToken, kIdle, 20.0, i));
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(models.learn(2, FirstToken, kIdle, 900.0, i));
  EXPECT_GT(predicted(models, 2, FirstToken, 300 * kSecond).value(), 500.0);
  EXPECT_LT(predicted(models, 2, FirstToken, 301 * kSecond).value(), 200.0);
  // What it learns then counts more than what it knew.
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(models.learn(2, FirstToken, kIdle, 20.0, 3000 * kSecond));
  EXPECT_LT(predicted(models, 2, FirstToken, 3000 * kSecond).value(), 100.0);
}

TEST(LatencyModels, TimesOfAnyKindDoNoHarm) {
  LatencyModels models(4, {.memory = 500, .least_observations = 1, .stale_ns = 1});
  for (const std::int64_t now : {INT64_MIN, std::int64_t{-1}, std::int64_t{0}, INT64_MAX, std::int64_t{5}}) {
    ASSERT_TRUE(models.learn(1, FirstToken, kIdle, 20.0, now));
    for (const std::int64_t later : {INT64_MIN, std::int64_t{0}, INT64_MAX}) {
      EXPECT_NEAR(predicted(models, 1, FirstToken, later).value(), 20.0, 1.0);
    }
  }
}

TEST(LatencyModels, TheLongestIdleGivesWay) {
  LatencyModels models(2, {.memory = 500, .least_observations = 1, .stale_ns = 300 * kSecond});
  ASSERT_TRUE(models.learn(1, FirstToken, kIdle, 10.0, 1));
  ASSERT_TRUE(models.learn(2, FirstToken, kIdle, 20.0, 2));
  ASSERT_TRUE(models.learn(1, Token, kIdle, 10.0, 3));
  ASSERT_TRUE(models.learn(3, FirstToken, kIdle, 30.0, 4));
  EXPECT_EQ(models.endpoints(), 2u);
  EXPECT_NE(models.own(1, FirstToken), nullptr);
  EXPECT_EQ(models.own(2, FirstToken), nullptr) << "1 has learned since";
  ASSERT_NE(models.own(3, FirstToken), nullptr);
  EXPECT_EQ(models.own(3, FirstToken)->observations(), 1u) << "nothing is left of the one before";
  EXPECT_EQ(models.own(3, Token)->observations(), 0u);
  models.forget(3);
  models.forget(77);
  EXPECT_EQ(models.endpoints(), 1u);
  EXPECT_TRUE(models.learn(0, FirstToken, kIdle, 30.0, 5)) << "no endpoint teaches the common model only";
  EXPECT_EQ(models.endpoints(), 1u);
}

TEST(LatencyModels, HoldTheirBoundsUnderManyEndpoints) {
  constexpr std::size_t kCapacity = 256;
  LatencyModels models(kCapacity, kSettings);
  std::mt19937_64 draw(23);
  const auto step = [&](std::uint64_t i) {
    const std::uint64_t endpoint = draw() % 3000 + 1;
    if (draw() % 64 == 0) return models.forget(endpoint);
    const Features features =
        features_of({.queue = static_cast<double>(draw() % 100), .running = std::bit_cast<double>(draw())});
    (void)models.learn(endpoint, static_cast<Latency>(draw() % kLatencies), features, std::bit_cast<double>(draw()),
                       static_cast<std::int64_t>(i * 1000));
  };
  step(0);
  const std::size_t before = mallinfo2().uordblks;
  const std::uint64_t events = many_events();
  for (std::uint64_t i = 1; i < events; ++i) {
    step(i);
    if (i % 997 != 0) continue;
    ASSERT_LE(models.endpoints(), kCapacity);
    const std::uint64_t endpoint = draw() % 3000 + 1;
    for (const Latency latency : {FirstToken, Token, Whole}) {
      const double ms = predicted(models, endpoint, latency, static_cast<std::int64_t>(i * 1000)).value_or(0);
      ASSERT_TRUE(ms >= 0.0 && ms <= kLongestMs) << ms;
    }
  }
  EXPECT_EQ(mallinfo2().uordblks, before);
  EXPECT_EQ(models.endpoints(), kCapacity);
}

// Every line that is ever published has six equal weights, so whoever reads half of one would see two different ones.
TEST(LatencyModels, ReadersNeverSeeHalfALine) {
  PublishedLines published;
  std::atomic<bool> done{false};
  std::atomic<std::uint64_t> wrong{0};
  std::atomic<std::uint64_t> read{0};
  std::vector<std::jthread> readers;
  for (int t = 0; t < 3; ++t) {
    readers.emplace_back([&] {
      while (!done.load(std::memory_order_relaxed)) {
        Lines lines;
        std::int64_t learned_ns = 0;
        if (!published.read(5, kAllLatencies, lines, learned_ns)) continue;
        read.fetch_add(1, std::memory_order_relaxed);
        for (const Line& line : lines.line) {
          for (const double weight : line.weights) wrong += weight != static_cast<double>(learned_ns);
        }
      }
    });
  }
  for (std::int64_t i = 1; i < 20'000 || read.load() == 0; ++i) {
    Lines lines;
    for (Line& line : lines.line) line.weights.fill(static_cast<double>(i));
    // Another endpoint's from time to time: then there is nothing to read.
    published.publish(i % 7 == 0 ? 6 : 5, i, lines);
  }
  done = true;
  readers.clear();
  EXPECT_EQ(wrong, 0u);
}

TEST(LatencyModels, PredictWhileOthersLearnAndForget) {
  LatencyModels models(8, kSettings);
  std::atomic<bool> done{false};
  std::atomic<std::uint64_t> wrong{0};
  std::vector<std::jthread> readers;
  for (int t = 0; t < 3; ++t) {
    readers.emplace_back([&] {
      while (!done.load(std::memory_order_relaxed)) {
        const Predictor predictor = models.predictor(5);
        for (std::uint64_t endpoint = 1; endpoint < 20; ++endpoint) {
          const Lines lines = predictor.lines(endpoint);
          // Latencies of an endpoint are 100 times its number, and the common ones lie between.
          if (const Line* line = lines.find(FirstToken)) {
            const double ms = line->at(kIdle);
            wrong += !(ms > 99.0 && ms < 1901.0);
          }
        }
      }
    });
  }
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    const std::uint64_t endpoint = 1 + i * 7 % 19;
    models.learn(endpoint, FirstToken, kIdle, 100.0 * static_cast<double>(endpoint), static_cast<std::int64_t>(i));
    if (i % 50 == 0) models.forget(endpoint);
  }
  done = true;
  readers.clear();
  EXPECT_EQ(wrong, 0u);
}

// ---- saving

std::string saved(const LatencyModels& models, std::uint64_t capacity = 1 << 20) {
  static thread_local std::string bytes;
  bytes.clear();
  shunt_state_stream stream{};
  stream.size = sizeof stream;
  stream.capacity = capacity;
  stream.write = [](shunt_state_stream*, const void* data, std::uint64_t size) {
    bytes.append(static_cast<const char*>(data), size);
    return std::int32_t{SHUNT_OK};
  };
  shunt::sdk::StateWriter out(stream);
  models.save(out);
  return bytes;
}

const char* load(LatencyModels& models, std::string_view bytes) {
  // Behind one byte, so that nothing is aligned.
  const std::string moved = "!" + std::string(bytes);
  return models.load(shunt::sdk::SavedState("1", std::string_view(moved).substr(1)));
}

void teach(LatencyModels& models, std::uint64_t endpoints) {
  SyntheticLoad load(31);
  const SyntheticServer server;
  for (std::uint64_t i = 0; i < endpoints * 30; ++i) {
    const Features features = load.features();
    models.learn(1 + i % endpoints, FirstToken, features, load.observe(server, features), static_cast<std::int64_t>(i));
  }
}

TEST(SavedModels, GoOnWhereTheOldOnesWere) {
  LatencyModels old_ones(16, kSettings);
  teach(old_ones, 5);
  LatencyModels new_ones(16, kSettings);
  ASSERT_EQ(load(new_ones, saved(old_ones)), nullptr);
  EXPECT_EQ(new_ones.endpoints(), 5u);
  SyntheticLoad more(37);
  for (std::uint64_t i = 0; i < 100; ++i) {
    const Features features = more.features();
    const std::uint64_t endpoint = 1 + i % 7;
    ASSERT_EQ(predicted(old_ones, endpoint, FirstToken, 5, features),
              predicted(new_ones, endpoint, FirstToken, 5, features));
    old_ones.learn(endpoint, FirstToken, features, 100.0, 1000);
    new_ones.learn(endpoint, FirstToken, features, 100.0, 1000);
  }
}

TEST(SavedModels, WhatDoesNotFitIsTheOldest) {
  LatencyModels old_ones(16, kSettings);
  teach(old_ones, 10);
  const std::string all = saved(old_ones);
  LatencyModels small(3, kSettings);
  ASSERT_EQ(load(small, all), nullptr);
  EXPECT_EQ(small.endpoints(), 3u);
  EXPECT_NE(small.own(10, FirstToken), nullptr) << "it learned last";
  EXPECT_EQ(small.own(1, FirstToken), nullptr);

  const std::string cut = saved(old_ones, all.size() / 2);
  EXPECT_LE(cut.size(), all.size() / 2);
  LatencyModels half(16, kSettings);
  ASSERT_EQ(load(half, cut), nullptr);
  EXPECT_GE(half.endpoints(), 3u);
  EXPECT_NE(half.own(10, FirstToken), nullptr);
}

TEST(SavedModels, DamageIsRefused) {
  LatencyModels old_ones(16, kSettings);
  teach(old_ones, 3);
  const std::string good = saved(old_ones);
  const auto refused = [](std::string_view bytes) {
    LatencyModels models(16, kSettings);
    return load(models, bytes) != nullptr;
  };
  EXPECT_FALSE(refused(good));
  for (std::size_t length = 0; length < good.size(); length += 37)
    EXPECT_TRUE(refused(good.substr(0, length))) << length;
  for (std::size_t at = 0; at < good.size(); at += 11) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    EXPECT_TRUE(refused(bad)) << at;
  }
  EXPECT_TRUE(refused(good + std::string(8, '\0')));
}

}  // namespace
