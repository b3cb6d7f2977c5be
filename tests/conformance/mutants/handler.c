// SPDX-License-Identifier: Apache-2.0
// A profile handler that runs one profile, with the defects of its kind.
#include <stdio.h>

#include "mutant.h"

#define SCHEMA "{\"type\":\"object\",\"additionalProperties\":false}"
#define HANDLER(PLUGIN) \
  PLUGIN(handler, "mutant-handler", "1.0.0", "Runs the first profile", BETA, SCHEMA, SHUNT_PROFILE_HANDLER_ID)

struct handler {
  uint32_t profiles;
  char code[16];
  const shunt_host* host;
};

static int32_t handler_create(const shunt_create_info* info, void** self) {
  struct handler* made = calloc(1, sizeof *made);
  if (made == NULL) return SHUNT_OUT_OF_MEMORY;
  made->profiles = info->host->profile_count(info->init);
  made->host = info->host;
  strcpy(made->code, "no-endpoint");
  *self = made;
  return SHUNT_OK;
}

static int32_t pick_profiles(void* self, const shunt_cycle* cycle, const shunt_view* base, uint32_t* next,
                             uint32_t capacity, uint32_t* n) {
  const struct handler* handler = self;
  (void)base;
  if (IS(handler_fails)) return SHUNT_ERROR;
  if (cycle->n_done == 0 || IS(handler_never_ends)) {
    next[0] = IS(handler_unknown_profile) ? handler->profiles : 0;
    *n = 1;
  }
  if (IS(handler_too_many_profiles) && cycle->n_done == 0) *n = capacity + 1;
  if (IS(handler_writes_beyond_end)) next[capacity] = 0;
  return SHUNT_OK;
}

static int32_t process_results(void* self, const shunt_cycle* cycle, const shunt_view* base, shunt_outcome* outcome) {
  const struct handler* handler = self;
  const shunt_result* first = cycle->done;
  (void)base;
  const int found = cycle->n_done > 0 && first->status == SHUNT_OK && first->n_picks > 0;
  if (IS(handler_trusts_picks) && cycle->n_done > 0 && first->picks[0] == SHUNT_NONE) return SHUNT_SKIP;
  if (found) {
    outcome->primary_result = IS(handler_result_beyond) ? cycle->n_done : 0;
    if (IS(handler_chooses_nothing)) outcome->primary_result = SHUNT_NONE;
    if (IS(handler_replaces_picks)) {
      const uint32_t nowhere = SHUNT_NONE;
      (void)handler->host->set_picks(cycle->ctx, 0, &nowhere, 1);
    }
    if (IS(handler_notes_wrongly)) {
      (void)handler->host->annotate(cycle->ctx, SHUNT_NOTE_REQUEST_HEADER, text("not a token"), text("x"));
    }
    return SHUNT_OK;
  }
  outcome->reject = IS(handler_reject_7) ? 7 : 1;
  outcome->http_status = IS(handler_rejects_with_200) ? 200 : 503;
  if (!IS(handler_rejects_without_code)) outcome->code = text("no-endpoint");
  if (IS(handler_code_from_the_instance)) outcome->code = (shunt_str){handler->code, 11};
  outcome->reason = text("no endpoint is left");
  return SHUNT_OK;
}

static const void* handler_interface(void* self, shunt_str id) {
  static const shunt_profile_handler_table table = {(uint32_t)sizeof table, 0u, pick_profiles, process_results};
  (void)self;
  return is_id(id, SHUNT_PROFILE_HANDLER_ID) ? &table : NULL;
}

SHUNT_C_PLUGIN(HANDLER, handler_create, free, handler_interface);
SHUNT_C_LIBRARY("mutant_handler", "1.0.0", SHUNT_C_MANIFEST(HANDLER), SHUNT_C_TABLE(HANDLER));
