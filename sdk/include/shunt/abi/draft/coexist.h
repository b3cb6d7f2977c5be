// SPDX-License-Identifier: Apache-2.0
// coexist.h (draft): extension of swappers: may these models be resident together? Drafts may change in any release.
#pragma once

#include <shunt/abi/base.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SHUNT_COEXIST_ID "shunt.coexist.draft/1"

typedef struct shunt_coexist_table {
  uint32_t size;
  uint32_t reserved;
  // Writes 1 or 0 to `*yes`. [swap]
  int32_t (*may_coexist)(void *self, shunt_ctx *ctx, const shunt_str *models, uint32_t n, uint32_t *yes);
} shunt_coexist_table;

#ifdef __cplusplus
}
#endif
