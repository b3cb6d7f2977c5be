// SPDX-License-Identifier: Apache-2.0
// A swapper in C: one memory for all models; evicts the smallest ones until the new one fits.
#include <shunt/abi/abi.h>
#include <shunt/abi/manifest.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMA                                                              \
  "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"capacity\"]," \
  "\"properties\":{\"capacity\":{\"type\":\"number\",\"minimum\":0,"        \
  "\"description\":\"bytes that all running models may take together\"}}}"
#define FACTS(PLUGIN)                                                                                         \
  PLUGIN(smallest_first, "smallest-first-swapper", "1.0.0", "Evicts the smallest models until the new one fits", BETA, \
         SCHEMA, SHUNT_SWAPPER_ID)
#define TEXT(literal) ((shunt_str)SHUNT_LITERAL(literal))

struct instance {
  double capacity;
};

static int32_t create(const shunt_create_info *info, void **self) {
  struct instance *made = malloc(sizeof *made);
  if (made == NULL) return SHUNT_OUT_OF_MEMORY;
  shunt_parameter capacity = {.size = (uint32_t)sizeof capacity};
  const int32_t status = info->host->parameter(info->init, TEXT("/capacity"), &capacity);
  if (status != SHUNT_OK) {
    free(made);
    return status;
  }
  made->capacity = capacity.number;
  *self = made;
  return SHUNT_OK;
}

static const shunt_model *running(const shunt_swap_query *query, uint32_t i) {
  return (const shunt_model *)(const void *)((const char *)query->running + i * query->running_stride);
}

// Nobody knows: count it as nothing rather than as everything.
static double bytes_of(const shunt_model *model) {
  return (model->present & SHUNT_MODEL_BYTES) != 0 ? (double)model->bytes : 0.0;
}

static int is_victim(const shunt_swap_plan *plan, uint32_t i) {
  for (uint32_t v = 0; v < plan->n_victims; ++v) {
    if (plan->victims[v] == i) return 1;
  }
  return 0;
}

// Pure: the same question always gets the same answer, and it is asked often.
static int32_t eviction_for(void *self, shunt_ctx *ctx, const shunt_swap_query *query, shunt_swap_plan *plan) {
  const struct instance *it = self;
  double used = bytes_of(query->target);
  (void)ctx;
  if (used > it->capacity) {
    plan->reason = TEXT("the model does not fit even alone");
    return SHUNT_IMPOSSIBLE;
  }
  for (uint32_t i = 0; i < query->n_running; ++i) used += bytes_of(running(query, i));
  while (used > it->capacity) {
    uint32_t smallest = SHUNT_NONE;
    for (uint32_t i = 0; i < query->n_running; ++i) {
      const shunt_model *model = running(query, i);
      // Evicting a model of unknown size frees nothing that could be counted.
      if ((model->flags & SHUNT_MODEL_PINNED) != 0 || bytes_of(model) <= 0.0 || is_victim(plan, i)) continue;
      if (smallest == SHUNT_NONE || bytes_of(model) < bytes_of(running(query, smallest))) smallest = i;
    }
    if (smallest == SHUNT_NONE) {
      plan->n_victims = 0;  // a refusal names nobody
      plan->reason = TEXT("what is pinned leaves too little memory");
      return SHUNT_IMPOSSIBLE;
    }
    plan->victims[plan->n_victims++] = smallest;
    used -= bytes_of(running(query, smallest));
  }
  return SHUNT_OK;
}

static const void *interface_table(void *self, shunt_str id) {
  // on_swap_start is optional: nothing is remembered here.
  static const shunt_swapper_table table = {(uint32_t)sizeof table, 0u, eviction_for, NULL};
  const shunt_str offered = TEXT(SHUNT_SWAPPER_ID);
  (void)self;
  return id.len == offered.len && memcmp(id.data, offered.data, id.len) == 0 ? &table : NULL;
}

SHUNT_C_PLUGIN(FACTS, create, free, interface_table);
SHUNT_C_LIBRARY("smallest_first_swapper", "1.0.0", SHUNT_C_MANIFEST(FACTS), SHUNT_C_TABLE(FACTS));
