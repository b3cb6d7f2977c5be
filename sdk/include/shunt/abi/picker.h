// SPDX-License-Identifier: Apache-2.0
// picker.h: the kind that chooses among scored candidates.
#pragma once

#include <shunt/abi/cycle.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SHUNT_PICKER_ID "shunt.picker/1"

typedef struct shunt_picker_table {
  uint32_t size;
  uint32_t reserved;
  // Writes between 1 and `capacity` distinct rows of the view to `rows`, in order of preference, and their number to `*n`
  // (which arrives as 0). `total` holds the weighted totals, view->count doubles, all finite. capacity == view->count >= 1.
  // Fallbacks are not the picker's business. Any invalid answer, or a negative status, is replaced by the highest total
  // (onError: skip, the default) or fails the request. [hot, concurrent]
  int32_t (*pick)(void *self, const shunt_cycle *cycle, const shunt_view *view, const double *total, uint32_t *rows,
                  uint32_t capacity, uint32_t *n);
} shunt_picker_table;

#ifdef __cplusplus
}
#endif
