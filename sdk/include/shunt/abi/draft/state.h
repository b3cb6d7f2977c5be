// SPDX-License-Identifier: Apache-2.0
// state.h (draft): extension that hands an instance's state to its successor in a new generation, through a bounded stream.
// Drafts may change in any release.
#pragma once

#include <shunt/abi/base.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SHUNT_STATE_ID "shunt.state.draft/1"

// Appends `len` bytes; SHUNT_OUT_OF_MEMORY when the stream's bound is exceeded. Valid until save() returns. [control]
typedef int32_t (*shunt_state_write)(void *stream, const void *data, uint64_t len);

typedef struct shunt_state_table {
  uint32_t size;
  uint32_t reserved;
  shunt_str version;  // of the format: load() is offered the tag that save() was called under
  // Writes the state. Texts, never symbols: those mean nothing in another process. [control]
  int32_t (*save)(void *self, shunt_ctx *ctx, shunt_state_write write, void *stream);
  // Takes over the state of a predecessor. SHUNT_UNSUPPORTED: cannot read this version; the instance starts empty. [control]
  int32_t (*load)(void *self, shunt_ctx *ctx, shunt_str version, const void *data, uint64_t len);
} shunt_state_table;

#ifdef __cplusplus
}
#endif
