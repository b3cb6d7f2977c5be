// SPDX-License-Identifier: Apache-2.0
// An extractor of one number, with the defects of its kind.
#include "mutant.h"

#define SCHEMA "{\"type\":\"object\",\"additionalProperties\":false}"
#define READER(PLUGIN) PLUGIN(reader, "mutant-reader", "1.0.0", "Reads one number", BETA, SCHEMA, SHUNT_EXTRACTOR_ID)

struct reader {
  uint32_t queue;
  uint32_t label;
  const shunt_host* host;
};

static int32_t reader_create(const shunt_create_info* info, void** self) {
  struct reader* made = calloc(1, sizeof *made);
  if (made == NULL) return SHUNT_OUT_OF_MEMORY;
  made->host = info->host;
  shunt_fetch fetch = {0};
  fetch.size = (uint32_t)sizeof fetch;
  fetch.path = text("/metrics");
  fetch.interval_ns = 100000000;
  fetch.flags = SHUNT_FETCH_FAILURES;
  int32_t status = IS(extractor_asks_for_nothing) ? SHUNT_OK : info->host->fetch(info->init, &fetch);
  if (status == SHUNT_OK) {
    status = info->host->output(info->init, text("queue"), SHUNT_COLUMN_NUMBER, SHUNT_SCOPE_ENDPOINT, &made->queue);
  }
  if (status == SHUNT_OK) {
    status = info->host->column(info->init, text("label:engine"), SHUNT_COLUMN_SYMBOL, SHUNT_OPTIONAL, &made->label);
  }
  if (status != SHUNT_OK) {
    free(made);
    return status;
  }
  *self = made;
  return SHUNT_OK;
}

static int32_t extract(void* self, shunt_ctx* ctx, const shunt_page* page) {
  const struct reader* reader = self;
  static const char kName[] = "vllm:num_requests_waiting";
  const uint64_t length = sizeof kName - 1;
  if (IS(extractor_trusts_failures) && page->body.data[0] == '\0') return SHUNT_OK;
  if (page->http_status != 200) {
    if (!IS(extractor_fails_without_text)) reader->host->set_error(ctx, SHUNT_ERROR, text("the page is not there"));
    return SHUNT_ERROR;
  }
  if (IS(extractor_looks_for_nul) && strstr(page->body.data, kName) == NULL) return SHUNT_OK;
  if (IS(extractor_skips)) return SHUNT_SKIP;
  if (IS(extractor_changes_the_page) && page->body.len > 0) ((char*)(uintptr_t)page->body.data)[0] = '#';
  for (uint64_t at = 0; at + length <= page->body.len; ++at) {
    if (memcmp(page->body.data + at, kName, length) != 0) continue;
    const uint64_t behind = at + length + (IS(extractor_reads_behind_the_page) ? 4096u : 0u);
    const char digit = behind < page->body.len || IS(extractor_reads_behind_the_page) ? page->body.data[behind] : '0';
    const double number = IS(extractor_puts_nan) ? 0.0 / 0.0 : (double)(digit & 7);
    const uint64_t endpoint = IS(extractor_unknown_endpoint) ? 12345u : page->endpoint;
    (void)reader->host->put_number(ctx, reader->queue, endpoint, number);
    if (IS(extractor_wrong_type)) (void)reader->host->put_flag(ctx, reader->queue, page->endpoint, 1);
  }
  return SHUNT_OK;
}

static const void* reader_interface(void* self, shunt_str id) {
  static const shunt_extractor_table table = {(uint32_t)sizeof table, 0u, extract};
  (void)self;
  return is_id(id, SHUNT_EXTRACTOR_ID) ? &table : NULL;
}

SHUNT_C_PLUGIN(READER, reader_create, free, reader_interface);
SHUNT_C_LIBRARY("mutant_reader", "1.0.0", SHUNT_C_MANIFEST(READER), SHUNT_C_TABLE(READER));
