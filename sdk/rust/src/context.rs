// SPDX-License-Identifier: Apache-2.0
//! One call's access to the services of the host.

use crate::abi::*;
use crate::metric::{Counter, Gauge, Histogram};
use crate::owner::Owner;
use crate::status::{check, Answer, Status};
use crate::text::{to_abi, Text};
use crate::view::Symbol;
use alloc::borrow::Cow;
use alloc::boxed::Box;
use core::ffi::c_void;
use core::fmt;
use core::mem::{align_of, size_of, MaybeUninit};

/// Calls a function of the host table. C may leave any of them NULL, so every call says what its absence means.
macro_rules! call {
    ($host:expr, $function:ident($($argument:expr),* $(,)?), else $alternative:expr) => {
        match $host.$function {
            Some(function) => function($($argument),*),
            None => $alternative,
        }
    };
}
pub(crate) use call;

/// Levels of [`Context::log`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u32)]
#[allow(missing_docs)]
pub enum Level {
    Trace = SHUNT_LOG_TRACE,
    Debug = SHUNT_LOG_DEBUG,
    Info = SHUNT_LOG_INFO,
    Warning = SHUNT_LOG_WARNING,
    Error = SHUNT_LOG_ERROR,
}

/// One call of the host into the plugin. Valid until the call returns; cheap to copy.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    host: &'a shunt_host,
    ctx: *mut shunt_ctx,
    owner: Owner,
}

impl<'a> Context<'a> {
    /// # Safety
    /// `ctx` is the context of a call of the instance `owner`, and that call lasts for `'a`.
    pub(crate) unsafe fn new(host: &'a shunt_host, ctx: *mut shunt_ctx, owner: Owner) -> Context<'a> {
        Context { host, ctx, owner }
    }
    pub(crate) fn owner(&self) -> Owner {
        self.owner
    }

    /// Sets the failure's text and returns the status to return: `return Err(cycle.fail("no label"))`.
    pub fn fail(&self, text: &str) -> Status {
        self.fail_with(Status::ERROR, text)
    }
    /// As `fail`, with another status than `ERROR`.
    pub fn fail_with(&self, status: Status, text: &str) -> Status {
        // SAFETY: `ctx` is that of this call, and the text is copied.
        unsafe { call!(self.host, set_error(self.ctx, status.code(), to_abi(text)), else ()) }
        status
    }
    /// Whether anybody hears what is logged with this level.
    pub fn logs(&self, level: Level) -> bool {
        // SAFETY: `ctx` is that of this call.
        level as u32 >= unsafe { call!(self.host, log_level(self.ctx), else SHUNT_LOG_OFF) }
    }
    /// Logs a line in the name of the instance: `context.log(Level::Info, format_args!("{} endpoints", n))`. The line is put
    /// together only if somebody hears it. Not for hot calls.
    pub fn log(&self, level: Level, line: fmt::Arguments<'_>) {
        if self.logs(level) {
            let text = line.as_str().map_or_else(|| Cow::Owned(alloc::fmt::format(line)), Cow::Borrowed);
            // SAFETY: `ctx` is that of this call, and the text is copied.
            unsafe { call!(self.host, log(self.ctx, level as u32, to_abi(&text)), else ()) }
        }
    }

    /// Memory for `count` objects, which lives until the host has taken over the answer of this call; nothing when the call's
    /// arena is exhausted. Nothing is dropped in it.
    pub fn allocate<T: Copy>(&self, count: usize) -> Option<&'a mut [MaybeUninit<T>]> {
        if align_of::<T>() > 16 {
            return None; // The arena aligns to 16 bytes.
        }
        let bytes = count.checked_mul(size_of::<T>())?;
        // SAFETY: `ctx` is that of this call.
        let memory = unsafe { call!(self.host, call_alloc(self.ctx, bytes as u64), else core::ptr::null_mut()) };
        if memory.is_null() {
            return None;
        }
        // SAFETY: fresh memory of `bytes` bytes, aligned to 16, which nobody else has.
        Some(unsafe { core::slice::from_raw_parts_mut(memory as *mut MaybeUninit<T>, count) })
    }
    /// A copy of a text that lives until the host has taken over the answer; absent when the arena is exhausted.
    pub fn keep(&self, text: &str) -> Text<'a> {
        if text.is_empty() {
            return Text::from("");
        }
        match self.allocate::<u8>(text.len()) {
            None => Text::ABSENT,
            Some(copy) => {
                let data = copy.as_mut_ptr() as *mut u8;
                // SAFETY: `copy` has as many bytes as `text` and is not part of it; it lives for 'a.
                unsafe {
                    core::ptr::copy_nonoverlapping(text.as_ptr(), data, text.len());
                    Text::from_raw(shunt_str { data, len: text.len() as u64 })
                }
            }
        }
    }

    /// The symbol of a text, `Symbol::NONE` when it was never interned. Never inserts.
    pub fn find_symbol(&self, text: &str) -> Symbol {
        // SAFETY: the host table is the one that the function belongs to; the text lives until it returns.
        Symbol(unsafe { call!(self.host, find_symbol(self.host, to_abi(text)), else 0) })
    }
    /// The text of a symbol; absent for an unknown one.
    pub fn symbol_text(&self, symbol: Symbol) -> Text<'static> {
        // SAFETY: interned texts live as long as the process.
        unsafe { Text::from_raw(call!(self.host, symbol_text(self.host, symbol.0), else Text::ABSENT.raw())) }
    }
    /// The key of an endpoint name: what [`View::keys`](crate::View::keys) holds for it.
    pub fn endpoint_key(&self, name: &str) -> u64 {
        // SAFETY: as in find_symbol().
        unsafe { call!(self.host, endpoint_key(self.host, to_abi(name)), else 0) }
    }
    /// XXH3 (64 bits) of some bytes.
    pub fn hash(&self, bytes: &[u8], seed: u64) -> u64 {
        let data = bytes.as_ptr() as *const c_void;
        // SAFETY: `data` has as many bytes as said.
        unsafe { call!(self.host, hash(self.host, data, bytes.len() as u64, seed), else 0) }
    }
    /// Chained hashes of consecutive blocks, as many as `out` holds; returns those that were written.
    pub fn hash_blocks<'b>(&self, bytes: &[u8], block_bytes: usize, seed: u64, out: &'b mut [u64]) -> &'b [u64] {
        let (data, n, block) = (bytes.as_ptr() as *const c_void, bytes.len() as u64, block_bytes as u64);
        let (to, capacity) = (out.as_mut_ptr(), out.len() as u64);
        // SAFETY: `data` has `n` bytes; at most `capacity` hashes are written to `to`, which has room for them.
        let written = unsafe { call!(self.host, hash_blocks(self.host, data, n, block, seed, to, capacity), else 0) };
        &out[..written as usize]
    }

    /// Adds to a counter.
    pub fn count(&self, counter: Counter, by: f64) {
        self.metric_add(counter.raw_for(self.owner), by)
    }
    /// Sets a gauge.
    pub fn set(&self, gauge: Gauge, to: f64) {
        // SAFETY: the metric is of this instance, so it lives.
        unsafe { call!(self.host, metric_set(gauge.raw_for(self.owner), to), else ()) }
    }
    /// Adds to a gauge.
    pub fn raise(&self, gauge: Gauge, by: f64) {
        self.metric_add(gauge.raw_for(self.owner), by)
    }
    /// Observes a value in a histogram.
    pub fn observe(&self, histogram: Histogram, value: f64) {
        self.metric_add(histogram.raw_for(self.owner), value)
    }
    fn metric_add(&self, metric: *mut shunt_metric, value: f64) {
        // SAFETY: the callers have checked that the metric is of this instance, so it lives.
        unsafe { call!(self.host, metric_add(metric, value), else ()) }
    }

    /// Drops `old` once no call that may still see what it holds is running: replace the shared pointer to it first. Not in
    /// hot calls, where the host refuses; what it refuses is never dropped, because somebody may still see it.
    pub fn retire<T: Send + 'static>(&self, old: Box<T>) -> Answer {
        let object = Box::into_raw(old) as *mut c_void;
        // SAFETY: release::<T> gets back, once, the box that was taken apart here.
        check(unsafe { call!(self.host, retire(self.ctx, Some(release::<T>), object), else SHUNT_UNSUPPORTED) })
    }
    /// The table of a host extension; NULL where this host has none of that id.
    pub fn extension(&self, id: &str) -> *const c_void {
        // SAFETY: as in find_symbol().
        unsafe { call!(self.host, extension(self.host, to_abi(id)), else core::ptr::null()) }
    }
    /// The ABI's form of the host.
    pub fn host(&self) -> &'a shunt_host {
        self.host
    }
    /// The ABI's form of the call.
    pub fn raw_context(&self) -> *mut shunt_ctx {
        self.ctx
    }
}

unsafe extern "C" fn release<T>(object: *mut c_void) {
    // SAFETY: retire() took the box of a T apart, and the host calls this once.
    let old = unsafe { Box::from_raw(object as *mut T) };
    // There is no call whose error a panic could be.
    let _ = crate::boundary::shield(move || drop(old));
}
