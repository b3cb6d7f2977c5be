// SPDX-License-Identifier: Apache-2.0
// producer.h: extension for request-scoped columns and values, computed once per cycle before the first profile.
#pragma once

#include <shunt/abi/cycle.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SHUNT_PRODUCER_ID "shunt.producer/1"

// States of an output after produce().
#define SHUNT_OUTPUT_ABSENT 0u   // arrives so: nothing was written
#define SHUNT_OUTPUT_ALL 1u      // every row has a value; `valid` is not looked at
#define SHUNT_OUTPUT_PARTIAL 2u  // rows with valid[i] == 1 have a value

// One output column, base->count rows. Arrives zeroed, so that a sparse result writes only what it found.
typedef struct shunt_output {
  uint32_t size;
  uint32_t type;   // as declared: SHUNT_COLUMN_NUMBER or SHUNT_COLUMN_FLAG
  uint32_t state;  // SHUNT_OUTPUT_*, set by the producer
  uint32_t rows;
  void *data;      // double or uint8_t, 64-byte aligned; numbers must be finite, others are counted and become absent
  uint8_t *valid;  // arrives zeroed
} shunt_output;

typedef struct shunt_producer_table {
  uint32_t size;
  uint32_t reserved;
  // Fills the declared outputs, `out` by slot, and values through set_value. Runs in the order of declared inputs and outputs.
  // SHUNT_SKIP or a negative status: both are absent then; headers, and values of peers that it called, stay. [hot, concurrent]
  int32_t (*produce)(void *self, const shunt_cycle *cycle, const shunt_view *base, shunt_output *out, uint32_t n,
                     uint32_t stride);
} shunt_producer_table;

#ifdef __cplusplus
}
#endif
