// SPDX-License-Identifier: Apache-2.0
// A picker in C: keeps a session on one endpoint by rendezvous hashing, among the candidates with the best total.
//
// Every endpoint draws a number from the session's name and its own key; the highest wins. When one leaves, only its
// own sessions move. Nothing is remembered, so it holds across processes and restarts.
#include <shunt/abi/abi.h>
#include <shunt/abi/manifest.h>
#include <shunt/sdk/kernels.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMA "{\"type\":\"object\",\"additionalProperties\":false}"
#define FACTS(PLUGIN)                                                                                  \
  PLUGIN(sticky, "sticky-picker", "1.0.0", "Keeps a session on one of the best endpoints", BETA, SCHEMA, \
         SHUNT_PICKER_ID)
#define TEXT(literal) ((shunt_str)SHUNT_LITERAL(literal))

struct instance {
  const shunt_host *host;  // lives as long as the process, so it may be kept
};

static int32_t create(const shunt_create_info *info, void **self) {
  struct instance *made = malloc(sizeof *made);
  if (made == NULL) return SHUNT_OUT_OF_MEMORY;
  made->host = info->host;
  *self = made;
  return SHUNT_OK;
}

static int32_t pick(void *self, const shunt_cycle *cycle, const shunt_view *view, const double *total, uint32_t *rows,
                    uint32_t capacity, uint32_t *n) {
  const struct instance *it = self;
  const shunt_str session = cycle->request->session;
  // Without a session the call's own seed decides. Either way chance comes from the call, never from rand().
  const uint64_t seed = session.data != NULL ? it->host->hash(it->host, session.data, session.len, 0) : cycle->seed;
  const double best = shunt_max(total, view->count);
  uint64_t highest = 0;
  if (capacity == 0) return SHUNT_OUT_OF_RANGE;
  for (uint32_t i = 0; i < view->count; ++i) {
    if (total[i] < best) continue;
    const uint64_t draw = shunt_draw(seed, view->key[i]);
    if (*n == 1 && draw <= highest) continue;
    highest = draw;
    rows[0] = i;
    *n = 1;
  }
  return SHUNT_OK;
}

static const void *interface_table(void *self, shunt_str id) {
  static const shunt_picker_table table = {(uint32_t)sizeof table, 0u, pick};
  const shunt_str offered = TEXT(SHUNT_PICKER_ID);
  (void)self;
  return id.len == offered.len && memcmp(id.data, offered.data, id.len) == 0 ? &table : NULL;
}

SHUNT_C_PLUGIN(FACTS, create, free, interface_table);
SHUNT_C_LIBRARY("sticky_picker", "1.0.0", SHUNT_C_MANIFEST(FACTS), SHUNT_C_TABLE(FACTS));
