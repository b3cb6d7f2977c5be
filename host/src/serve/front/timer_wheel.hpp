// SPDX-License-Identifier: Apache-2.0
// timer_wheel.hpp: many deadlines, few of which are ever reached, for the price of writing a number.
//
//   class Connection : TimerWheel::Entry { void on_deadline() noexcept override { close(); } };
//   wheel.arm(connection, 10'000);
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace shunt::host::front {

// For one thread. Time comes from outside, in milliseconds. Deadlines are kept to one tick; none is early.
class TimerWheel {
 public:
  class Entry {
   public:
    Entry() = default;
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    virtual ~Entry() { unlink(); }
    // May arm, disarm and destroy any entry, this one too.
    virtual void on_deadline() noexcept = 0;

   private:
    friend class TimerWheel;
    void unlink() noexcept {
      if (next_ == nullptr) return;
      previous_->next_ = next_;
      next_->previous_ = previous_;
      next_ = previous_ = nullptr;
    }
    Entry* previous_ = nullptr;
    Entry* next_ = nullptr;
    std::int64_t deadline_ = 0;  // tick
    std::int64_t visit_ = 0;     // tick at which it is looked at next
  };

  TimerWheel(std::int64_t tick_ms, std::int64_t now_ms);
  ~TimerWheel();
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  // Replaces an earlier deadline of `entry`.
  void arm(Entry& entry, std::int64_t now_ms, std::int64_t in_ms) noexcept;
  static void disarm(Entry& entry) noexcept { entry.unlink(); }
  // Calls what is due.
  void advance(std::int64_t now_ms) noexcept;
  std::int64_t tick_ms() const noexcept { return tick_ms_; }

 private:
  static constexpr std::int64_t kSlots = 512;
  // Head of a ring.
  class Slot final : public Entry {
   public:
    void on_deadline() noexcept override {}
  };
  void link(Entry& entry, std::int64_t tick) noexcept;

  const std::int64_t tick_ms_;
  std::int64_t now_;  // tick up to which everything was called
  std::array<Slot, kSlots> slots_;
};

}  // namespace shunt::host::front
