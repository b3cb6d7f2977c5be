// SPDX-License-Identifier: Apache-2.0
//! The kind that decides which profiles run and which result counts.

use super::*;
use core::ffi::c_void;

pub const SHUNT_PROFILE_HANDLER_ID: &str = "shunt.profile_handler/1";

/// The handler's verdict. Arrives zeroed except for size and primary_result == SHUNT_NONE. Texts: literals or call_alloc()
/// memory of this call.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct shunt_outcome {
    pub size: u32,
    /// index into cycle->done of the run whose picks the request goes to
    pub primary_result: u32,
    /// 1: reject the request instead
    pub reject: u32,
    /// rejection: 400..599; 0 means 429
    pub http_status: u32,
    /// rejection: short stable word, "rejected-by-policy"
    pub code: shunt_str,
    /// for people; with a dispatched request too
    pub reason: shunt_str,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct shunt_profile_handler_table {
    pub size: u32,
    pub reserved: u32,
    /// Names the profiles to run next: writes their indices to `next` (`capacity` entries) and their number to `*n` (arrives as
    /// 0). Called again with the new results until it names none; rounds are bounded. They run in the order named. An unknown
    /// profile, too many rounds or a negative status fail the request. SHUNT_SKIP: none. [hot, concurrent]
    pub pick_profiles: Option<
        unsafe extern "C" fn(
            self_: *mut c_void,
            cycle: *const shunt_cycle,
            base: *const shunt_view,
            next: *mut u32,
            capacity: u32,
            n: *mut u32,
        ) -> i32,
    >,
    /// Chooses the primary result, or rejects. A primary whose run did not succeed rejects the request with that run's reason.
    /// [hot, concurrent]
    pub process_results: Option<
        unsafe extern "C" fn(
            self_: *mut c_void,
            cycle: *const shunt_cycle,
            base: *const shunt_view,
            outcome: *mut shunt_outcome,
        ) -> i32,
    >,
}
