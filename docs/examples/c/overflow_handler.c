// SPDX-License-Identifier: Apache-2.0
// A profile handler in C: runs the profile "first"; where that leaves nobody, the profile "overflow".
//
// It shows the rounds: pick_profiles is called again with the results so far until it names no profile.
#include <shunt/abi/abi.h>
#include <shunt/abi/manifest.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMA                                                                          \
  "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"                \
  "\"first\":{\"type\":\"string\",\"default\":\"default\",\"description\":\"profile that is tried first\"}," \
  "\"overflow\":{\"type\":\"string\",\"default\":\"overflow\",\"description\":\"profile of those that are left\"}}}"
#define FACTS(PLUGIN)                                                                                      \
  PLUGIN(overflow, "overflow-profile-handler", "1.0.0", "Runs a second profile where the first leaves nobody", BETA, \
         SCHEMA, SHUNT_PROFILE_HANDLER_ID)
#define TEXT(literal) ((shunt_str)SHUNT_LITERAL(literal))

struct instance {
  uint32_t profile[2];
};

static int32_t find_profile(const shunt_create_info *info, shunt_str pointer, shunt_str unknown, uint32_t *index) {
  shunt_parameter name = {.size = (uint32_t)sizeof name};
  int32_t status = info->host->parameter(info->init, pointer, &name);
  if (status != SHUNT_OK) return status;
  status = info->host->profile(info->init, name.text, index);
  // Of all services only this one leaves the words to the plugin, because an absent profile need not be an error.
  if (status == SHUNT_NOT_FOUND) info->host->set_error(info->ctx, status, unknown);
  return status;
}

static int32_t create(const shunt_create_info *info, void **self) {
  struct instance *made = calloc(1, sizeof *made);
  if (made == NULL) return SHUNT_OUT_OF_MEMORY;
  int32_t status = find_profile(info, TEXT("/first"), TEXT("\"first\" names no scheduling profile"), &made->profile[0]);
  if (status == SHUNT_OK)
    status = find_profile(info, TEXT("/overflow"), TEXT("\"overflow\" names no scheduling profile"), &made->profile[1]);
  if (status != SHUNT_OK) {
    free(made);
    return status;
  }
  *self = made;
  return SHUNT_OK;
}

// Results lie a stride apart: those of a newer host are larger than this header knows.
static const shunt_result *result(const shunt_cycle *cycle, uint32_t i) {
  return (const shunt_result *)(const void *)((const char *)cycle->done + (size_t)i * cycle->done_stride);
}

static int32_t pick_profiles(void *self, const shunt_cycle *cycle, const shunt_view *base, uint32_t *next,
                             uint32_t capacity, uint32_t *n) {
  const struct instance *it = self;
  (void)base;
  if (capacity == 0 || cycle->n_done > 1) return SHUNT_OK;
  if (cycle->n_done == 1 && result(cycle, 0)->status != SHUNT_UNAVAILABLE) return SHUNT_OK;
  next[0] = it->profile[cycle->n_done];
  *n = 1;
  return SHUNT_OK;
}

static int32_t process_results(void *self, const shunt_cycle *cycle, const shunt_view *base, shunt_outcome *outcome) {
  (void)self;
  (void)base;
  if (cycle->n_done > 0) outcome->primary_result = cycle->n_done - 1;
  if (cycle->n_done == 2) outcome->reason = TEXT("nobody was left in the first profile");
  return SHUNT_OK;
}

static const void *interface_table(void *self, shunt_str id) {
  static const shunt_profile_handler_table table = {(uint32_t)sizeof table, 0u, pick_profiles, process_results};
  const shunt_str offered = TEXT(SHUNT_PROFILE_HANDLER_ID);
  (void)self;
  return id.len == offered.len && memcmp(id.data, offered.data, id.len) == 0 ? &table : NULL;
}

SHUNT_C_PLUGIN(FACTS, create, free, interface_table);
SHUNT_C_LIBRARY("overflow_handler", "1.0.0", SHUNT_C_MANIFEST(FACTS), SHUNT_C_TABLE(FACTS));
