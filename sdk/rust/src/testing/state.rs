// SPDX-License-Identifier: Apache-2.0
//! Calls that save and load state.

use super::instance::Stage;
use super::plugin::{Failure, PluginUnderTest};
use crate::abi::*;
use crate::interface::state::Stateful;
use crate::text::{slice, to_abi};
use core::ffi::c_void;
use std::mem::size_of;

/// What an instance has saved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Saved {
    /// Tag of the format.
    pub version: String,
    /// What the successor is given.
    pub bytes: Vec<u8>,
}

/// The stream of one call. `raw` comes first, so that its address is that of the whole.
#[repr(C)]
struct Stream {
    raw: shunt_state_stream,
    limit: usize,
    bytes: Vec<u8>,
    refused: bool,
}

unsafe extern "C" fn write(stream: *mut shunt_state_stream, data: *const c_void, len: u64) -> i32 {
    // SAFETY: the stream is the first member of a Stream, which nobody else uses during the call.
    let to = unsafe { &mut *(stream as *mut Stream) };
    if data.is_null() && len != 0 {
        return SHUNT_INVALID;
    }
    to.refused |= len > (to.limit - to.bytes.len()) as u64;
    if to.refused {
        return SHUNT_OUT_OF_MEMORY;
    }
    // SAFETY: `len` bytes that live until this returns.
    to.bytes.extend_from_slice(unsafe { slice(data as *const u8, len as usize) });
    SHUNT_OK
}

impl<P: Stateful> PluginUnderTest<'_, P> {
    fn state_table(&self) -> &'static shunt_state_table {
        // SAFETY: the table of this id.
        unsafe { self.table(SHUNT_STATE_ID) }
    }
    /// Asks for the state, of at most `capacity` bytes. A host that had to refuse a part of it hands nothing over.
    pub fn save_state(&self, capacity: usize) -> Result<Saved, Failure> {
        let save = self.state_table().save.expect("the SDK sets it");
        let raw = shunt_state_stream {
            size: size_of::<shunt_state_stream>() as u32,
            reserved: 0,
            capacity: capacity as u64,
            write: Some(write),
        };
        let mut stream = Stream { raw, limit: capacity, bytes: Vec::new(), refused: false };
        let at: *mut Stream = &mut stream;
        self.alone(Stage::Control, |ctx| {
            // SAFETY: as the ABI says.
            let status = unsafe { save(self.this(), ctx, at as *mut shunt_state_stream) };
            // SAFETY: the call is over.
            let refused = unsafe { (*at).refused };
            (if status == SHUNT_OK && refused { SHUNT_OUT_OF_MEMORY } else { status }, ())
        })?;
        Ok(Saved { version: P::STATE_VERSION.to_string(), bytes: stream.bytes })
    }
    /// Hands it a state, as the host does right behind `new`.
    pub fn load_state(&self, saved: &Saved) -> Result<(), Failure> {
        let load = self.state_table().load.expect("the SDK sets it");
        let answer = self.alone(Stage::Control, |ctx| {
            let (data, len) = (saved.bytes.as_ptr() as *const c_void, saved.bytes.len() as u64);
            // SAFETY: as the ABI says.
            (unsafe { load(self.this(), ctx, to_abi(&saved.version), data, len) }, ())
        });
        answer.map(|_| ())
    }
}
