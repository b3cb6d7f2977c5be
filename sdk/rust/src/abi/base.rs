// SPDX-License-Identifier: Apache-2.0
//! Versions, strings, status codes and handles.

use core::marker::{PhantomData, PhantomPinned};

// Version that these headers describe. The major changes only with the name of the entry function. A minor of 0x80000000 or
// more marks a release candidate: such a host accepts only libraries built with the very same number.
pub const SHUNT_ABI_MAJOR: u32 = 1;
/// 0x80000000 + 2; without suffix, because the manifest prints it
pub const SHUNT_ABI_MINOR_CURRENT: u32 = 2147483650;

/// Text, not NUL-terminated. data == NULL: absent. data != NULL and len == 0: present and empty. Final: never grows.
/// Bytes; UTF-8 where the host or a config made it. Request and page texts come from outside and are unchecked.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct shunt_str {
    pub data: *const u8,
    /// bytes
    pub len: u64,
}

// Status of a call. 0 is success; positive is benign and belongs to the meaning of the call; negative is a fault, which the
// host answers with the default of the kind or the config's onError. Text goes through shunt_host.set_error. A positive
// status that the function's comment does not name is a fault.
pub const SHUNT_OK: i32 = 0;
/// nothing to say: a scorer adds nothing, a filter keeps all, a decider abstains
pub const SHUNT_SKIP: i32 = 1;
/// nothing left or nothing known
pub const SHUNT_UNAVAILABLE: i32 = 2;
/// not now, later perhaps
pub const SHUNT_BLOCKED: i32 = 3;
/// not now and not later
pub const SHUNT_IMPOSSIBLE: i32 = 4;
pub const SHUNT_ERROR: i32 = -1;
/// a parameter or argument is wrong
pub const SHUNT_INVALID: i32 = -2;
/// a name is unknown
pub const SHUNT_NOT_FOUND: i32 = -3;
/// this side does not know what was asked
pub const SHUNT_UNSUPPORTED: i32 = -4;
/// an index or a capacity is exceeded
pub const SHUNT_OUT_OF_RANGE: i32 = -5;
/// a bounded arena or the heap is exhausted
pub const SHUNT_OUT_OF_MEMORY: i32 = -6;
/// an exception reached the boundary and was turned into this
pub const SHUNT_EXCEPTION: i32 = -7;

/// "No slot": never a valid slot, row, profile or symbol index.
pub const SHUNT_NONE: u32 = 0xffffffff;

/// one create() call; valid until it returns
#[repr(C)]
pub struct shunt_init {
    _opaque: [u8; 0],
    // Neither Send nor Sync nor Unpin: what is behind it is the host's business.
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}
/// one call into the plugin; valid until it returns
#[repr(C)]
pub struct shunt_ctx {
    _opaque: [u8; 0],
    // Neither Send nor Sync nor Unpin: what is behind it is the host's business.
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}
/// a registered metric; valid as long as the instance
#[repr(C)]
pub struct shunt_metric {
    _opaque: [u8; 0],
    // Neither Send nor Sync nor Unpin: what is behind it is the host's business.
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}
