// SPDX-License-Identifier: Apache-2.0
#include "load_counters.hpp"

#include <algorithm>
#include <thread>

namespace inflight_load {
namespace {

using shunt::sdk::EndpointMap;

// The upper bits are the generation, the lower ones the count.
constexpr int kCountBits = 40;
constexpr std::uint64_t kCountMask = (std::uint64_t{1} << kCountBits) - 1;

constexpr std::uint32_t generation_of(std::uint64_t word) { return static_cast<std::uint32_t>(word >> kCountBits); }
constexpr std::int64_t count_of(std::uint64_t word) { return static_cast<std::int64_t>(word & kCountMask); }
constexpr std::uint64_t word_of(std::uint32_t generation, std::int64_t count) {
  return std::uint64_t{generation} << kCountBits | static_cast<std::uint64_t>(count);
}

// How often a decision asks for its turn to enter an endpoint: far longer than entering one takes.
constexpr int kPatience = 4096;

// Adds to a count, from 0 to kMostTokens. False: its place is another one's.
bool change(std::atomic<std::uint64_t>& counter, std::uint32_t generation, std::int64_t by) noexcept {
  std::uint64_t word = counter.load(std::memory_order_relaxed);
  for (;;) {
    if (generation_of(word) != generation) return false;
    const std::int64_t count = std::clamp<std::int64_t>(count_of(word) + by, 0, kMostTokens);
    if (counter.compare_exchange_weak(word, word_of(generation, count), std::memory_order_acq_rel)) return true;
  }
}

}  // namespace

// The right to change the map.
class LoadCounters::Turn {
 public:
  Turn(LoadCounters& of, bool patient) noexcept : of_(of) {
    for (int tries = 0; !(mine_ = !of_.taken_.exchange(true, std::memory_order_acquire)); ++tries) {
      if (!patient && tries == kPatience) return;
      if (patient) std::this_thread::yield();
    }
  }
  ~Turn() {
    if (mine_) of_.taken_.store(false, std::memory_order_release);
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  explicit operator bool() const noexcept { return mine_; }

 private:
  LoadCounters& of_;
  bool mine_ = false;
};

LoadCounters::LoadCounters(std::size_t capacity)
    : map_(capacity), counters_(std::make_unique<Counter[]>(map_.capacity())) {}

Place LoadCounters::add(std::uint64_t endpoint, std::int64_t requests, std::int64_t tokens) noexcept {
  if (endpoint == 0) return {};
  // Twice round where the endpoint loses its place in between, as one without requests may.
  for (int tries = 0; tries < 4; ++tries) {
    const std::uint32_t index = map_.find(endpoint);
    if (index == EndpointMap::kNone) {
      if (!enter(endpoint)) return {};
      continue;
    }
    const std::uint32_t generation = generation_of(counters_[index].requests.load(std::memory_order_acquire));
    // Whose place it is now: one that is found to be the endpoint's has its generation.
    if (map_.key(index) != endpoint) continue;
    if (!change(counters_[index].requests, generation, requests)) continue;
    (void)change(counters_[index].tokens, generation, tokens);
    return {index, generation};
  }
  return {};
}

void LoadCounters::release(Place place, std::int64_t requests, std::int64_t tokens) noexcept {
  if (!place.counted()) return;
  (void)change(counters_[place.index].requests, place.generation, -requests);
  (void)change(counters_[place.index].tokens, place.generation, -tokens);
}

Load LoadCounters::load_at(std::uint32_t index) const noexcept {
  return {count_of(counters_[index].requests.load(std::memory_order_relaxed)),
          count_of(counters_[index].tokens.load(std::memory_order_relaxed))};
}

Load LoadCounters::of(std::uint64_t endpoint) const noexcept {
  const std::uint32_t index = map_.find(endpoint);
  return index == EndpointMap::kNone ? Load{} : load_at(index);
}

Load LoadCounters::total() const noexcept {
  Load sum;
  for_each([&sum](std::uint64_t, const Load& load) {
    sum.requests += load.requests;
    sum.tokens += load.tokens;
  });
  return sum;
}

bool LoadCounters::enter(std::uint64_t endpoint) noexcept {
  const Turn turn(*this, false);
  if (!turn) return false;
  if (map_.find(endpoint) != EndpointMap::kNone) return true;
  return (map_.size() < map_.capacity() || make_room()) && map_.insert(endpoint) != EndpointMap::kNone;
}

// Takes the place of an endpoint at which nothing is under way. Whoever is about to count there fails, and enters it anew.
bool LoadCounters::make_room() noexcept {
  for (std::uint32_t i = 0; i < map_.capacity(); ++i) {
    std::uint64_t word = counters_[i].requests.load(std::memory_order_relaxed);
    const std::uint32_t next = generation_of(word) + 1;
    if (count_of(word) != 0) continue;
    if (!counters_[i].requests.compare_exchange_strong(word, word_of(next, 0), std::memory_order_acq_rel)) continue;
    (void)map_.erase(map_.key(i));
    // Whoever still found it between the two has counted in a generation that ends here.
    clear(i);
    return true;
  }
  return false;
}

void LoadCounters::clear(std::uint32_t index) noexcept {
  const std::uint32_t next = generation_of(counters_[index].requests.load(std::memory_order_relaxed)) + 1;
  counters_[index].requests.store(word_of(next, 0), std::memory_order_release);
  counters_[index].tokens.store(word_of(next, 0), std::memory_order_release);
}

void LoadCounters::remove(std::uint64_t endpoint) noexcept {
  const Turn turn(*this, true);
  if (const std::uint32_t index = map_.erase(endpoint); index != EndpointMap::kNone) clear(index);
}

}  // namespace inflight_load
