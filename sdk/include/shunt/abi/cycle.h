// SPDX-License-Identifier: Apache-2.0
// cycle.h: what surrounds one hot call: the request, the results so far, pool and queue, and the plugin's own memory.
#pragma once

#include <shunt/abi/column.h>
#include <shunt/abi/request.h>

#ifdef __cplusplus
extern "C" {
#endif

// Outcome of one profile run, for the handler and for later profiles of the same request.
typedef struct shunt_result {
  uint32_t size;
  uint32_t profile;          // index, see shunt_host.profile
  int32_t status;            // SHUNT_OK; SHUNT_UNAVAILABLE: filters left nothing; negative: a plugin failed the run
  uint32_t n_picks;          // 0 unless status is SHUNT_OK
  const uint32_t *picks;     // base rows, best first; after set_picks() the new ones
  const uint32_t *base_rows; // base rows of the candidates that survived the filters, ascending
  const double *totals;      // weighted totals, parallel to base_rows
  uint32_t n_candidates;     // entries of base_rows and totals
  uint32_t reserved;
} shunt_result;

// Bits of shunt_pool_stats.present.
#define SHUNT_POOL_MEAN_LOAD 1u
#define SHUNT_POOL_SATURATION 2u

// The pool at the start of the cycle, over all endpoints of the snapshot.
typedef struct shunt_pool_stats {
  uint32_t size;
  uint32_t present;    // SHUNT_POOL_* bits
  uint32_t endpoints;  // all endpoints
  uint32_t candidates; // those that were left for this request: rows of the base view
  double mean_load;    // mean of `load` where known, 0..1
  double saturation;   // 1 and above: the pool takes no more
} shunt_pool_stats;

// One priority band of the waiting room.
typedef struct shunt_queue_band {
  uint32_t size;
  int32_t priority;
  uint64_t waiting;       // requests
  int64_t oldest_wait_ns; // 0 when empty
} shunt_queue_band;

// The requests that wait when the cycle starts, the one being decided not counted.
typedef struct shunt_queue_stats {
  uint32_t size;
  int32_t highest_priority;  // of the waiting requests; 0 when none waits
  uint64_t waiting;          // requests
  int64_t oldest_wait_ns;
  uint32_t any_deadline;     // 1 when a waiting request carries a deadline
  uint32_t n_bands;
  const shunt_queue_band *bands;  // highest priority first
  uint64_t band_stride;           // bytes from one band to the next
} shunt_queue_stats;

// One call. Borrowed until the call returns, with everything that it points to. Calls and events of one request never overlap.
typedef struct shunt_cycle {
  uint32_t size;
  uint32_t profile;               // index of the running profile; SHUNT_NONE for producers, handlers and observers
  uint32_t round;                 // of the profile handler, from 0
  uint32_t attempt;               // same as request->attempt
  int64_t now_ns;                 // the only clock there is: nanoseconds since the Unix epoch, see base.h
  uint64_t seed;                  // the only chance there is; mixed for this instance, request, attempt and round
  const shunt_request *request;   // never NULL
  const shunt_result *done;       // results of this request's earlier profile runs, in order; may be NULL when n_done is 0
  uint32_t n_done;
  uint32_t done_stride;           // bytes from one result to the next
  const shunt_pool_stats *pool;   // never NULL
  const shunt_queue_stats *queue; // never NULL; waiting is 0 where nothing queues
  void *scratch;                  // as asked for with shunt_host.scratch; per worker, contents undefined at each call
  void *request_state;            // as asked for with shunt_host.request_state; zeroed before the request's first call; NULL
                                  // when none was asked for
  const shunt_value *const *values;  // by the slot that shunt_host.value gave; entries never NULL
  shunt_ctx *ctx;                 // for host services
  const shunt_view *base;         // this instance's columns before any filter, over the base rows; never NULL in hot calls
} shunt_cycle;

// Outcome of a decision. Open; unknown: not dispatched.
#define SHUNT_OUTCOME_DISPATCHED 1u
#define SHUNT_OUTCOME_REJECTED 2u
#define SHUNT_OUTCOME_CANCELLED 3u  // its client was gone before it could be dispatched

// A finished decision, for observers.
typedef struct shunt_decision {
  uint32_t size;
  uint32_t outcome;             // SHUNT_OUTCOME_*
  uint32_t primary_profile;     // index; SHUNT_NONE when rejected before a profile was chosen
  uint32_t primary_result;      // index into results of the run that was chosen; SHUNT_NONE likewise
  uint32_t http_status;         // rejected only: 400..599; else 0
  uint32_t n_results;
  const shunt_result *results;  // every profile run of the request, in order
  uint64_t result_stride;       // bytes from one result to the next
} shunt_decision;

#ifdef __cplusplus
}
#endif
