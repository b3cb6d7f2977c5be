// SPDX-License-Identifier: Apache-2.0
// profile_handler.h: the kind that decides which profiles run and which result counts.
#pragma once

#include <shunt/abi/cycle.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SHUNT_PROFILE_HANDLER_ID "shunt.profile_handler/1"

// The handler's verdict. Arrives zeroed except for size and primary_result == SHUNT_NONE. Texts: literals or call_alloc()
// memory of this call.
typedef struct shunt_outcome {
  uint32_t size;
  uint32_t primary_result;  // index into cycle->done of the run whose picks the request goes to
  uint32_t reject;          // 1: reject the request instead
  uint32_t http_status;     // rejection: 400..599; 0 means 429
  shunt_str code;           // rejection: short stable word, "rejected-by-policy"
  shunt_str reason;         // for people; with a dispatched request too
} shunt_outcome;

typedef struct shunt_profile_handler_table {
  uint32_t size;
  uint32_t reserved;
  // Names the profiles to run next: writes their indices to `next` (`capacity` entries) and their number to `*n` (arrives as
  // 0). Called again with the new results until it names none; rounds are bounded. They run in the order named. An unknown
  // profile, too many rounds or a negative status fail the request. SHUNT_SKIP: none. [hot, concurrent]
  int32_t (*pick_profiles)(void *self, const shunt_cycle *cycle, const shunt_view *base, uint32_t *next, uint32_t capacity,
                           uint32_t *n);
  // Chooses the primary result, or rejects. A primary whose run did not succeed rejects the request with that run's reason.
  // [hot, concurrent]
  int32_t (*process_results)(void *self, const shunt_cycle *cycle, const shunt_view *base, shunt_outcome *outcome);
} shunt_profile_handler_table;

#ifdef __cplusplus
}
#endif
