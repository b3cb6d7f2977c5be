// SPDX-License-Identifier: Apache-2.0
// surroundings.hpp: what surrounds a call beside endpoints and request. Everything has a default; a test names what
// matters:
//
//   plugin.score(endpoints, request, {.seed = 7, .candidates = Rows{0, 2}});
#pragma once

#include <shunt/testing/fake_host.hpp>
#include <shunt/testing/padded_array.hpp>

#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>
#include <vector>

namespace shunt::testing {

// Base rows.
using Rows = std::vector<std::uint32_t>;

// Requests of one priority that wait.
struct QueueBand {
  std::int32_t priority = 0;        // higher is more important
  std::uint64_t waiting = 0;        // requests
  std::int64_t oldest_wait_ns = 0;  // 0 when none waits
};

// What a call sees beside endpoints and request.
struct Surroundings {
  std::int64_t now_ns = 1'000'000'000;  // the clock
  std::uint64_t seed = 1;               // the plugin gets it as it is
  std::uint32_t profile = 0;            // index of the running one
  std::uint32_t round = 0;              // of the profile handler
  std::vector<ProfileResult> done{};    // results of earlier profile runs
  std::optional<Rows> candidates{};     // base rows that filters left; nothing: all endpoints, nothing removed
  std::optional<double> mean_load{};    // of the pool
  std::optional<double> saturation{};   // of the pool
  std::vector<QueueBand> bands{};       // of the waiting room, highest priority first
  bool any_deadline = false;            // a waiting request carries one
};

// Structs further apart than they are large, as a newer host lays them out: a plugin that forgets the stride reads
// rubbish.
template <class T>
class StridedArray {
 public:
  // Bytes from one element to the next.
  static constexpr std::size_t kStride = sizeof(T) + 64;

  // Elements with the value that T{} has.
  explicit StridedArray(std::size_t size) : bytes_(size * kStride, std::byte{0xc5}) {
    for (std::size_t i = 0; i < size; ++i) new (bytes_.data() + i * kStride) T{};
  }
  // Element `i`, unchecked.
  T& operator[](std::size_t i) { return *reinterpret_cast<T*>(bytes_.data() + i * kStride); }
  // The first element; the next is kStride bytes further on.
  T* data() { return reinterpret_cast<T*>(bytes_.data()); }

 private:
  PaddedArray<std::byte> bytes_;
};

}  // namespace shunt::testing
