// SPDX-License-Identifier: Apache-2.0
// breaker.hpp: the circuit breaker of one instance: whether it is called, or its fallback takes its place.
//
// Closed, a call costs the one load of closed(). Calls that went wrong are counted against all that were made; where too many of
// them do, the breaker opens, and nobody calls the instance until a pause is over. Then a few calls go through as probes:
// if all are good it closes, if one is not it opens again, for longer.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string_view>

namespace shunt {

enum class BreakerState : std::uint32_t { Closed, HalfOpen, Open };

std::string_view to_string(BreakerState state) noexcept;  // "closed", "half-open", "open"

// When it opens, and how it closes. Of the config, not of the instance: a reload may change them under an instance that stays.
struct BreakerBounds {
  bool enabled = true;
  std::uint32_t calls = 100;          // of a window
  std::uint32_t failed_percent = 50;  // of a window, with which it opens; 0: whatever fails
  std::uint32_t slow_percent = 50;    // the same for slow calls
  std::uint32_t open_milliseconds =
      5000;                  // the first pause; each further one in a row is twice as long, up to 16 times
  std::uint32_t probes = 5;  // calls that must be good before it closes
  bool operator==(const BreakerBounds&) const = default;
};

// Any thread. Time is that of the decisions, which tests bring themselves.
class Breaker {
 public:
  // What to do with one call, where the breaker was not closed.
  struct Admission {
    bool calls = false;
    std::uint32_t phase = 0;  // of a probe, for probed(); 0: an ordinary call
  };
  enum class Change : std::uint8_t { None, Opened, Closed };

  bool closed() const noexcept { return state_.load(std::memory_order_relaxed) == BreakerState::Closed; }
  BreakerState state() const noexcept { return state_.load(std::memory_order_relaxed); }

  // Never waits: who cannot have the lock at once does not probe.
  Admission admit(const BreakerBounds& bounds, std::int64_t now_ns) noexcept;
  // A call that went wrong. `calls`: how many its thread has made since it told of one before, this one included.
  Change count(const BreakerBounds& bounds, std::uint64_t calls, bool failed, bool slow, std::int64_t now_ns) noexcept;
  // How the probe of a phase went. One of a phase that is over changes nothing.
  Change probed(const BreakerBounds& bounds, std::uint32_t phase, bool good, std::int64_t now_ns) noexcept;

 private:
  void open(const BreakerBounds& bounds, std::int64_t now_ns) noexcept;

  // Read with every call.
  std::atomic<BreakerState> state_{BreakerState::Closed};
  std::atomic<std::uint32_t> probes_left_{0};
  std::atomic<std::int64_t> until_ns_{0};
  // Written by calls that go wrong: on another cache line than what every call reads.
  alignas(64) std::atomic<std::uint64_t> window_{0};
  std::mutex mutex_;  // held to change the state, never around a call
  std::uint32_t phase_ = 0;
  std::uint32_t wanted_ = 0;  // good probes, of this phase
  std::uint32_t good_ = 0;
  std::uint32_t doublings_ = 0;
};

}  // namespace shunt
