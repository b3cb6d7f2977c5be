// SPDX-License-Identifier: Apache-2.0
// extractor.h: extension that turns a page fetched from an endpoint into columns. The host fetches; what a page means is the
// plugin's opinion. It asks for pages with shunt_host.fetch in create().
#pragma once

#include <shunt/abi/column.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SHUNT_EXTRACTOR_ID "shunt.extractor/1"

// A fetched page. Borrowed until the call returns.
typedef struct shunt_page {
  uint32_t size;
  uint32_t http_status;    // 0: the fetch failed, see SHUNT_FETCH_FAILURES; body and content_type are absent then
  shunt_str path;          // as asked for
  shunt_str content_type;
  shunt_str body;
  shunt_str endpoint_name;
  uint64_t endpoint;       // key
  int64_t fetched_ns;      // when the fetch ended, on the clock of now_ns
  const shunt_view *row;   // this endpoint's present columns, as declared: one row
  uint32_t port;           // as asked for
  uint32_t reserved;
} shunt_page;

typedef struct shunt_extractor_table {
  uint32_t size;
  uint32_t reserved;
  // Reads a page and writes SHUNT_SCOPE_ENDPOINT outputs with put_*(). What it does not write keeps its old value and age.
  // A negative status is counted; what was written before it stays, and so does the age of what was not. [events]
  int32_t (*extract)(void *self, shunt_ctx *ctx, const shunt_page *page);
} shunt_extractor_table;

#ifdef __cplusplus
}
#endif
