// SPDX-License-Identifier: Apache-2.0
// dump.h (draft): extension that shows an instance's state to people, as bounded JSON without secrets or prompts. Drafts may
// change in any release.
#pragma once

#include <shunt/abi/base.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SHUNT_DUMP_ID "shunt.dump.draft/1"

typedef struct shunt_dump_table {
  uint32_t size;
  uint32_t reserved;
  // Writes at most `capacity` bytes of JSON and their number to `*len`; SHUNT_OUT_OF_RANGE when it does not fit. [control]
  int32_t (*dump)(void *self, shunt_ctx *ctx, char *json, uint64_t capacity, uint64_t *len);
} shunt_dump_table;

#ifdef __cplusplus
}
#endif
