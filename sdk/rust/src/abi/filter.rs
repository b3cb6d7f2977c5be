// SPDX-License-Identifier: Apache-2.0
//! The kind that removes candidates.

use super::*;
use core::ffi::c_void;

pub const SHUNT_FILTER_ID: &str = "shunt.filter/1";

#[repr(C)]
#[derive(Clone, Copy)]
pub struct shunt_filter_table {
    pub size: u32,
    pub reserved: u32,
    /// Writes keep[i] = 1 for every candidate that stays, 0 for the others; the array has view->count bytes and arrives as all 1.
    /// Removing all is a result, not a fault. Other byte values are counted as a fault and mean "keep".
    /// SHUNT_SKIP: keep all. Negative: the config's onError; by default the request fails. [hot, concurrent]
    pub filter: Option<
        unsafe extern "C" fn(
            self_: *mut c_void,
            cycle: *const shunt_cycle,
            view: *const shunt_view,
            keep: *mut u8,
        ) -> i32,
    >,
}
