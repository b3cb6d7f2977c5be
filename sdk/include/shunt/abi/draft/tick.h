// SPDX-License-Identifier: Apache-2.0
// tick.h (draft): extension for work that time brings; plugins start no threads. Drafts may change in any release.
#pragma once

#include <shunt/abi/base.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SHUNT_TICK_ID "shunt.tick.draft/1"

typedef struct shunt_tick_table {
  uint32_t size;
  uint32_t reserved;
  int64_t interval_ns;  // at least 10 ms; constant while the instance lives
  // Serialised with events(). [events]
  void (*tick)(void *self, shunt_ctx *ctx, int64_t now_ns);
} shunt_tick_table;

#ifdef __cplusplus
}
#endif
