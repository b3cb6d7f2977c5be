// SPDX-License-Identifier: Apache-2.0
// passage.hpp: one request on its way through the host, from its arrival to its last event.
//
// A door gets a blank one from its FrontDoor, fills in the request, has it decided, tells what becomes of it, and gives it back
// with complete(). It holds no snapshot, so that a response that streams for an hour keeps no picture of the pool alive.
#pragma once

#include <shunt/framework/decision.hpp>
#include <shunt/framework/generation.hpp>
#include <shunt/framework/request.hpp>

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace shunt::host {

// An endpoint that the request may be sent to.
struct Target {
  std::uint64_t key = 0;
  std::uint32_t live_slot = 0;
  std::string name;
  std::string address;  // "host:port", with the port that a plugin chose
};

// Why a request was not dispatched.
struct Rejection {
  std::uint32_t http_status = 0;  // 0: it was dispatched
  std::string code;               // "rejected-saturated"
  std::string reason;
};

// What the answer of an endpoint said it used. Absent is not zero.
struct Usage {
  std::optional<std::uint64_t> prompt_tokens;
  std::optional<std::uint64_t> cached_tokens;
  std::optional<std::uint64_t> output_tokens;
};

// How a request ended. Each ends in exactly one of these; docs/reference/metrics.md has them as the label `outcome`.
enum class Ending : std::uint8_t {
  Completed,  // the endpoint's response was passed on to its end, whatever its status
  Failed,     // no endpoint answered, or one stopped in the middle of its response
  Cancelled,  // the client went away
  Rejected,   // decided against, or refused before a decision: wrong, too large, without key, draining
  Answered    // by the host itself, as /v1/models is
};
inline constexpr std::size_t kEndings = 5;
std::string_view to_string(Ending ending);

// `code` is a literal of a fixed list, because it becomes a metric label: "rejected-saturated" of a plugin's own making counts
// as "plugin".
struct Completion {
  Ending ending = Ending::Completed;
  std::uint32_t http_status = 0;  // that the client got; 0: none
  std::string_view code = {};     // of Failed and Rejected: "upstream-refused", "body-too-large"
  Usage usage = {};
  // Of an answer that came in events and does not state its output tokens: how many it had, if each event was one.
  std::optional<std::uint64_t> streamed_tokens = {};
};

// An event that must wait until no call can follow.
struct HeldEvent {
  std::uint32_t type = 0;
  std::int64_t time_ns = 0;
  std::uint64_t endpoint = 0;
  std::string_view endpoint_name;  // in Books::names
  std::uint32_t attempt = 0;
  std::uint32_t profile = 0;
};

struct Passage {
  Request request;  // filled by the door before the first decide(), untouched afterwards

  // The answer of decide(). The pick comes first, then further picks and the next best.
  std::vector<Target> targets;
  Rejection rejection;
  std::vector<Annotation> annotations;  // headers to set or remove, towards the endpoint and towards the client
  std::string decision_id;              // names the decision in /v1/decisions/{id}

  // To be set to false by the door once no further decide() can follow. Until then, or until a response has started, observers
  // hear nothing of the request: calls and events of one request must not overlap.
  bool may_be_decided_again = true;

  bool dispatched() const noexcept { return rejection.http_status == 0 && !targets.empty(); }

  // Blank again, for the next request. Memory is kept for it, unless it was uncommonly much or `keep_memory` is false.
  void clear(bool keep_memory);

  // Kept by the front door; of no use to doors.
  struct Books {
    std::shared_ptr<const Generation> generation;  // pinned until the last event, where some observer of it wants any
    std::uint64_t wants = 0;                       // events that some observer of it wants
    std::vector<std::uint64_t> failed;             // keys of the endpoints that failed since the last decision
    std::uint32_t decisions = 0;
    std::uint64_t canary = 0;  // number of the canary that was out at the newest decision; 0: none
    bool by_canary = false;    // which made that decision
    bool counted = false;      // in_flight of the slot below was raised
    std::uint32_t counted_slot = 0;
    std::int64_t counted_tokens = 0;
    std::uint32_t profile = 0;       // primary one of the newest decision
    std::uint64_t endpoint = 0;      // in use; 0: none yet
    std::string_view endpoint_name;  // in `names`
    std::uint32_t dispatches = 0;
    std::int64_t decision_ns = 0;  // that the newest decision took
    std::int64_t dispatched_ns = 0;
    std::int64_t first_token_ns = 0;
    bool mailed = false;            // the keeper has something of this passage and gives it back
    std::vector<HeldEvent> held;    // and, before `sent`, those that were
    std::size_t sent = 0;           // of held
    std::list<std::string> names;   // of endpoints that it was dispatched to: letters point to them
    std::list<std::string> unused;  // memory for such names
    std::vector<Target> spare;      // memory for targets
  };
  Books books;
};

}  // namespace shunt::host
