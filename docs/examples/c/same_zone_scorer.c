// SPDX-License-Identifier: Apache-2.0
// A scorer in C: prefers endpoints in one zone, and shows how texts are compared on the request path: as symbols.
#include <shunt/abi/abi.h>
#include <shunt/abi/manifest.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMA                                                              \
  "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"zone\"]," \
  "\"properties\":{\"zone\":{\"type\":\"string\",\"minLength\":1,"          \
  "\"description\":\"the zone that is preferred\"}}}"
#define FACTS(PLUGIN) \
  PLUGIN(same_zone, "same-zone-scorer", "1.0.0", "Prefers endpoints of one zone", BETA, SCHEMA, SHUNT_SCORER_ID)
// What the type reads whatever its parameters: shown by `shunt plugin inspect`, without running anything.
#define MORE_FACTS(MORE) MORE(same_zone, NONE, ("zone"), (), ())
#define TEXT(literal) ((shunt_str)SHUNT_LITERAL(literal))

struct instance {
  uint32_t column;     // slot of the column "zone"
  uint32_t preferred;  // the parameter as a symbol
};

static int32_t create(const shunt_create_info *info, void **self) {
  struct instance *made = calloc(1, sizeof *made);
  if (made == NULL) return SHUNT_OUT_OF_MEMORY;
  shunt_parameter zone = {.size = (uint32_t)sizeof zone};
  int32_t status = info->host->parameter(info->init, TEXT("/zone"), &zone);
  // Equal texts are equal symbols: interned once here, compared as numbers in score().
  if (status == SHUNT_OK) status = info->host->intern(info->init, zone.text, &made->preferred);
  if (status == SHUNT_OK)
    status = info->host->column(info->init, TEXT("zone"), SHUNT_COLUMN_SYMBOL, SHUNT_OPTIONAL, &made->column);
  if (status != SHUNT_OK) {
    free(made);
    return status;
  }
  *self = made;
  return SHUNT_OK;
}

static int32_t score(void *self, const shunt_cycle *cycle, const shunt_view *view, double *score) {
  const struct instance *it = self;
  const uint32_t *zone = view->columns[it->column]->data;
  (void)cycle;
  // A row without a zone reads 0, which is no symbol, so it cannot be equal.
  for (uint32_t i = 0; i < view->count; ++i) score[i] = zone[i] == it->preferred ? 1.0 : 0.0;
  return SHUNT_OK;
}

static const void *interface_table(void *self, shunt_str id) {
  static const shunt_scorer_table table = {(uint32_t)sizeof table, 0u, score};
  const shunt_str offered = TEXT(SHUNT_SCORER_ID);
  (void)self;
  return id.len == offered.len && memcmp(id.data, offered.data, id.len) == 0 ? &table : NULL;
}

SHUNT_C_PLUGIN_MORE(FACTS, MORE_FACTS, create, free, interface_table);
SHUNT_C_LIBRARY("same_zone_scorer", "1.0.0", SHUNT_C_MANIFEST_MORE(FACTS, MORE_FACTS), SHUNT_C_TABLE(FACTS));
