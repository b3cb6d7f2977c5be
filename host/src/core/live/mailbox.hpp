// SPDX-License-Identifier: Apache-2.0
// mailbox.hpp: what the keeper shall hear from one deciding thread, in order, without that thread ever waiting for it.
//
//   if (mailbox.send(letter)) wake_the_keeper();      // the deciding thread
//   while (mailbox.take(letter)) deliver(letter);     // the keeper
#pragma once

#include <shunt/abi/observer.h>

#include <boost/lockfree/spsc_queue.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

#include "live/explained_decision.hpp"
#include "live/passage.hpp"

namespace shunt::host {

struct Letter {
  enum class Kind : std::uint8_t {
    Event,          // for observers
    Return,         // the passage has ended: behind all its events
    FailedAttempt,  // an endpoint refused or broke a connection
    Record          // for the decision ring
  };
  Kind kind = Kind::Event;
  Passage* passage = nullptr;
  shunt_event event{};
  ExplainedDecision* explained = nullptr;  // owned by the letter
};

// Owns the passages of a desk. Shared by the desk and the keeper, and outlives the desk while letters are under way.
class Mailbox {
 public:
  Mailbox() = default;
  ~Mailbox();
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  // By the desk. True where the keeper has to be woken. Never loses one: what does not fit waits in a second queue.
  bool send(const Letter& letter);
  // False where so many records wait for the keeper that another one would only make it later: none is to be sent then.
  bool has_room_for_record() const noexcept { return records_.load(std::memory_order_relaxed) < kMostRecords; }
  void record_sent() noexcept { records_.fetch_add(1, std::memory_order_relaxed); }
  // By the keeper.
  void record_written() noexcept { records_.fetch_sub(1, std::memory_order_relaxed); }
  Passage* make_passage();
  // A passage that has ended and whose events have all been heard; nullptr where there is none.
  Passage* take_back();

  // By the keeper. False where there is none just now.
  bool take(Letter& letter);
  // When take() found nothing: false where the keeper may rest until send() asks for it, true where it has to go on because
  // something has come meanwhile.
  bool stays_awake();
  void give_back(Passage* passage);

 private:
  static constexpr std::size_t kLetters = 1024;
  static constexpr std::size_t kPassages = 1024;
  boost::lockfree::spsc_queue<Letter, boost::lockfree::capacity<kLetters>> letters_;
  static constexpr std::uint32_t kMostRecords = 32;
  std::atomic<std::uint32_t> records_{0};
  std::atomic<bool> awake_{false};
  std::atomic<bool> overflowing_{false};
  std::mutex overflow_mutex_;
  std::deque<Letter> overflow_;
  std::deque<Letter> taken_over_;  // of the keeper: what it took from overflow_
  boost::lockfree::spsc_queue<Passage*, boost::lockfree::capacity<kPassages>> returned_;
  std::mutex returned_mutex_;
  std::vector<Passage*> returned_late_;
  std::deque<Passage> passages_;  // of the desk
};

}  // namespace shunt::host
