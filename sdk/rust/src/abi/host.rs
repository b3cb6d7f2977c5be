// SPDX-License-Identifier: Apache-2.0
//! The services that the host offers to plugins, and what create() receives.

use super::*;
use core::ffi::c_void;

// How much a plugin needs what it declares to read.
/// may be absent
pub const SHUNT_OPTIONAL: u32 = 0;
/// nobody produces or declares the name: the config is refused, with close names
pub const SHUNT_REQUIRED: u32 = 1;

// Where a declared output lives.
/// written by produce() for one request, read in the same cycle
pub const SHUNT_SCOPE_REQUEST: u32 = 1;
/// written with put_*() from extract() or events(), read in the next snapshot
pub const SHUNT_SCOPE_ENDPOINT: u32 = 2;

// Log levels. A plugin that logs below log_level() wastes its time, nothing else.
pub const SHUNT_LOG_TRACE: u32 = 0;
pub const SHUNT_LOG_DEBUG: u32 = 1;
pub const SHUNT_LOG_INFO: u32 = 2;
pub const SHUNT_LOG_WARNING: u32 = 3;
pub const SHUNT_LOG_ERROR: u32 = 4;
pub const SHUNT_LOG_OFF: u32 = 5;

// Types of shunt_parameter.
pub const SHUNT_PARAMETER_ABSENT: u32 = 0;
pub const SHUNT_PARAMETER_NULL: u32 = 1;
pub const SHUNT_PARAMETER_FLAG: u32 = 2;
pub const SHUNT_PARAMETER_NUMBER: u32 = 3;
pub const SHUNT_PARAMETER_TEXT: u32 = 4;
pub const SHUNT_PARAMETER_LIST: u32 = 5;
pub const SHUNT_PARAMETER_OBJECT: u32 = 6;

// Kinds of annotate().
/// for people: an estimate, a policy, a reason
pub const SHUNT_NOTE_INFO: u32 = 1;
/// towards the model server: replaces the client's header; absent text removes it
pub const SHUNT_NOTE_REQUEST_HEADER: u32 = 2;
/// towards the client: replaces the model server's header; absent text removes it
pub const SHUNT_NOTE_RESPONSE_HEADER: u32 = 3;
/// port of the endpoint to send to instead of its own; name empty, text a port, "8001"
pub const SHUNT_NOTE_TARGET_PORT: u32 = 4;

// Kinds of shunt_metric_spec.
/// only rises
pub const SHUNT_METRIC_COUNTER: u32 = 1;
/// goes up and down
pub const SHUNT_METRIC_GAUGE: u32 = 2;
/// a distribution
pub const SHUNT_METRIC_HISTOGRAM: u32 = 3;

// Bits of shunt_fetch.flags.
/// extract() is called for failed fetches too, with http_status 0
pub const SHUNT_FETCH_FAILURES: u32 = 1;

/// One node of the instance's parameters.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct shunt_parameter {
    /// set by the caller; the host writes only what fits
    pub size: u32,
    /// SHUNT_PARAMETER_*
    pub r#type: u32,
    /// a number; a flag as 0 or 1
    pub number: f64,
    /// text, or an object key that parameter_key returned; borrowed until create() returns
    pub text: shunt_str,
    /// members of a list or an object
    pub length: u64,
}

/// A metric to be registered. Borrowed until metric() returns.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct shunt_metric_spec {
    pub size: u32,
    /// SHUNT_METRIC_*
    pub kind: u32,
    /// without prefix, "hits_total"; [A-Za-z_][A-Za-z0-9_]*
    pub name: shunt_str,
    /// one sentence for people
    pub help: shunt_str,
    /// names as metric names are, each once; NULL when there are none
    pub labels: *const shunt_pair,
    /// histogram: upper bounds of its buckets, finite, strictly ascending; else NULL
    pub bounds: *const f64,
    pub n_labels: u32,
    pub n_bounds: u32,
}

/// A page that an extractor asks for. Borrowed until fetch() returns.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct shunt_fetch {
    pub size: u32,
    /// of the endpoint's host; 0: the endpoint's own
    pub port: u32,
    /// URL path with its query; begins with "/"
    pub path: shunt_str,
    /// Accept header; absent: none
    pub accept: shunt_str,
    /// between two fetches, at least 50 ms
    pub interval_ns: i64,
    /// SHUNT_FETCH_*
    pub flags: u32,
    pub reserved: u32,
}

/// What create() is given. Borrowed until create() returns, `host` excepted, which lives as long as the process.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct shunt_create_info {
    pub size: u32,
    /// of the host
    pub abi_minor: u32,
    pub host: *const shunt_host,
    /// for the [control] services that declare
    pub init: *mut shunt_init,
    /// for set_error and log
    pub ctx: *mut shunt_ctx,
    /// of the instance
    pub name: shunt_str,
    /// effective parameters as JSON text: checked against the schema, defaults filled in
    pub parameters: shunt_str,
}

/// The host table. Functions that take `init` are for create() only. Every text that goes in is copied.
/// Unless said otherwise they return SHUNT_OK or a negative status and have set an error text of their own.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct shunt_host {
    pub size: u32,
    pub abi_major: u32,
    pub abi_minor: u32,
    pub reserved: u32,
    /// "shunt"
    pub name: shunt_str,
    /// of the host program, for logs
    pub version: shunt_str,

    /// Returns the table of a host extension, or NULL. [any-thread]
    pub extension: Option<unsafe extern "C" fn(host: *const shunt_host, id: shunt_str) -> *const c_void>,

    /// Declares a column to be read; `*slot` indexes view->columns. `type` is a SHUNT_COLUMN_*; SET_SIZE reads a set's number of
    /// members. "label:<key>" reads an endpoint label as SYMBOL, "endpoint:name" and "endpoint:address" its name and address.
    /// Asking twice gives the same slot. [control]
    pub column: Option<
        unsafe extern "C" fn(
            init: *mut shunt_init,
            name: shunt_str,
            r#type: u32,
            requirement: u32,
            slot: *mut u32,
        ) -> i32,
    >,
    /// Declares a byte column that is 1 where the endpoint's set `set_column` holds the request's `field` (SHUNT_FIELD_*);
    /// `*slot` indexes view->columns. Rows whose set is absent are not valid. [control]
    pub membership: Option<
        unsafe extern "C" fn(
            init: *mut shunt_init,
            set_column: shunt_str,
            field: u32,
            requirement: u32,
            slot: *mut u32,
        ) -> i32,
    >,
    /// Declares a request-scoped value to be read; `*slot` indexes cycle->values. `type` is a SHUNT_VALUE_*. [control]
    pub value: Option<
        unsafe extern "C" fn(
            init: *mut shunt_init,
            name: shunt_str,
            r#type: u32,
            requirement: u32,
            slot: *mut u32,
        ) -> i32,
    >,
    /// Declares a column to be written; `*slot` indexes the outputs of produce() (SHUNT_SCOPE_REQUEST) or is passed to put_*()
    /// (SHUNT_SCOPE_ENDPOINT); each scope counts its slots from 0. One instance writes a column. [control]
    pub output: Option<
        unsafe extern "C" fn(init: *mut shunt_init, name: shunt_str, r#type: u32, scope: u32, slot: *mut u32) -> i32,
    >,
    /// Declares a request-scoped value to be written, by set_value() from produce() or pick_profiles(). [control]
    pub output_value:
        Option<unsafe extern "C" fn(init: *mut shunt_init, name: shunt_str, r#type: u32, slot: *mut u32) -> i32>,
    /// Asks for working memory per worker, 64-byte aligned; at most 16 MiB. Last call counts. [control]
    pub scratch: Option<unsafe extern "C" fn(init: *mut shunt_init, bytes: u64) -> i32>,
    /// Asks for memory per request, 16-byte aligned, zeroed before the request's first call; at most 64 KiB. The same memory comes
    /// with every call and event of this instance for the request and is gone after its SHUNT_EVENT_COMPLETED. [control]
    pub request_state: Option<unsafe extern "C" fn(init: *mut shunt_init, bytes: u64) -> i32>,
    /// Finds the interface `interface_id` of another configured instance; `*slot` is what peer_call() is asked with. The pointers
    /// stay valid as long as this instance. Circular references are refused. Only hot functions of peers may be called, and only
    /// from hot calls, with what peer_call() gives. [control]
    pub peer: Option<
        unsafe extern "C" fn(
            init: *mut shunt_init,
            plugin_ref: shunt_str,
            interface_id: shunt_str,
            table: *mut *const c_void,
            self_: *mut *mut c_void,
            slot: *mut u32,
        ) -> i32,
    >,
    /// Index of the scheduling profile `name`; SHUNT_NOT_FOUND without an error text when there is none.
    /// Indices belong to the list of profiles that create() saw. An instance that called profile(), profile_name() or
    /// profile_count() is never carried into a generation whose list of profile names differs: it is created anew. [control]
    pub profile: Option<unsafe extern "C" fn(init: *mut shunt_init, name: shunt_str, index: *mut u32) -> i32>,
    /// Number of scheduling profiles: valid indices are below it; see profile(). [control]
    pub profile_count: Option<unsafe extern "C" fn(init: *mut shunt_init) -> u32>,
    /// Name of the scheduling profile with this index, absent from profile_count() on; see profile(). Valid until create()
    /// returns. [control]
    pub profile_name: Option<unsafe extern "C" fn(init: *mut shunt_init, index: u32) -> shunt_str>,
    /// Reads the effective parameters at a JSON pointer ("/conditions/0/metric"; "" is the root). The caller sets out->size; the
    /// host writes only what fits and zeroes what has no meaning. A pointer that leads nowhere gives type SHUNT_PARAMETER_ABSENT
    /// and SHUNT_OK. [control]
    pub parameter:
        Option<unsafe extern "C" fn(init: *mut shunt_init, pointer: shunt_str, out: *mut shunt_parameter) -> i32>,
    /// Key number `index` of the object at a JSON pointer, in the order of the file, as `text` of `out`, whose size is handled as
    /// parameter() does. SHUNT_NOT_FOUND when there is none. [control]
    pub parameter_key: Option<
        unsafe extern "C" fn(init: *mut shunt_init, pointer: shunt_str, index: u64, out: *mut shunt_parameter) -> i32,
    >,
    /// The symbol of a configuration text, which is interned if it is new; 0 for "". Symbols compare equal when texts do.
    /// [control]
    pub intern: Option<unsafe extern "C" fn(init: *mut shunt_init, text: shunt_str, symbol: *mut u32) -> i32>,
    /// Registers a metric of this instance: a name with these labels once, a name with one kind. Breaking the rules of
    /// shunt_metric_spec is SHUNT_INVALID. [control]
    pub metric: Option<
        unsafe extern "C" fn(
            init: *mut shunt_init,
            spec: *const shunt_metric_spec,
            metric: *mut *mut shunt_metric,
        ) -> i32,
    >,
    /// Asks for a page of every endpoint (extractors). What several ask for with the same port, path and accept is fetched once,
    /// at the shortest interval asked for, and handed to all of them; failed fetches to those with SHUNT_FETCH_FAILURES. An
    /// interval below 50 ms or a port above 65535 is SHUNT_OUT_OF_RANGE. [control]
    pub fetch: Option<unsafe extern "C" fn(init: *mut shunt_init, fetch: *const shunt_fetch) -> i32>,

    /// Sets the text of the failure that the current call is about to return; at most 1024 bytes are kept. [any-thread]
    pub set_error: Option<unsafe extern "C" fn(ctx: *mut shunt_ctx, code: i32, text: shunt_str)>,
    /// Logs a line in the name of the instance. Not for hot paths. [any-thread]
    pub log: Option<unsafe extern "C" fn(ctx: *mut shunt_ctx, level: u32, text: shunt_str)>,
    /// The level below which log() drops. [any-thread]
    pub log_level: Option<unsafe extern "C" fn(ctx: *mut shunt_ctx) -> u32>,
    /// Memory that is valid until the host has taken over the answer of this call, 16-byte aligned, at least 64 KiB per call;
    /// NULL when the call's bounded arena is exhausted. [any-thread]
    pub call_alloc: Option<unsafe extern "C" fn(ctx: *mut shunt_ctx, bytes: u64) -> *mut c_void>,
    /// The symbol of a text, or 0 when it was never interned. Never inserts, takes no lock. [any-thread]
    pub find_symbol: Option<unsafe extern "C" fn(host: *const shunt_host, text: shunt_str) -> u32>,
    /// The text of a symbol; absent for an unknown one. Lives as long as the process. [any-thread]
    pub symbol_text: Option<unsafe extern "C" fn(host: *const shunt_host, symbol: u32) -> shunt_str>,
    /// The key of an endpoint name: what view->key holds for it. [any-thread]
    pub endpoint_key: Option<unsafe extern "C" fn(host: *const shunt_host, name: shunt_str) -> u64>,
    /// XXH3 (64 bits) of some bytes. [any-thread]
    pub hash: Option<unsafe extern "C" fn(host: *const shunt_host, data: *const c_void, len: u64, seed: u64) -> u64>,
    /// Chained XXH3 over consecutive blocks of `block_bytes`, a shorter last one included: out[i] = hash(block i, seed = out[i-1]),
    /// out[-1] = `seed`. Writes at most `capacity` hashes and returns how many. [any-thread]
    pub hash_blocks: Option<
        unsafe extern "C" fn(
            host: *const shunt_host,
            data: *const c_void,
            len: u64,
            block_bytes: u64,
            seed: u64,
            out: *mut u64,
            capacity: u64,
        ) -> u64,
    >,
    /// Adds to a counter, adds to a gauge, or observes a value in a histogram. Lock-free. [any-thread]
    pub metric_add: Option<unsafe extern "C" fn(metric: *mut shunt_metric, value: f64)>,
    /// Sets a gauge. Lock-free. [any-thread]
    pub metric_set: Option<unsafe extern "C" fn(metric: *mut shunt_metric, value: f64)>,

    /// Writes a declared request-scoped value. Only in produce() and pick_profiles(). A value is visible to its writer from the
    /// next call on. [hot, concurrent]
    pub set_value: Option<unsafe extern "C" fn(ctx: *mut shunt_ctx, slot: u32, value: *const shunt_value) -> i32>,
    /// Attaches a note to the decision; `kind` is a SHUNT_NOTE_*, any other is SHUNT_UNSUPPORTED. At most 64 notes per decision,
    /// names to 128 and texts to 4096 bytes, else SHUNT_OUT_OF_RANGE. (kind, name) again: later wins. Header names are taken in
    /// lower case; a name that is no HTTP token, a header text with control characters, a port outside 1..65535 and an absent
    /// text of another kind than headers are SHUNT_INVALID. Only in pick_profiles(), process_results() and picked(); header kinds
    /// also in produce(). [hot, concurrent]
    pub annotate: Option<unsafe extern "C" fn(ctx: *mut shunt_ctx, kind: u32, name: shunt_str, text: shunt_str) -> i32>,
    /// Replaces the picks of a finished profile run by other candidates of it, best first. Only in process_results(). After it
    /// done[].picks are the new ones, for picked() too. [hot, concurrent]
    pub set_picks: Option<unsafe extern "C" fn(ctx: *mut shunt_ctx, result: u32, base_rows: *const u32, n: u32) -> i32>,
    /// What a hot function of the peer in `slot` is to be called with: its own columns, values, scratch, request_state, seed and
    /// ctx, and the caller's request, results and profile; `*base` is (*cycle)->base. In the peer's services the permissions of
    /// the caller's function hold, set_picks() excepted. Both are valid until the current call returns; the peer's call_alloc()
    /// memory until the next peer_call() for it. [hot, concurrent]
    pub peer_call: Option<
        unsafe extern "C" fn(
            ctx: *mut shunt_ctx,
            slot: u32,
            cycle: *mut *const shunt_cycle,
            base: *mut *const shunt_view,
        ) -> i32,
    >,

    /// Writes one cell of an output column with SHUNT_SCOPE_ENDPOINT, for the endpoint with this key; visible in the next
    /// snapshot. An unknown key is SHUNT_NOT_FOUND, a number that is not finite SHUNT_INVALID. [events]
    pub put_number: Option<unsafe extern "C" fn(ctx: *mut shunt_ctx, slot: u32, endpoint_key: u64, value: f64) -> i32>,
    /// As put_number, for FLAG columns; `value` is 0 or 1. [events]
    pub put_flag: Option<unsafe extern "C" fn(ctx: *mut shunt_ctx, slot: u32, endpoint_key: u64, value: u32) -> i32>,
    /// As put_number, for SYMBOL columns. [events]
    pub put_text:
        Option<unsafe extern "C" fn(ctx: *mut shunt_ctx, slot: u32, endpoint_key: u64, value: shunt_str) -> i32>,
    /// As put_number, for SET columns. [events]
    pub put_set: Option<
        unsafe extern "C" fn(ctx: *mut shunt_ctx, slot: u32, endpoint_key: u64, names: *const shunt_str, n: u64) -> i32,
    >,
    /// Makes one cell absent again. [events]
    pub put_absent: Option<unsafe extern "C" fn(ctx: *mut shunt_ctx, slot: u32, endpoint_key: u64) -> i32>,

    /// Calls `release(object)` once no call that may still see `object` is running: replace a shared pointer first, then retire
    /// the old object. Takes a lock and allocates: not in hot calls, where it is SHUNT_UNSUPPORTED. release() runs on any thread,
    /// possibly before retire() returns, never beside a call of this instance that began before; it calls nothing of the host and
    /// must not block. Pending releases run before destroy(). [any-thread]
    pub retire: Option<
        unsafe extern "C" fn(
            ctx: *mut shunt_ctx,
            release: Option<unsafe extern "C" fn(object: *mut c_void)>,
            object: *mut c_void,
        ) -> i32,
    >,
}
