// SPDX-License-Identifier: Apache-2.0
//! What the fake host keeps about one instance and about one call into it.

use super::host::{locked, FakeHost};
use super::memory::Memory;
use super::parameters::Parameters;
use crate::abi::*;
use core::ffi::c_void;
use std::collections::BTreeMap;
use std::sync::Mutex;

/// Which function of the plugin is running: it decides which services are allowed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Create,
    Hot,
    PickProfiles,
    ProcessResults,
    Produce,
    Picked,
    Events,
    EvictionFor,
    SwapStart,
    Control,
}

impl Stage {
    /// Many threads may run such a function at once.
    pub(super) fn is_hot(self) -> bool {
        use Stage::*;
        matches!(self, Hot | PickProfiles | ProcessResults | Produce | Picked)
    }
}

/// Something that an instance declared; its position is the slot.
#[derive(Clone)]
pub(super) struct Declared {
    pub(super) name: String,
    pub(super) kind: u32,
    /// `SHUNT_FIELD_*` of a membership column.
    pub(super) field: u32,
}

#[derive(Clone, Default)]
pub(super) struct Declarations {
    pub(super) columns: Vec<Declared>,
    pub(super) values: Vec<Declared>,
    pub(super) outputs: Vec<Declared>,
    pub(super) endpoint_outputs: Vec<Declared>,
    pub(super) output_values: Vec<Declared>,
    pub(super) pages: Vec<String>,
    pub(super) scratch_bytes: u64,
    pub(super) request_state_bytes: u64,
}

pub(super) struct Retired {
    pub(super) release: unsafe extern "C" fn(*mut c_void),
    pub(super) object: *mut c_void,
}

/// Request state is aligned to 16 bytes.
pub(super) type RequestState = Vec<u128>;

/// One instance.
pub(super) struct Instance<'h> {
    pub(super) host: &'h FakeHost,
    pub(super) name: String,
    pub(super) declared: Mutex<Declarations>,
    /// By the request's number; nothing while a call has it.
    pub(super) request_states: Mutex<BTreeMap<u64, Option<RequestState>>>,
    pub(super) retired: Mutex<Vec<Retired>>,
    /// Events, pages and swaps come one at a time.
    pub(super) one_at_a_time: Mutex<()>,
}

impl<'h> Instance<'h> {
    pub(super) fn new(host: &'h FakeHost, name: &str) -> Instance<'h> {
        Instance {
            host,
            name: name.to_string(),
            declared: Mutex::default(),
            request_states: Mutex::default(),
            retired: Mutex::default(),
            one_at_a_time: Mutex::default(),
        }
    }
    pub(super) fn declared(&self) -> Declarations {
        locked(&self.declared).clone()
    }
    pub(super) fn misuse(&self, sentence: &str) {
        self.host.misuse(&self.name, sentence)
    }
    /// What was retired may go: no call is running.
    pub(super) fn release_retired(&mut self) {
        for retired in locked(&self.retired).drain(..) {
            // SAFETY: what the plugin gave for this, called once.
            unsafe { (retired.release)(retired.object) }
        }
    }
}

/// What plugins attach to a decision.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct Notes {
    /// For people, by name.
    pub annotations: BTreeMap<String, String>,
    /// Towards the model server; nothing: the header is removed.
    pub request_headers: BTreeMap<String, Option<String>>,
    /// Towards the client; nothing: the header is removed.
    pub response_headers: BTreeMap<String, Option<String>>,
    /// Port of the endpoint to send to instead of its own.
    pub target_port: Option<u16>,
}

/// What a call left with the host.
#[derive(Default)]
pub(super) struct Left {
    pub(super) error: Option<String>,
    pub(super) arena: Memory,
    pub(super) allocated: u64,
    pub(super) notes: Notes,
    pub(super) picks: BTreeMap<u32, Vec<u32>>,
}

/// One call into an instance: what a plugin holds as `shunt_ctx`, and during create() as `shunt_init`.
pub(super) struct Running<'a, 'h> {
    pub(super) instance: &'a Instance<'h>,
    pub(super) stage: Stage,
    pub(super) parameters: Option<&'a Parameters>,
    /// Candidates of each earlier run, where it has picks: what set_picks() may choose from.
    pub(super) runs: Vec<Option<Vec<u32>>>,
    pub(super) left: Mutex<Left>,
}

impl<'a, 'h> Running<'a, 'h> {
    pub(super) fn new(instance: &'a Instance<'h>, stage: Stage) -> Running<'a, 'h> {
        Running { instance, stage, parameters: None, runs: Vec::new(), left: Mutex::default() }
    }
    pub(super) fn ctx(&self) -> *mut shunt_ctx {
        self as *const Running as *mut shunt_ctx
    }
    pub(super) fn init(&self) -> *mut shunt_init {
        self as *const Running as *mut shunt_init
    }
    /// # Safety
    /// The handle is what ctx() or init() of a running call gave, and that call lasts for `'x`.
    pub(super) unsafe fn of<'x>(handle: *const c_void) -> &'x Running<'x, 'x> {
        // SAFETY: promised by the caller.
        unsafe { &*(handle as *const Running<'x, 'x>) }
    }
    /// A service refuses what it was asked.
    pub(super) fn refuse(&self, status: i32, text: &str) -> i32 {
        locked(&self.left).error = Some(text.to_string());
        status
    }
    /// Whether the service may be used in this function; it is noted where not.
    pub(super) fn allows(&self, service: &str, stages: &[Stage]) -> bool {
        if stages.contains(&self.stage) {
            return true;
        }
        self.instance.misuse(&format!("{}() is not allowed in this function", service));
        self.refuse(SHUNT_UNSUPPORTED, &format!("{}() is not for this function", service));
        false
    }
}
