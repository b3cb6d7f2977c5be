// SPDX-License-Identifier: Apache-2.0
// Random servers: what is linear is learned, whatever the server; and whatever is observed, predictions stay latencies.
#include "linear_model.hpp"
#include "synthetic_load.hpp"

#include <gtest/gtest.h>

#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

namespace {

using namespace predicted_latency;

constexpr Learning kHow{.memory = 500};

// With a noise of n, six weights and 400 observations the error of a mean is about n * sqrt(6 / 400), 0.12 n. A tenth of a
// percent of the latencies is what the ridge may cost.
RC_GTEST_PROP(LinearModelProperty, ARandomServerIsLearnedWithin400Answers, ()) {
  SyntheticServer server;
  double sum = 0.0;
  for (double& ms : server.milliseconds) {
    ms = *rc::gen::inRange(0, 2000);
    sum += ms;
  }
  server.milliseconds[0] += 5.0;
  server.noise_ms = *rc::gen::inRange(0, 40);
  SyntheticLoad load(*rc::gen::inRange<std::uint64_t>(0, 1'000'000));
  LinearModel model;
  for (int i = 0; i < 400; ++i) {
    const Features features = load.features();
    RC_ASSERT(model.learn(features, load.observe(server, features), kHow));
  }
  const double error = mean_error(server, 4242, [&](const Features& features) { return model.predict(features); });
  RC_ASSERT(error <= 0.3 * server.noise_ms + 0.001 * sum + 0.5);
}

RC_GTEST_PROP(LinearModelProperty, PredictionsAreLatenciesWhateverIsObserved, ()) {
  LinearModel model;
  LinearModel prior;
  const auto steps = *rc::gen::container<std::vector<std::pair<std::uint64_t, std::uint64_t>>>(
      rc::gen::pair(rc::gen::arbitrary<std::uint64_t>(), rc::gen::arbitrary<std::uint64_t>()));
  for (const auto& [load, latency] : steps) {
    // Any bits at all.
    const Features features =
        features_of({std::bit_cast<double>(load), std::bit_cast<double>(load * 3),
                     std::bit_cast<double>(load ^ latency), static_cast<double>(load), static_cast<double>(latency)});
    const double ms = latency % 2 == 0 ? std::bit_cast<double>(latency) : static_cast<double>(latency);
    (void)prior.learn(features, ms, kHow);
    (void)model.learn(features, ms, {.memory = 20, .kept = 0.5, .prior = &prior, .prior_observations = 4});
    const double predicted = model.predict(features);
    RC_ASSERT(predicted >= 0.0 && predicted <= kLongestMs);
    RC_ASSERT(std::isfinite(model.mean_error_ms()));
  }
}

}  // namespace
