// SPDX-License-Identifier: Apache-2.0
// front_door.hpp: what a door (HTTP, ext_proc, /v1/schedule) has to do with the host behind it: have requests decided, report
// what became of them, and learn that the host is about to end.
//
//   Passage* passage = door.open();
//   fill(passage->request);
//   door.decide(*passage);
//   if (!passage->dispatched()) answer(passage->rejection);
//   door.report_dispatched(*passage, 0);
//   ...
//   door.complete(*passage, {Ending::Completed, 200});
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "live/passage.hpp"

namespace shunt::host {

// One per thread of a door: not thread-safe, never blocks, throws nothing. Every request that a door has begun to read is
// counted exactly once: by complete(), or by refuse() where it never had a passage.
class FrontDoor {
 public:
  virtual ~FrontDoor() = default;

  // A blank passage with number and arrival time; nullptr when memory is out.
  virtual Passage* open() noexcept = 0;

  // Decides. To be called again after report_attempt_failed() to decide anew, without the endpoints that failed: that is the
  // next attempt of the same request.
  virtual void decide(Passage& passage) noexcept = 0;

  // The request goes to passage.targets[target], now.
  virtual void report_dispatched(Passage& passage, std::size_t target) noexcept = 0;
  // That endpoint failed before it answered. It is excluded from further decisions for this request, and its health suffers.
  virtual void report_attempt_failed(Passage& passage) noexcept = 0;
  // The status line and header of the response are there.
  virtual void report_response_started(Passage& passage, std::uint32_t http_status) noexcept = 0;
  // The first byte of content of a streamed response.
  virtual void report_first_token(Passage& passage) noexcept = 0;
  // The end; the passage is gone. Also for requests that were never decided.
  virtual void complete(Passage& passage, const Completion& completion) noexcept = 0;

  // A request ended without a passage: unreadable, too large, not for the scheduler.
  virtual void refuse(const Completion& completion) noexcept = 0;

  // True once the host is about to end: no further request is to be taken from a connection.
  virtual bool draining() const noexcept = 0;

  // To be called now and then by a thread without requests: lets go of the newest picture of the pool, which would keep the
  // counters of endpoints that are gone from being used again, and of a generation that another one has replaced.
  virtual void rest() noexcept {}
};

}  // namespace shunt::host
