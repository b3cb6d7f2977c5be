// SPDX-License-Identifier: Apache-2.0
// A scorer with every defect that a library, a create() and a hot function can have.
#define SHUNT_LIBRARY_ENTRY healthy_library

#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <threads.h>
#include <time.h>

#include "mutant.h"

#define OPEN_SCHEMA                                                                                    \
  "{\"type\":\"object\",\"properties\":{\"weight\":{\"type\":\"number\",\"minimum\":0,\"default\":1}," \
  "\"zone\":{\"type\":\"string\",\"default\":\"a\"}}}"
#define STRICT_SCHEMA                                                                                                  \
  "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{\"weight\":{\"type\":\"number\",\"minimum\":0," \
  "\"default\":1},\"zone\":{\"type\":\"string\",\"default\":\"a\"}}}"
#define ASKING_SCHEMA "{\"type\":\"object\",\"required\":[\"model\"],\"additionalProperties\":{}}"
#if defined(WITH_OPEN_SCHEMA)
#define SCHEMA OPEN_SCHEMA
#elif defined(WITH_ASKING_SCHEMA)
#define SCHEMA ASKING_SCHEMA
#else
#define SCHEMA STRICT_SCHEMA
#endif
#define SCORER(PLUGIN) \
  PLUGIN(scorer, "mutant-scorer", "1.0.0", "Prefers short queues", BETA, SCHEMA, SHUNT_SCORER_ID, SHUNT_EXPLAIN_ID)
#define SCORER_MORE(MORE) MORE(scorer, NONE, ("queue"), (), ())

struct scorer {
  uint32_t queue;
  uint32_t usage;
  shunt_str borrowed;
  double weight;
  atomic_uint calls;
  atomic_int ends;
  double shared[20000];
  const uint64_t* kept;
  char reason[64];
  thrd_t thread;
  const shunt_host* host;
};

#ifdef WITH_EXCEPTION
void throw_something(void);  // throws.cpp
#endif

static int wait_for_end(void* scorer) {
  while (atomic_load(&((struct scorer*)scorer)->ends) == 0) thrd_yield();
  return 0;
}

static int32_t read_zone(const shunt_create_info* info) {
  shunt_parameter zone = {0};
  char fixed[256];
  zone.size = (uint32_t)sizeof zone;
  const int32_t status = info->host->parameter(info->init, text("/zone"), &zone);
  if (status != SHUNT_OK) return status;
  if (IS(create_trusts_types) && zone.text.data[0] == '\0') return SHUNT_OK;
  if (zone.type != SHUNT_PARAMETER_TEXT && zone.type != SHUNT_PARAMETER_ABSENT) {
    info->host->set_error(info->ctx, SHUNT_INVALID, text("/zone must be a text"));
    return SHUNT_INVALID;
  }
  if (IS(create_copies_without_bound)) {
    volatile char* to = fixed;
    for (uint64_t i = 0; i < zone.text.len; ++i) to[i] = zone.text.data[i];
    return to[0] == '\n' ? SHUNT_SKIP : SHUNT_OK;
  }
  return SHUNT_OK;
}

static int32_t scorer_create(const shunt_create_info* info, void** self) {
  if (IS(create_stores_nothing)) return SHUNT_OK;
  if (IS(create_looks_for_nul) && up_to_nul(info->name) > 1000) return SHUNT_ERROR;
  struct scorer* scorer = calloc(1, sizeof *scorer);
  if (scorer == NULL) return SHUNT_OUT_OF_MEMORY;
  scorer->weight = 1;
  scorer->host = info->host;
  scorer->borrowed = info->parameters;
  int32_t status = number_parameter(info, "/weight", &scorer->weight);
  if (status == SHUNT_OK) status = read_zone(info);
  if (status == SHUNT_OK && !IS(manifest_reads_too_much)) {
    status = info->host->column(info->init, text("queue"), SHUNT_COLUMN_NUMBER, SHUNT_REQUIRED, &scorer->queue);
    if (IS(create_ignores_refusals)) status = SHUNT_OK;
  }
  if (status == SHUNT_OK) {
    status =
        info->host->column(info->init, text("kv_cache_usage"), SHUNT_COLUMN_NUMBER, SHUNT_OPTIONAL, &scorer->usage);
  }
  if (status == SHUNT_OK) status = info->host->scratch(info->init, 256);
  if (status == SHUNT_OK) status = info->host->request_state(info->init, 64);
  if (status != SHUNT_OK) {
    free(scorer);
    return status;
  }
  strcpy(scorer->reason, "a reason of the instance");
  if (IS(leaks_descriptor) && open("/dev/null", O_RDONLY) < 0) return SHUNT_ERROR;
  if (IS(starts_a_thread)) (void)thrd_create(&scorer->thread, wait_for_end, scorer);
  if (IS(create_prints)) puts("created");
  if (IS(create_writes_beyond_self)) self[1] = scorer;
  *self = scorer;
  return SHUNT_OK;
}

static void scorer_destroy(void* self) {
  struct scorer* scorer = self;
  if (IS(starts_a_thread)) {
    atomic_store(&scorer->ends, 1);
    (void)thrd_join(scorer->thread, NULL);
  }
  if (!IS(leaks_instance)) free(self);
}

// Ten milliseconds of the processor.
static void spin(void) {
  const clock_t end = clock() + CLOCKS_PER_SEC / 100;
  while (clock() < end) {
  }
}

static double value_of(const struct scorer* scorer, const shunt_view* view, const double* queue, uint32_t i) {
  if (IS(score_uses_base_rows)) return queue[view->base_row[i]];
  if (IS(score_forgets_gaps)) {
    const shunt_column* column = view->columns[scorer->usage];
    if (column->valid != NULL && column->valid[i] == 0) return queue[i] / column->flags * 0.0 / 0.0;
  }
  return queue[i];
}

static int32_t scorer_score(void* self, const shunt_cycle* cycle, const shunt_view* view, double* score) {
  struct scorer* scorer = self;
  const double* queue = view->columns[scorer->queue]->data;
  const uint32_t count = view->count;
  double answers[64];
  if (IS(score_hangs_on_nothing)) {
    while (count == 0) sched_yield();
  }
  if (IS(score_needs_a_model) && cycle->request->model.data[0] == '\0') return SHUNT_SKIP;
  if (IS(score_needs_a_user) && cycle->request->user.data[0] == '\0') return SHUNT_SKIP;
  if (IS(score_keeps_borrowed_text) && scorer->borrowed.data[0] != '{') return SHUNT_SKIP;
  if (IS(score_keeps_a_view)) {
    if (scorer->kept == NULL) scorer->kept = view->key;
    if (scorer->kept[0] == 0) return SHUNT_SKIP;
  }
  if (IS(score_fails_in_latin_1)) {
    scorer->host->set_error(cycle->ctx, SHUNT_ERROR, text("caf\xe9 \x1b[31m"));
    return SHUNT_ERROR;
  }
  if (IS(score_fails_without_text)) return SHUNT_ERROR;
  if (IS(score_unknown_status)) return 7;
  if (IS(score_exits) && count == 2) _Exit(0);
  if (IS(score_allocates)) {
    char* volatile copy = malloc(32);
    free(copy);
  }
  if (IS(score_leaks)) {
    char* volatile copy = malloc(64);
    (void)copy;
  }
  if (IS(score_logs)) scorer->host->log(cycle->ctx, SHUNT_LOG_INFO, text("scoring"));
#ifdef WITH_EXCEPTION
  throw_something();
#endif
  if (IS(score_spins)) spin();
  if (IS(score_prints)) puts("scoring");
  if (IS(score_writes_beyond_scratch)) ((char*)cycle->scratch)[256] = 1;
  if (IS(score_writes_beyond_state)) ((char*)cycle->request_state)[64] = 1;
  if (IS(score_writes_its_input)) ((double*)(uintptr_t)queue)[0] = 0;
  if (IS(score_declares) && scorer->host->intern((shunt_init*)(uintptr_t)self, text("x"), &scorer->usage) != 0) {
    return SHUNT_SKIP;
  }
  if (IS(score_sets_a_value)) {
    shunt_value value = {0};
    value.size = (uint32_t)sizeof value;
    (void)scorer->host->set_value(cycle->ctx, 0, &value);
  }
  double high = 1;
  if (IS(score_without_range)) high = 0;
  for (uint32_t i = 0; i < count; ++i) {
    const double value = value_of(scorer, view, queue, i);
    if (value > high) high = value;
  }
  double first = IS(score_without_range) && count > 0 ? queue[0] : 0;
  for (uint32_t i = 0; i < count; ++i) {
    const double value = value_of(scorer, view, queue, i);
    double answer = value > 0 ? (value <= high ? 1.0 - value / (2 * high) : 0.25) : 1.0;
    if (!(answer >= 0)) answer = 0;
    if (IS(score_forgets_gaps) && value != value) answer = value;
    if (IS(score_without_range) && count == 1) answer = (value - first) / (first - first);
    if (IS(score_nan) && i == count / 2) answer = 0.0 / 0.0;
    if (IS(score_infinite) && i == 0) answer = 1.0 / 0.0;
    if (IS(score_above_one) && i == 0) answer = 1.5;
    if (IS(score_negative) && i == 0) answer = -0.25;
    if (IS(score_random)) answer = (double)(rand() % 1000) / 1000.0;
    if (IS(score_counts_calls)) answer = (double)(atomic_fetch_add(&scorer->calls, 1) % 100) / 100.0;
    if (IS(score_by_row)) answer = 1.0 / (1.0 + i);
    if (IS(score_reads_scratch)) answer = (double)((unsigned char*)cycle->scratch)[5] / 255.0;
    if (IS(score_odd_numbers_infinite) && value < 0) answer = 1.0 / 0.0;
    if (IS(score_shares_a_buffer)) {
      scorer->shared[i] = answer;
    } else if (IS(score_has_64_rows) && count > 1) {
      if (i < 64) answers[i] = answer;
      score[i] = i < 64 ? answers[i] : 0.0 / 0.0;
    } else {
      score[i] = answer;
    }
  }
  if (IS(score_shares_a_buffer)) {
    sched_yield();
    for (uint32_t i = 0; i < count; ++i) score[i] = scorer->shared[i];
  }
  if (IS(score_leaves_a_row) && count > 0) score[count - 1] = 0.0 / 0.0;
  if (IS(score_writes_beyond_end)) score[count] = 0.5;
  if (IS(score_writes_before_begin)) score[-1] = 0.5;
  if (IS(score_reads_beyond_padding) && queue[count + 16] > 1e300) return SHUNT_SKIP;
  return SHUNT_OK;
}

static int32_t scorer_explain(void* self, const shunt_cycle* cycle, const shunt_view* view, shunt_str id,
                              shunt_str* reason) {
  struct scorer* scorer = self;
  static const char kLong[] =
      "This reason goes on and on, and says in every clause what the clause before has said already, until nobody who "
      "reads it remembers how it began, which is why the header allows two hundred bytes and not one more than those.";
  if (!is_id(id, SHUNT_SCORER_ID)) return SHUNT_SKIP;
  for (uint32_t i = 0; i < view->count; ++i) {
    reason[i] = text("short queue");
    if (IS(explain_too_long)) reason[i] = text(kLong);
    if (IS(explain_trusts_the_arena)) {
      char* made = scorer->host->call_alloc(cycle->ctx, 40);
      memset(made, 'x', 40);
      reason[i] = (shunt_str){made, 40};
    }
    if (IS(explain_from_the_instance)) reason[i] = (shunt_str){scorer->reason, 24};
  }
  return SHUNT_OK;
}

static const void* scorer_interface(void* self, shunt_str id) {
  static const shunt_scorer_table table = {IS(table_too_small) ? 8u : (uint32_t)sizeof table, 0u,
                                           IS(table_without_function) ? NULL : scorer_score};
  static const shunt_explain_table explain = {(uint32_t)sizeof explain, 0u, scorer_explain};
  (void)self;
  if (IS(interface_for_anything)) return &table;
  if (is_id(id, SHUNT_EXPLAIN_ID)) return &explain;
  return is_id(id, SHUNT_SCORER_ID) && !IS(interface_missing) ? &table : NULL;
}

SHUNT_C_PLUGIN_MORE(SCORER, SCORER_MORE, scorer_create, scorer_destroy, scorer_interface);

static int started;

static int32_t start(const shunt_host* host, shunt_ctx* ctx) {
  if (IS(init_only_once) && started != 0) {
    host->set_error(ctx, SHUNT_ERROR, text("started already"));
    return SHUNT_ERROR;
  }
  started = 1;
  return SHUNT_OK;
}

__attribute__((constructor)) static void on_load(void) {
  if (IS(load_aborts)) abort();
}
__attribute__((destructor)) static void on_exit_of_process(void) {
  if (IS(exit_aborts)) abort();
}

SHUNT_C_LIBRARY_START("mutant_scorer", "1.0.0", start, NULL, SHUNT_C_MANIFEST_MORE(SCORER, SCORER_MORE),
                      SHUNT_C_TABLE(SCORER));

static const shunt_plugin* describe_without_end(uint32_t index) {
  (void)index;
  return healthy_library()->describe(0);
}

static const shunt_plugin* describe_in_turns(uint32_t index) {
  static shunt_plugin other;
  static atomic_uint calls;
  const shunt_plugin* plugin = healthy_library()->describe(index);
  if (plugin == NULL || atomic_fetch_add(&calls, 1) % 2 == 0) return plugin;
  other = *plugin;
  return &other;
}

static const shunt_plugin* describe_by_thread(uint32_t index) {
  static _Thread_local shunt_plugin own;
  const shunt_plugin* plugin = healthy_library()->describe(index);
  if (plugin == NULL) return NULL;
  own = *plugin;
  return &own;
}

static const shunt_plugin* describe_another_version(uint32_t index) {
  static shunt_plugin other;
  const shunt_plugin* plugin = healthy_library()->describe(index);
  if (plugin == NULL) return NULL;
  other = *plugin;
  other.version = text("9.9.9");
  return &other;
}

// What the host gets to see: the healthy library, or a copy with a defect.
SHUNT_EXPORT const shunt_library* shunt_library_entry_v1(void);
SHUNT_EXPORT const shunt_library* shunt_library_entry_v1(void) {
  static shunt_library copies[2];
  static atomic_uint calls;
  shunt_library* copy = &copies[IS(entry_changes) ? atomic_fetch_add(&calls, 1) % 2 : 0];
  *copy = *healthy_library();
  if (IS(entry_answers_nothing)) return NULL;
  if (IS(entry_needs_a_newer_host)) copy->abi_min_minor = copy->abi_minor + 1;
  if (IS(describe_without_end)) copy->describe = describe_without_end;
  if (IS(describe_in_turns)) copy->describe = describe_in_turns;
  if (IS(describe_by_thread)) copy->describe = describe_by_thread;
  if (IS(manifest_says_another_version)) copy->describe = describe_another_version;
  return copy;
}
