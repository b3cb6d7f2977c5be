// SPDX-License-Identifier: Apache-2.0
// host.h: the services that the host offers to plugins, and what create() receives.
#pragma once

#include <shunt/abi/cycle.h>

#ifdef __cplusplus
extern "C" {
#endif

// How much a plugin needs what it declares to read.
#define SHUNT_OPTIONAL 0u  // may be absent
#define SHUNT_REQUIRED 1u  // nobody produces or declares the name: the config is refused, with close names

// Where a declared output lives.
#define SHUNT_SCOPE_REQUEST 1u   // written by produce() for one request, read in the same cycle
#define SHUNT_SCOPE_ENDPOINT 2u  // written with put_*() from extract() or events(), read in the next snapshot

// Log levels. A plugin that logs below log_level() wastes its time, nothing else.
#define SHUNT_LOG_TRACE 0u
#define SHUNT_LOG_DEBUG 1u
#define SHUNT_LOG_INFO 2u
#define SHUNT_LOG_WARNING 3u
#define SHUNT_LOG_ERROR 4u
#define SHUNT_LOG_OFF 5u

// Types of shunt_parameter.
#define SHUNT_PARAMETER_ABSENT 0u
#define SHUNT_PARAMETER_NULL 1u
#define SHUNT_PARAMETER_FLAG 2u
#define SHUNT_PARAMETER_NUMBER 3u
#define SHUNT_PARAMETER_TEXT 4u
#define SHUNT_PARAMETER_LIST 5u
#define SHUNT_PARAMETER_OBJECT 6u

// Kinds of annotate().
#define SHUNT_NOTE_INFO 1u             // for people: an estimate, a policy, a reason
#define SHUNT_NOTE_REQUEST_HEADER 2u   // towards the model server: replaces the client's header; absent text removes it
#define SHUNT_NOTE_RESPONSE_HEADER 3u  // towards the client: replaces the model server's header; absent text removes it
#define SHUNT_NOTE_TARGET_PORT 4u      // port of the endpoint to send to instead of its own; name empty, text a port, "8001"

// Kinds of shunt_metric_spec.
#define SHUNT_METRIC_COUNTER 1u    // only rises
#define SHUNT_METRIC_GAUGE 2u      // goes up and down
#define SHUNT_METRIC_HISTOGRAM 3u  // a distribution

// Bits of shunt_fetch.flags.
#define SHUNT_FETCH_FAILURES 1u  // extract() is called for failed fetches too, with http_status 0

// One node of the instance's parameters.
typedef struct shunt_parameter {
  uint32_t size;    // set by the caller; the host writes only what fits
  uint32_t type;    // SHUNT_PARAMETER_*
  double number;    // a number; a flag as 0 or 1
  shunt_str text;   // text, or an object key that parameter_key returned; borrowed until create() returns
  uint64_t length;  // members of a list or an object
} shunt_parameter;

// A metric to be registered. Borrowed until metric() returns.
typedef struct shunt_metric_spec {
  uint32_t size;
  uint32_t kind;             // SHUNT_METRIC_*
  shunt_str name;            // without prefix, "hits_total"; [A-Za-z_][A-Za-z0-9_]*
  shunt_str help;            // one sentence for people
  const shunt_pair *labels;  // names as metric names are, each once; NULL when there are none
  const double *bounds;      // histogram: upper bounds of its buckets, finite, strictly ascending; else NULL
  uint32_t n_labels;
  uint32_t n_bounds;
} shunt_metric_spec;

// A page that an extractor asks for. Borrowed until fetch() returns.
typedef struct shunt_fetch {
  uint32_t size;
  uint32_t port;        // of the endpoint's host; 0: the endpoint's own
  shunt_str path;       // URL path with its query; begins with "/"
  shunt_str accept;     // Accept header; absent: none
  int64_t interval_ns;  // between two fetches, at least 50 ms
  uint32_t flags;       // SHUNT_FETCH_*
  uint32_t reserved;
} shunt_fetch;

// What create() is given. Borrowed until create() returns, `host` excepted, which lives as long as the process.
typedef struct shunt_create_info {
  uint32_t size;
  uint32_t abi_minor;     // of the host
  const shunt_host *host;
  shunt_init *init;       // for the [control] services that declare
  shunt_ctx *ctx;         // for set_error and log
  shunt_str name;         // of the instance
  shunt_str parameters;   // effective parameters as JSON text: checked against the schema, defaults filled in
} shunt_create_info;

// The host table. Functions that take `init` are for create() only. Every text that goes in is copied.
// Unless said otherwise they return SHUNT_OK or a negative status and have set an error text of their own.
struct shunt_host {
  uint32_t size;
  uint32_t abi_major;
  uint32_t abi_minor;
  uint32_t reserved;
  shunt_str name;     // "shunt"
  shunt_str version;  // of the host program, for logs

  // Returns the table of a host extension, or NULL. [any-thread]
  const void *(*extension)(const shunt_host *host, shunt_str id);

  // Declares a column to be read; `*slot` indexes view->columns. `type` is a SHUNT_COLUMN_*; SET_SIZE reads a set's number of
  // members. "label:<key>" reads an endpoint label as SYMBOL, "endpoint:name" and "endpoint:address" its name and address.
  // Asking twice gives the same slot. [control]
  int32_t (*column)(shunt_init *init, shunt_str name, uint32_t type, uint32_t requirement, uint32_t *slot);
  // Declares a byte column that is 1 where the endpoint's set `set_column` holds the request's `field` (SHUNT_FIELD_*);
  // `*slot` indexes view->columns. Rows whose set is absent are not valid. [control]
  int32_t (*membership)(shunt_init *init, shunt_str set_column, uint32_t field, uint32_t requirement, uint32_t *slot);
  // Declares a request-scoped value to be read; `*slot` indexes cycle->values. `type` is a SHUNT_VALUE_*. [control]
  int32_t (*value)(shunt_init *init, shunt_str name, uint32_t type, uint32_t requirement, uint32_t *slot);
  // Declares a column to be written; `*slot` indexes the outputs of produce() (SHUNT_SCOPE_REQUEST) or is passed to put_*()
  // (SHUNT_SCOPE_ENDPOINT); each scope counts its slots from 0. One instance writes a column. [control]
  int32_t (*output)(shunt_init *init, shunt_str name, uint32_t type, uint32_t scope, uint32_t *slot);
  // Declares a request-scoped value to be written, by set_value() from produce() or pick_profiles(). [control]
  int32_t (*output_value)(shunt_init *init, shunt_str name, uint32_t type, uint32_t *slot);
  // Asks for working memory per worker, 64-byte aligned; at most 16 MiB. Last call counts. [control]
  int32_t (*scratch)(shunt_init *init, uint64_t bytes);
  // Asks for memory per request, 16-byte aligned, zeroed before the request's first call; at most 64 KiB. The same memory comes
  // with every call and event of this instance for the request and is gone after its SHUNT_EVENT_COMPLETED. [control]
  int32_t (*request_state)(shunt_init *init, uint64_t bytes);
  // Finds the interface `interface_id` of another configured instance; `*slot` is what peer_call() is asked with. The pointers
  // stay valid as long as this instance. Circular references are refused. Only hot functions of peers may be called, and only
  // from hot calls, with what peer_call() gives. [control]
  int32_t (*peer)(shunt_init *init, shunt_str plugin_ref, shunt_str interface_id, const void **table, void **self,
                  uint32_t *slot);
  // Index of the scheduling profile `name`; SHUNT_NOT_FOUND without an error text when there is none.
  // Indices belong to the list of profiles that create() saw. An instance that called profile(), profile_name() or
  // profile_count() is never carried into a generation whose list of profile names differs: it is created anew. [control]
  int32_t (*profile)(shunt_init *init, shunt_str name, uint32_t *index);
  // Number of scheduling profiles: valid indices are below it; see profile(). [control]
  uint32_t (*profile_count)(shunt_init *init);
  // Name of the scheduling profile with this index, absent from profile_count() on; see profile(). Valid until create()
  // returns. [control]
  shunt_str (*profile_name)(shunt_init *init, uint32_t index);
  // Reads the effective parameters at a JSON pointer ("/conditions/0/metric"; "" is the root). The caller sets out->size; the
  // host writes only what fits and zeroes what has no meaning. A pointer that leads nowhere gives type SHUNT_PARAMETER_ABSENT
  // and SHUNT_OK. [control]
  int32_t (*parameter)(shunt_init *init, shunt_str pointer, shunt_parameter *out);
  // Key number `index` of the object at a JSON pointer, in the order of the file, as `text` of `out`, whose size is handled as
  // parameter() does. SHUNT_NOT_FOUND when there is none. [control]
  int32_t (*parameter_key)(shunt_init *init, shunt_str pointer, uint64_t index, shunt_parameter *out);
  // The symbol of a configuration text, which is interned if it is new; 0 for "". Symbols compare equal when texts do.
  // [control]
  int32_t (*intern)(shunt_init *init, shunt_str text, uint32_t *symbol);
  // Registers a metric of this instance: a name with these labels once, a name with one kind. Breaking the rules of
  // shunt_metric_spec is SHUNT_INVALID. [control]
  int32_t (*metric)(shunt_init *init, const shunt_metric_spec *spec, shunt_metric **metric);
  // Asks for a page of every endpoint (extractors). What several ask for with the same port, path and accept is fetched once,
  // at the shortest interval asked for, and handed to all of them; failed fetches to those with SHUNT_FETCH_FAILURES. An
  // interval below 50 ms or a port above 65535 is SHUNT_OUT_OF_RANGE. [control]
  int32_t (*fetch)(shunt_init *init, const shunt_fetch *fetch);

  // Sets the text of the failure that the current call is about to return; at most 1024 bytes are kept. [any-thread]
  void (*set_error)(shunt_ctx *ctx, int32_t code, shunt_str text);
  // Logs a line in the name of the instance. Not for hot paths. [any-thread]
  void (*log)(shunt_ctx *ctx, uint32_t level, shunt_str text);
  // The level below which log() drops. [any-thread]
  uint32_t (*log_level)(shunt_ctx *ctx);
  // Memory that is valid until the host has taken over the answer of this call, 16-byte aligned, at least 64 KiB per call;
  // NULL when the call's bounded arena is exhausted. [any-thread]
  void *(*call_alloc)(shunt_ctx *ctx, uint64_t bytes);
  // The symbol of a text, or 0 when it was never interned. Never inserts, takes no lock. [any-thread]
  uint32_t (*find_symbol)(const shunt_host *host, shunt_str text);
  // The text of a symbol; absent for an unknown one. Lives as long as the process. [any-thread]
  shunt_str (*symbol_text)(const shunt_host *host, uint32_t symbol);
  // The key of an endpoint name: what view->key holds for it. [any-thread]
  uint64_t (*endpoint_key)(const shunt_host *host, shunt_str name);
  // XXH3 (64 bits) of some bytes. [any-thread]
  uint64_t (*hash)(const shunt_host *host, const void *data, uint64_t len, uint64_t seed);
  // Chained XXH3 over consecutive blocks of `block_bytes`, a shorter last one included: out[i] = hash(block i, seed = out[i-1]),
  // out[-1] = `seed`. Writes at most `capacity` hashes and returns how many. [any-thread]
  uint64_t (*hash_blocks)(const shunt_host *host, const void *data, uint64_t len, uint64_t block_bytes, uint64_t seed,
                          uint64_t *out, uint64_t capacity);
  // Adds to a counter, adds to a gauge, or observes a value in a histogram. Lock-free. [any-thread]
  void (*metric_add)(shunt_metric *metric, double value);
  // Sets a gauge. Lock-free. [any-thread]
  void (*metric_set)(shunt_metric *metric, double value);

  // Writes a declared request-scoped value. Only in produce() and pick_profiles(). A value is visible to its writer from the
  // next call on. [hot, concurrent]
  int32_t (*set_value)(shunt_ctx *ctx, uint32_t slot, const shunt_value *value);
  // Attaches a note to the decision; `kind` is a SHUNT_NOTE_*, any other is SHUNT_UNSUPPORTED. At most 64 notes per decision,
  // names to 128 and texts to 4096 bytes, else SHUNT_OUT_OF_RANGE. (kind, name) again: later wins. Header names are taken in
  // lower case; a name that is no HTTP token, a header text with control characters, a port outside 1..65535 and an absent
  // text of another kind than headers are SHUNT_INVALID. Only in pick_profiles(), process_results() and picked(); header kinds
  // also in produce(). [hot, concurrent]
  int32_t (*annotate)(shunt_ctx *ctx, uint32_t kind, shunt_str name, shunt_str text);
  // Replaces the picks of a finished profile run by other candidates of it, best first. Only in process_results(). After it
  // done[].picks are the new ones, for picked() too. [hot, concurrent]
  int32_t (*set_picks)(shunt_ctx *ctx, uint32_t result, const uint32_t *base_rows, uint32_t n);
  // What a hot function of the peer in `slot` is to be called with: its own columns, values, scratch, request_state, seed and
  // ctx, and the caller's request, results and profile; `*base` is (*cycle)->base. In the peer's services the permissions of
  // the caller's function hold, set_picks() excepted. Both are valid until the current call returns; the peer's call_alloc()
  // memory until the next peer_call() for it. [hot, concurrent]
  int32_t (*peer_call)(shunt_ctx *ctx, uint32_t slot, const shunt_cycle **cycle, const shunt_view **base);

  // Writes one cell of an output column with SHUNT_SCOPE_ENDPOINT, for the endpoint with this key; visible in the next
  // snapshot. An unknown key is SHUNT_NOT_FOUND, a number that is not finite SHUNT_INVALID. [events]
  int32_t (*put_number)(shunt_ctx *ctx, uint32_t slot, uint64_t endpoint_key, double value);
  // As put_number, for FLAG columns; `value` is 0 or 1. [events]
  int32_t (*put_flag)(shunt_ctx *ctx, uint32_t slot, uint64_t endpoint_key, uint32_t value);
  // As put_number, for SYMBOL columns. [events]
  int32_t (*put_text)(shunt_ctx *ctx, uint32_t slot, uint64_t endpoint_key, shunt_str value);
  // As put_number, for SET columns. [events]
  int32_t (*put_set)(shunt_ctx *ctx, uint32_t slot, uint64_t endpoint_key, const shunt_str *names, uint64_t n);
  // Makes one cell absent again. [events]
  int32_t (*put_absent)(shunt_ctx *ctx, uint32_t slot, uint64_t endpoint_key);

  // Calls `release(object)` once no call that may still see `object` is running: replace a shared pointer first, then retire
  // the old object. Takes a lock and allocates: not in hot calls, where it is SHUNT_UNSUPPORTED. release() runs on any thread,
  // possibly before retire() returns, never beside a call of this instance that began before; it calls nothing of the host and
  // must not block. Pending releases run before destroy(). [any-thread]
  int32_t (*retire)(shunt_ctx *ctx, void (*release)(void *object), void *object);
};

#ifdef __cplusplus
}
#endif
