// SPDX-License-Identifier: Apache-2.0
// desk.hpp: the front door of one thread: decides on it, keeps the books of its requests, and mails the keeper what observers
// and the decision ring shall hear.
#pragma once

#include <shunt/abi/observer.h>
#include <shunt/framework/scheduler.hpp>

#include <boost/lockfree/spsc_queue.hpp>

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "live/endpoint_keeper.hpp"
#include "live/explained_decision.hpp"
#include "live/front_door.hpp"
#include "live/pool_picture.hpp"
#include "live/request_counts.hpp"

namespace shunt::host {

class LiveHost;

// From a deciding thread to the keeper, in order.
struct Letter {
  enum class Kind : std::uint8_t {
    Event,          // for observers
    Return,         // the passage has ended: behind all its events
    FailedAttempt,  // an endpoint refused or broke a connection
    Explained       // for the decision ring
  };
  Kind kind = Kind::Event;
  Passage* passage = nullptr;
  shunt_event event{};
  ExplainedDecision* explained = nullptr;  // owned by the letter
};

// What a desk and the keeper share; outlives the desk, because letters may still be under way.
class Mailbox {
 public:
  Mailbox() = default;
  ~Mailbox();
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  // By the desk. True where the keeper has to be woken. Never loses one: what does not fit waits in a second queue.
  bool send(const Letter& letter);
  // By the keeper, until it is empty: false then, and the next send() asks for a wake-up again.
  bool take(Letter& letter);
  // By the keeper, when take() found nothing: true where something has come meanwhile.
  bool fall_asleep();

  // Passages that have ended, back to the desk. By the keeper and by the desk.
  void give_back(Passage* passage);
  Passage* take_back();

  Passage* make_passage();

 private:
  static constexpr std::size_t kLetters = 1024;
  boost::lockfree::spsc_queue<Letter, boost::lockfree::capacity<kLetters>> letters_;
  std::atomic<bool> awake_{false};
  std::atomic<bool> overflowing_{false};
  std::mutex overflow_mutex_;
  std::deque<Letter> overflow_;
  std::deque<Letter> taken_over_;  // of the keeper: what it took from overflow_
  boost::lockfree::spsc_queue<Passage*, boost::lockfree::capacity<kLetters>> returned_;
  std::mutex returned_mutex_;
  std::vector<Passage*> returned_late_;
  std::deque<Passage> passages_;  // of the desk
};

class Desk final : public FrontDoor {
 public:
  Desk(LiveHost& host, std::string_view door, std::shared_ptr<Mailbox> mailbox, RequestCounts::Cell& counts);
  ~Desk() override;

  Passage* open() noexcept override;
  void decide(Passage& passage) noexcept override;
  void report_dispatched(Passage& passage, std::size_t target) noexcept override;
  void report_attempt_failed(Passage& passage) noexcept override;
  void report_response_started(Passage& passage, std::uint32_t http_status) noexcept override;
  void report_first_token(Passage& passage) noexcept override;
  void complete(Passage& passage, const Completion& completion) noexcept override;
  void refuse(const Completion& completion) noexcept override;
  bool draining() const noexcept override;

  const Scheduler::Worker& worker() const { return worker_; }

 private:
  void decide_now(Passage& passage);
  void take_over(Passage& passage, const Decision& decision, const Snapshot& snapshot);
  bool wants_explanation(std::int64_t now_ns);
  std::unique_ptr<ExplainedDecision> begin_explanation(const Passage& passage, const PoolPicture& picture);
  void describe(const Passage& passage, const Decision& decision, DecisionRecord& record) const;
  void log(const Passage& passage, const Completion& completion, std::int64_t now_ns) const;
  void uncount(Passage& passage);
  bool observed(const Passage& passage, std::uint32_t type) const;
  void tell(Passage& passage, std::uint32_t type, std::int64_t now_ns);
  void send_held(Passage& passage);
  shunt_event event_of(const Passage& passage, std::uint32_t type, std::int64_t now_ns) const;
  void mail(const Letter& letter);
  void recycle(Passage& passage);

  LiveHost& host_;
  const std::string door_;
  const std::shared_ptr<Mailbox> mailbox_;
  RequestCounts::Cell& counts_;
  Scheduler::Worker worker_;
  PictureSlot::Reader pictures_;
  Decision decision_;
  std::vector<Passage*> spare_;
  std::size_t passages_ = 0;                      // ever made
  std::shared_ptr<const Generation> generation_;  // whose observers' wishes wants_ holds
  std::uint64_t wants_ = 0;
  std::int64_t second_ = 0;  // in which so many were explained
  std::uint32_t explained_ = 0;
  std::uint32_t rejections_ = 0;
};

}  // namespace shunt::host
