// SPDX-License-Identifier: Apache-2.0
// A swapper that makes room for one model beside the pinned ones, with the defects of its kind.
#include "mutant.h"

#define SCHEMA "{\"type\":\"object\",\"additionalProperties\":false}"
#define SWAPPER(PLUGIN) PLUGIN(swapper, "mutant-swapper", "1.0.0", "Keeps one model", BETA, SCHEMA, SHUNT_SWAPPER_ID)

struct swapper {
  uint32_t asked;
  char reason[32];
  const shunt_host* host;
};

static int32_t swapper_create(const shunt_create_info* info, void** self) {
  struct swapper* made = calloc(1, sizeof *made);
  if (made == NULL) return SHUNT_OUT_OF_MEMORY;
  made->host = info->host;
  strcpy(made->reason, "the model runs already");
  *self = made;
  return SHUNT_OK;
}

static const shunt_model* model(const shunt_swap_query* query, uint32_t i) {
  const uint64_t stride = IS(swapper_ignores_stride) ? sizeof(shunt_model) : query->running_stride;
  return (const shunt_model*)((const char*)query->running + i * stride);
}

static int32_t eviction_for(void* self, shunt_ctx* ctx, const shunt_swap_query* query, shunt_swap_plan* plan) {
  struct swapper* swapper = self;
  char small[64];
  if (IS(swapper_logs)) swapper->host->log(ctx, SHUNT_LOG_INFO, text("asked"));
  if (IS(swapper_fails_without_devices) && query->n_devices == 0) {
    swapper->host->set_error(ctx, SHUNT_ERROR, text("no device"));
    return SHUNT_ERROR;
  }
  if (IS(swapper_skips)) return SHUNT_SKIP;
  if (IS(swapper_keeps_state) && ++swapper->asked % 2 == 0) return SHUNT_OK;
  for (uint32_t i = 0; i < query->n_running; ++i) {
    const shunt_model* one = model(query, i);
    const int is_target =
        one->id.len == query->target->id.len && memcmp(one->id.data, query->target->id.data, one->id.len) == 0;
    if (IS(swapper_has_64_places) && i >= 64) {
      volatile char* to = small;
      to[0] = one->id.data[one->id.len + 8];
    }
    if (is_target && !IS(swapper_evicts_the_target)) {
      plan->n_victims = 0;
      plan->reason = text("the model runs already");
      if (IS(swapper_reason_from_the_instance)) plan->reason = (shunt_str){swapper->reason, 22};
      if (IS(swapper_blocks_without_reason)) plan->reason = (shunt_str){NULL, 0};
      plan->retry_after_ns = IS(swapper_retries_in_the_past) ? -1 : 0;
      return SHUNT_BLOCKED;
    }
    if ((one->flags & SHUNT_MODEL_PINNED) != 0 && !IS(swapper_evicts_pinned)) continue;
    if (IS(swapper_needs_devices) && one->devices[0] == SHUNT_NONE) continue;
    plan->victims[plan->n_victims++] = IS(swapper_evicts_beyond) ? query->n_running : i;
    if (IS(swapper_evicts_twice) && plan->n_victims < plan->victims_capacity) plan->victims[plan->n_victims++] = i;
    if (IS(swapper_evicts_twice)) break;
  }
  if (IS(swapper_counts_too_many)) plan->n_victims = query->n_running + 1;
  if (IS(swapper_writes_beyond_end)) plan->victims[plan->victims_capacity] = 0;
  if (IS(swapper_places_nowhere) && plan->placement_capacity > 0) {
    plan->placement[0] = query->n_devices;
    plan->n_placement = 1;
  }
  return SHUNT_OK;
}

static void on_swap_start(void* self, shunt_ctx* ctx, const shunt_swap_query* query, const shunt_swap_plan* plan,
                          uint64_t ticket) {
  const struct swapper* swapper = self;
  (void)query;
  (void)ticket;
  if (IS(swapper_changes_the_plan)) plan->victims[0] = 0;
  swapper->host->log(ctx, SHUNT_LOG_DEBUG, text("a swap starts"));
}

static const void* swapper_interface(void* self, shunt_str id) {
  static const shunt_swapper_table table = {(uint32_t)sizeof table, 0u, eviction_for, on_swap_start};
  (void)self;
  return is_id(id, SHUNT_SWAPPER_ID) ? &table : NULL;
}

SHUNT_C_PLUGIN(SWAPPER, swapper_create, free, swapper_interface);
SHUNT_C_LIBRARY("mutant_swapper", "1.0.0", SHUNT_C_MANIFEST(SWAPPER), SHUNT_C_TABLE(SWAPPER));
