// SPDX-License-Identifier: Apache-2.0
// A filter that also picks, with the defects of both kinds.
#include <time.h>

#include "mutant.h"

#define SCHEMA                                                                                                      \
  "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{\"max\":{\"type\":\"number\",\"minimum\":0," \
  "\"default\":20}}}"
#define CHOOSER(PLUGIN)                                                                                           \
  PLUGIN(chooser, "mutant-chooser", "1.0.0", "Keeps short queues, picks the best", BETA, SCHEMA, SHUNT_FILTER_ID, \
         SHUNT_PICKER_ID)

struct chooser {
  uint32_t queue;
  uint32_t reserved;
  double max;
  const shunt_host* host;
};

static int32_t chooser_create(const shunt_create_info* info, void** self) {
  struct chooser made = {SHUNT_NONE, 0u, 20, info->host};
  int32_t status = number_parameter(info, "/max", &made.max);
  if (status == SHUNT_OK) {
    status = info->host->column(info->init, text("queue"), SHUNT_COLUMN_NUMBER, SHUNT_OPTIONAL, &made.queue);
  }
  if (status != SHUNT_OK) return status;
  struct chooser* kept = malloc(sizeof *kept);
  if (kept == NULL) return SHUNT_OUT_OF_MEMORY;
  *kept = made;
  *self = kept;
  return SHUNT_OK;
}

static int32_t filter(void* self, const shunt_cycle* cycle, const shunt_view* view, uint8_t* keep) {
  const struct chooser* chooser = self;
  const double* queue = view->columns[chooser->queue]->data;
  if (IS(filter_wrong_status)) return SHUNT_BLOCKED;
  if (IS(filter_fails)) {
    chooser->host->set_error(cycle->ctx, SHUNT_ERROR, text("no"));
    return SHUNT_ERROR;
  }
  if (IS(filter_fails_on_full_requests) && cycle->request->n_headers > 0 &&
      up_to_nul(cycle->request->headers[0].name) > 1000) {
    return SHUNT_SKIP;
  }
  for (uint32_t i = 0; i < view->count; ++i) {
    keep[i] = queue[i] <= chooser->max;
    if (IS(filter_keeps_with_2)) keep[i] = 2;
    if (IS(filter_keeps_every_other_row)) keep[i] = i % 2 == 0;
    if (IS(filter_crashes_on_not_finite) && queue[i] != queue[i]) abort();
  }
  if (IS(filter_writes_beyond_end)) keep[view->count] = 1;
  if (IS(filter_retires)) (void)chooser->host->retire(cycle->ctx, free, NULL);
  return SHUNT_OK;
}

static int32_t pick(void* self, const shunt_cycle* cycle, const shunt_view* view, const double* total, uint32_t* rows,
                    uint32_t capacity, uint32_t* n) {
  uint32_t best = 0;
  (void)self;
  (void)cycle;
  (void)capacity;
  for (uint32_t i = 1; i < view->count; ++i) {
    if (total[i] > total[best]) best = i;
  }
  if (IS(pick_first_row)) best = 0;
  if (IS(pick_by_clock)) {
    struct timespec now;
    (void)timespec_get(&now, TIME_UTC);
    best = (uint32_t)((uint64_t)now.tv_nsec / 64u % view->count);
  }
  rows[0] = best;
  *n = 1;
  if (IS(pick_nothing)) *n = 0;
  if (IS(pick_beyond_rows)) rows[0] = view->count;
  if (IS(pick_base_row)) rows[0] = view->base_row[best];
  if (IS(pick_twice) && capacity > 1) {
    rows[1] = best;
    *n = 2;
  }
  if (IS(pick_too_many)) *n = capacity + 1;
  if (IS(pick_writes_beyond_end)) rows[view->count] = 0;
  if (IS(pick_changes_totals)) ((double*)(uintptr_t)total)[best] = 0;
  if (IS(pick_skips)) return SHUNT_SKIP;
  return SHUNT_OK;
}

static const void* chooser_interface(void* self, shunt_str id) {
  static const shunt_filter_table filters = {(uint32_t)sizeof filters, 0u, filter};
  static const shunt_picker_table picks = {(uint32_t)sizeof picks, 0u, pick};
  (void)self;
  if (is_id(id, SHUNT_FILTER_ID)) return &filters;
  return is_id(id, SHUNT_PICKER_ID) ? &picks : NULL;
}

SHUNT_C_PLUGIN(CHOOSER, chooser_create, free, chooser_interface);
SHUNT_C_LIBRARY("mutant_chooser", "1.0.0", SHUNT_C_MANIFEST(CHOOSER), SHUNT_C_TABLE(CHOOSER));
