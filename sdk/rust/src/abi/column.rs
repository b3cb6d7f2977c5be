// SPDX-License-Identifier: Apache-2.0
//! How attributes of endpoints reach a plugin: dense columns in candidate order.

use super::*;
use core::ffi::c_void;

// Column types. A plugin sees a type only if it asked for it.
/// data: double
pub const SHUNT_COLUMN_NUMBER: u32 = 1;
/// data: uint8_t, 0 or 1
pub const SHUNT_COLUMN_FLAG: u32 = 2;
/// data: uint32_t, an interned text; 0 is "no text"
pub const SHUNT_COLUMN_SYMBOL: u32 = 3;
/// data: shunt_set_row, positions in `pool` (uint32_t symbols)
pub const SHUNT_COLUMN_SET: u32 = 4;
// Derived readings of a set column, computed by the host.
/// data: double, the number of members; asked for with the set's name
pub const SHUNT_COLUMN_SET_SIZE: u32 = 5;
/// data: uint8_t, 1 where the set holds the request's symbol; see shunt_host.membership
pub const SHUNT_COLUMN_MEMBERSHIP: u32 = 6;

/// The column exists nowhere in this snapshot: data reads as zeros, valid as all 0. Comes with SHUNT_COLUMN_FLAG_PARTIAL.
pub const SHUNT_COLUMN_FLAG_ABSENT: u32 = 1;
/// Rows may lack values; look at `valid`.
pub const SHUNT_COLUMN_FLAG_PARTIAL: u32 = 2;

/// Members of row i: pool[begin] to pool[end - 1], distinct, in no order. Final: never grows.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct shunt_set_row {
    pub begin: u32,
    pub end: u32,
}

/// One attribute over the endpoints of a call, `count` of the view long, in candidate order. Every array is 64-byte aligned
/// and readable up to the next multiple of 64 bytes, so that vector loads may over-read. Borrowed until the call returns.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct shunt_column {
    pub size: u32,
    /// the type that the plugin asked for
    pub r#type: u32,
    /// SHUNT_COLUMN_FLAG_*
    pub flags: u32,
    /// entries of pool
    pub pool_len: u32,
    /// never NULL; a row without value reads as zero
    pub data: *const c_void,
    /// per row 0 or 1; NULL: every row has a value
    pub valid: *const u8,
    /// per row, when it was measured, on the clock of now_ns; INT64_MAX: current; NULL: all current
    pub as_of_ns: *const i64,
    /// SHUNT_COLUMN_SET only, else NULL
    pub pool: *const u32,
}

/// The candidates of one call. Borrowed until the call returns.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct shunt_view {
    pub size: u32,
    /// candidates; rows are 0 to count - 1
    pub count: u32,
    /// by the slot that shunt_host.column or .membership gave
    pub columns: *const *const shunt_column,
    /// per row: 64-bit hash of the endpoint's name, the same in every run; never 0
    pub key: *const u64,
    /// per row: the row of the cycle's base view
    pub base_row: *const u32,
    /// Hash index from key to row, for the base view only (NULL elsewhere): the entry at (key & row_index_mask), or one of those
    /// that follow it cyclically, is the row; SHUNT_NONE ends the search. See shunt_view_find in shunt/sdk/kernels.h.
    pub row_index: *const u32,
    pub row_index_mask: u64,
    /// Changes whenever key[] changes: a plugin may cache what it derived from the keys under it. 0: do not cache.
    pub layout: u64,
}

// Types of request-scoped values: one datum per request instead of one per endpoint.
/// number
pub const SHUNT_VALUE_NUMBER: u32 = 1;
/// key: an endpoint's key
pub const SHUNT_VALUE_ENDPOINT: u32 = 2;
/// text
pub const SHUNT_VALUE_TEXT: u32 = 3;
/// symbol: an interned text; 0 is "no text"
pub const SHUNT_VALUE_SYMBOL: u32 = 4;

/// A request-scoped value: written by a producer, or published by a profile handler between rounds for later profiles.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct shunt_value {
    pub size: u32,
    /// SHUNT_VALUE_*
    pub r#type: u32,
    /// 0: nobody wrote it in this request; the rest then reads as zero
    pub present: u32,
    pub symbol: u32,
    pub number: f64,
    pub key: u64,
    /// written: copied by the host; read: borrowed until the call returns
    pub text: shunt_str,
}
