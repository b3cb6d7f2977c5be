// SPDX-License-Identifier: Apache-2.0
//! The kind that chooses among scored candidates.

use super::*;
use core::ffi::c_void;

pub const SHUNT_PICKER_ID: &str = "shunt.picker/1";

#[repr(C)]
#[derive(Clone, Copy)]
pub struct shunt_picker_table {
    pub size: u32,
    pub reserved: u32,
    /// Writes between 1 and `capacity` distinct rows of the view to `rows`, in order of preference, and their number to `*n`
    /// (which arrives as 0). `total` holds the weighted totals, view->count doubles, all finite. capacity == view->count >= 1.
    /// Fallbacks are not the picker's business. Any invalid answer, or a negative status, is replaced by the highest total
    /// (onError: skip, the default) or fails the request. [hot, concurrent]
    pub pick: Option<
        unsafe extern "C" fn(
            self_: *mut c_void,
            cycle: *const shunt_cycle,
            view: *const shunt_view,
            total: *const f64,
            rows: *mut u32,
            capacity: u32,
            n: *mut u32,
        ) -> i32,
    >,
}
