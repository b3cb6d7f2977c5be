// SPDX-License-Identifier: Apache-2.0
#include <shunt/framework/breaker.hpp>

#include <algorithm>

namespace shunt {
namespace {

constexpr std::uint32_t kMostDoublings = 4;
constexpr std::int64_t kMillisecondNs = 1'000'000;

// One word, so that calls of all threads count without a lock.
struct Window {
  std::uint64_t calls = 0;   // 32 bits
  std::uint64_t failed = 0;  // 16 bits, as the next one: at most as many as a window may have calls
  std::uint64_t slow = 0;

  static Window unpack(std::uint64_t word) { return {word >> 32, (word >> 16) & 0xffff, word & 0xffff}; }
  std::uint64_t pack() const { return calls << 32 | failed << 16 | slow; }
};

bool too_many(std::uint64_t count, std::uint32_t percent, std::uint32_t calls) {
  return percent != 0 && count * 100 >= std::uint64_t{percent} * calls;
}

}  // namespace

std::string_view to_string(BreakerState state) noexcept {
  switch (state) {
    case BreakerState::HalfOpen: return "half-open";
    case BreakerState::Open: return "open";
    case BreakerState::Closed: break;
  }
  return "closed";
}

Breaker::Admission Breaker::admit(const BreakerBounds& bounds, std::int64_t now_ns) noexcept {
  switch (state()) {
    case BreakerState::Closed: return {.calls = true};
    case BreakerState::Open:
      if (now_ns < until_ns_.load(std::memory_order_relaxed)) return {};
      break;
    case BreakerState::HalfOpen:
      if (probes_left_.load(std::memory_order_relaxed) == 0) return {};
      break;
  }
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock) return {};
  switch (state()) {
    case BreakerState::Closed: return {.calls = true};
    case BreakerState::Open:
      if (now_ns < until_ns_.load(std::memory_order_relaxed)) return {};
      phase_ = std::max(1u, phase_ + 1);
      good_ = 0;
      wanted_ = std::max(1u, bounds.probes);
      probes_left_.store(wanted_, std::memory_order_relaxed);
      state_.store(BreakerState::HalfOpen, std::memory_order_relaxed);
      break;
    case BreakerState::HalfOpen: break;
  }
  const std::uint32_t left = probes_left_.load(std::memory_order_relaxed);
  if (left == 0) return {};
  probes_left_.store(left - 1, std::memory_order_relaxed);
  return {.calls = true, .phase = phase_};
}

// Windows follow one another. Threads tell of their good calls together with the next one that went wrong; one whose calls are
// all good does not tell of them, which costs it nothing, and takes part in no window.
Breaker::Change Breaker::count(const BreakerBounds& bounds, std::uint64_t calls, bool failed, bool slow,
                               std::int64_t now_ns) noexcept {
  std::uint64_t word = window_.load(std::memory_order_relaxed);
  Window window;
  do {
    window = Window::unpack(word);
    window.calls += std::min<std::uint64_t>(calls, bounds.calls);
    if (window.calls > bounds.calls) window = {1, 0, 0};
    window.failed += failed ? 1 : 0;
    window.slow += slow ? 1 : 0;
  } while (!window_.compare_exchange_weak(word, window.pack(), std::memory_order_relaxed));
  if (!too_many(window.failed, bounds.failed_percent, bounds.calls) &&
      !too_many(window.slow, bounds.slow_percent, bounds.calls)) {
    return Change::None;
  }
  const std::lock_guard lock(mutex_);
  // Calls that had begun before another one has opened it.
  if (state() != BreakerState::Closed) return Change::None;
  doublings_ = 0;
  open(bounds, now_ns);
  return Change::Opened;
}

Breaker::Change Breaker::probed(const BreakerBounds& bounds, std::uint32_t phase, bool good,
                                std::int64_t now_ns) noexcept {
  const std::lock_guard lock(mutex_);
  if (state() != BreakerState::HalfOpen || phase != phase_) return Change::None;
  if (!good) {
    doublings_ = std::min(doublings_ + 1, kMostDoublings);
    open(bounds, now_ns);
    return Change::Opened;
  }
  // As many as this phase has let through: a reload may have changed how many the next one will.
  if (++good_ < wanted_) return Change::None;
  window_.store(0, std::memory_order_relaxed);
  state_.store(BreakerState::Closed, std::memory_order_relaxed);
  return Change::Closed;
}

void Breaker::open(const BreakerBounds& bounds, std::int64_t now_ns) noexcept {
  until_ns_.store(now_ns + (std::int64_t{bounds.open_milliseconds} << doublings_) * kMillisecondNs,
                  std::memory_order_relaxed);
  window_.store(0, std::memory_order_relaxed);
  state_.store(BreakerState::Open, std::memory_order_relaxed);
}

}  // namespace shunt
