// SPDX-License-Identifier: Apache-2.0
// models_survey.hpp: asks all endpoints of a pool which models they serve.
//
//   surveys.ask(*picture, credentials, session);      // session.on_models() follows, perhaps at once
//   surveys.forget(session);                          // it hears nothing
#pragma once

#include "live/pool_picture.hpp"
#include "serve/front/models_page.hpp"
#include "serve/front/timer_wheel.hpp"
#include "serve/front/upstream_pool.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::host::front {

class ModelsWaiter {
 public:
  // nullptr: nobody said anything. Valid during the call.
  virtual void on_models(const std::string* page) noexcept = 0;

 protected:
  ~ModelsWaiter() = default;
};

// For one thread. One survey serves everybody who shows the same credentials while it is fresh. An endpoint that does not
// answer in time, or with something else, adds nothing; the others are not held up by it for longer than a survey may take.
class ModelSurveys {
 public:
  ModelSurveys(UpstreamPool& upstreams, TimerWheel& wheel, const std::int64_t& now_ms);
  ~ModelSurveys();
  ModelSurveys(const ModelSurveys&) = delete;
  ModelSurveys& operator=(const ModelSurveys&) = delete;

  // `credentials`: header lines, each with its end, that endpoints are shown. May run out of memory.
  void ask(const PoolPicture& pool, std::string_view credentials, ModelsWaiter& waiter);
  void forget(const ModelsWaiter& waiter) noexcept;
  // Nobody hears anything more.
  void stop() noexcept;

  static constexpr std::int64_t kFreshMs = 5'000;
  static constexpr std::int64_t kFailedMs = 1'000;  // the same, where nobody said anything
  static constexpr std::int64_t kSurveyMs = 5'000;
  static constexpr std::int64_t kAnswerMs = 2'000;  // of one endpoint
  static constexpr std::size_t kAtOnce = 64;        // endpoints, for one survey
  static constexpr std::size_t kSurveys = 64;       // that are fresh or under way; beyond, nobody is asked
  static constexpr std::size_t kAnswerBytes = 1u << 20;

 private:
  class Survey;
  UpstreamPool& upstreams_;
  TimerWheel& wheel_;
  const std::int64_t& now_ms_;
  std::vector<std::shared_ptr<Survey>> surveys_;
};

}  // namespace shunt::host::front
