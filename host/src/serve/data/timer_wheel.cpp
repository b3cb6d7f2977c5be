// SPDX-License-Identifier: Apache-2.0
#include "data/timer_wheel.hpp"

#include <algorithm>

namespace shunt::host {

void TimerWheel::Entry::unlink() noexcept {
  previous->next = next;
  next->previous = previous;
  next = previous = this;
}

TimerWheel::TimerWheel(std::int64_t now_ns, std::int64_t tick_ns, std::size_t slots)
    : tick_ns_(tick_ns), tick_(now_ns / tick_ns), slots_(slots) {}

TimerWheel::~TimerWheel() {
  for (Link& slot : slots_) {
    while (slot.next != &slot) static_cast<Entry*>(slot.next)->unlink();
  }
}

void TimerWheel::arm(Entry& entry, std::int64_t due_ns) {
  entry.unlink();
  entry.tick_ = std::max((due_ns + tick_ns_ - 1) / tick_ns_, tick_ + 1);
  Link& slot = slots_[static_cast<std::size_t>(entry.tick_) % slots_.size()];
  entry.next = &slot;
  entry.previous = slot.previous;
  slot.previous->next = &entry;
  slot.previous = &entry;
}

void TimerWheel::advance(std::int64_t now_ns) {
  const std::int64_t until = now_ns / tick_ns_;
  // After a long pause one round visits every slot, and nothing fires twice.
  const std::int64_t first = std::max(tick_ + 1, until - static_cast<std::int64_t>(slots_.size()) + 1);
  if (until < first) return;
  tick_ = until;
  for (std::int64_t tick = first; tick <= until; ++tick) {
    fire_slot(slots_[static_cast<std::size_t>(tick) % slots_.size()], until, now_ns);
  }
}

void TimerWheel::fire_slot(Link& slot, std::int64_t tick, std::int64_t now_ns) {
  if (slot.next == &slot) return;
  // Moved aside, so that an entry which arms itself into this slot again is not met a second time.
  Link waiting;
  waiting.next = slot.next;
  waiting.previous = slot.previous;
  waiting.next->previous = waiting.previous->next = &waiting;
  slot.next = slot.previous = &slot;
  while (waiting.next != &waiting) {
    auto& entry = *static_cast<Entry*>(waiting.next);
    entry.unlink();
    if (entry.tick_ <= tick) {
      entry.due(now_ns);
    } else {  // of a later round
      entry.next = &slot;
      entry.previous = slot.previous;
      slot.previous->next = &entry;
      slot.previous = &entry;
    }
  }
}

std::optional<std::int64_t> TimerWheel::next_ns() const {
  for (std::size_t ahead = 1; ahead <= slots_.size(); ++ahead) {
    const std::int64_t tick = tick_ + static_cast<std::int64_t>(ahead);
    const Link& slot = slots_[static_cast<std::size_t>(tick) % slots_.size()];
    if (slot.next != &slot) return tick * tick_ns_;
  }
  return std::nullopt;
}

}  // namespace shunt::host
