// SPDX-License-Identifier: Apache-2.0
// desk.hpp: the front door of one thread: decides on it, keeps the books of its requests, and mails the keeper what observers
// and the decision ring shall hear.
#pragma once

#include <shunt/framework/scheduler.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "live/desk_lanes.hpp"
#include "live/explained_decision.hpp"
#include "live/front_door.hpp"
#include "live/mailbox.hpp"
#include "live/pool_picture.hpp"
#include "live/request_counts.hpp"

namespace shunt::host {

class LiveHost;

class Desk final : public FrontDoor {
 public:
  Desk(LiveHost& host, std::string_view door, std::shared_ptr<Mailbox> mailbox, RequestCounts::Cell& counts);

  Passage* open() noexcept override;
  void decide(Passage& passage) noexcept override;
  void report_dispatched(Passage& passage, std::size_t target) noexcept override;
  void report_attempt_failed(Passage& passage) noexcept override;
  void report_response_started(Passage& passage, std::uint32_t http_status) noexcept override;
  void report_first_token(Passage& passage) noexcept override;
  void complete(Passage& passage, const Completion& completion) noexcept override;
  void refuse(const Completion& completion) noexcept override;
  bool draining() const noexcept override;
  void rest() noexcept override;

 private:
  // desk.cpp: decisions.
  void decide_now(Passage& passage);
  void begin_attempt(Passage& passage);
  void take_over(Passage& passage, Decision& decision, const Snapshot& snapshot, const DeskLanes::Lane& lane);
  std::unique_ptr<ExplainedDecision> begin_record(const Passage& passage,
                                                  const std::shared_ptr<const PoolPicture>& picture,
                                                  std::int64_t now_ns);
  bool wants_explanation(std::int64_t now_ns);
  bool wants_rejection();
  void describe(const Passage& passage, const Decision& decision, const DeskLanes::Lane& lane,
                DecisionRecord& record) const;
  void remember(std::unique_ptr<ExplainedDecision> decision);
  void uncount(Passage& passage);
  void recycle(Passage& passage);

  // desk_reports.cpp: what becomes of a request.
  void log(const Passage& passage, const Completion& completion, std::int64_t now_ns) const;
  void count_end(const Passage& passage, const Completion& completion, std::int64_t now_ns, std::int64_t tpot_ns);
  shunt_event completed_event(const Passage& passage, const Completion& completion, std::int64_t now_ns,
                              std::int64_t tpot_ns) const;
  bool observed(const Passage& passage, std::uint32_t type) const;
  void hold_or_send(Passage& passage, std::uint32_t type, std::int64_t now_ns);
  void no_more_decisions(Passage& passage);
  shunt_event event_of(const Passage& passage, std::uint32_t type, std::int64_t now_ns) const;
  void send(Passage& passage, const shunt_event& event);
  void mail(const Letter& letter);

  LiveHost& host_;
  const std::string door_;
  const std::shared_ptr<Mailbox> mailbox_;
  RequestCounts::Cell& counts_;
  DeskLanes lanes_;
  PictureSlot::Reader pictures_;
  Decision decision_;
  std::vector<Passage*> spare_;
  std::size_t passages_ = 0;  // ever made
  std::int64_t second_ = 0;   // in which so many were explained
  std::uint32_t explained_ = 0;
  std::uint32_t rejections_ = 0;
  std::uint32_t bundled_ = 0;
};

}  // namespace shunt::host
