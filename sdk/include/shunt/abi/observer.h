// SPDX-License-Identifier: Apache-2.0
// observer.h: extension that hears what became of decisions, endpoints and models.
#pragma once

#include <shunt/abi/cycle.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SHUNT_OBSERVER_ID "shunt.observer/1"

// Types of shunt_event. Bit positions of shunt_observer_table.wants: a plugin hears only what it asked for.
// Request events are never dropped; calls and events of one request never overlap.
#define SHUNT_EVENT_DISPATCHED 0u        // the request was sent to `endpoint`
#define SHUNT_EVENT_RESPONSE_STARTED 1u  // status line and headers arrived
#define SHUNT_EVENT_FIRST_TOKEN 2u       // the first byte of content of a streamed answer
#define SHUNT_EVENT_COMPLETED 3u         // the last event of a request, exactly one; `cause` says how it ended
#define SHUNT_EVENT_ENDPOINT_ADDED 4u    // a new instance first hears it for every endpoint that exists
#define SHUNT_EVENT_ENDPOINT_CHANGED 5u  // address, labels or health
#define SHUNT_EVENT_ENDPOINT_REMOVED 6u
#define SHUNT_EVENT_MODEL_READY 7u
#define SHUNT_EVENT_MODEL_STOPPED 8u
#define SHUNT_EVENT_SWAP_FAILED 9u
#define SHUNT_EVENT_SERVE_STARTED 10u
#define SHUNT_EVENT_SERVE_DONE 11u
#define SHUNT_EVENT_ATTEMPT_FAILED 12u   // `endpoint` failed before it answered; another attempt or COMPLETED follows
#define SHUNT_EVENT_BIT(type) (1ull << (type))

// Values of shunt_event.cause. Open; unknown: as SHUNT_CAUSE_ERROR.
#define SHUNT_CAUSE_NATURAL 1u
#define SHUNT_CAUSE_CLIENT_GONE 2u
#define SHUNT_CAUSE_EVICTED 3u
#define SHUNT_CAUSE_ERROR 4u
#define SHUNT_CAUSE_REJECTED 5u  // it was never dispatched

// Bits of shunt_event.present.
#define SHUNT_EVENT_HTTP_STATUS (1u << 0)
#define SHUNT_EVENT_PROMPT_TOKENS (1u << 1)
#define SHUNT_EVENT_CACHED_TOKENS (1u << 2)
#define SHUNT_EVENT_OUTPUT_TOKENS (1u << 3)
#define SHUNT_EVENT_TTFT (1u << 4)
#define SHUNT_EVENT_TPOT (1u << 5)
#define SHUNT_EVENT_DURATION (1u << 6)

// Borrowed until the call returns.
typedef struct shunt_event {
  uint32_t size;
  uint32_t type;           // SHUNT_EVENT_DISPATCHED and the others
  int64_t time_ns;         // on the clock of now_ns
  uint64_t endpoint;       // key; 0 when the event has none
  shunt_str endpoint_name;
  shunt_str model;         // events of managed models
  uint64_t ticket;         // of the swap; 0 when the event has none
  const shunt_request *request;  // request events only, else NULL
  void *request_state;     // of this instance; NULL when none was asked for, and in events of requests that this instance has
                           // not seen in a call
  uint32_t attempt;        // of the decision that the event belongs to; request events only, else 0
  uint32_t profile;        // its primary profile; SHUNT_NONE when it has none, and in other events
  uint32_t present;        // SHUNT_EVENT_HTTP_STATUS and the others
  uint32_t cause;          // SHUNT_CAUSE_*, COMPLETED only
  uint32_t http_status;
  uint32_t reserved;
  uint64_t prompt_tokens;
  uint64_t cached_tokens;
  uint64_t output_tokens;
  int64_t ttft_ns;         // DISPATCHED to first byte of content; FIRST_TOKEN and COMPLETED, streamed answers only
  int64_t tpot_ns;         // (end - first token) / (n - 1), n > 1: output_tokens, else events with content; COMPLETED only
  int64_t duration_ns;     // DISPATCHED to end
} shunt_event;

typedef struct shunt_observer_table {
  uint32_t size;
  uint32_t reserved;
  uint64_t wants;  // SHUNT_EVENT_BIT()s; `picked` needs no bit
  // Called after every decision, also when no candidate was left (base->count is 0 then), before the request is dispatched;
  // cheap. Not called where memory ran out in the middle of one, nor while the host leaves this instance out because its calls
  // keep failing or are slow. May be NULL. [hot, concurrent]
  void (*picked)(void *self, const shunt_cycle *cycle, const shunt_view *base, const shunt_decision *decision);
  // A batch of events in the order in which they happened. May be NULL. May write SHUNT_SCOPE_ENDPOINT outputs. [events]
  void (*events)(void *self, shunt_ctx *ctx, const shunt_event *events, uint32_t n, uint32_t stride);
} shunt_observer_table;

#ifdef __cplusplus
}
#endif
