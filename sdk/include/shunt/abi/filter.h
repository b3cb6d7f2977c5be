// SPDX-License-Identifier: Apache-2.0
// filter.h: the kind that removes candidates.
#pragma once

#include <shunt/abi/cycle.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SHUNT_FILTER_ID "shunt.filter/1"

typedef struct shunt_filter_table {
  uint32_t size;
  uint32_t reserved;
  // Writes keep[i] = 1 for every candidate that stays, 0 for the others; the array has view->count bytes and arrives as all 1.
  // Removing all is a result, not a fault. Other byte values are counted as a fault and mean "keep".
  // SHUNT_SKIP: keep all. Negative: the config's onError; by default the request fails. [hot, concurrent]
  int32_t (*filter)(void *self, const shunt_cycle *cycle, const shunt_view *view, uint8_t *keep);
} shunt_filter_table;

#ifdef __cplusplus
}
#endif
