// SPDX-License-Identifier: Apache-2.0
// column.h: how attributes of endpoints reach a plugin: dense columns in candidate order.
#pragma once

#include <shunt/abi/base.h>

#ifdef __cplusplus
extern "C" {
#endif

// Column types. A plugin sees a type only if it asked for it.
#define SHUNT_COLUMN_NUMBER 1u  // data: double
#define SHUNT_COLUMN_FLAG 2u    // data: uint8_t, 0 or 1
#define SHUNT_COLUMN_SYMBOL 3u  // data: uint32_t, an interned text; 0 is "no text"
#define SHUNT_COLUMN_SET 4u     // data: shunt_set_row, positions in `pool` (uint32_t symbols)
// Derived readings of a set column, computed by the host.
#define SHUNT_COLUMN_SET_SIZE 5u    // data: double, the number of members; asked for with the set's name
#define SHUNT_COLUMN_MEMBERSHIP 6u  // data: uint8_t, 1 where the set holds the request's symbol; see shunt_host.membership

// The column exists nowhere in this snapshot: data reads as zeros, valid as all 0. Comes with SHUNT_COLUMN_FLAG_PARTIAL.
#define SHUNT_COLUMN_FLAG_ABSENT 1u
// Rows may lack values; look at `valid`.
#define SHUNT_COLUMN_FLAG_PARTIAL 2u

// Members of row i: pool[begin] to pool[end - 1], distinct, in no order. Final: never grows.
typedef struct shunt_set_row {
  uint32_t begin;
  uint32_t end;
} shunt_set_row;

// One attribute over the endpoints of a call, `count` of the view long, in candidate order. Every array is 64-byte aligned
// and readable up to the next multiple of 64 bytes, so that vector loads may over-read. Borrowed until the call returns.
typedef struct shunt_column {
  uint32_t size;
  uint32_t type;            // the type that the plugin asked for
  uint32_t flags;           // SHUNT_COLUMN_FLAG_*
  uint32_t pool_len;        // entries of pool
  const void *data;         // never NULL; a row without value reads as zero
  const uint8_t *valid;     // per row 0 or 1; NULL: every row has a value
  const int64_t *as_of_ns;  // per row, when it was measured, on the clock of now_ns; INT64_MAX: current; NULL: all current
  const uint32_t *pool;     // SHUNT_COLUMN_SET only, else NULL
} shunt_column;

// The candidates of one call. Borrowed until the call returns.
typedef struct shunt_view {
  uint32_t size;
  uint32_t count;                      // candidates; rows are 0 to count - 1
  const shunt_column *const *columns;  // by the slot that shunt_host.column or .membership gave
  const uint64_t *key;                 // per row: 64-bit hash of the endpoint's name, the same in every run; never 0
  const uint32_t *base_row;            // per row: the row of the cycle's base view
  // Hash index from key to row, for the base view only (NULL elsewhere): the entry at (key & row_index_mask), or one of those
  // that follow it cyclically, is the row; SHUNT_NONE ends the search. See shunt_view_find in shunt/sdk/kernels.h.
  const uint32_t *row_index;
  uint64_t row_index_mask;
  // Changes whenever key[] changes: a plugin may cache what it derived from the keys under it. 0: do not cache.
  uint64_t layout;
} shunt_view;

// Types of request-scoped values: one datum per request instead of one per endpoint.
#define SHUNT_VALUE_NUMBER 1u    // number
#define SHUNT_VALUE_ENDPOINT 2u  // key: an endpoint's key
#define SHUNT_VALUE_TEXT 3u      // text
#define SHUNT_VALUE_SYMBOL 4u    // symbol: an interned text; 0 is "no text"

// A request-scoped value: written by a producer, or published by a profile handler between rounds for later profiles.
typedef struct shunt_value {
  uint32_t size;
  uint32_t type;     // SHUNT_VALUE_*
  uint32_t present;  // 0: nobody wrote it in this request; the rest then reads as zero
  uint32_t symbol;
  double number;
  uint64_t key;
  shunt_str text;  // written: copied by the host; read: borrowed until the call returns
} shunt_value;

#ifdef __cplusplus
}
#endif
