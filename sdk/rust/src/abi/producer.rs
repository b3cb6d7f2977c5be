// SPDX-License-Identifier: Apache-2.0
//! Extension for request-scoped columns and values, computed once per cycle before the first profile.

use super::*;
use core::ffi::c_void;

pub const SHUNT_PRODUCER_ID: &str = "shunt.producer/1";

// States of an output after produce().
/// arrives so: nothing was written
pub const SHUNT_OUTPUT_ABSENT: u32 = 0;
/// every row has a value; `valid` is not looked at
pub const SHUNT_OUTPUT_ALL: u32 = 1;
/// rows with valid[i] == 1 have a value
pub const SHUNT_OUTPUT_PARTIAL: u32 = 2;

/// One output column, base->count rows. Arrives zeroed, so that a sparse result writes only what it found.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct shunt_output {
    pub size: u32,
    /// as declared: SHUNT_COLUMN_NUMBER or SHUNT_COLUMN_FLAG
    pub r#type: u32,
    /// SHUNT_OUTPUT_*, set by the producer
    pub state: u32,
    pub rows: u32,
    /// double or uint8_t, 64-byte aligned; numbers must be finite, others are counted and become absent
    pub data: *mut c_void,
    /// arrives zeroed
    pub valid: *mut u8,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct shunt_producer_table {
    pub size: u32,
    pub reserved: u32,
    /// Fills the declared outputs, `out` by slot, and values through set_value. Producers run in the order of their declared
    /// inputs and outputs. SHUNT_SKIP or a negative status: the outputs are absent for this request. [hot, concurrent]
    pub produce: Option<
        unsafe extern "C" fn(
            self_: *mut c_void,
            cycle: *const shunt_cycle,
            base: *const shunt_view,
            out: *mut shunt_output,
            n: u32,
            stride: u32,
        ) -> i32,
    >,
}
