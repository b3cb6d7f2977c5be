// SPDX-License-Identifier: Apache-2.0
// scorer.h: the kind that rates candidates.
#pragma once

#include <shunt/abi/cycle.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SHUNT_SCORER_ID "shunt.scorer/1"

typedef struct shunt_scorer_table {
  uint32_t size;
  uint32_t reserved;
  // Writes score[i] in [0, 1] for every candidate; higher is better. The array has view->count doubles, is 64-byte aligned
  // and arrives filled with NaN; a row left so counts 0. Finite values outside the range are clamped; NaN and infinities are
  // counted as faults of their row, which counts 0. total += weight * score.
  // SHUNT_SKIP: adds nothing. Negative: the config's onError; by default the scorer adds nothing. [hot, concurrent]
  int32_t (*score)(void *self, const shunt_cycle *cycle, const shunt_view *view, double *score);
} shunt_scorer_table;

#ifdef __cplusplus
}
#endif
