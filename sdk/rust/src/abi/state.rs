// SPDX-License-Identifier: Apache-2.0
//! Extension that hands what an instance has learned to the instance that replaces it, when the config or a library of a running
//! host changes. The two have the same name and type; parameters and library may differ, and each is asked through its own table.
//! The bytes stay on machines of one byte order, but may be loaded by another process.

use super::*;
use core::ffi::c_void;

pub const SHUNT_STATE_ID: &str = "shunt.state/1";

/// Where save() writes to. The host's, valid until save() returns, for the thread that called save().
#[repr(C)]
#[derive(Clone, Copy)]
pub struct shunt_state_stream {
    pub size: u32,
    pub reserved: u32,
    /// bytes that it takes in all: who has more to save leaves out what is worth least
    pub capacity: u64,
    /// Appends a copy of `len` bytes; `data` may be NULL where `len` is 0. SHUNT_OUT_OF_MEMORY: more than `capacity` in all, or the
    /// host has no memory. What a call refuses is not appended in part, all later calls are refused as well, and nothing of what
    /// was written is handed over, whatever save() returns. [control]
    pub write: Option<unsafe extern "C" fn(stream: *mut shunt_state_stream, data: *const c_void, len: u64) -> i32>,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct shunt_state_table {
    pub size: u32,
    pub reserved: u32,
    /// Tag of the format that save() writes: 1 to 64 bytes of UTF-8, compared byte by byte. A change of the format changes it.
    /// Constant while the instance lives.
    pub version: shunt_str,
    /// Writes the state, in as many pieces as it likes; without any, the state is empty. Texts, numbers and keys of endpoints, never
    /// symbols or addresses: those mean nothing in another process. Saving is reading: it changes nothing that a call of this
    /// instance answers, and the host may ask again or never use what it was given. Runs beside hot calls, which change
    /// the state under it and may not be kept waiting. No event is delivered until it has returned. [control]
    pub save:
        Option<unsafe extern "C" fn(self_: *mut c_void, ctx: *mut shunt_ctx, stream: *mut shunt_state_stream) -> i32>,
    /// Takes over the state of a predecessor: what a save() under the tag `version` has written, complete. `version` and `data`
    /// are borrowed until the call returns; `data` is not NULL, not aligned, and came from another library: everything in it is to
    /// be checked, and memory is taken in proportion to `len` at most. Called at most once, behind create() and before every other
    /// call of the instance; save() of it may follow at once. SHUNT_UNSUPPORTED: of no use here, because of its version or because
    /// it was made with parameters that do not fit. SHUNT_INVALID: it is damaged. After any failure the instance is as create() has
    /// made it, and the host may go on with it. [control]
    pub load: Option<
        unsafe extern "C" fn(
            self_: *mut c_void,
            ctx: *mut shunt_ctx,
            version: shunt_str,
            data: *const c_void,
            len: u64,
        ) -> i32,
    >,
}
