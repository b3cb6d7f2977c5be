// SPDX-License-Identifier: Apache-2.0
//! Extension that hands what an instance has learned to the instance that replaces it.

use crate::abi::*;
use crate::boundary::{guard, Instance};
use crate::context::{call, Context};
use crate::library::{interface, Interface, Probe};
use crate::plugin::Plugin;
use crate::status::{check, Answer};
use crate::text::{slice, to_abi, Text};
use core::ffi::c_void;
use core::mem::size_of;

/// Where a state goes, piece by piece.
pub struct StateWriter<'a> {
    stream: &'a mut shunt_state_stream,
}

impl StateWriter<'_> {
    /// Bytes that the host takes in all: who has more leaves out what is worth least.
    pub fn capacity(&self) -> u64 {
        self.stream.capacity
    }
    /// Appends a copy of these bytes. What a host refuses ends the saving: `out.write(bytes)?`.
    pub fn write(&mut self, bytes: &[u8]) -> Answer {
        let stream: *mut shunt_state_stream = self.stream;
        // SAFETY: the stream of this call; the bytes are copied before it returns.
        unsafe {
            check(call!(
                (*stream),
                write(stream, bytes.as_ptr() as *const c_void, bytes.len() as u64),
                else SHUNT_UNSUPPORTED
            ))
        }
    }
}

/// What a predecessor has written.
#[derive(Clone, Copy)]
pub struct SavedState<'a> {
    version: Text<'a>,
    bytes: &'a [u8],
}

impl<'a> SavedState<'a> {
    /// Tag of the format, as the predecessor states it.
    pub fn version(&self) -> Text<'a> {
        self.version
    }
    /// To be checked: another library wrote it.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }
}

/// Hands its state to the instance that replaces it.
pub trait Stateful: Plugin {
    /// Tag of the format that `save_state` writes, 1 to 64 bytes.
    const STATE_VERSION: &'static str;
    /// Writes the state, beside hot calls. Saving is reading: it changes nothing.
    fn save_state(&self, context: &Context<'_>, out: &mut StateWriter<'_>) -> Answer;
    /// Takes over the state of a predecessor, before any other call. [`Status::UNSUPPORTED`](crate::Status::UNSUPPORTED): it is
    /// of no use here; [`Status::INVALID`](crate::Status::INVALID): it is damaged. After any failure the instance is as `new` has
    /// made it.
    fn load_state(&self, context: &Context<'_>, saved: SavedState<'_>) -> Answer;
}

impl<P: Stateful> Probe<P> {
    /// The interface of `P`.
    pub const STATE: Option<Interface> = Some(interface!(SHUNT_STATE_ID, &Self::STATE_TABLE));
    const STATE_TABLE: shunt_state_table = {
        let length = P::STATE_VERSION.len();
        assert!(length >= 1 && length <= 64, "STATE_VERSION has 1 to 64 bytes");
        shunt_state_table {
            size: size_of::<shunt_state_table>() as u32,
            reserved: 0,
            version: to_abi(P::STATE_VERSION),
            save: Some(save::<P>),
            load: Some(load::<P>),
        }
    };
}

unsafe extern "C" fn save<P: Stateful>(
    this: *mut c_void, ctx: *mut shunt_ctx, stream: *mut shunt_state_stream,
) -> i32 {
    // SAFETY: the host calls this as the ABI says: an instance of P, its context, a stream that is this call's alone.
    let (it, context, mut out) = unsafe {
        let it = Instance::<P>::of(this);
        (it, it.context(ctx), StateWriter { stream: &mut *stream })
    };
    guard(&context, || it.plugin.save_state(&context, &mut out))
}

unsafe extern "C" fn load<P: Stateful>(
    this: *mut c_void, ctx: *mut shunt_ctx, version: shunt_str, data: *const c_void, len: u64,
) -> i32 {
    // SAFETY: the host calls this as the ABI says: an instance of P, its context, `len` bytes that live until this returns.
    let (it, context, saved) = unsafe {
        let it = Instance::<P>::of(this);
        let saved = SavedState { version: Text::from_raw(version), bytes: slice(data as *const u8, len as usize) };
        (it, it.context(ctx), saved)
    };
    guard(&context, || it.plugin.load_state(&context, saved))
}
