// SPDX-License-Identifier: Apache-2.0
#include "serve/front/timer_wheel.hpp"

#include <algorithm>

namespace shunt::host::front {

TimerWheel::TimerWheel(std::int64_t tick_ms, std::int64_t now_ms) : tick_ms_(tick_ms), now_(now_ms / tick_ms) {
  for (Slot& slot : slots_) slot.next_ = slot.previous_ = &slot;
}

TimerWheel::~TimerWheel() {
  for (Slot& slot : slots_) {
    while (slot.next_ != &slot) slot.next_->unlink();
    slot.next_ = slot.previous_ = nullptr;
  }
}

void TimerWheel::arm(Entry& entry, std::int64_t now_ms, std::int64_t in_ms) noexcept {
  const std::int64_t deadline = std::max((now_ms + in_ms) / tick_ms_ + 1, now_ + 1);
  entry.deadline_ = deadline;
  // Most deadlines only move on: what is looked at too early is put where it belongs then.
  if (entry.next_ != nullptr && entry.visit_ <= deadline) return;
  entry.unlink();
  link(entry, deadline);
}

void TimerWheel::link(Entry& entry, std::int64_t tick) noexcept {
  entry.visit_ = std::min(tick, now_ + kSlots - 1);
  Slot& slot = slots_[static_cast<std::size_t>(entry.visit_ % kSlots)];
  entry.previous_ = slot.previous_;
  entry.next_ = &slot;
  slot.previous_->next_ = &entry;
  slot.previous_ = &entry;
}

void TimerWheel::advance(std::int64_t now_ms) noexcept {
  const std::int64_t now = now_ms / tick_ms_;
  while (now_ < now) {
    ++now_;
    Slot& slot = slots_[static_cast<std::size_t>(now_ % kSlots)];
    // Calls may change the ring: take what is due one by one from its front, up to where it ended.
    Slot due;
    if (slot.next_ == &slot) continue;
    due.next_ = slot.next_;
    due.previous_ = slot.previous_;
    due.next_->previous_ = &due;
    due.previous_->next_ = &due;
    slot.next_ = slot.previous_ = &slot;
    while (due.next_ != &due) {
      Entry& entry = *due.next_;
      entry.unlink();
      if (entry.deadline_ <= now_) {
        entry.on_deadline();
      } else {
        link(entry, entry.deadline_);
      }
    }
    due.next_ = due.previous_ = nullptr;
  }
}

}  // namespace shunt::host::front
