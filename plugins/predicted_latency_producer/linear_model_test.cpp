// SPDX-License-Identifier: Apache-2.0
#include "linear_model.hpp"
#include "synthetic_load.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

namespace {

using namespace predicted_latency;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr Learning kHow{.memory = 500};

void learn(LinearModel& model, const SyntheticServer& server, SyntheticLoad& load, int observations,
           const Learning& how = kHow) {
  for (int i = 0; i < observations; ++i) {
    const Features features = load.features();
    ASSERT_TRUE(model.learn(features, load.observe(server, features), how));
  }
}

double error_of(const LinearModel& model, const SyntheticServer& server) {
  return mean_error(server, 99, [&](const Features& features) { return model.predict(features); });
}

TEST(LinearModel, LearnsWhatIsLinear) {
  struct Case {
    SyntheticServer server;
    int observations;
    double bound_ms;
  };
  const std::vector<Case> cases{
      {{.milliseconds = {40, 60, 80, 30, 120, 50}, .noise_ms = 0}, 60, 1.0},
      {{.milliseconds = {40, 60, 80, 30, 120, 50}, .noise_ms = 5}, 100, 3.0},
      {{.milliseconds = {40, 60, 80, 30, 120, 50}, .noise_ms = 5}, 300, 1.5},
      {{.milliseconds = {40, 60, 80, 30, 120, 50}, .noise_ms = 50}, 1000, 15.0},
      {{.milliseconds = {200, 0, 0, 0, 900, 0}, .noise_ms = 20}, 300, 6.0},
      {{.milliseconds = {8, 0, 6, 2, 0, 0}, .noise_ms = 1}, 300, 0.3},
      {{.milliseconds = {5000, 3000, 100, 0, 20000, 0}, .noise_ms = 200}, 300, 60.0},
      {{.milliseconds = {12, 0, 0, 0, 0, 0}, .noise_ms = 1}, 300, 0.3},
  };
  for (const Case& one : cases) {
    LinearModel model;
    SyntheticLoad load(7);
    learn(model, one.server, load, one.observations);
    EXPECT_LT(error_of(model, one.server), one.bound_ms)
        << one.server.milliseconds[0] << " ms and more, noise " << one.server.noise_ms << ", " << one.observations;
    EXPECT_EQ(model.observations(), static_cast<std::uint64_t>(one.observations));
    EXPECT_LT(model.mean_error_ms(), one.server.noise_ms * 1.6 + 2.0);
  }
}

TEST(LinearModel, FollowsAServerThatChanges) {
  const SyntheticServer fast;
  SyntheticServer slow = fast;
  for (double& ms : slow.milliseconds) ms *= 10;
  LinearModel model;
  SyntheticLoad load(3);
  learn(model, fast, load, 1000, {.memory = 100});
  const double before = error_of(model, slow);
  learn(model, slow, load, 600, {.memory = 100});
  EXPECT_LT(error_of(model, slow), before / 50);
  learn(model, fast, load, 900, {.memory = 100});
  EXPECT_LT(error_of(model, fast), 6.0) << "and back";
}

TEST(LinearModel, OneOutlierMovesLittle) {
  const SyntheticServer server;
  LinearModel model;
  SyntheticLoad load(5);
  learn(model, server, load, 300);
  const double before = error_of(model, server);
  ASSERT_TRUE(model.learn(load.features(), 600'000.0, kHow)) << "ten minutes";
  EXPECT_LT(error_of(model, server), before + 1.0);
}

TEST(LinearModel, RefusesWhatIsNoObservation) {
  const Features good = features_of({.queue = 3});
  for (const double ms : {kNan, kInfinity, -kInfinity, 0.0, -1.0}) {
    LinearModel model;
    EXPECT_FALSE(model.learn(good, ms, kHow)) << ms;
    EXPECT_EQ(model.observations(), 0u);
  }
  for (const double odd : {kNan, kInfinity, -0.5, kHighestFeature * 2}) {
    LinearModel model;
    Features features = good;
    features[2] = odd;
    EXPECT_FALSE(model.learn(features, 10.0, kHow)) << odd;
  }
}

TEST(LinearModel, FeaturesOfAnyNumbersAreUsable) {
  for (const double odd : {kNan, kInfinity, -kInfinity, -3.0, 1e300, 5e-324, -0.0}) {
    for (const double x : features_of({odd, odd, odd, odd, odd})) {
      EXPECT_GE(x, 0.0);
      EXPECT_LE(x, kHighestFeature);
    }
  }
}

// Latencies from a picosecond to years, loads from none to the end of the scale, with hardly any memory and with much.
TEST(LinearModel, NothingMakesItLeaveItsRange) {
  for (const double memory : {2.0, 10.0, 1e6}) {
    LinearModel model;
    LinearModel prior;
    std::mt19937_64 draw(11);
    const auto any = [&](const std::vector<double>& of) { return of[draw() % of.size()]; };
    for (int i = 0; i < 100'000; ++i) {
      Features features{1.0};
      for (std::size_t k = 1; k < kFeatures; ++k)
        features[k] = any({0.0, 1e-300, 1e-9, 0.5, 1.0, 999.0, kHighestFeature});
      const double ms = any({1e-9, 1e-300, 0.1, 20.0, 4e3, 3.6e6, 1e15, 1e300});
      ASSERT_TRUE(prior.learn(features, ms, {.memory = memory}));
      ASSERT_TRUE(model.learn(features, ms, {memory, any({0.0, 1e-300, 0.5, 1.0}), &prior, 4.0}));
      for (const Features& at : {features, Features{1.0}, Features{1.0, 1000, 1000, 1000, 1000, 1000}}) {
        const double predicted = model.predict(at);
        ASSERT_TRUE(predicted >= 0.0 && predicted <= kLongestMs) << predicted << " after " << i;
      }
      ASSERT_TRUE(std::isfinite(model.mean_error_ms()));
      ASSERT_LE(model.weight(), memory + 1.0);
    }
  }
}

// The classic form winds up here: its covariance grows without bound while nothing moves, and the first move throws it off.
TEST(LinearModel, DoesNotWindUpWhileNothingMoves) {
  LinearModel model;
  const Features idle = features_of({});
  for (int i = 0; i < 200'000; ++i) ASSERT_TRUE(model.learn(idle, 30.0 + (i % 3), {.memory = 50}));
  EXPECT_NEAR(model.predict(idle), 31.0, 0.5);
  for (const double weight : model.line().weights) EXPECT_LE(std::abs(weight), 32.0);
  const Features busy = features_of({.queue = 8, .uncached_tokens = 1024});
  ASSERT_TRUE(model.learn(busy, 200.0, {.memory = 50}));
  EXPECT_GE(model.predict(busy), model.predict(idle));
  EXPECT_LE(model.predict(busy), 201.0);
}

TEST(LinearModel, IsNeverFarBelowTheShortestLatency) {
  LinearModel model;
  // A steep slope, which leads below 0 where nothing is running.
  for (int i = 0; i < 200; ++i) {
    const double running = 64 + i % 64;
    ASSERT_TRUE(model.learn(features_of({.running = running}), running * 10 - 600, kHow));
  }
  EXPECT_GE(model.predict(features_of({})), 10.0);
}

TEST(LinearModel, APriorStandsInForWhatIsNotKnown) {
  const SyntheticServer server;
  LinearModel prior;
  SyntheticLoad load(13);
  learn(prior, server, load, 500);
  LinearModel alone;
  LinearModel led;
  for (int i = 0; i < 3; ++i) {
    const Features features = load.features();
    const double ms = load.observe(server, features);
    ASSERT_TRUE(alone.learn(features, ms, kHow));
    ASSERT_TRUE(led.learn(features, ms, {500, 1.0, &prior, 4.0}));
  }
  EXPECT_LT(error_of(led, server), 6.0);
  EXPECT_LT(error_of(led, server), error_of(alone, server));
}

TEST(LinearModel, ComesBackFromItsNumbers) {
  const SyntheticServer server;
  LinearModel model;
  SyntheticLoad load(17);
  learn(model, server, load, 50);
  LinearModel copy;
  ASSERT_TRUE(copy.restore(model.numbers()));
  for (int i = 0; i < 50; ++i) {
    const Features features = load.features();
    const double ms = load.observe(server, features);
    ASSERT_TRUE(model.learn(features, ms, kHow));
    ASSERT_TRUE(copy.learn(features, ms, kHow));
    ASSERT_EQ(model.predict(features), copy.predict(features));
  }
  EXPECT_EQ(model.observations(), copy.observations());
}

TEST(LinearModel, RefusesNumbersThatNoModelHas) {
  LinearModel model;
  ASSERT_TRUE(model.learn(features_of({.queue = 2}), 20.0, kHow));
  const auto good = model.numbers();
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const double odd : {kNan, kInfinity, -1e30}) {
      auto numbers = good;
      numbers[i] = odd;
      LinearModel copy;
      EXPECT_FALSE(copy.restore(numbers)) << i;
      EXPECT_EQ(copy.observations(), 0u);
    }
  }
}

}  // namespace
