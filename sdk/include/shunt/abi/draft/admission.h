// SPDX-License-Identifier: Apache-2.0
// admission.h (draft): extension that lets requests in, makes them wait or turns them away. Drafts may change in any release.
#pragma once

#include <shunt/abi/draft/ordering.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SHUNT_ADMISSION_ID "shunt.admission.draft/1"

#define SHUNT_VERDICT_ADMIT 1u
#define SHUNT_VERDICT_WAIT 2u
#define SHUNT_VERDICT_REJECT 3u
#define SHUNT_VERDICT_EVICT 4u  // admit or queue this one and reject `victim` in its place

// Arrives zeroed except for size; verdict 0 counts as WAIT. Texts: literals or call_alloc() memory of this call.
typedef struct shunt_verdict {
  uint32_t size;
  uint32_t verdict;      // SHUNT_VERDICT_*
  uint32_t http_status;  // rejection; 0 means 429
  uint32_t reserved;
  uint64_t victim;       // EVICT: running number of a waiting request
  shunt_str code;        // rejection
  shunt_str reason;
} shunt_verdict;

typedef struct shunt_admission_table {
  uint32_t size;
  uint32_t reserved;
  // Called when a request arrives and again for the first of the line when the pool changes. [queue]
  int32_t (*admit)(void *self, const shunt_cycle *cycle, const shunt_view *base, const shunt_queue_view *queue,
                   shunt_verdict *verdict);
} shunt_admission_table;

#ifdef __cplusplus
}
#endif
