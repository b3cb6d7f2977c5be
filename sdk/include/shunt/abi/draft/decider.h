// SPDX-License-Identifier: Apache-2.0
// decider.h (draft): extension that answers one question of a profile handler for one request. Reached through
// shunt_host.peer. Drafts may change in any release.
#pragma once

#include <shunt/abi/cycle.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SHUNT_DECIDER_ID "shunt.decider.draft/1"

typedef struct shunt_decider_table {
  uint32_t size;
  uint32_t reserved;
  // Writes 1 or 0 to `*yes`. The caller passes on the cycle that the host gave it, so request, results, pool and queue may be
  // read; scratch, request_state and values are the caller's and must not be used. What the decider declares to read with
  // shunt_host.column reaches it through `base` only if the caller passes its own view; hence deciders read what the caller
  // hands over in `matched_tokens` (negative: unknown). SHUNT_SKIP: abstains. [hot, concurrent]
  int32_t (*decide)(void *self, const shunt_cycle *cycle, const shunt_view *base, double matched_tokens, uint32_t *yes);
} shunt_decider_table;

#ifdef __cplusplus
}
#endif
