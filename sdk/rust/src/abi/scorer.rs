// SPDX-License-Identifier: Apache-2.0
//! The kind that rates candidates.

use super::*;
use core::ffi::c_void;

pub const SHUNT_SCORER_ID: &str = "shunt.scorer/1";

#[repr(C)]
#[derive(Clone, Copy)]
pub struct shunt_scorer_table {
    pub size: u32,
    pub reserved: u32,
    /// Writes score[i] in [0, 1] for every candidate; higher is better. The array has view->count doubles, is 64-byte aligned
    /// and arrives filled with NaN; a row left so counts 0. Finite values outside the range are clamped; NaN and infinities are
    /// counted as faults of their row, which counts 0. total += weight * score.
    /// SHUNT_SKIP: adds nothing. Negative: the config's onError; by default the scorer adds nothing. [hot, concurrent]
    pub score: Option<
        unsafe extern "C" fn(
            self_: *mut c_void,
            cycle: *const shunt_cycle,
            view: *const shunt_view,
            score: *mut f64,
        ) -> i32,
    >,
}
