// SPDX-License-Identifier: Apache-2.0
// A filter in C: keeps the endpoints that a request can pay for.
//
// A request may carry "cost_budget", what it may cost per hour of one accelerator. Endpoints with a higher price are
// removed. A request without a budget keeps everybody, and so does an endpoint that does not tell its price.
#include <shunt/abi/abi.h>
#include <shunt/abi/manifest.h>
#include <stdlib.h>
#include <string.h>

// No parameters: say so, and a config that gives some is told.
#define SCHEMA "{\"type\":\"object\",\"additionalProperties\":false}"
#define FACTS(PLUGIN)                                                                                      \
  PLUGIN(price_ceiling, "price-ceiling-filter", "1.0.0", "Keeps the endpoints that a request can pay for", BETA, \
         SCHEMA, SHUNT_FILTER_ID)
#define TEXT(literal) ((shunt_str)SHUNT_LITERAL(literal))

// What create() learns and filter() needs. The host never looks inside.
struct instance {
  uint32_t price;
};

static int32_t create(const shunt_create_info *info, void **self) {
  struct instance *made = malloc(sizeof *made);
  if (made == NULL) return SHUNT_OUT_OF_MEMORY;
  // OPTIONAL: a pool in which nobody tells a price is fine. The slot is where the column will be in every later call.
  const int32_t status = info->host->column(info->init, TEXT("price_per_gpu_hour"), SHUNT_COLUMN_NUMBER, SHUNT_OPTIONAL,
                                            &made->price);
  if (status != SHUNT_OK) {
    free(made);
    return status;
  }
  *self = made;
  return SHUNT_OK;
}

static int32_t filter(void *self, const shunt_cycle *cycle, const shunt_view *view, uint8_t *keep) {
  const struct instance *it = self;
  const shunt_column *price = view->columns[it->price];
  const double *amount = price->data;
  // Zero is a value: whether there is a budget at all stands in `present`. SKIP keeps everybody.
  if ((cycle->request->present & SHUNT_REQUEST_COST_BUDGET) == 0) return SHUNT_SKIP;
  for (uint32_t i = 0; i < view->count; ++i) {
    const int known = price->valid == NULL || price->valid[i];
    keep[i] = !known || amount[i] <= cycle->request->cost_budget;
  }
  return SHUNT_OK;
}

// The host asks once for each interface that FACTS lists. The table is static: it outlives every instance.
static const void *interface_table(void *self, shunt_str id) {
  static const shunt_filter_table table = {(uint32_t)sizeof table, 0u, filter};
  const shunt_str offered = TEXT(SHUNT_FILTER_ID);
  (void)self;
  return id.len == offered.len && memcmp(id.data, offered.data, id.len) == 0 ? &table : NULL;
}

// free() is all that destroying takes.
SHUNT_C_PLUGIN(FACTS, create, free, interface_table);
SHUNT_C_LIBRARY("price_ceiling_filter", "1.0.0", SHUNT_C_MANIFEST(FACTS), SHUNT_C_TABLE(FACTS));
