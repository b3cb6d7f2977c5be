// SPDX-License-Identifier: Apache-2.0
//! Extension that gives a short reason per candidate, asked for only when a decision is explained.

use super::*;
use core::ffi::c_void;

pub const SHUNT_EXPLAIN_ID: &str = "shunt.explain/1";

#[repr(C)]
#[derive(Clone, Copy)]
pub struct shunt_explain_table {
    pub size: u32,
    pub reserved: u32,
    /// Called right after the instance's hot function `interface_id` with the same cycle and view. Writes a reason of at most
    /// 200 bytes for the rows that deserve one; `reason` has view->count entries and arrives absent. Texts: literals or
    /// call_alloc() memory of this call. SHUNT_SKIP: no reasons. [hot, concurrent]
    pub explain: Option<
        unsafe extern "C" fn(
            self_: *mut c_void,
            cycle: *const shunt_cycle,
            view: *const shunt_view,
            interface_id: shunt_str,
            reason: *mut shunt_str,
        ) -> i32,
    >,
}
