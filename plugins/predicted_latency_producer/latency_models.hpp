// SPDX-License-Identifier: Apache-2.0
// latency_models.hpp: a model of every latency for every endpoint, and one for all of them together. One thread learns, any
// number predict; predicting takes no lock.
//
//   LatencyModels models(4096, {.memory = 500});
//   models.learn(endpoint_key, Latency::FirstToken, features, 120.0, now_ns);
//   const Predictor predictor = models.predictor(now_ns);       // once per call
//   const Lines lines = predictor.lines(endpoint_key, set_of(Latency::FirstToken));   // once per endpoint
#pragma once

#include "linear_model.hpp"

#include <shunt/sdk/endpoint_map.hpp>
#include <shunt/sdk/state_words.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace predicted_latency {

// What is predicted.
enum class Latency : std::size_t {
  FirstToken,  // to the first token of a streamed answer
  Token,       // per output token
  Whole,       // to the end of an answer that is not streamed
};
inline constexpr std::size_t kLatencies = 3;

// Some of them; what is not wanted is not read.
using LatencySet = std::uint32_t;
constexpr LatencySet set_of(Latency latency) { return 1u << static_cast<std::size_t>(latency); }
inline constexpr LatencySet kAllLatencies = (1u << kLatencies) - 1;

// The lines of one endpoint, by Latency.
struct Lines {
  std::array<Line, kLatencies> line{};
  std::array<bool, kLatencies> known{};  // something was learned

  const Line* find(Latency latency) const noexcept {
    const auto i = static_cast<std::size_t>(latency);
    return known[i] ? &line[i] : nullptr;
  }
};

// What readers see of one endpoint: as it was at some moment, never half of it.
class PublishedLines {
 public:
  // [one thread at a time]
  void publish(std::uint64_t key, std::int64_t learned_ns, const Lines& lines) noexcept;
  // False: it is another endpoint's, or was being written again and again. `learned_ns` is when it was last written; lines that
  // are not wanted stay as they are.
  bool read(std::uint64_t key, LatencySet wanted, Lines& lines, std::int64_t& learned_ns) const noexcept;

 private:
  // Weights and shortest latency; a negative one says that the line is not known.
  static constexpr std::size_t kLine = kFeatures + 1;
  std::atomic<std::uint64_t> version_{0};  // odd while it is written
  std::atomic<std::uint64_t> key_{0};
  std::atomic<std::int64_t> learned_ns_{0};
  std::array<std::atomic<double>, kLatencies * kLine> numbers_{};
};

// How all models learn.
struct ModelSettings {
  double memory = 500.0;                  // requests of an endpoint after which one counts 1/e as much
  std::uint64_t least_observations = 10;  // of all endpoints together, before which nothing is predicted
  std::int64_t stale_ns =
      300'000'000'000;  // without anything learned, after which an endpoint's own models count no more
};

class LatencyModels;

// One call's view of the models: the common ones, and a way to those of endpoints.
class Predictor {
 public:
  // The endpoint's own lines, the common ones where it has none that count. Those that are not wanted are not known.
  Lines lines(std::uint64_t endpoint, LatencySet wanted = kAllLatencies) const noexcept;
  // Something is known of at least one latency.
  bool any() const noexcept { return common_.known[0] || common_.known[1] || common_.known[2]; }

 private:
  friend class LatencyModels;
  const LatencyModels* models_ = nullptr;
  Lines common_;
  std::int64_t now_ns_ = 0;
};

// Bounded: memory is taken in the constructor. Beyond `capacity` endpoints the one that learned longest ago is forgotten, and
// predicted by the common models again.
class LatencyModels {
 public:
  LatencyModels(std::size_t capacity, const ModelSettings& settings);

  // False: the observation cannot be used. [one thread at a time]
  bool learn(std::uint64_t endpoint, Latency latency, const Features& features, double latency_ms, std::int64_t now_ns);
  // [one thread at a time]
  void forget(std::uint64_t endpoint) noexcept;

  // [any thread]
  Predictor predictor(std::int64_t now_ns) const noexcept;

  // Endpoints with models of their own. [any thread]
  std::size_t endpoints() const noexcept { return map_.size(); }
  // The common model of a latency. [not beside learn()]
  const LinearModel& common(Latency latency) const noexcept { return common_[static_cast<std::size_t>(latency)]; }
  // An endpoint's own; null where it has none. [not beside learn()]
  const LinearModel* own(std::uint64_t endpoint, Latency latency) const noexcept;

  // What was learned, at most `capacity` bytes of it: endpoints that learned longest ago are left out. [not beside learn()]
  void save(shunt::sdk::StateWriter& out) const;
  // Into models that have learned nothing yet. nullptr, or what is wrong; then this is to be thrown away.
  const char* load(const shunt::sdk::SavedState& saved);

 private:
  friend class Predictor;
  // Of one endpoint.
  struct Own {
    std::array<LinearModel, kLatencies> models;
    std::array<std::int64_t, kLatencies> learned_ns{};
  };

  std::uint32_t place_for(std::uint64_t endpoint);
  void publish_common() noexcept;
  void publish(std::uint32_t at) noexcept;

  ModelSettings settings_;
  shunt::sdk::EndpointMap map_;
  std::array<LinearModel, kLatencies> common_;
  std::vector<Own> own_;                         // by index of map_
  std::vector<std::int64_t> learned_ns_;         // the same, close together: what is looked through for the oldest
  std::unique_ptr<PublishedLines[]> published_;  // the same
  PublishedLines published_common_;
};

}  // namespace predicted_latency
