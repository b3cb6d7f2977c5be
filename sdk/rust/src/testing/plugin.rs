// SPDX-License-Identifier: Apache-2.0
//! One instance of a plugin, created and called as the host does it.

use super::call::{Call, Frame, ProfileRun};
use super::host::{locked, FakeHost};
use super::instance::{Instance, Left, RequestState, Running, Stage};
use super::parameters::Parameters;
use crate::abi::*;
use crate::library::{Offers, PluginTable};
use crate::plugin::Plugin;
use crate::status::Status;
use crate::text::to_abi;
use core::ffi::c_void;
use std::fmt;
use std::marker::PhantomData;
use std::mem::size_of;

/// A call that did not succeed: the status that the plugin returned, and the text that it set.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// What the plugin returned. [`Status::SKIP`] is benign, others need not be.
    pub status: Status,
    /// For people; empty where the plugin said nothing.
    pub text: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "status {}: {}", self.status.code(), self.text)
    }
}
impl std::error::Error for Failure {}

/// An instance of `P`, which [`export!`](crate::export) makes a plugin. Which calls there are depends on the traits of `P`: with
/// `Scorer` there is [`score`](PluginUnderTest::score), and so on.
///
/// Threads may share it and call at once, as the host does; only calls of one request may not overlap, which panics. Dropping it
/// destroys the instance.
pub struct PluginUnderTest<'h, P> {
    pub(super) instance: Instance<'h>,
    this: *mut c_void,
    plugin: shunt_plugin,
    kind: PhantomData<P>,
}

// SAFETY: `this` is a P and is only used through calls that the host makes from many threads too, which is why Plugin asks for
// Sync; the raw pointers of the instance wait in a lock for a call that has it exclusively.
unsafe impl<P: Plugin> Sync for PluginUnderTest<'_, P> {}

impl<'h, P: Plugin + Offers> PluginUnderTest<'h, P> {
    /// Creates an instance that is called like its type. The parameters are JSON text; defaults are filled in, but the schema is
    /// not enforced. Panics where the text is no JSON object.
    pub fn new(host: &'h FakeHost, parameters: &str) -> Result<PluginUnderTest<'h, P>, Failure> {
        PluginUnderTest::named(host, P::TYPE, parameters)
    }
    /// As `new`, with a name of its own.
    pub fn named(host: &'h FakeHost, name: &str, parameters: &str) -> Result<PluginUnderTest<'h, P>, Failure> {
        let instance = Instance::new(host, name);
        let plugin = PluginTable::<P>::TABLE;
        let parameters = Parameters::new(parameters, P::PARAMETERS_SCHEMA);
        let text = parameters.text();
        let running = Running { parameters: Some(&parameters), ..Running::new(&instance, Stage::Create) };
        let info = shunt_create_info {
            size: size_of::<shunt_create_info>() as u32,
            abi_minor: SHUNT_ABI_MINOR_CURRENT,
            host: host.table(),
            init: running.init(),
            ctx: running.ctx(),
            name: to_abi(&instance.name),
            parameters: to_abi(&text),
        };
        let mut this = std::ptr::null_mut();
        let create = plugin.create.expect("export! sets it");
        // SAFETY: as the ABI says: everything lives until create() returns.
        let status = unsafe { create(&info, &mut this) };
        finish(running, status, ())?;
        Ok(PluginUnderTest { instance, this, plugin, kind: PhantomData })
    }
    /// Names of the columns that the instance reads, in the order of their declaration.
    pub fn columns(&self) -> Vec<String> {
        self.instance.declared().columns.into_iter().map(|column| column.name).collect()
    }
    /// How many objects the instance has retired that are not released yet.
    pub fn retired(&self) -> usize {
        locked(&self.instance.retired).len()
    }
    /// Releases what was retired, as the host does once no call is running that may see it.
    pub fn release_retired(&mut self) {
        self.instance.release_retired();
    }
}

impl<P> PluginUnderTest<'_, P> {
    pub(super) fn this(&self) -> *mut c_void {
        self.this
    }
    /// The table of an interface.
    ///
    /// # Safety
    /// `T` is the table of the interface `id`.
    pub(super) unsafe fn table<T>(&self, id: &str) -> &'static T {
        let interface_table = self.plugin.interface_table.expect("export! sets it");
        // SAFETY: the instance lives, and tables are static; the caller knows the type.
        unsafe {
            let table = interface_table(self.this, to_abi(id)) as *const T;
            assert!(!table.is_null(), "{} is not offered: export! has to come after the implementation", id);
            &*table
        }
    }
    /// Makes one call with a cycle. `run` is given its frame and returns the status and the answer; what the call left with the
    /// host comes with it.
    pub(super) fn with_frame<R>(
        &self, call: &Call<'_>, stage: Stage, run: impl FnOnce(&mut Frame) -> (i32, R),
    ) -> Result<(R, Left), Failure> {
        self.instance.host.know(call.endpoints);
        let mut running = Running::new(&self.instance, stage);
        running.runs = call.runs.iter().map(ProfileRun::candidates).collect();
        let number = call.request.running_number();
        let mut state = self.take_state(number);
        let address = state.as_mut().map_or(std::ptr::null_mut(), |state| state.as_mut_ptr() as *mut c_void);
        let mut frame = Frame::new(call, &running, address, stage == Stage::Hot);
        let (status, answer) = run(&mut frame);
        self.give_back_state(number, state);
        self.expect_intact(frame.memory.is_intact());
        finish(running, status, answer)
    }
    /// Makes one call without a cycle: of those that never overlap.
    pub(super) fn alone<R>(
        &self, stage: Stage, run: impl FnOnce(*mut shunt_ctx) -> (i32, R),
    ) -> Result<(R, Left), Failure> {
        let _turn = locked(&self.instance.one_at_a_time);
        let running = Running::new(&self.instance, stage);
        let (status, answer) = run(running.ctx());
        finish(running, status, answer)
    }
    pub(super) fn expect_intact(&self, is_intact: bool) {
        if !is_intact {
            self.instance.misuse("wrote behind an array of the host");
        }
    }
    /// What the instance keeps for a request: zeroed at its first call.
    fn take_state(&self, request: u64) -> Option<RequestState> {
        let bytes = self.instance.declared().request_state_bytes as usize;
        if bytes == 0 {
            return None;
        }
        let fresh = || vec![0u128; (bytes + 15) / 16];
        match locked(&self.instance.request_states).insert(request, None) {
            None => Some(fresh()),
            Some(None) => panic!("calls of the request number {} overlap: RequestBuilder::number() tells requests apart", request),
            state => state.flatten(),
        }
    }
    /// As `take_state`, for events: nothing for a request that the instance has not seen in a call.
    pub(super) fn take_known_state(&self, request: u64) -> Option<RequestState> {
        locked(&self.instance.request_states).get_mut(&request).and_then(Option::take)
    }
    pub(super) fn give_back_state(&self, request: u64, state: Option<RequestState>) {
        if state.is_some() {
            locked(&self.instance.request_states).insert(request, state);
        }
    }
    pub(super) fn forget_state(&self, request: u64) {
        locked(&self.instance.request_states).remove(&request);
    }
}

fn finish<R>(running: Running<'_, '_>, status: i32, answer: R) -> Result<(R, Left), Failure> {
    let left = running.left.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    if status == SHUNT_OK {
        return Ok((answer, left));
    }
    Err(Failure { status: Status::new(status), text: left.error.unwrap_or_default() })
}

// Not derived: that would ask for P: Debug.
impl<P> fmt::Debug for PluginUnderTest<'_, P> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "instance {:?}", self.instance.name)
    }
}

impl<P> Drop for PluginUnderTest<'_, P> {
    fn drop(&mut self) {
        self.instance.release_retired();
        let destroy = self.plugin.destroy.expect("export! sets it");
        // SAFETY: made by create(), destroyed once, and no call of it is running.
        unsafe { destroy(self.this) }
    }
}
