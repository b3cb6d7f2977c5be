// SPDX-License-Identifier: Apache-2.0
// freeze_1_0.h: what version 1.0 of the ABI promises, as assertions. Compiles as C11 and C++20 against every newer 1.x.
// Release candidate: written anew with each candidate, never again after the release. Made by make_freeze.py.
#pragma once

#include <shunt/abi/abi.h>

#ifdef __cplusplus
namespace shunt_freeze {
template <class A, class B>
constexpr bool kSame = false;
template <class A>
constexpr bool kSame<A, A> = true;
constexpr bool same_text(const char *a, const char *b) {
  for (; *a != 0 && *a == *b; ++a, ++b) {
  }
  return *a == *b;
}
}  // namespace shunt_freeze
#define SHUNT_FROZEN(condition) static_assert(condition, "frozen in ABI 1.0")
#define SHUNT_FROZEN_TYPE(type, member, ...) SHUNT_FROZEN((shunt_freeze::kSame<decltype(type::member), __VA_ARGS__>))
#define SHUNT_FROZEN_TEXT(name, text) SHUNT_FROZEN(shunt_freeze::same_text(name, text))
#else
#define SHUNT_FROZEN(condition) _Static_assert(condition, "frozen in ABI 1.0")
#define SHUNT_FROZEN_TYPE(type, member, ...) SHUNT_FROZEN(_Generic(((type *)0)->member, __VA_ARGS__: 1, default: 0))
// C compares no texts at compile time: their lengths have to do here, the C++ branch compares the rest.
#define SHUNT_FROZEN_TEXT(name, text) SHUNT_FROZEN(sizeof(name) == sizeof(text))
#endif
#define SHUNT_FROZEN_MEMBER(type, member, offset, ...)  \
  SHUNT_FROZEN(offsetof(type, member) == (offset));     \
  SHUNT_FROZEN_TYPE(type, member, __VA_ARGS__)

// base.h
SHUNT_FROZEN_MEMBER(shunt_str, data, 0, const char *);
SHUNT_FROZEN_MEMBER(shunt_str, len, 8, uint64_t);
SHUNT_FROZEN(sizeof(shunt_str) == 16);
SHUNT_FROZEN((SHUNT_ABI_MAJOR) == (1));
SHUNT_FROZEN((SHUNT_OK) == (0));
SHUNT_FROZEN((SHUNT_SKIP) == (1));
SHUNT_FROZEN((SHUNT_UNAVAILABLE) == (2));
SHUNT_FROZEN((SHUNT_BLOCKED) == (3));
SHUNT_FROZEN((SHUNT_IMPOSSIBLE) == (4));
SHUNT_FROZEN((SHUNT_ERROR) == ((-1)));
SHUNT_FROZEN((SHUNT_INVALID) == ((-2)));
SHUNT_FROZEN((SHUNT_NOT_FOUND) == ((-3)));
SHUNT_FROZEN((SHUNT_UNSUPPORTED) == ((-4)));
SHUNT_FROZEN((SHUNT_OUT_OF_RANGE) == ((-5)));
SHUNT_FROZEN((SHUNT_OUT_OF_MEMORY) == ((-6)));
SHUNT_FROZEN((SHUNT_EXCEPTION) == ((-7)));
SHUNT_FROZEN((SHUNT_NONE) == (0xffffffffu));

// column.h
SHUNT_FROZEN_MEMBER(shunt_set_row, begin, 0, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_set_row, end, 4, uint32_t);
SHUNT_FROZEN(sizeof(shunt_set_row) == 8);
SHUNT_FROZEN_MEMBER(shunt_column, size, 0, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_column, type, 4, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_column, flags, 8, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_column, pool_len, 12, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_column, data, 16, const void *);
SHUNT_FROZEN_MEMBER(shunt_column, valid, 24, const uint8_t *);
SHUNT_FROZEN_MEMBER(shunt_column, as_of_ns, 32, const int64_t *);
SHUNT_FROZEN_MEMBER(shunt_column, pool, 40, const uint32_t *);
SHUNT_FROZEN(sizeof(shunt_column) >= 48);
SHUNT_FROZEN_MEMBER(shunt_view, size, 0, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_view, count, 4, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_view, columns, 8, const shunt_column *const *);
SHUNT_FROZEN_MEMBER(shunt_view, key, 16, const uint64_t *);
SHUNT_FROZEN_MEMBER(shunt_view, base_row, 24, const uint32_t *);
SHUNT_FROZEN_MEMBER(shunt_view, row_index, 32, const uint32_t *);
SHUNT_FROZEN_MEMBER(shunt_view, row_index_mask, 40, uint64_t);
SHUNT_FROZEN_MEMBER(shunt_view, layout, 48, uint64_t);
SHUNT_FROZEN(sizeof(shunt_view) >= 56);
SHUNT_FROZEN_MEMBER(shunt_value, size, 0, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_value, type, 4, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_value, present, 8, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_value, symbol, 12, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_value, number, 16, double);
SHUNT_FROZEN_MEMBER(shunt_value, key, 24, uint64_t);
SHUNT_FROZEN_MEMBER(shunt_value, text, 32, shunt_str);
SHUNT_FROZEN(sizeof(shunt_value) >= 48);
SHUNT_FROZEN((SHUNT_COLUMN_NUMBER) == (1u));
SHUNT_FROZEN((SHUNT_COLUMN_FLAG) == (2u));
SHUNT_FROZEN((SHUNT_COLUMN_SYMBOL) == (3u));
SHUNT_FROZEN((SHUNT_COLUMN_SET) == (4u));
SHUNT_FROZEN((SHUNT_COLUMN_SET_SIZE) == (5u));
SHUNT_FROZEN((SHUNT_COLUMN_MEMBERSHIP) == (6u));
SHUNT_FROZEN((SHUNT_COLUMN_FLAG_ABSENT) == (1u));
SHUNT_FROZEN((SHUNT_COLUMN_FLAG_PARTIAL) == (2u));
SHUNT_FROZEN((SHUNT_VALUE_NUMBER) == (1u));
SHUNT_FROZEN((SHUNT_VALUE_ENDPOINT) == (2u));
SHUNT_FROZEN((SHUNT_VALUE_TEXT) == (3u));
SHUNT_FROZEN((SHUNT_VALUE_SYMBOL) == (4u));

// request.h
SHUNT_FROZEN_MEMBER(shunt_pair, name, 0, shunt_str);
SHUNT_FROZEN_MEMBER(shunt_pair, value, 16, shunt_str);
SHUNT_FROZEN(sizeof(shunt_pair) == 32);
SHUNT_FROZEN_MEMBER(shunt_request, size, 0, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_request, attempt, 4, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_request, present, 8, uint64_t);
SHUNT_FROZEN_MEMBER(shunt_request, number, 16, uint64_t);
SHUNT_FROZEN_MEMBER(shunt_request, id, 24, shunt_str);
SHUNT_FROZEN_MEMBER(shunt_request, model, 40, shunt_str);
SHUNT_FROZEN_MEMBER(shunt_request, target_model, 56, shunt_str);
SHUNT_FROZEN_MEMBER(shunt_request, type, 72, shunt_str);
SHUNT_FROZEN_MEMBER(shunt_request, path, 88, shunt_str);
SHUNT_FROZEN_MEMBER(shunt_request, arrival_ns, 104, int64_t);
SHUNT_FROZEN_MEMBER(shunt_request, deadline_ns, 112, int64_t);
SHUNT_FROZEN_MEMBER(shunt_request, ttft_slo_ns, 120, int64_t);
SHUNT_FROZEN_MEMBER(shunt_request, tpot_slo_ns, 128, int64_t);
SHUNT_FROZEN_MEMBER(shunt_request, priority, 136, int32_t);
SHUNT_FROZEN_MEMBER(shunt_request, traits, 140, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_request, prompt, 144, shunt_str);
SHUNT_FROZEN_MEMBER(shunt_request, cache_salt, 160, shunt_str);
SHUNT_FROZEN_MEMBER(shunt_request, prompt_bytes, 176, uint64_t);
SHUNT_FROZEN_MEMBER(shunt_request, prompt_tokens, 184, uint64_t);
SHUNT_FROZEN_MEMBER(shunt_request, max_tokens, 192, uint64_t);
SHUNT_FROZEN_MEMBER(shunt_request, batch_size, 200, uint64_t);
SHUNT_FROZEN_MEMBER(shunt_request, input_bytes, 208, uint64_t);
SHUNT_FROZEN_MEMBER(shunt_request, estimated_flops, 216, double);
SHUNT_FROZEN_MEMBER(shunt_request, cost_budget, 224, double);
SHUNT_FROZEN_MEMBER(shunt_request, block_hashes, 232, const uint64_t *);
SHUNT_FROZEN_MEMBER(shunt_request, n_block_hashes, 240, uint64_t);
SHUNT_FROZEN_MEMBER(shunt_request, token_ids, 248, const uint32_t *);
SHUNT_FROZEN_MEMBER(shunt_request, n_token_ids, 256, uint64_t);
SHUNT_FROZEN_MEMBER(shunt_request, user, 264, shunt_str);
SHUNT_FROZEN_MEMBER(shunt_request, session, 280, shunt_str);
SHUNT_FROZEN_MEMBER(shunt_request, tenant, 296, shunt_str);
SHUNT_FROZEN_MEMBER(shunt_request, preferred_endpoint, 312, uint64_t);
SHUNT_FROZEN_MEMBER(shunt_request, excluded, 320, const uint64_t *);
SHUNT_FROZEN_MEMBER(shunt_request, n_excluded, 328, uint64_t);
SHUNT_FROZEN_MEMBER(shunt_request, headers, 336, const shunt_pair *);
SHUNT_FROZEN_MEMBER(shunt_request, n_headers, 344, uint64_t);
SHUNT_FROZEN_MEMBER(shunt_request, tags, 352, const shunt_pair *);
SHUNT_FROZEN_MEMBER(shunt_request, n_tags, 360, uint64_t);
SHUNT_FROZEN(sizeof(shunt_request) >= 368);
SHUNT_FROZEN((SHUNT_REQUEST_PRIORITY) == ((1ull << 0)));
SHUNT_FROZEN((SHUNT_REQUEST_DEADLINE) == ((1ull << 1)));
SHUNT_FROZEN((SHUNT_REQUEST_TTFT_SLO) == ((1ull << 2)));
SHUNT_FROZEN((SHUNT_REQUEST_TPOT_SLO) == ((1ull << 3)));
SHUNT_FROZEN((SHUNT_REQUEST_PROMPT_TOKENS) == ((1ull << 4)));
SHUNT_FROZEN((SHUNT_REQUEST_PROMPT_TOKENS_ESTIMATED) == ((1ull << 5)));
SHUNT_FROZEN((SHUNT_REQUEST_MAX_TOKENS) == ((1ull << 6)));
SHUNT_FROZEN((SHUNT_REQUEST_BATCH_SIZE) == ((1ull << 7)));
SHUNT_FROZEN((SHUNT_REQUEST_INPUT_BYTES) == ((1ull << 8)));
SHUNT_FROZEN((SHUNT_REQUEST_ESTIMATED_FLOPS) == ((1ull << 9)));
SHUNT_FROZEN((SHUNT_REQUEST_COST_BUDGET) == ((1ull << 10)));
SHUNT_FROZEN((SHUNT_REQUEST_PREFERRED_ENDPOINT) == ((1ull << 11)));
SHUNT_FROZEN((SHUNT_REQUEST_PROMPT_BYTES) == ((1ull << 12)));
SHUNT_FROZEN((SHUNT_REQUEST_STREAMING) == (1u));
SHUNT_FROZEN((SHUNT_REQUEST_MULTIMODAL) == (2u));
SHUNT_FROZEN((SHUNT_FIELD_MODEL) == (1u));
SHUNT_FROZEN((SHUNT_FIELD_TARGET_MODEL) == (2u));
SHUNT_FROZEN((SHUNT_FIELD_TYPE) == (3u));

// cycle.h
SHUNT_FROZEN_MEMBER(shunt_result, size, 0, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_result, profile, 4, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_result, status, 8, int32_t);
SHUNT_FROZEN_MEMBER(shunt_result, n_picks, 12, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_result, picks, 16, const uint32_t *);
SHUNT_FROZEN_MEMBER(shunt_result, base_rows, 24, const uint32_t *);
SHUNT_FROZEN_MEMBER(shunt_result, totals, 32, const double *);
SHUNT_FROZEN_MEMBER(shunt_result, n_candidates, 40, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_result, reserved, 44, uint32_t);
SHUNT_FROZEN(sizeof(shunt_result) >= 48);
SHUNT_FROZEN_MEMBER(shunt_pool_stats, size, 0, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_pool_stats, present, 4, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_pool_stats, endpoints, 8, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_pool_stats, candidates, 12, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_pool_stats, mean_load, 16, double);
SHUNT_FROZEN_MEMBER(shunt_pool_stats, saturation, 24, double);
SHUNT_FROZEN(sizeof(shunt_pool_stats) >= 32);
SHUNT_FROZEN_MEMBER(shunt_queue_band, size, 0, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_queue_band, priority, 4, int32_t);
SHUNT_FROZEN_MEMBER(shunt_queue_band, waiting, 8, uint64_t);
SHUNT_FROZEN_MEMBER(shunt_queue_band, oldest_wait_ns, 16, int64_t);
SHUNT_FROZEN(sizeof(shunt_queue_band) >= 24);
SHUNT_FROZEN_MEMBER(shunt_queue_stats, size, 0, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_queue_stats, highest_priority, 4, int32_t);
SHUNT_FROZEN_MEMBER(shunt_queue_stats, waiting, 8, uint64_t);
SHUNT_FROZEN_MEMBER(shunt_queue_stats, oldest_wait_ns, 16, int64_t);
SHUNT_FROZEN_MEMBER(shunt_queue_stats, any_deadline, 24, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_queue_stats, n_bands, 28, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_queue_stats, bands, 32, const shunt_queue_band *);
SHUNT_FROZEN_MEMBER(shunt_queue_stats, band_stride, 40, uint64_t);
SHUNT_FROZEN(sizeof(shunt_queue_stats) >= 48);
SHUNT_FROZEN_MEMBER(shunt_cycle, size, 0, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_cycle, profile, 4, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_cycle, round, 8, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_cycle, attempt, 12, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_cycle, now_ns, 16, int64_t);
SHUNT_FROZEN_MEMBER(shunt_cycle, seed, 24, uint64_t);
SHUNT_FROZEN_MEMBER(shunt_cycle, request, 32, const shunt_request *);
SHUNT_FROZEN_MEMBER(shunt_cycle, done, 40, const shunt_result *);
SHUNT_FROZEN_MEMBER(shunt_cycle, n_done, 48, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_cycle, done_stride, 52, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_cycle, pool, 56, const shunt_pool_stats *);
SHUNT_FROZEN_MEMBER(shunt_cycle, queue, 64, const shunt_queue_stats *);
SHUNT_FROZEN_MEMBER(shunt_cycle, scratch, 72, void *);
SHUNT_FROZEN_MEMBER(shunt_cycle, request_state, 80, void *);
SHUNT_FROZEN_MEMBER(shunt_cycle, values, 88, const shunt_value *const *);
SHUNT_FROZEN_MEMBER(shunt_cycle, ctx, 96, shunt_ctx *);
SHUNT_FROZEN_MEMBER(shunt_cycle, base, 104, const shunt_view *);
SHUNT_FROZEN(sizeof(shunt_cycle) >= 112);
SHUNT_FROZEN_MEMBER(shunt_decision, size, 0, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_decision, outcome, 4, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_decision, primary_profile, 8, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_decision, primary_result, 12, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_decision, http_status, 16, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_decision, n_results, 20, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_decision, results, 24, const shunt_result *);
SHUNT_FROZEN_MEMBER(shunt_decision, result_stride, 32, uint64_t);
SHUNT_FROZEN(sizeof(shunt_decision) >= 40);
SHUNT_FROZEN((SHUNT_POOL_MEAN_LOAD) == (1u));
SHUNT_FROZEN((SHUNT_POOL_SATURATION) == (2u));
SHUNT_FROZEN((SHUNT_OUTCOME_DISPATCHED) == (1u));
SHUNT_FROZEN((SHUNT_OUTCOME_REJECTED) == (2u));
SHUNT_FROZEN((SHUNT_OUTCOME_CANCELLED) == (3u));

// host.h
SHUNT_FROZEN_MEMBER(shunt_parameter, size, 0, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_parameter, type, 4, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_parameter, number, 8, double);
SHUNT_FROZEN_MEMBER(shunt_parameter, text, 16, shunt_str);
SHUNT_FROZEN_MEMBER(shunt_parameter, length, 32, uint64_t);
SHUNT_FROZEN(sizeof(shunt_parameter) >= 40);
SHUNT_FROZEN_MEMBER(shunt_metric_spec, size, 0, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_metric_spec, kind, 4, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_metric_spec, name, 8, shunt_str);
SHUNT_FROZEN_MEMBER(shunt_metric_spec, help, 24, shunt_str);
SHUNT_FROZEN_MEMBER(shunt_metric_spec, labels, 40, const shunt_pair *);
SHUNT_FROZEN_MEMBER(shunt_metric_spec, bounds, 48, const double *);
SHUNT_FROZEN_MEMBER(shunt_metric_spec, n_labels, 56, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_metric_spec, n_bounds, 60, uint32_t);
SHUNT_FROZEN(sizeof(shunt_metric_spec) >= 64);
SHUNT_FROZEN_MEMBER(shunt_fetch, size, 0, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_fetch, port, 4, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_fetch, path, 8, shunt_str);
SHUNT_FROZEN_MEMBER(shunt_fetch, accept, 24, shunt_str);
SHUNT_FROZEN_MEMBER(shunt_fetch, interval_ns, 40, int64_t);
SHUNT_FROZEN_MEMBER(shunt_fetch, flags, 48, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_fetch, reserved, 52, uint32_t);
SHUNT_FROZEN(sizeof(shunt_fetch) >= 56);
SHUNT_FROZEN_MEMBER(shunt_create_info, size, 0, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_create_info, abi_minor, 4, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_create_info, host, 8, const shunt_host *);
SHUNT_FROZEN_MEMBER(shunt_create_info, init, 16, shunt_init *);
SHUNT_FROZEN_MEMBER(shunt_create_info, ctx, 24, shunt_ctx *);
SHUNT_FROZEN_MEMBER(shunt_create_info, name, 32, shunt_str);
SHUNT_FROZEN_MEMBER(shunt_create_info, parameters, 48, shunt_str);
SHUNT_FROZEN(sizeof(shunt_create_info) >= 64);
SHUNT_FROZEN_MEMBER(shunt_host, size, 0, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_host, abi_major, 4, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_host, abi_minor, 8, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_host, reserved, 12, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_host, name, 16, shunt_str);
SHUNT_FROZEN_MEMBER(shunt_host, version, 32, shunt_str);
SHUNT_FROZEN_MEMBER(shunt_host, extension, 48, const void * (*)(const shunt_host *host, shunt_str id));
SHUNT_FROZEN_MEMBER(shunt_host, column, 56, int32_t (*)(shunt_init *init, shunt_str name, uint32_t type, uint32_t requirement, uint32_t *slot));
SHUNT_FROZEN_MEMBER(shunt_host, membership, 64, int32_t (*)(shunt_init *init, shunt_str set_column, uint32_t field, uint32_t requirement, uint32_t *slot));
SHUNT_FROZEN_MEMBER(shunt_host, value, 72, int32_t (*)(shunt_init *init, shunt_str name, uint32_t type, uint32_t requirement, uint32_t *slot));
SHUNT_FROZEN_MEMBER(shunt_host, output, 80, int32_t (*)(shunt_init *init, shunt_str name, uint32_t type, uint32_t scope, uint32_t *slot));
SHUNT_FROZEN_MEMBER(shunt_host, output_value, 88, int32_t (*)(shunt_init *init, shunt_str name, uint32_t type, uint32_t *slot));
SHUNT_FROZEN_MEMBER(shunt_host, scratch, 96, int32_t (*)(shunt_init *init, uint64_t bytes));
SHUNT_FROZEN_MEMBER(shunt_host, request_state, 104, int32_t (*)(shunt_init *init, uint64_t bytes));
SHUNT_FROZEN_MEMBER(shunt_host, peer, 112, int32_t (*)(shunt_init *init, shunt_str plugin_ref, shunt_str interface_id, const void **table, void **self, uint32_t *slot));
SHUNT_FROZEN_MEMBER(shunt_host, profile, 120, int32_t (*)(shunt_init *init, shunt_str name, uint32_t *index));
SHUNT_FROZEN_MEMBER(shunt_host, profile_count, 128, uint32_t (*)(shunt_init *init));
SHUNT_FROZEN_MEMBER(shunt_host, profile_name, 136, shunt_str (*)(shunt_init *init, uint32_t index));
SHUNT_FROZEN_MEMBER(shunt_host, parameter, 144, int32_t (*)(shunt_init *init, shunt_str pointer, shunt_parameter *out));
SHUNT_FROZEN_MEMBER(shunt_host, parameter_key, 152, int32_t (*)(shunt_init *init, shunt_str pointer, uint64_t index, shunt_parameter *out));
SHUNT_FROZEN_MEMBER(shunt_host, intern, 160, int32_t (*)(shunt_init *init, shunt_str text, uint32_t *symbol));
SHUNT_FROZEN_MEMBER(shunt_host, metric, 168, int32_t (*)(shunt_init *init, const shunt_metric_spec *spec, shunt_metric **metric));
SHUNT_FROZEN_MEMBER(shunt_host, fetch, 176, int32_t (*)(shunt_init *init, const shunt_fetch *fetch));
SHUNT_FROZEN_MEMBER(shunt_host, set_error, 184, void (*)(shunt_ctx *ctx, int32_t code, shunt_str text));
SHUNT_FROZEN_MEMBER(shunt_host, log, 192, void (*)(shunt_ctx *ctx, uint32_t level, shunt_str text));
SHUNT_FROZEN_MEMBER(shunt_host, log_level, 200, uint32_t (*)(shunt_ctx *ctx));
SHUNT_FROZEN_MEMBER(shunt_host, call_alloc, 208, void * (*)(shunt_ctx *ctx, uint64_t bytes));
SHUNT_FROZEN_MEMBER(shunt_host, find_symbol, 216, uint32_t (*)(const shunt_host *host, shunt_str text));
SHUNT_FROZEN_MEMBER(shunt_host, symbol_text, 224, shunt_str (*)(const shunt_host *host, uint32_t symbol));
SHUNT_FROZEN_MEMBER(shunt_host, endpoint_key, 232, uint64_t (*)(const shunt_host *host, shunt_str name));
SHUNT_FROZEN_MEMBER(shunt_host, hash, 240, uint64_t (*)(const shunt_host *host, const void *data, uint64_t len, uint64_t seed));
SHUNT_FROZEN_MEMBER(shunt_host, hash_blocks, 248, uint64_t (*)(const shunt_host *host, const void *data, uint64_t len, uint64_t block_bytes, uint64_t seed, uint64_t *out, uint64_t capacity));
SHUNT_FROZEN_MEMBER(shunt_host, metric_add, 256, void (*)(shunt_metric *metric, double value));
SHUNT_FROZEN_MEMBER(shunt_host, metric_set, 264, void (*)(shunt_metric *metric, double value));
SHUNT_FROZEN_MEMBER(shunt_host, set_value, 272, int32_t (*)(shunt_ctx *ctx, uint32_t slot, const shunt_value *value));
SHUNT_FROZEN_MEMBER(shunt_host, annotate, 280, int32_t (*)(shunt_ctx *ctx, uint32_t kind, shunt_str name, shunt_str text));
SHUNT_FROZEN_MEMBER(shunt_host, set_picks, 288, int32_t (*)(shunt_ctx *ctx, uint32_t result, const uint32_t *base_rows, uint32_t n));
SHUNT_FROZEN_MEMBER(shunt_host, peer_call, 296, int32_t (*)(shunt_ctx *ctx, uint32_t slot, const shunt_cycle **cycle, const shunt_view **base));
SHUNT_FROZEN_MEMBER(shunt_host, put_number, 304, int32_t (*)(shunt_ctx *ctx, uint32_t slot, uint64_t endpoint_key, double value));
SHUNT_FROZEN_MEMBER(shunt_host, put_flag, 312, int32_t (*)(shunt_ctx *ctx, uint32_t slot, uint64_t endpoint_key, uint32_t value));
SHUNT_FROZEN_MEMBER(shunt_host, put_text, 320, int32_t (*)(shunt_ctx *ctx, uint32_t slot, uint64_t endpoint_key, shunt_str value));
SHUNT_FROZEN_MEMBER(shunt_host, put_set, 328, int32_t (*)(shunt_ctx *ctx, uint32_t slot, uint64_t endpoint_key, const shunt_str *names, uint64_t n));
SHUNT_FROZEN_MEMBER(shunt_host, put_absent, 336, int32_t (*)(shunt_ctx *ctx, uint32_t slot, uint64_t endpoint_key));
SHUNT_FROZEN_MEMBER(shunt_host, retire, 344, int32_t (*)(shunt_ctx *ctx, void (*release)(void *object), void *object));
SHUNT_FROZEN(sizeof(shunt_host) >= 352);
SHUNT_FROZEN((SHUNT_OPTIONAL) == (0u));
SHUNT_FROZEN((SHUNT_REQUIRED) == (1u));
SHUNT_FROZEN((SHUNT_SCOPE_REQUEST) == (1u));
SHUNT_FROZEN((SHUNT_SCOPE_ENDPOINT) == (2u));
SHUNT_FROZEN((SHUNT_LOG_TRACE) == (0u));
SHUNT_FROZEN((SHUNT_LOG_DEBUG) == (1u));
SHUNT_FROZEN((SHUNT_LOG_INFO) == (2u));
SHUNT_FROZEN((SHUNT_LOG_WARNING) == (3u));
SHUNT_FROZEN((SHUNT_LOG_ERROR) == (4u));
SHUNT_FROZEN((SHUNT_LOG_OFF) == (5u));
SHUNT_FROZEN((SHUNT_PARAMETER_ABSENT) == (0u));
SHUNT_FROZEN((SHUNT_PARAMETER_NULL) == (1u));
SHUNT_FROZEN((SHUNT_PARAMETER_FLAG) == (2u));
SHUNT_FROZEN((SHUNT_PARAMETER_NUMBER) == (3u));
SHUNT_FROZEN((SHUNT_PARAMETER_TEXT) == (4u));
SHUNT_FROZEN((SHUNT_PARAMETER_LIST) == (5u));
SHUNT_FROZEN((SHUNT_PARAMETER_OBJECT) == (6u));
SHUNT_FROZEN((SHUNT_NOTE_INFO) == (1u));
SHUNT_FROZEN((SHUNT_NOTE_REQUEST_HEADER) == (2u));
SHUNT_FROZEN((SHUNT_NOTE_RESPONSE_HEADER) == (3u));
SHUNT_FROZEN((SHUNT_NOTE_TARGET_PORT) == (4u));
SHUNT_FROZEN((SHUNT_METRIC_COUNTER) == (1u));
SHUNT_FROZEN((SHUNT_METRIC_GAUGE) == (2u));
SHUNT_FROZEN((SHUNT_METRIC_HISTOGRAM) == (3u));
SHUNT_FROZEN((SHUNT_FETCH_FAILURES) == (1u));

// library.h
SHUNT_FROZEN_MEMBER(shunt_plugin, size, 0, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_plugin, flags, 4, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_plugin, type, 8, shunt_str);
SHUNT_FROZEN_MEMBER(shunt_plugin, version, 24, shunt_str);
SHUNT_FROZEN_MEMBER(shunt_plugin, summary, 40, shunt_str);
SHUNT_FROZEN_MEMBER(shunt_plugin, parameters_schema, 56, shunt_str);
SHUNT_FROZEN_MEMBER(shunt_plugin, interfaces, 72, const shunt_str *);
SHUNT_FROZEN_MEMBER(shunt_plugin, n_interfaces, 80, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_plugin, stability, 84, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_plugin, create, 88, int32_t (*)(const shunt_create_info *info, void **self));
SHUNT_FROZEN_MEMBER(shunt_plugin, destroy, 96, void (*)(void *self));
SHUNT_FROZEN_MEMBER(shunt_plugin, interface_table, 104, const void * (*)(void *self, shunt_str id));
SHUNT_FROZEN_MEMBER(shunt_plugin, reads, 112, const shunt_str *);
SHUNT_FROZEN_MEMBER(shunt_plugin, writes, 120, const shunt_str *);
SHUNT_FROZEN_MEMBER(shunt_plugin, default_producer_of, 128, const shunt_str *);
SHUNT_FROZEN_MEMBER(shunt_plugin, n_reads, 136, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_plugin, n_writes, 140, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_plugin, n_default_producer_of, 144, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_plugin, reserved, 148, uint32_t);
SHUNT_FROZEN(sizeof(shunt_plugin) >= 152);
SHUNT_FROZEN_MEMBER(shunt_library, size, 0, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_library, abi_major, 4, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_library, abi_minor, 8, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_library, abi_min_minor, 12, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_library, name, 16, shunt_str);
SHUNT_FROZEN_MEMBER(shunt_library, version, 32, shunt_str);
SHUNT_FROZEN_MEMBER(shunt_library, plugin_count, 48, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_library, reserved, 52, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_library, describe, 56, const shunt_plugin * (*)(uint32_t index));
SHUNT_FROZEN_MEMBER(shunt_library, init, 64, int32_t (*)(const shunt_host *host, shunt_ctx *ctx));
SHUNT_FROZEN_MEMBER(shunt_library, deinit, 72, void (*)(void));
SHUNT_FROZEN(sizeof(shunt_library) >= 80);
SHUNT_FROZEN((SHUNT_PLUGIN_SINGLE_INSTANCE) == (1u));
SHUNT_FROZEN((SHUNT_STABILITY_ALPHA) == (1u));
SHUNT_FROZEN((SHUNT_STABILITY_BETA) == (2u));
SHUNT_FROZEN((SHUNT_STABILITY_STABLE) == (3u));
SHUNT_FROZEN((SHUNT_STABILITY_DEPRECATED) == (4u));
SHUNT_FROZEN_TEXT(SHUNT_LIBRARY_ENTRY_NAME, "shunt_library_entry_v1");

// manifest.h
SHUNT_FROZEN((SHUNT_MANIFEST_NOTE) == (0x53484e54u));
SHUNT_FROZEN_TEXT(SHUNT_MANIFEST_OWNER, "shunt");
SHUNT_FROZEN_TEXT(SHUNT_MANIFEST_SECTION, ".note.shunt");
SHUNT_FROZEN_TEXT(SHUNT_STABILITY_WORD_ALPHA, "alpha");
SHUNT_FROZEN_TEXT(SHUNT_STABILITY_WORD_BETA, "beta");
SHUNT_FROZEN_TEXT(SHUNT_STABILITY_WORD_STABLE, "stable");
SHUNT_FROZEN_TEXT(SHUNT_STABILITY_WORD_DEPRECATED, "deprecated");

// scorer.h
SHUNT_FROZEN_MEMBER(shunt_scorer_table, size, 0, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_scorer_table, reserved, 4, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_scorer_table, score, 8, int32_t (*)(void *self, const shunt_cycle *cycle, const shunt_view *view, double *score));
SHUNT_FROZEN(sizeof(shunt_scorer_table) >= 16);
SHUNT_FROZEN_TEXT(SHUNT_SCORER_ID, "shunt.scorer/1");

// filter.h
SHUNT_FROZEN_MEMBER(shunt_filter_table, size, 0, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_filter_table, reserved, 4, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_filter_table, filter, 8, int32_t (*)(void *self, const shunt_cycle *cycle, const shunt_view *view, uint8_t *keep));
SHUNT_FROZEN(sizeof(shunt_filter_table) >= 16);
SHUNT_FROZEN_TEXT(SHUNT_FILTER_ID, "shunt.filter/1");

// picker.h
SHUNT_FROZEN_MEMBER(shunt_picker_table, size, 0, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_picker_table, reserved, 4, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_picker_table, pick, 8, int32_t (*)(void *self, const shunt_cycle *cycle, const shunt_view *view, const double *total, uint32_t *rows, uint32_t capacity, uint32_t *n));
SHUNT_FROZEN(sizeof(shunt_picker_table) >= 16);
SHUNT_FROZEN_TEXT(SHUNT_PICKER_ID, "shunt.picker/1");

// profile_handler.h
SHUNT_FROZEN_MEMBER(shunt_outcome, size, 0, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_outcome, primary_result, 4, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_outcome, reject, 8, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_outcome, http_status, 12, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_outcome, code, 16, shunt_str);
SHUNT_FROZEN_MEMBER(shunt_outcome, reason, 32, shunt_str);
SHUNT_FROZEN(sizeof(shunt_outcome) >= 48);
SHUNT_FROZEN_MEMBER(shunt_profile_handler_table, size, 0, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_profile_handler_table, reserved, 4, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_profile_handler_table, pick_profiles, 8, int32_t (*)(void *self, const shunt_cycle *cycle, const shunt_view *base, uint32_t *next, uint32_t capacity, uint32_t *n));
SHUNT_FROZEN_MEMBER(shunt_profile_handler_table, process_results, 16, int32_t (*)(void *self, const shunt_cycle *cycle, const shunt_view *base, shunt_outcome *outcome));
SHUNT_FROZEN(sizeof(shunt_profile_handler_table) >= 24);
SHUNT_FROZEN_TEXT(SHUNT_PROFILE_HANDLER_ID, "shunt.profile_handler/1");

// swapper.h
SHUNT_FROZEN_MEMBER(shunt_model, size, 0, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_model, state, 4, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_model, flags, 8, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_model, present, 12, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_model, id, 16, shunt_str);
SHUNT_FROZEN_MEMBER(shunt_model, group, 32, shunt_str);
SHUNT_FROZEN_MEMBER(shunt_model, priority, 48, int32_t);
SHUNT_FROZEN_MEMBER(shunt_model, in_flight, 52, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_model, waiting, 56, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_model, n_devices, 60, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_model, last_used_ns, 64, int64_t);
SHUNT_FROZEN_MEMBER(shunt_model, bytes, 72, uint64_t);
SHUNT_FROZEN_MEMBER(shunt_model, load_cost_ns, 80, int64_t);
SHUNT_FROZEN_MEMBER(shunt_model, devices, 88, const uint32_t *);
SHUNT_FROZEN_MEMBER(shunt_model, device_bytes, 96, const uint64_t *);
SHUNT_FROZEN(sizeof(shunt_model) >= 104);
SHUNT_FROZEN_MEMBER(shunt_device, size, 0, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_device, reserved, 4, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_device, name, 8, shunt_str);
SHUNT_FROZEN_MEMBER(shunt_device, capacity_bytes, 24, uint64_t);
SHUNT_FROZEN_MEMBER(shunt_device, used_bytes, 32, uint64_t);
SHUNT_FROZEN(sizeof(shunt_device) >= 40);
SHUNT_FROZEN_MEMBER(shunt_swap_query, size, 0, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_swap_query, n_running, 4, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_swap_query, target, 8, const shunt_model *);
SHUNT_FROZEN_MEMBER(shunt_swap_query, running, 16, const shunt_model *);
SHUNT_FROZEN_MEMBER(shunt_swap_query, running_stride, 24, uint64_t);
SHUNT_FROZEN_MEMBER(shunt_swap_query, devices, 32, const shunt_device *);
SHUNT_FROZEN_MEMBER(shunt_swap_query, device_stride, 40, uint64_t);
SHUNT_FROZEN_MEMBER(shunt_swap_query, n_devices, 48, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_swap_query, reserved, 52, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_swap_query, now_ns, 56, int64_t);
SHUNT_FROZEN(sizeof(shunt_swap_query) >= 64);
SHUNT_FROZEN_MEMBER(shunt_swap_plan, size, 0, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_swap_plan, n_victims, 4, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_swap_plan, victims, 8, uint32_t *);
SHUNT_FROZEN_MEMBER(shunt_swap_plan, victims_capacity, 16, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_swap_plan, n_placement, 20, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_swap_plan, placement, 24, uint32_t *);
SHUNT_FROZEN_MEMBER(shunt_swap_plan, placement_capacity, 32, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_swap_plan, reserved, 36, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_swap_plan, retry_after_ns, 40, int64_t);
SHUNT_FROZEN_MEMBER(shunt_swap_plan, reason, 48, shunt_str);
SHUNT_FROZEN(sizeof(shunt_swap_plan) >= 64);
SHUNT_FROZEN_MEMBER(shunt_swapper_table, size, 0, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_swapper_table, reserved, 4, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_swapper_table, eviction_for, 8, int32_t (*)(void *self, shunt_ctx *ctx, const shunt_swap_query *query, shunt_swap_plan *plan));
SHUNT_FROZEN_MEMBER(shunt_swapper_table, on_swap_start, 16, void (*)(void *self, shunt_ctx *ctx, const shunt_swap_query *query, const shunt_swap_plan *plan, uint64_t ticket));
SHUNT_FROZEN(sizeof(shunt_swapper_table) >= 24);
SHUNT_FROZEN_TEXT(SHUNT_SWAPPER_ID, "shunt.swapper/1");
SHUNT_FROZEN((SHUNT_MODEL_STOPPED) == (1u));
SHUNT_FROZEN((SHUNT_MODEL_STARTING) == (2u));
SHUNT_FROZEN((SHUNT_MODEL_READY) == (3u));
SHUNT_FROZEN((SHUNT_MODEL_STOPPING) == (4u));
SHUNT_FROZEN((SHUNT_MODEL_SHUTDOWN) == (5u));
SHUNT_FROZEN((SHUNT_MODEL_PINNED) == (1u));
SHUNT_FROZEN((SHUNT_MODEL_LOADING) == (2u));
SHUNT_FROZEN((SHUNT_MODEL_LEAVING) == (4u));
SHUNT_FROZEN((SHUNT_MODEL_LAST_USED) == ((1u << 0)));
SHUNT_FROZEN((SHUNT_MODEL_BYTES) == ((1u << 1)));
SHUNT_FROZEN((SHUNT_MODEL_LOAD_COST) == ((1u << 2)));

// producer.h
SHUNT_FROZEN_MEMBER(shunt_output, size, 0, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_output, type, 4, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_output, state, 8, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_output, rows, 12, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_output, data, 16, void *);
SHUNT_FROZEN_MEMBER(shunt_output, valid, 24, uint8_t *);
SHUNT_FROZEN(sizeof(shunt_output) >= 32);
SHUNT_FROZEN_MEMBER(shunt_producer_table, size, 0, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_producer_table, reserved, 4, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_producer_table, produce, 8, int32_t (*)(void *self, const shunt_cycle *cycle, const shunt_view *base, shunt_output *out, uint32_t n, uint32_t stride));
SHUNT_FROZEN(sizeof(shunt_producer_table) >= 16);
SHUNT_FROZEN_TEXT(SHUNT_PRODUCER_ID, "shunt.producer/1");
SHUNT_FROZEN((SHUNT_OUTPUT_ABSENT) == (0u));
SHUNT_FROZEN((SHUNT_OUTPUT_ALL) == (1u));
SHUNT_FROZEN((SHUNT_OUTPUT_PARTIAL) == (2u));

// observer.h
SHUNT_FROZEN_MEMBER(shunt_event, size, 0, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_event, type, 4, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_event, time_ns, 8, int64_t);
SHUNT_FROZEN_MEMBER(shunt_event, endpoint, 16, uint64_t);
SHUNT_FROZEN_MEMBER(shunt_event, endpoint_name, 24, shunt_str);
SHUNT_FROZEN_MEMBER(shunt_event, model, 40, shunt_str);
SHUNT_FROZEN_MEMBER(shunt_event, ticket, 56, uint64_t);
SHUNT_FROZEN_MEMBER(shunt_event, request, 64, const shunt_request *);
SHUNT_FROZEN_MEMBER(shunt_event, request_state, 72, void *);
SHUNT_FROZEN_MEMBER(shunt_event, attempt, 80, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_event, profile, 84, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_event, present, 88, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_event, cause, 92, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_event, http_status, 96, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_event, reserved, 100, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_event, prompt_tokens, 104, uint64_t);
SHUNT_FROZEN_MEMBER(shunt_event, cached_tokens, 112, uint64_t);
SHUNT_FROZEN_MEMBER(shunt_event, output_tokens, 120, uint64_t);
SHUNT_FROZEN_MEMBER(shunt_event, ttft_ns, 128, int64_t);
SHUNT_FROZEN_MEMBER(shunt_event, tpot_ns, 136, int64_t);
SHUNT_FROZEN_MEMBER(shunt_event, duration_ns, 144, int64_t);
SHUNT_FROZEN(sizeof(shunt_event) >= 152);
SHUNT_FROZEN_MEMBER(shunt_observer_table, size, 0, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_observer_table, reserved, 4, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_observer_table, wants, 8, uint64_t);
SHUNT_FROZEN_MEMBER(shunt_observer_table, picked, 16, void (*)(void *self, const shunt_cycle *cycle, const shunt_view *base, const shunt_decision *decision));
SHUNT_FROZEN_MEMBER(shunt_observer_table, events, 24, void (*)(void *self, shunt_ctx *ctx, const shunt_event *events, uint32_t n, uint32_t stride));
SHUNT_FROZEN(sizeof(shunt_observer_table) >= 32);
SHUNT_FROZEN_TEXT(SHUNT_OBSERVER_ID, "shunt.observer/1");
SHUNT_FROZEN((SHUNT_EVENT_DISPATCHED) == (0u));
SHUNT_FROZEN((SHUNT_EVENT_RESPONSE_STARTED) == (1u));
SHUNT_FROZEN((SHUNT_EVENT_FIRST_TOKEN) == (2u));
SHUNT_FROZEN((SHUNT_EVENT_COMPLETED) == (3u));
SHUNT_FROZEN((SHUNT_EVENT_ENDPOINT_ADDED) == (4u));
SHUNT_FROZEN((SHUNT_EVENT_ENDPOINT_CHANGED) == (5u));
SHUNT_FROZEN((SHUNT_EVENT_ENDPOINT_REMOVED) == (6u));
SHUNT_FROZEN((SHUNT_EVENT_MODEL_READY) == (7u));
SHUNT_FROZEN((SHUNT_EVENT_MODEL_STOPPED) == (8u));
SHUNT_FROZEN((SHUNT_EVENT_SWAP_FAILED) == (9u));
SHUNT_FROZEN((SHUNT_EVENT_SERVE_STARTED) == (10u));
SHUNT_FROZEN((SHUNT_EVENT_SERVE_DONE) == (11u));
SHUNT_FROZEN((SHUNT_EVENT_ATTEMPT_FAILED) == (12u));
SHUNT_FROZEN((SHUNT_CAUSE_NATURAL) == (1u));
SHUNT_FROZEN((SHUNT_CAUSE_CLIENT_GONE) == (2u));
SHUNT_FROZEN((SHUNT_CAUSE_EVICTED) == (3u));
SHUNT_FROZEN((SHUNT_CAUSE_ERROR) == (4u));
SHUNT_FROZEN((SHUNT_CAUSE_REJECTED) == (5u));
SHUNT_FROZEN((SHUNT_EVENT_HTTP_STATUS) == ((1u << 0)));
SHUNT_FROZEN((SHUNT_EVENT_PROMPT_TOKENS) == ((1u << 1)));
SHUNT_FROZEN((SHUNT_EVENT_CACHED_TOKENS) == ((1u << 2)));
SHUNT_FROZEN((SHUNT_EVENT_OUTPUT_TOKENS) == ((1u << 3)));
SHUNT_FROZEN((SHUNT_EVENT_TTFT) == ((1u << 4)));
SHUNT_FROZEN((SHUNT_EVENT_TPOT) == ((1u << 5)));
SHUNT_FROZEN((SHUNT_EVENT_DURATION) == ((1u << 6)));

// extractor.h
SHUNT_FROZEN_MEMBER(shunt_page, size, 0, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_page, http_status, 4, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_page, path, 8, shunt_str);
SHUNT_FROZEN_MEMBER(shunt_page, content_type, 24, shunt_str);
SHUNT_FROZEN_MEMBER(shunt_page, body, 40, shunt_str);
SHUNT_FROZEN_MEMBER(shunt_page, endpoint_name, 56, shunt_str);
SHUNT_FROZEN_MEMBER(shunt_page, endpoint, 72, uint64_t);
SHUNT_FROZEN_MEMBER(shunt_page, fetched_ns, 80, int64_t);
SHUNT_FROZEN_MEMBER(shunt_page, row, 88, const shunt_view *);
SHUNT_FROZEN_MEMBER(shunt_page, port, 96, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_page, reserved, 100, uint32_t);
SHUNT_FROZEN(sizeof(shunt_page) >= 104);
SHUNT_FROZEN_MEMBER(shunt_extractor_table, size, 0, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_extractor_table, reserved, 4, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_extractor_table, extract, 8, int32_t (*)(void *self, shunt_ctx *ctx, const shunt_page *page));
SHUNT_FROZEN(sizeof(shunt_extractor_table) >= 16);
SHUNT_FROZEN_TEXT(SHUNT_EXTRACTOR_ID, "shunt.extractor/1");

// explain.h
SHUNT_FROZEN_MEMBER(shunt_explain_table, size, 0, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_explain_table, reserved, 4, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_explain_table, explain, 8, int32_t (*)(void *self, const shunt_cycle *cycle, const shunt_view *view, shunt_str interface_id, shunt_str *reason));
SHUNT_FROZEN(sizeof(shunt_explain_table) >= 16);
SHUNT_FROZEN_TEXT(SHUNT_EXPLAIN_ID, "shunt.explain/1");

// state.h
SHUNT_FROZEN_MEMBER(shunt_state_stream, size, 0, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_state_stream, reserved, 4, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_state_stream, capacity, 8, uint64_t);
SHUNT_FROZEN_MEMBER(shunt_state_stream, write, 16, int32_t (*)(struct shunt_state_stream *stream, const void *data, uint64_t len));
SHUNT_FROZEN(sizeof(shunt_state_stream) >= 24);
SHUNT_FROZEN_MEMBER(shunt_state_table, size, 0, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_state_table, reserved, 4, uint32_t);
SHUNT_FROZEN_MEMBER(shunt_state_table, version, 8, shunt_str);
SHUNT_FROZEN_MEMBER(shunt_state_table, save, 24, int32_t (*)(void *self, shunt_ctx *ctx, shunt_state_stream *stream));
SHUNT_FROZEN_MEMBER(shunt_state_table, load, 32, int32_t (*)(void *self, shunt_ctx *ctx, shunt_str version, const void *data, uint64_t len));
SHUNT_FROZEN(sizeof(shunt_state_table) >= 40);
SHUNT_FROZEN_TEXT(SHUNT_STATE_ID, "shunt.state/1");

#undef SHUNT_FROZEN_MEMBER
#undef SHUNT_FROZEN_TEXT
#undef SHUNT_FROZEN_TYPE
#undef SHUNT_FROZEN
