// SPDX-License-Identifier: Apache-2.0
#include "live/mailbox.hpp"

namespace shunt::host {

Mailbox::~Mailbox() {
  Letter letter;
  while (take(letter)) delete letter.explained;
}

bool Mailbox::send(const Letter& letter) {
  // Once one has gone the long way all others have to, or they would overtake it.
  if (overflowing_.load(std::memory_order_acquire) || !letters_.push(letter)) {
    const std::lock_guard lock(overflow_mutex_);
    overflow_.push_back(letter);
    overflowing_.store(true, std::memory_order_release);
  }
  return !awake_.exchange(true, std::memory_order_acq_rel);
}

bool Mailbox::take(Letter& letter) {
  if (taken_over_.empty()) {
    if (letters_.pop(letter)) return true;
    if (!overflowing_.load(std::memory_order_acquire)) return false;
    const std::lock_guard lock(overflow_mutex_);
    // The desk may have filled the queue right before it began to overflow.
    if (letters_.pop(letter)) return true;
    taken_over_.swap(overflow_);
    overflowing_.store(false, std::memory_order_release);
  }
  if (taken_over_.empty()) return false;
  letter = taken_over_.front();
  taken_over_.pop_front();
  return true;
}

bool Mailbox::stays_awake() {
  // An exchange and not a store: it sees every letter whose sender found the keeper awake.
  awake_.exchange(false, std::memory_order_acq_rel);
  if (letters_.read_available() == 0 && !overflowing_.load(std::memory_order_acquire)) return false;
  // Where the desk was faster it has asked for a wake-up, and that is the one that goes on.
  return !awake_.exchange(true, std::memory_order_acq_rel);
}

void Mailbox::give_back(Passage* passage) {
  if (returned_.push(passage)) return;
  const std::lock_guard lock(returned_mutex_);
  returned_late_.push_back(passage);
}

Passage* Mailbox::take_back() {
  Passage* passage = nullptr;
  if (returned_.pop(passage)) return passage;
  // Only a desk that makes new passages although old ones have ended comes here.
  const std::unique_lock lock(returned_mutex_, std::try_to_lock);  // never waits
  if (!lock.owns_lock() || returned_late_.empty()) return nullptr;
  passage = returned_late_.back();
  returned_late_.pop_back();
  return passage;
}

Passage* Mailbox::make_passage() { return &passages_.emplace_back(); }

}  // namespace shunt::host
