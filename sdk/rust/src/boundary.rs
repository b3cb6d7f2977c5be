// SPDX-License-Identifier: Apache-2.0
//! What every trampoline is made of: the instance behind `self`, and the wall that no panic passes.

use crate::abi::*;
use crate::context::{call, Context};
use crate::cycle::Cycle;
use crate::init::Init;
use crate::owner::Owner;
use crate::plugin::Plugin;
use crate::status::Answer;
use crate::text::to_abi;
use alloc::borrow::Cow;
use alloc::boxed::Box;
use core::ffi::c_void;

/// Runs the author's code. A panic comes back as its text.
///
/// Nothing that the code may have left half done is used again with an exception: the instance. Its state after a panic is the
/// author's concern, as it is with a poisoned lock; memory stays sound whatever it is.
#[cfg(feature = "std")]
pub(crate) fn shield<R>(code: impl FnOnce() -> R) -> Result<R, Cow<'static, str>> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(code)).map_err(|payload| {
        if let Some(text) = payload.downcast_ref::<&'static str>() {
            return Cow::Borrowed(*text);
        }
        if let Some(text) = payload.downcast_ref::<alloc::string::String>() {
            return Cow::Owned(text.clone());
        }
        // Dropping something unknown may panic again, and this time nobody would catch it.
        core::mem::forget(payload);
        Cow::Borrowed("a panic without a text")
    })
}

/// Without the standard library nothing can be caught: the author's panic handler decides, and it must not return.
#[cfg(not(feature = "std"))]
pub(crate) fn shield<R>(code: impl FnOnce() -> R) -> Result<R, Cow<'static, str>> {
    Ok(code())
}

/// What `self` points to: the author's object, the host whose services it uses, and who it is.
pub(crate) struct Instance<P> {
    pub(crate) plugin: P,
    host: &'static shunt_host,
    owner: Owner,
}

impl<P> Instance<P> {
    /// # Safety
    /// `this` is what `create` stored for a `P`, and it is not destroyed during `'a`.
    pub(crate) unsafe fn of<'a>(this: *mut c_void) -> &'a Instance<P> {
        // SAFETY: promised by the caller. Only shared references are ever made, since calls overlap.
        unsafe { &*(this as *const Instance<P>) }
    }
    /// # Safety
    /// `ctx` is the context of a call of this instance that lasts for `'a`.
    pub(crate) unsafe fn context<'a>(&self, ctx: *mut shunt_ctx) -> Context<'a> {
        // SAFETY: promised by the caller.
        unsafe { Context::new(self.host, ctx, self.owner) }
    }
    /// # Safety
    /// `raw` is the cycle of a call of this instance that lasts for `'a`.
    pub(crate) unsafe fn cycle<'a>(&self, raw: *const shunt_cycle) -> Cycle<'a> {
        // SAFETY: promised by the caller; a hot call's cycle is never NULL.
        unsafe {
            let raw = &*raw;
            Cycle::new(self.context(raw.ctx), raw)
        }
    }
}

/// Runs one call and gives what the trampoline returns.
pub(crate) fn guard(context: &Context<'_>, code: impl FnOnce() -> Answer) -> i32 {
    match shield(code) {
        Ok(Ok(())) => SHUNT_OK,
        Ok(Err(status)) => status.code(),
        Err(text) => report(context.host(), context.raw_context(), SHUNT_EXCEPTION, &text),
    }
}

/// As `guard`, for the calls that have no answer.
pub(crate) fn guard_silent(context: &Context<'_>, code: impl FnOnce()) {
    guard(context, || {
        code();
        Ok(())
    });
}

fn report(host: &shunt_host, ctx: *mut shunt_ctx, code: i32, text: &str) -> i32 {
    // A construction that fails with a benign status fails all the same.
    let code = if code < 0 { code } else { SHUNT_ERROR };
    // An empty text means that the host has already been given a better one.
    if !text.is_empty() {
        // SAFETY: the context is that of the running call, and the text is copied.
        unsafe { call!(host, set_error(ctx, code, to_abi(text)), else ()) }
    }
    code
}

/// Makes an instance of `P`; see `shunt_plugin::create`.
///
/// # Safety
/// Called by the host, as the ABI says.
pub(crate) unsafe extern "C" fn create<P: Plugin>(info: *const shunt_create_info, this: *mut *mut c_void) -> i32 {
    // SAFETY: never NULL; the info lives until this returns, the host table as long as the process.
    let (info, host) = unsafe {
        let info = &*info;
        let host: &'static shunt_host = &*info.host;
        (info, host)
    };
    let owner = Owner::next();
    // SAFETY: the context is that of this call, during which the instance comes to be.
    let context = unsafe { Context::new(host, info.ctx, owner) };
    match shield(|| P::new(&Init::new(info, context)).map(|plugin| Box::new(Instance { plugin, host, owner }))) {
        Ok(Ok(instance)) => {
            // SAFETY: `this` is a place for the address.
            unsafe { *this = Box::into_raw(instance) as *mut c_void };
            SHUNT_OK
        }
        Ok(Err(error)) => report(host, info.ctx, error.status().code(), error.text()),
        Err(text) => report(host, info.ctx, SHUNT_EXCEPTION, &text),
    }
}

/// Ends an instance; see `shunt_plugin::destroy`.
///
/// # Safety
/// `this` is what `create::<P>` stored, and no call of it is running or will come.
pub(crate) unsafe extern "C" fn destroy<P: Plugin>(this: *mut c_void) {
    // SAFETY: promised by the caller.
    let instance = unsafe { Box::from_raw(this as *mut Instance<P>) };
    // There is no call whose error a panic could be.
    let _ = shield(move || drop(instance));
}
