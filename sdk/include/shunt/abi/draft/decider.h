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
  // Writes 1 or 0 to `*yes`. The caller passes what shunt_host.peer_call gave it for this decider: its own columns, values and
  // memory, with the results that the caller has so far in cycle->done. SHUNT_SKIP: abstains. [hot, concurrent]
  int32_t (*decide)(void *self, const shunt_cycle *cycle, const shunt_view *base, uint32_t *yes);
} shunt_decider_table;

#ifdef __cplusplus
}
#endif
