// SPDX-License-Identifier: Apache-2.0
// A producer that observes and saves its state, with the defects of these three.
#include <shunt/abi/state.h>
#include <stdatomic.h>

#include "mutant.h"

#define SCHEMA "{\"type\":\"object\",\"additionalProperties\":false}"
#define LEARNER(PLUGIN)                                                                                        \
  PLUGIN(learner, "mutant-learner", "1.0.0", "Writes how often it was asked", BETA, SCHEMA, SHUNT_PRODUCER_ID, \
         SHUNT_OBSERVER_ID, SHUNT_STATE_ID)
#define LEARNER_MORE(MORE) MORE(learner, NONE, (), ("mutant_share", "mutant_seen"), ())

struct learner {
  uint32_t share;
  uint32_t seen;
  uint32_t count;
  uint32_t total;
  atomic_ullong decisions;
  uint64_t* kept;
  const shunt_host* host;
};

static int32_t learner_create(const shunt_create_info* info, void** self) {
  struct learner* made = calloc(1, sizeof *made);
  if (made == NULL) return SHUNT_OUT_OF_MEMORY;
  const shunt_host* host = info->host;
  made->host = host;
  int32_t status =
      host->output(info->init, text("mutant_share"), SHUNT_COLUMN_NUMBER, SHUNT_SCOPE_REQUEST, &made->share);
  if (status == SHUNT_OK && !IS(manifest_writes_too_much)) {
    status = host->output(info->init, text("mutant_seen"), SHUNT_COLUMN_FLAG, SHUNT_SCOPE_REQUEST, &made->seen);
  }
  if (status == SHUNT_OK) {
    status = host->output(info->init, text("mutant_count"), SHUNT_COLUMN_NUMBER, SHUNT_SCOPE_ENDPOINT, &made->count);
  }
  if (status == SHUNT_OK) {
    status = host->output_value(info->init, text("mutant_total"), SHUNT_VALUE_NUMBER, &made->total);
  }
  if (status == SHUNT_OK) status = host->request_state(info->init, 16);
  if (status != SHUNT_OK) {
    free(made);
    return status;
  }
  *self = made;
  return SHUNT_OK;
}

static shunt_output* output(shunt_output* out, uint32_t slot, uint32_t stride) {
  return (shunt_output*)((char*)out + (size_t)slot * stride);
}

static int32_t produce(void* self, const shunt_cycle* cycle, const shunt_view* base, shunt_output* out, uint32_t n,
                       uint32_t stride) {
  struct learner* learner = self;
  if (IS(producer_ignores_stride)) stride = (uint32_t)sizeof(shunt_output);
  if (n == 0) return SHUNT_SKIP;
  shunt_output* share = output(out, learner->share, stride);
  double* data = share->data;
  for (uint32_t i = 0; i < base->count; ++i) data[i] = (double)(base->key[i] % 1000) / 1000.0;
  if (IS(producer_not_finite) && base->count > 0) data[0] = 1.0 / 0.0;
  if (IS(producer_writes_beyond_end)) data[base->count] = 0.5;
  share->state = IS(producer_wrong_state) ? 7 : SHUNT_OUTPUT_ALL;
  if (IS(producer_swaps_memory)) share->data = NULL;
  if (n > 1) {
    shunt_output* seen = output(out, learner->seen, stride);
    for (uint32_t i = 0; i < base->count; i += 2) {
      ((uint8_t*)seen->data)[i] = IS(producer_flag_2) ? 2 : 1;
      seen->valid[i] = 1;
    }
    // Which rows have a value goes by endpoints, not by their place.
    seen->state = IS(producer_by_row) ? SHUNT_OUTPUT_PARTIAL : SHUNT_OUTPUT_ABSENT;
    if (IS(producer_flag_2)) {
      for (uint32_t i = 0; i < base->count; ++i) ((uint8_t*)seen->data)[i] = 2;
      seen->state = SHUNT_OUTPUT_ALL;
    }
  }
  shunt_value value = {0};
  value.size = (uint32_t)sizeof value;
  value.type = IS(producer_wrong_value_type) ? SHUNT_VALUE_TEXT : SHUNT_VALUE_NUMBER;
  value.present = 1;
  value.number = (double)base->count;
  (void)learner->host->set_value(cycle->ctx, learner->total, &value);
  if (IS(producer_puts) && base->count > 0)
    (void)learner->host->put_number(cycle->ctx, learner->count, base->key[0], 1);
  uint64_t* state = cycle->request_state;
  if (IS(producer_keeps_the_state_of_a_request)) {
    if (learner->kept == NULL) learner->kept = state;
    if (base->count > 0) data[0] = (double)(learner->kept[1]++ % 7) / 7.0;
  }
  state[0] = 1;
  if (IS(producer_writes_beyond_state)) state[2] = 1;
  return SHUNT_OK;
}

static void picked(void* self, const shunt_cycle* cycle, const shunt_view* base, const shunt_decision* decision) {
  struct learner* learner = self;
  if (IS(observer_trusts_decisions) && base->key[decision->results[decision->primary_result].picks[0]] == 0) return;
  if (IS(observer_allocates)) {
    char* volatile copy = malloc(8);
    free(copy);
  }
  (void)cycle;
  atomic_fetch_add(&learner->decisions, 1);
}

static void events(void* self, shunt_ctx* ctx, const shunt_event* first, uint32_t n, uint32_t stride) {
  struct learner* learner = self;
  if (IS(observer_ignores_stride)) stride = (uint32_t)sizeof(shunt_event);
  for (uint32_t i = 0; i < n; ++i) {
    const shunt_event* event = (const shunt_event*)((const char*)first + (size_t)i * stride);
    if (IS(observer_looks_for_nul) && event->endpoint_name.data != NULL && up_to_nul(event->endpoint_name) > 1000)
      continue;
    if (IS(observer_aborts_on_unknown_cause) && event->type == SHUNT_EVENT_COMPLETED &&
        event->cause > SHUNT_CAUSE_REJECTED) {
      abort();
    }
    if (event->type == SHUNT_EVENT_ENDPOINT_ADDED) {
      (void)learner->host->put_number(ctx, learner->count, event->endpoint, IS(observer_puts_nan) ? 0.0 / 0.0 : 1.0);
      if (IS(observer_puts_nowhere)) (void)learner->host->put_number(ctx, 99, event->endpoint, 1.0);
    }
    if (event->request == NULL) continue;
    if (IS(observer_needs_state)) {
      *(uint64_t*)event->request_state += 1;
    } else if (event->request_state != NULL) {
      *(uint64_t*)event->request_state += 1;
    }
    if (IS(observer_changes_events)) ((shunt_event*)(uintptr_t)event)->present = 0;
  }
}

static int32_t save(void* self, shunt_ctx* ctx, shunt_state_stream* stream) {
  struct learner* learner = self;
  const uint64_t decisions = atomic_load(&learner->decisions);
  (void)ctx;
  if (IS(state_save_fails)) return SHUNT_ERROR;
  if (IS(state_save_forgets)) atomic_store(&learner->decisions, 0);
  if (IS(state_save_insists)) {
    while (stream->write(stream, &decisions, sizeof decisions) != SHUNT_OK) {
    }
    return SHUNT_OK;
  }
  return stream->write(stream, &decisions, sizeof decisions);
}

static int32_t refuse(const struct learner* learner, shunt_ctx* ctx, int32_t status) {
  if (!IS(state_refuses_without_text)) learner->host->set_error(ctx, status, text("that is no state of mine"));
  return status;
}

static int32_t load(void* self, shunt_ctx* ctx, shunt_str version, const void* data, uint64_t len) {
  struct learner* learner = self;
  uint64_t decisions = 0;
  if (IS(state_refused_leaves_a_trace)) atomic_fetch_add(&learner->decisions, len + 1);
  if (!is_id(version, "1") && !IS(state_takes_any_version)) return refuse(learner, ctx, SHUNT_UNSUPPORTED);
  if (len != sizeof decisions && !IS(state_trusts_length)) return refuse(learner, ctx, SHUNT_INVALID);
  memcpy(&decisions, data, sizeof decisions);
  if (!IS(state_is_not_taken_over)) atomic_store(&learner->decisions, decisions);
  return SHUNT_OK;
}

static const void* learner_interface(void* self, shunt_str id) {
  static const shunt_producer_table producer = {(uint32_t)sizeof producer, 0u, produce};
  static const shunt_observer_table observer = {(uint32_t)sizeof observer, 0u, (1u << 13) - 1u, picked, events};
  static const shunt_state_table state = {(uint32_t)sizeof state, 0u, {"1", 1}, save, load};
  (void)self;
  if (is_id(id, SHUNT_PRODUCER_ID)) return &producer;
  if (is_id(id, SHUNT_OBSERVER_ID)) return &observer;
  return is_id(id, SHUNT_STATE_ID) ? &state : NULL;
}

SHUNT_C_PLUGIN_MORE(LEARNER, LEARNER_MORE, learner_create, free, learner_interface);
SHUNT_C_LIBRARY("mutant_learner", "1.0.0", SHUNT_C_MANIFEST_MORE(LEARNER, LEARNER_MORE), SHUNT_C_TABLE(LEARNER));
