// SPDX-License-Identifier: Apache-2.0
// inherited_load.hpp: requests that a predecessor has counted and that end under its successor, who does not know what each of
// them has counted.
#pragma once

#include "load_counters.hpp"

#include <shunt/sdk/state_words.hpp>

#include <cstdint>
#include <unordered_map>

namespace inflight_load {

// A request that ends gives back one request and its share of the tokens. What has not ended after kKept never will: its requests
// are another process's.
class InheritedLoad {
 public:
  static constexpr std::int64_t kKept = 300'000'000'000;  // nanoseconds

  // What is under way, for a successor; endpoints that do not fit are left out.
  static void save(const LoadCounters& counters, shunt::sdk::StateWriter& out);
  // Counts it. nullptr, or what is wrong; then both are to be thrown away.
  const char* load(const shunt::sdk::SavedState& saved, LoadCounters& counters);

  // [one thread at a time]
  void completed(LoadCounters& counters, std::uint64_t endpoint);
  // Before every event. [one thread at a time]
  void expire(LoadCounters& counters, std::int64_t now_ns);

 private:
  struct Rest {
    Place place;
    Load load;
  };
  std::unordered_map<std::uint64_t, Rest> rests_;  // by endpoint key
  std::int64_t until_ns_ = 0;                      // 0: no event has come yet
};

}  // namespace inflight_load
