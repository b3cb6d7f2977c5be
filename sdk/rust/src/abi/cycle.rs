// SPDX-License-Identifier: Apache-2.0
//! What surrounds one hot call: the request, the results so far, pool and queue, and the plugin's own memory.

use super::*;
use core::ffi::c_void;

/// Outcome of one profile run, for the handler and for later profiles of the same request.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct shunt_result {
    pub size: u32,
    /// index, see shunt_host.profile
    pub profile: u32,
    /// SHUNT_OK; SHUNT_UNAVAILABLE: filters left nothing; negative: a plugin failed the run
    pub status: i32,
    /// 0 unless status is SHUNT_OK
    pub n_picks: u32,
    /// base rows, best first; after set_picks() the new ones
    pub picks: *const u32,
    /// base rows of the candidates that survived the filters, ascending
    pub base_rows: *const u32,
    /// weighted totals, parallel to base_rows
    pub totals: *const f64,
    /// entries of base_rows and totals
    pub n_candidates: u32,
    pub reserved: u32,
}

// Bits of shunt_pool_stats.present.
pub const SHUNT_POOL_MEAN_LOAD: u32 = 1;
pub const SHUNT_POOL_SATURATION: u32 = 2;

/// The pool at the start of the cycle, over all endpoints of the snapshot.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct shunt_pool_stats {
    pub size: u32,
    /// SHUNT_POOL_* bits
    pub present: u32,
    /// all endpoints
    pub endpoints: u32,
    /// those that were left for this request: rows of the base view
    pub candidates: u32,
    /// mean of `load` where known, 0..1
    pub mean_load: f64,
    /// 1 and above: the pool takes no more
    pub saturation: f64,
}

/// One priority band of the waiting room.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct shunt_queue_band {
    pub size: u32,
    pub priority: i32,
    /// requests
    pub waiting: u64,
    /// 0 when empty
    pub oldest_wait_ns: i64,
}

/// The requests that wait when the cycle starts, the one being decided not counted.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct shunt_queue_stats {
    pub size: u32,
    /// of the waiting requests; 0 when none waits
    pub highest_priority: i32,
    /// requests
    pub waiting: u64,
    pub oldest_wait_ns: i64,
    /// 1 when a waiting request carries a deadline
    pub any_deadline: u32,
    pub n_bands: u32,
    /// highest priority first
    pub bands: *const shunt_queue_band,
    /// bytes from one band to the next
    pub band_stride: u64,
}

/// One call. Borrowed until the call returns, with everything that it points to. Calls and events of one request never overlap.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct shunt_cycle {
    pub size: u32,
    /// index of the running profile; SHUNT_NONE for producers, handlers and observers
    pub profile: u32,
    /// of the profile handler, from 0
    pub round: u32,
    /// same as request->attempt
    pub attempt: u32,
    /// the only clock there is: nanoseconds since the Unix epoch, see base.h
    pub now_ns: i64,
    /// the only chance there is; mixed for this instance, request, attempt and round
    pub seed: u64,
    /// never NULL
    pub request: *const shunt_request,
    /// results of this request's earlier profile runs, in order; may be NULL when n_done is 0
    pub done: *const shunt_result,
    pub n_done: u32,
    /// bytes from one result to the next
    pub done_stride: u32,
    /// never NULL
    pub pool: *const shunt_pool_stats,
    /// never NULL; waiting is 0 where nothing queues
    pub queue: *const shunt_queue_stats,
    /// as asked for with shunt_host.scratch; per worker, contents undefined at each call
    pub scratch: *mut c_void,
    /// as asked for with shunt_host.request_state; zeroed before the request's first call; NULL when none was asked for
    pub request_state: *mut c_void,
    /// by the slot that shunt_host.value gave; entries never NULL
    pub values: *const *const shunt_value,
    /// for host services
    pub ctx: *mut shunt_ctx,
    /// this instance's columns before any filter, over the base rows; never NULL in hot calls
    pub base: *const shunt_view,
}

// Outcome of a decision. Open; unknown: not dispatched.
pub const SHUNT_OUTCOME_DISPATCHED: u32 = 1;
pub const SHUNT_OUTCOME_REJECTED: u32 = 2;
/// its client was gone before it could be dispatched
pub const SHUNT_OUTCOME_CANCELLED: u32 = 3;

/// A finished decision, for observers.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct shunt_decision {
    pub size: u32,
    /// SHUNT_OUTCOME_*
    pub outcome: u32,
    /// index; SHUNT_NONE when rejected before a profile was chosen
    pub primary_profile: u32,
    /// index into results of the run that was chosen; SHUNT_NONE likewise
    pub primary_result: u32,
    /// rejected only: 400..599; else 0
    pub http_status: u32,
    pub n_results: u32,
    /// every profile run of the request, in order
    pub results: *const shunt_result,
    /// bytes from one result to the next
    pub result_stride: u64,
}
