// SPDX-License-Identifier: Apache-2.0
//! What a shared object exports: one function that returns one static table.

use super::*;
use core::ffi::c_void;

// Bits of shunt_plugin.flags; they flow from plugin to host only.
/// at most one instance in a config
pub const SHUNT_PLUGIN_SINGLE_INSTANCE: u32 = 1;

// Values of shunt_plugin.stability; they flow from plugin to host only.
pub const SHUNT_STABILITY_ALPHA: u32 = 1;
pub const SHUNT_STABILITY_BETA: u32 = 2;
pub const SHUNT_STABILITY_STABLE: u32 = 3;
pub const SHUNT_STABILITY_DEPRECATED: u32 = 4;

/// One plugin type: a type string that offers interfaces. Static, constant, lives as long as the mapping.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct shunt_plugin {
    pub size: u32,
    /// SHUNT_PLUGIN_*
    pub flags: u32,
    /// kebab-case, unique over kinds and libraries: "queue-scorer"
    pub r#type: shunt_str,
    /// of the plugin, "1.0.0"
    pub version: shunt_str,
    /// one sentence
    pub summary: shunt_str,
    /// JSON Schema text, the subset in docs/reference/parameters-schema.md
    pub parameters_schema: shunt_str,
    /// ids of the interfaces that every instance offers
    pub interfaces: *const shunt_str,
    pub n_interfaces: u32,
    /// SHUNT_STABILITY_*
    pub stability: u32,

    /// Makes an instance and stores it in `*self`, which is never NULL with SHUNT_OK. Anything but SHUNT_OK is a failure;
    /// set_error says which parameter is wrong. [control]
    pub create: Option<unsafe extern "C" fn(info: *const shunt_create_info, self_: *mut *mut c_void) -> i32>,
    /// Ends an instance. No other call of it is running or will come. [control]
    pub destroy: Option<unsafe extern "C" fn(self_: *mut c_void)>,
    /// The table of an interface that the type lists, NULL for any other. Same answer for as long as the instance lives.
    /// [any-thread]
    pub interface_table: Option<unsafe extern "C" fn(self_: *mut c_void, id: shunt_str) -> *const c_void>,

    /// Columns and values that the type reads, writes, or is created to write by default, whatever its parameters.
    /// NULL when empty.
    pub reads: *const shunt_str,
    pub writes: *const shunt_str,
    pub default_producer_of: *const shunt_str,
    pub n_reads: u32,
    pub n_writes: u32,
    pub n_default_producer_of: u32,
    pub reserved: u32,
}

/// The library. Static, constant, lives as long as the mapping. Libraries are never unmapped.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct shunt_library {
    pub size: u32,
    /// SHUNT_ABI_MAJOR that it was built with
    pub abi_major: u32,
    /// SHUNT_ABI_MINOR that it was built with
    pub abi_minor: u32,
    /// least minor of a host that it runs on
    pub abi_min_minor: u32,
    pub name: shunt_str,
    pub version: shunt_str,
    pub plugin_count: u32,
    pub reserved: u32,

    /// Description number `index`; NULL from plugin_count on. Runs nothing else. [any-thread]
    pub describe: Option<unsafe extern "C" fn(index: u32) -> *const shunt_plugin>,
    /// Called once before the first create(); may be NULL. `ctx` is for set_error, log and call_alloc. Anything but SHUNT_OK is a
    /// failure. Legal again after deinit(). [control]
    pub init: Option<unsafe extern "C" fn(host: *const shunt_host, ctx: *mut shunt_ctx) -> i32>,
    /// Called after the last destroy(); may be NULL. [control]
    pub deinit: Option<unsafe extern "C" fn()>,
}

/// The one exported symbol: pure, callable any number of times, from any thread. [any-thread]
pub type shunt_library_entry = Option<unsafe extern "C" fn() -> *const shunt_library>;
pub const SHUNT_LIBRARY_ENTRY_NAME: &str = "shunt_library_entry_v1";
