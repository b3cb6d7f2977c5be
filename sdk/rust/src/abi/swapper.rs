// SPDX-License-Identifier: Apache-2.0
//! The kind that decides which running models make room for another one.

use super::*;
use core::ffi::c_void;

pub const SHUNT_SWAPPER_ID: &str = "shunt.swapper/1";

// States of a model's process. Open; unknown: resident and not a victim.
pub const SHUNT_MODEL_STOPPED: u32 = 1;
pub const SHUNT_MODEL_STARTING: u32 = 2;
pub const SHUNT_MODEL_READY: u32 = 3;
pub const SHUNT_MODEL_STOPPING: u32 = 4;
pub const SHUNT_MODEL_SHUTDOWN: u32 = 5;

// Bits of shunt_model.flags.
/// may not be a victim
pub const SHUNT_MODEL_PINNED: u32 = 1;
/// target of a committed swap that has not ended
pub const SHUNT_MODEL_LOADING: u32 = 2;
/// victim of a committed swap that has not ended
pub const SHUNT_MODEL_LEAVING: u32 = 4;

// Bits of shunt_model.present.
pub const SHUNT_MODEL_LAST_USED: u32 = 1 << 0;
pub const SHUNT_MODEL_BYTES: u32 = 1 << 1;
pub const SHUNT_MODEL_LOAD_COST: u32 = 1 << 2;

/// One managed model.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct shunt_model {
    pub size: u32,
    /// SHUNT_MODEL_STOPPED and the others
    pub state: u32,
    pub flags: u32,
    pub present: u32,
    pub id: shunt_str,
    /// as the config names it, absent when none
    pub group: shunt_str,
    /// within the swap line; higher is more important
    pub priority: i32,
    /// requests being served
    pub in_flight: u32,
    /// requests that wait for it
    pub waiting: u32,
    pub n_devices: u32,
    /// end of the last request, on the clock of now_ns
    pub last_used_ns: i64,
    /// memory that it needs
    pub bytes: u64,
    /// what loading it again would take
    pub load_cost_ns: i64,
    /// Indices into the query's devices: where it is resident; LOADING: where its swap places it; a stopped target: where its
    /// config wants it. Empty when unknown or left to the swapper.
    pub devices: *const u32,
    /// parallel to devices: its share of `bytes`; NULL: unknown, take bytes / n_devices
    pub device_bytes: *const u64,
}

/// One accelerator or memory pool.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct shunt_device {
    pub size: u32,
    pub reserved: u32,
    pub name: shunt_str,
    pub capacity_bytes: u64,
    /// By everything: resident models, LEAVING ones until they stopped, and the bytes that LOADING targets will take.
    pub used_bytes: u64,
}

/// "May `target` be loaded now, and at whose expense?" Borrowed until the call returns.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct shunt_swap_query {
    pub size: u32,
    pub n_running: u32,
    pub target: *const shunt_model,
    /// every process that is not stopped, and targets of committed swaps; sorted by id, unique
    pub running: *const shunt_model,
    /// bytes from one model to the next
    pub running_stride: u64,
    pub devices: *const shunt_device,
    /// bytes from one device to the next
    pub device_stride: u64,
    pub n_devices: u32,
    pub reserved: u32,
    pub now_ns: i64,
}

/// The answer. The host provides the arrays; counts arrive as 0. Texts: literals or call_alloc() memory of this call.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct shunt_swap_plan {
    pub size: u32,
    pub n_victims: u32,
    /// indices into query->running; not the target, unique, not pinned; a LEAVING one may be named
    pub victims: *mut u32,
    /// = query->n_running
    pub victims_capacity: u32,
    pub n_placement: u32,
    /// indices into query->devices where the target goes; none: no opinion
    pub placement: *mut u32,
    /// = query->n_devices
    pub placement_capacity: u32,
    pub reserved: u32,
    /// with SHUNT_BLOCKED: ask again not before this time from now; 0: when something changes
    pub retry_after_ns: i64,
    /// with SHUNT_BLOCKED and SHUNT_IMPOSSIBLE; welcome otherwise
    pub reason: shunt_str,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct shunt_swapper_table {
    pub size: u32,
    pub reserved: u32,
    /// Pure and speculative: asked for every request and again whenever something changes, so it keeps no state and does not
    /// log. SHUNT_OK: evict the victims (none: load beside the others). SHUNT_BLOCKED: wait. SHUNT_IMPOSSIBLE: refuse, with a
    /// reason. A busy victim is legal: the line waits for it. [swap]
    pub eviction_for: Option<
        unsafe extern "C" fn(
            self_: *mut c_void,
            ctx: *mut shunt_ctx,
            query: *const shunt_swap_query,
            plan: *mut shunt_swap_plan,
        ) -> i32,
    >,
    /// Called once for a committed swap, with the same query; the place to remember and to log. May be NULL. [swap]
    pub on_swap_start: Option<
        unsafe extern "C" fn(
            self_: *mut c_void,
            ctx: *mut shunt_ctx,
            query: *const shunt_swap_query,
            plan: *const shunt_swap_plan,
            ticket: u64,
        ),
    >,
}
