// SPDX-License-Identifier: Apache-2.0
// request.h: one inference request as plugins see it. Optional numbers carry presence: zero is a value.
#pragma once

#include <shunt/abi/base.h>

#ifdef __cplusplus
extern "C" {
#endif

// Bits of shunt_request.present, one for each optional number. A string is present when its data is not NULL.
#define SHUNT_REQUEST_PRIORITY (1ull << 0)
#define SHUNT_REQUEST_DEADLINE (1ull << 1)
#define SHUNT_REQUEST_TTFT_SLO (1ull << 2)
#define SHUNT_REQUEST_TPOT_SLO (1ull << 3)
#define SHUNT_REQUEST_PROMPT_TOKENS (1ull << 4)
#define SHUNT_REQUEST_PROMPT_TOKENS_ESTIMATED (1ull << 5)  // the number is an estimate, not a count
#define SHUNT_REQUEST_MAX_TOKENS (1ull << 6)
#define SHUNT_REQUEST_BATCH_SIZE (1ull << 7)
#define SHUNT_REQUEST_INPUT_BYTES (1ull << 8)
#define SHUNT_REQUEST_ESTIMATED_FLOPS (1ull << 9)
#define SHUNT_REQUEST_COST_BUDGET (1ull << 10)
#define SHUNT_REQUEST_PREFERRED_ENDPOINT (1ull << 11)
#define SHUNT_REQUEST_PROMPT_BYTES (1ull << 12)

// Bits of shunt_request.traits.
#define SHUNT_REQUEST_STREAMING 1u   // the client asked for a streamed answer
#define SHUNT_REQUEST_MULTIMODAL 2u  // the body holds images, audio or video

// Which text of a request a membership column is resolved for; see shunt_host.membership.
#define SHUNT_FIELD_MODEL 1u         // model, as the client named it
#define SHUNT_FIELD_TARGET_MODEL 2u  // target_model, after any rewrite
#define SHUNT_FIELD_TYPE 3u          // type

// A header or a tag. Final: never grows.
typedef struct shunt_pair {
  shunt_str name;  // headers: lower case
  shunt_str value;
} shunt_pair;

// Borrowed until the call returns. From the first call for a request to its SHUNT_EVENT_COMPLETED the text and numbers never
// change; attempt and excluded are those of the newest decision. Every request for which any call was made ends in exactly one
// SHUNT_EVENT_COMPLETED, rejected ones with SHUNT_CAUSE_REJECTED.
typedef struct shunt_request {
  uint32_t size;
  uint32_t attempt;      // 0 for the first decision, raised for each retry
  uint64_t present;      // SHUNT_REQUEST_* bits
  uint64_t number;       // running number of this request in its host, from 0
  shunt_str id;          // as the client or the front door named it
  shunt_str model;       // as the client named it
  shunt_str target_model;  // after rewriting; the model when nothing rewrote it
  shunt_str type;        // "chat", "generate" or "embedding"
  shunt_str path;        // URL path without query, "/v1/chat/completions"
  int64_t arrival_ns;    // on the clock of now_ns
  int64_t deadline_ns;   // nanoseconds after arrival
  int64_t ttft_slo_ns;   // target for the time to first token
  int64_t tpot_slo_ns;   // target for the time per output token
  int32_t priority;      // higher is more important, 0 the default, negative may be shed; reads 0 when absent
  uint32_t traits;       // SHUNT_REQUEST_STREAMING, SHUNT_REQUEST_MULTIMODAL
  shunt_str prompt;      // prompt text; chat messages joined in order with their roles
  shunt_str cache_salt;  // keeps prefix caches of different owners apart
  uint64_t prompt_bytes;  // length of the prompt, or of the input when only that is known
  uint64_t prompt_tokens;
  uint64_t max_tokens;
  uint64_t batch_size;
  uint64_t input_bytes;
  double estimated_flops;
  double cost_budget;             // in the currency of price_per_gpu_hour
  const uint64_t *block_hashes;   // hashes of the prompt's blocks in order, NULL when none were given
  uint64_t n_block_hashes;
  const uint32_t *token_ids;      // token ids of the prompt, NULL when none were given
  uint64_t n_token_ids;
  shunt_str user;
  shunt_str session;
  shunt_str tenant;
  uint64_t preferred_endpoint;    // key of an endpoint
  const uint64_t *excluded;       // keys of endpoints that were taken out before any filter
  uint64_t n_excluded;
  const shunt_pair *headers;
  uint64_t n_headers;
  const shunt_pair *tags;
  uint64_t n_tags;
} shunt_request;

#ifdef __cplusplus
}
#endif
