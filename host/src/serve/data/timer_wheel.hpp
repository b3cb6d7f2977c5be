// SPDX-License-Identifier: Apache-2.0
// timer_wheel.hpp: thousands of timers behind one: arming, cancelling and firing cost the same however many there are.
//
//   struct Alarm final : TimerWheel::Entry { void due(std::int64_t now_ns) override { ring(); } };
//   wheel.arm(alarm, now_ns + 50'000'000);
//   wheel.advance(now_ns);
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace shunt::host {

// One thread. Knows no clock: times are those it is told. Entries fire up to one tick late, never early.
class TimerWheel {
 private:
  struct Link {
    Link* next = this;
    Link* previous = this;
  };

 public:
  // Disarms itself when it is destroyed. Lives no longer than the wheel.
  class Entry : private Link {
   public:
    Entry() = default;
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    virtual ~Entry() { unlink(); }
    bool armed() const noexcept { return next != this; }

   private:
    friend class TimerWheel;
    // May arm and disarm any entry, itself included, and destroy any.
    virtual void due(std::int64_t now_ns) = 0;
    void unlink() noexcept;
    std::int64_t tick_ = 0;
  };

  TimerWheel(std::int64_t now_ns, std::int64_t tick_ns, std::size_t slots);
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;
  ~TimerWheel();

  // An entry that is armed already moves.
  void arm(Entry& entry, std::int64_t due_ns);
  static void disarm(Entry& entry) noexcept { entry.unlink(); }
  // Fires what is due at `now_ns`; what is armed meanwhile waits for a later call.
  void advance(std::int64_t now_ns);
  // When advance() is worth calling next; nothing while no entry is armed. May be too early, is never too late.
  std::optional<std::int64_t> next_ns() const;

 private:
  void fire_slot(Link& slot, std::int64_t tick, std::int64_t now_ns);

  const std::int64_t tick_ns_;
  std::int64_t tick_;  // up to which everything has fired
  std::vector<Link> slots_;
};

}  // namespace shunt::host
