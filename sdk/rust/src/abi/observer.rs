// SPDX-License-Identifier: Apache-2.0
//! Extension that hears what became of decisions, endpoints and models.

use super::*;
use core::ffi::c_void;

pub const SHUNT_OBSERVER_ID: &str = "shunt.observer/1";

// Types of shunt_event. Bit positions of shunt_observer_table.wants: a plugin hears only what it asked for.
// Request events are never dropped; calls and events of one request never overlap.
/// the request was sent to `endpoint`
pub const SHUNT_EVENT_DISPATCHED: u32 = 0;
/// status line and headers arrived
pub const SHUNT_EVENT_RESPONSE_STARTED: u32 = 1;
/// the first byte of content of a streamed answer
pub const SHUNT_EVENT_FIRST_TOKEN: u32 = 2;
/// the last event of a request, exactly one; `cause` says how it ended
pub const SHUNT_EVENT_COMPLETED: u32 = 3;
/// a new instance first hears it for every endpoint that exists
pub const SHUNT_EVENT_ENDPOINT_ADDED: u32 = 4;
/// address, labels or health
pub const SHUNT_EVENT_ENDPOINT_CHANGED: u32 = 5;
pub const SHUNT_EVENT_ENDPOINT_REMOVED: u32 = 6;
pub const SHUNT_EVENT_MODEL_READY: u32 = 7;
pub const SHUNT_EVENT_MODEL_STOPPED: u32 = 8;
pub const SHUNT_EVENT_SWAP_FAILED: u32 = 9;
pub const SHUNT_EVENT_SERVE_STARTED: u32 = 10;
pub const SHUNT_EVENT_SERVE_DONE: u32 = 11;
/// `endpoint` failed before it answered; another attempt or COMPLETED follows
pub const SHUNT_EVENT_ATTEMPT_FAILED: u32 = 12;

/// The bit of an event type in `shunt_observer_table::wants`.
pub const fn shunt_event_bit(r#type: u32) -> u64 {
    1 << r#type
}

// Values of shunt_event.cause. Open; unknown: as SHUNT_CAUSE_ERROR.
pub const SHUNT_CAUSE_NATURAL: u32 = 1;
pub const SHUNT_CAUSE_CLIENT_GONE: u32 = 2;
pub const SHUNT_CAUSE_EVICTED: u32 = 3;
pub const SHUNT_CAUSE_ERROR: u32 = 4;
/// it was never dispatched
pub const SHUNT_CAUSE_REJECTED: u32 = 5;

// Bits of shunt_event.present.
pub const SHUNT_EVENT_HTTP_STATUS: u32 = 1 << 0;
pub const SHUNT_EVENT_PROMPT_TOKENS: u32 = 1 << 1;
pub const SHUNT_EVENT_CACHED_TOKENS: u32 = 1 << 2;
pub const SHUNT_EVENT_OUTPUT_TOKENS: u32 = 1 << 3;
pub const SHUNT_EVENT_TTFT: u32 = 1 << 4;
pub const SHUNT_EVENT_TPOT: u32 = 1 << 5;
pub const SHUNT_EVENT_DURATION: u32 = 1 << 6;

/// Borrowed until the call returns.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct shunt_event {
    pub size: u32,
    /// SHUNT_EVENT_DISPATCHED and the others
    pub r#type: u32,
    /// on the clock of now_ns
    pub time_ns: i64,
    /// key; 0 when the event has none
    pub endpoint: u64,
    pub endpoint_name: shunt_str,
    /// events of managed models
    pub model: shunt_str,
    /// of the swap; 0 when the event has none
    pub ticket: u64,
    /// request events only, else NULL
    pub request: *const shunt_request,
    /// of this instance; NULL when none was asked for, and in events of requests that this instance has not seen in a call
    pub request_state: *mut c_void,
    /// of the decision that the event belongs to; request events only, else 0
    pub attempt: u32,
    /// its primary profile; SHUNT_NONE when it has none, and in other events
    pub profile: u32,
    /// SHUNT_EVENT_HTTP_STATUS and the others
    pub present: u32,
    /// SHUNT_CAUSE_*, COMPLETED only
    pub cause: u32,
    pub http_status: u32,
    pub reserved: u32,
    pub prompt_tokens: u64,
    pub cached_tokens: u64,
    pub output_tokens: u64,
    /// DISPATCHED to first byte of content; FIRST_TOKEN and COMPLETED, streamed answers only
    pub ttft_ns: i64,
    /// (end - first token) / (n - 1), n > 1: output_tokens, else events with content; COMPLETED only
    pub tpot_ns: i64,
    /// DISPATCHED to end
    pub duration_ns: i64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct shunt_observer_table {
    pub size: u32,
    pub reserved: u32,
    /// SHUNT_EVENT_BIT()s; `picked` needs no bit
    pub wants: u64,
    /// Called after every decision, also when no candidate was left (base->count is 0 then), before the request is dispatched;
    /// cheap. May be NULL. [hot, concurrent]
    pub picked: Option<
        unsafe extern "C" fn(
            self_: *mut c_void,
            cycle: *const shunt_cycle,
            base: *const shunt_view,
            decision: *const shunt_decision,
        ),
    >,
    /// A batch of events in the order in which they happened. May be NULL. May write SHUNT_SCOPE_ENDPOINT outputs. [events]
    pub events: Option<
        unsafe extern "C" fn(self_: *mut c_void, ctx: *mut shunt_ctx, events: *const shunt_event, n: u32, stride: u32),
    >,
}
