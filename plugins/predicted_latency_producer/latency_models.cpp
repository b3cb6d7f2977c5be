// SPDX-License-Identifier: Apache-2.0
#include "latency_models.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace predicted_latency {
namespace {

// The common models hear of all endpoints, so they may remember more requests for the same time.
constexpr double kCommonMemory = 4.0;
// Mean observations of the common model that stand beside those of an endpoint.
constexpr double kPriorObservations = 4.0;

constexpr std::uint64_t kCommonKey = 1;
constexpr std::uint64_t kMagic = 0x3130746c64657270;  // "predlt01" on a machine with the low byte first
constexpr int kReads = 8;

// What old observations keep after a time without new ones: half after stale_ns.
double kept(std::int64_t since_ns, std::int64_t now_ns, std::int64_t stale_ns) noexcept {
  if (now_ns <= since_ns) return 1.0;
  return std::exp2(-(static_cast<double>(now_ns) - static_cast<double>(since_ns)) / static_cast<double>(stale_ns));
}

}  // namespace

void PublishedLines::publish(std::uint64_t key, std::int64_t learned_ns, const Lines& lines) noexcept {
  const std::uint64_t version = version_.load(std::memory_order_relaxed);
  version_.store(version + 1, std::memory_order_relaxed);
  // Whoever reads one of these sees that the version is odd, or later.
  key_.store(key, std::memory_order_release);
  learned_ns_.store(learned_ns, std::memory_order_release);
  for (std::size_t i = 0; i < kLatencies; ++i) {
    for (std::size_t k = 0; k < kFeatures; ++k) {
      numbers_[i * kLine + k].store(lines.line[i].weights[k], std::memory_order_release);
    }
    numbers_[i * kLine + kFeatures].store(lines.known[i] ? lines.line[i].least_ms : -1.0, std::memory_order_release);
  }
  version_.store(version + 2, std::memory_order_release);
}

bool PublishedLines::read(std::uint64_t key, LatencySet wanted, Lines& lines, std::int64_t& learned_ns) const noexcept {
  for (int tries = 0; tries < kReads; ++tries) {
    const std::uint64_t version = version_.load(std::memory_order_acquire);
    if ((version & 1) != 0) continue;
    const bool same = key_.load(std::memory_order_acquire) == key;
    learned_ns = learned_ns_.load(std::memory_order_acquire);
    for (std::size_t i = 0; i < kLatencies; ++i) {
      if ((wanted >> i & 1) == 0) continue;
      for (std::size_t k = 0; k < kFeatures; ++k) {
        lines.line[i].weights[k] = numbers_[i * kLine + k].load(std::memory_order_acquire);
      }
      lines.line[i].least_ms = numbers_[i * kLine + kFeatures].load(std::memory_order_acquire);
      lines.known[i] = lines.line[i].least_ms >= 0.0;
    }
    if (version_.load(std::memory_order_relaxed) == version) return same;
  }
  return false;
}

Lines Predictor::lines(std::uint64_t endpoint, LatencySet wanted) const noexcept {
  Lines lines;
  std::int64_t learned_ns = 0;
  const std::uint32_t at = models_->map_.find(endpoint);
  const bool own =
      at != shunt::sdk::EndpointMap::kNone && models_->published_[at].read(endpoint, wanted, lines, learned_ns);
  // A slow endpoint that nobody sends to any more would stay slow for ever.
  const bool counts = own && !(now_ns_ > learned_ns && now_ns_ - learned_ns > models_->settings_.stale_ns);
  for (std::size_t i = 0; i < kLatencies; ++i) {
    if ((wanted >> i & 1) == 0) continue;
    // Nothing is known of an endpoint before enough is known of all.
    if (counts && lines.known[i] && common_.known[i]) continue;
    lines.known[i] = common_.known[i];
    lines.line[i] = common_.line[i];
  }
  return lines;
}

LatencyModels::LatencyModels(std::size_t capacity, const ModelSettings& settings)
    : settings_(settings),
      map_(capacity),
      own_(map_.capacity()),
      learned_ns_(map_.capacity()),
      published_(std::make_unique<PublishedLines[]>(map_.capacity())) {
  settings_.stale_ns = std::max<std::int64_t>(settings_.stale_ns, 1);
  publish_common();
}

bool LatencyModels::learn(std::uint64_t endpoint, Latency latency, const Features& features, double latency_ms,
                          std::int64_t now_ns) {
  const auto i = static_cast<std::size_t>(latency);
  // The common model first: it is what the endpoint's own leans on.
  const Learning of_all{settings_.memory * kCommonMemory, 1.0, nullptr, 0.0};
  if (!common_[i].learn(features, latency_ms, of_all)) return false;
  publish_common();
  const std::uint32_t at = place_for(endpoint);
  if (at == shunt::sdk::EndpointMap::kNone) return true;
  Own& own = own_[at];
  const std::int64_t time_ns = std::max<std::int64_t>(now_ns, 0);
  const Learning of_one{settings_.memory, kept(own.learned_ns[i], time_ns, settings_.stale_ns), &common_[i],
                        kPriorObservations};
  (void)own.models[i].learn(features, latency_ms, of_one);
  own.learned_ns[i] = learned_ns_[at] = time_ns;
  publish(at);
  return true;
}

// The index of an endpoint, which is another one's no more where there is no room.
std::uint32_t LatencyModels::place_for(std::uint64_t endpoint) {
  std::uint32_t at = map_.find(endpoint);
  if (at != shunt::sdk::EndpointMap::kNone || endpoint == 0) return at;
  if (map_.size() == map_.capacity()) {
    const auto oldest = std::min_element(learned_ns_.begin(), learned_ns_.end());
    forget(map_.key(static_cast<std::uint32_t>(oldest - learned_ns_.begin())));
  }
  at = map_.insert(endpoint);
  if (at != shunt::sdk::EndpointMap::kNone) own_[at] = {};
  return at;
}

void LatencyModels::forget(std::uint64_t endpoint) noexcept { (void)map_.erase(endpoint); }

void LatencyModels::publish_common() noexcept {
  Lines lines;
  for (std::size_t i = 0; i < kLatencies; ++i) {
    lines.line[i] = common_[i].line();
    lines.known[i] = common_[i].observations() >= std::max<std::uint64_t>(settings_.least_observations, 1);
  }
  published_common_.publish(kCommonKey, 0, lines);
}

void LatencyModels::publish(std::uint32_t at) noexcept {
  Lines lines;
  for (std::size_t i = 0; i < kLatencies; ++i) {
    lines.line[i] = own_[at].models[i].line();
    // Each by its own age: answers of another sort keep the endpoint young, not what was learned of this one.
    const bool stale = learned_ns_[at] - own_[at].learned_ns[i] > settings_.stale_ns;
    lines.known[i] = own_[at].models[i].observations() > 0 && !stale;
  }
  published_[at].publish(map_.key(at), learned_ns_[at], lines);
}

Predictor LatencyModels::predictor(std::int64_t now_ns) const noexcept {
  Predictor predictor;
  predictor.models_ = this;
  predictor.now_ns_ = now_ns;
  std::int64_t ignored = 0;
  if (!published_common_.read(kCommonKey, kAllLatencies, predictor.common_, ignored)) predictor.common_.known = {};
  return predictor;
}

const LinearModel* LatencyModels::own(std::uint64_t endpoint, Latency latency) const noexcept {
  const std::uint32_t at = map_.find(endpoint);
  return at == shunt::sdk::EndpointMap::kNone ? nullptr : &own_[at].models[static_cast<std::size_t>(latency)];
}

void LatencyModels::save(shunt::sdk::StateWriter& out) const {
  std::vector<std::uint32_t> newest_first(own_.size());
  std::iota(newest_first.begin(), newest_first.end(), 0u);
  std::erase_if(newest_first, [this](std::uint32_t at) { return map_.key(at) == 0; });
  std::sort(newest_first.begin(), newest_first.end(), [this](std::uint32_t a, std::uint32_t b) {
    return learned_ns_[a] != learned_ns_[b] ? learned_ns_[a] > learned_ns_[b] : map_.key(a) < map_.key(b);
  });
  constexpr std::uint64_t kModels = kLatencies * LinearModel::kNumbers * sizeof(double);
  constexpr std::uint64_t kOwn = kModels + (1 + kLatencies) * sizeof(std::uint64_t);
  constexpr std::uint64_t kAround = kModels + 8 * sizeof(std::uint64_t);
  const std::uint64_t room = out.capacity() > kAround ? (out.capacity() - kAround) / kOwn : 0;
  if (newest_first.size() > room) newest_first.resize(room);

  shunt::sdk::WordWriter words(kMagic);
  const auto add = [&words](const std::array<LinearModel, kLatencies>& models) {
    for (const LinearModel& model : models) {
      for (const double number : model.numbers()) words.add(number);
    }
  };
  words.add(std::uint64_t{kFeatures});
  words.add(std::uint64_t{newest_first.size()});
  add(common_);
  for (const std::uint32_t at : newest_first) {
    words.add(map_.key(at));
    for (const std::int64_t learned_ns : own_[at].learned_ns) words.add(learned_ns);
    add(own_[at].models);
  }
  words.write(out);
}

const char* LatencyModels::load(const shunt::sdk::SavedState& saved) {
  shunt::sdk::WordReader words(saved, kMagic);
  const auto read = [&words](std::array<LinearModel, kLatencies>& models) {
    for (LinearModel& model : models) {
      std::array<double, LinearModel::kNumbers> numbers{};
      for (double& number : numbers) number = words.number();
      if (!model.restore(numbers)) words.fail("the saved state holds a model that cannot be");
    }
  };
  if (words.whole() != kFeatures) words.fail("the saved state was made with other features");
  const std::uint64_t endpoints = words.whole();
  read(common_);
  constexpr std::size_t kOwnWords = 1 + kLatencies + kLatencies * LinearModel::kNumbers;
  if (words.left() % kOwnWords != 0 || words.left() / kOwnWords != endpoints) {
    words.fail("the saved state does not have the endpoints that it states");
  }
  for (std::uint64_t n = 0; n < endpoints && words.problem() == nullptr; ++n) {
    const std::uint64_t key = words.whole();
    Own own;
    for (std::int64_t& learned_ns : own.learned_ns) learned_ns = std::max<std::int64_t>(words.time(), 0);
    read(own.models);
    if (map_.find(key) != shunt::sdk::EndpointMap::kNone) words.fail("the saved state holds an endpoint twice");
    // Those that learned last come first: the rest does not fit here.
    const std::uint32_t at = words.problem() == nullptr ? map_.insert(key) : shunt::sdk::EndpointMap::kNone;
    if (at == shunt::sdk::EndpointMap::kNone) continue;
    own_[at] = own;
    learned_ns_[at] = *std::max_element(own.learned_ns.begin(), own.learned_ns.end());
    publish(at);
  }
  publish_common();
  return words.problem();
}

}  // namespace predicted_latency
