// SPDX-License-Identifier: Apache-2.0
// ordering.h (draft): extension that orders the requests that wait for capacity. Drafts may change in any release.
#pragma once

#include <shunt/abi/cycle.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SHUNT_ORDERING_ID "shunt.ordering.draft/1"

// All requests of one band, dense and parallel, in arrival order. Absent numbers are NaN. Borrowed until the call returns.
typedef struct shunt_queue_view {
  uint32_t size;
  uint32_t count;
  int64_t now_ns;
  const uint64_t *number;      // running number of the request
  const int64_t *arrival_ns;
  const double *priority;
  const double *deadline_ns;   // after arrival
  const double *cost_budget;
  const double *max_tokens;
  const double *prompt_tokens;
  const uint64_t *flow;        // as classify() said
  const shunt_pool_stats *pool; // may be NULL: not known
} shunt_queue_view;

// One flow (tenant, session) of a band with waiting requests.
typedef struct shunt_flow {
  uint32_t size;
  uint32_t reserved;
  uint64_t flow;
  uint64_t waiting;            // requests
  int64_t oldest_wait_ns;
  double served_tokens;        // so far: of prompts, and as many as were allowed to be generated; a host may let them decay
  double served_requests;      // likewise
} shunt_flow;

typedef struct shunt_ordering_table {
  uint32_t size;
  uint32_t reserved;
  // Puts an arriving request into a band (higher first), a flow, and gives it a static key (lower first). [queue]
  int32_t (*classify)(void *self, shunt_ctx *ctx, const shunt_request *request, int32_t *band, uint64_t *flow, double *key);
  // Gives every waiting request a new key (lower first), for orders that change with time. May be NULL. [queue]
  int32_t (*rekey)(void *self, shunt_ctx *ctx, const shunt_queue_view *view, double *key);
  // Chooses the flow that goes next: writes an index below `n`. May be NULL: one order over all flows. [queue]
  int32_t (*next_flow)(void *self, shunt_ctx *ctx, const shunt_flow *flows, uint32_t n, uint32_t stride, uint32_t *pick);
} shunt_ordering_table;

#ifdef __cplusplus
}
#endif
