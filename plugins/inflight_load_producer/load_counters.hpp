// SPDX-License-Identifier: Apache-2.0
// load_counters.hpp: requests and tokens that are under way at each endpoint. Any thread counts, without a lock but for the first
// request of an endpoint.
//
//   LoadCounters counters(4096);
//   const Place place = counters.add(endpoint_key, 1200);
//   counters.release(place, 1, 1200);
#pragma once

#include <shunt/sdk/endpoint_map.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace inflight_load {

// More tokens than any endpoint works on: what is beyond counts as so many.
inline constexpr std::int64_t kMostTokens = (std::int64_t{1} << 39) - 1;

// What is under way at an endpoint.
struct Load {
  std::int64_t requests = 0;
  std::int64_t tokens = 0;
};

// Where something was counted. Once the endpoint has gone, what is given back there is given back to nobody.
struct Place {
  std::uint32_t index = shunt::sdk::EndpointMap::kNone;  // kNone: it was not counted
  std::uint32_t generation = 0;
  bool counted() const noexcept { return index != shunt::sdk::EndpointMap::kNone; }
};

// Bounded: memory is taken in the constructor. Counts are never negative.
class LoadCounters {
 public:
  explicit LoadCounters(std::size_t capacity);

  // Counts a request with its tokens, 0 to kMostTokens. Not counted where `capacity` other endpoints have requests under way, or
  // where others were being entered or removed for too long. [any thread]
  Place add(std::uint64_t endpoint, std::int64_t tokens) noexcept { return add(endpoint, 1, tokens); }
  // Several at once.
  Place add(std::uint64_t endpoint, std::int64_t requests, std::int64_t tokens) noexcept;
  // Gives back what add() counted, or a part of it. [any thread]
  void release(Place place, std::int64_t requests, std::int64_t tokens) noexcept;

  // [any thread]
  Load of(std::uint64_t endpoint) const noexcept;
  // The sum over all endpoints: looks at every one. Beside others who count it is about that. [any thread]
  Load total() const noexcept;
  // Endpoints that were counted at. [any thread]
  std::size_t endpoints() const noexcept { return map_.size(); }

  // Forgets an endpoint and its counts; waits for others who enter one. Not for the decision path. [any thread]
  void remove(std::uint64_t endpoint) noexcept;

  // Calls visit(endpoint key, load) for every endpoint at which something is under way. [any thread]
  template <class Visit>
  void for_each(Visit&& visit) const {
    std::size_t left = map_.size();
    for (std::uint32_t i = 0; i < map_.capacity() && left > 0; ++i) {
      const std::uint64_t key = map_.key(i);
      if (key == 0) continue;
      --left;
      const Load load = load_at(i);
      if (load.requests != 0 || load.tokens != 0) visit(key, load);
    }
  }

 private:
  // A count and the generation of its place in one word: whoever counts for an endpoint that has just lost the place fails.
  struct Counter {
    std::atomic<std::uint64_t> requests{0};
    std::atomic<std::uint64_t> tokens{0};
  };
  class Turn;

  Load load_at(std::uint32_t index) const noexcept;
  bool enter(std::uint64_t endpoint) noexcept;
  bool make_room() noexcept;
  void clear(std::uint32_t index) noexcept;

  shunt::sdk::EndpointMap map_;
  std::unique_ptr<Counter[]> counters_;  // by index of map_
  std::atomic<bool> taken_{false};       // by the one who changes map_
};

}  // namespace inflight_load
