// SPDX-License-Identifier: Apache-2.0
// explain.h: extension that gives a short reason per candidate, asked for only when a decision is explained.
#pragma once

#include <shunt/abi/cycle.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SHUNT_EXPLAIN_ID "shunt.explain/1"

typedef struct shunt_explain_table {
  uint32_t size;
  uint32_t reserved;
  // Called right after the instance's hot function `interface_id` with the same cycle and view. Writes a reason of at most
  // 200 bytes for the rows that deserve one; `reason` has view->count entries and arrives absent. Texts: literals or
  // call_alloc() memory of this call. SHUNT_SKIP: no reasons. [hot, concurrent]
  int32_t (*explain)(void *self, const shunt_cycle *cycle, const shunt_view *view, shunt_str interface_id,
                     shunt_str *reason);
} shunt_explain_table;

#ifdef __cplusplus
}
#endif
