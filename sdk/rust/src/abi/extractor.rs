// SPDX-License-Identifier: Apache-2.0
//! Extension that turns a page fetched from an endpoint into columns.

use super::*;
use core::ffi::c_void;

pub const SHUNT_EXTRACTOR_ID: &str = "shunt.extractor/1";

/// A fetched page. Borrowed until the call returns.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct shunt_page {
    pub size: u32,
    /// 0: the fetch failed, see SHUNT_FETCH_FAILURES; body and content_type are absent then
    pub http_status: u32,
    /// as asked for
    pub path: shunt_str,
    pub content_type: shunt_str,
    pub body: shunt_str,
    pub endpoint_name: shunt_str,
    /// key
    pub endpoint: u64,
    /// when the fetch ended, on the clock of now_ns
    pub fetched_ns: i64,
    /// this endpoint's present columns, as declared: one row
    pub row: *const shunt_view,
    /// as asked for
    pub port: u32,
    pub reserved: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct shunt_extractor_table {
    pub size: u32,
    pub reserved: u32,
    /// Reads a page and writes SHUNT_SCOPE_ENDPOINT outputs with put_*(). What it does not write keeps its old value and age.
    /// A negative status is counted; what was written before it stays, and so does the age of what was not. [events]
    pub extract: Option<unsafe extern "C" fn(self_: *mut c_void, ctx: *mut shunt_ctx, page: *const shunt_page) -> i32>,
}
