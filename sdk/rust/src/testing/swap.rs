// SPDX-License-Identifier: Apache-2.0
//! The question to a swapper, spelled out in a test.

use super::memory::Memory;
use crate::abi::*;
use crate::text::{to_abi, Text};
use std::mem::size_of;

/// One managed model; ready and idle unless the test says otherwise.
#[derive(Clone, Debug)]
pub struct ModelBuilder {
    id: String,
    group: Option<String>,
    state: u32,
    flags: u32,
    priority: i32,
    in_flight: u32,
    waiting: u32,
    last_used_ns: Option<i64>,
    bytes: Option<u64>,
    load_cost_ns: Option<i64>,
    devices: Vec<u32>,
    device_bytes: Vec<u64>,
}

impl ModelBuilder {
    fn new(id: &str, state: u32) -> ModelBuilder {
        ModelBuilder {
            id: id.to_string(),
            group: None,
            state,
            flags: 0,
            priority: 0,
            in_flight: 0,
            waiting: 0,
            last_used_ns: None,
            bytes: None,
            load_cost_ns: None,
            devices: Vec::new(),
            device_bytes: Vec::new(),
        }
    }
    /// `SHUNT_MODEL_STARTING` and the others.
    pub fn state(&mut self, state: u32) -> &mut ModelBuilder {
        self.state = state;
        self
    }
    /// It may not be a victim.
    pub fn pinned(&mut self) -> &mut ModelBuilder {
        self.flags |= SHUNT_MODEL_PINNED;
        self
    }
    /// Target of a committed swap that has not ended.
    pub fn loading(&mut self) -> &mut ModelBuilder {
        self.flags |= SHUNT_MODEL_LOADING;
        self
    }
    /// Victim of a committed swap that has not ended.
    pub fn leaving(&mut self) -> &mut ModelBuilder {
        self.flags |= SHUNT_MODEL_LEAVING;
        self
    }
    /// As the config names it.
    pub fn group(&mut self, group: &str) -> &mut ModelBuilder {
        self.group = Some(group.to_string());
        self
    }
    /// Higher is more important.
    pub fn priority(&mut self, priority: i32) -> &mut ModelBuilder {
        self.priority = priority;
        self
    }
    /// Requests being served.
    pub fn in_flight(&mut self, requests: u32) -> &mut ModelBuilder {
        self.in_flight = requests;
        self
    }
    /// Requests that wait for it.
    pub fn waiting(&mut self, requests: u32) -> &mut ModelBuilder {
        self.waiting = requests;
        self
    }
    /// End of its last request.
    pub fn last_used_ns(&mut self, time_ns: i64) -> &mut ModelBuilder {
        self.last_used_ns = Some(time_ns);
        self
    }
    /// Memory that it needs.
    pub fn bytes(&mut self, bytes: u64) -> &mut ModelBuilder {
        self.bytes = Some(bytes);
        self
    }
    /// What loading it again would take.
    pub fn load_cost_ns(&mut self, time_ns: i64) -> &mut ModelBuilder {
        self.load_cost_ns = Some(time_ns);
        self
    }
    /// A device that it is on.
    pub fn device(&mut self, index: u32) -> &mut ModelBuilder {
        self.devices.push(index);
        self
    }
    /// A device that it is on, with its share there; either all devices of a model have one or none.
    pub fn device_with_bytes(&mut self, index: u32, bytes: u64) -> &mut ModelBuilder {
        self.device_bytes.push(bytes);
        self.device(index)
    }

    fn build(&self, memory: &mut Memory) -> shunt_model {
        let bit = |is_present, bit| if is_present { bit } else { 0 };
        let has_shares = !self.device_bytes.is_empty();
        assert!(!has_shares || self.device_bytes.len() == self.devices.len(), "some devices of {:?} have no share", self.id);
        shunt_model {
            size: size_of::<shunt_model>() as u32,
            state: self.state,
            flags: self.flags,
            present: bit(self.last_used_ns.is_some(), SHUNT_MODEL_LAST_USED)
                | bit(self.bytes.is_some(), SHUNT_MODEL_BYTES)
                | bit(self.load_cost_ns.is_some(), SHUNT_MODEL_LOAD_COST),
            id: to_abi(&self.id),
            group: self.group.as_deref().map_or(Text::ABSENT.raw(), to_abi),
            priority: self.priority,
            in_flight: self.in_flight,
            waiting: self.waiting,
            n_devices: self.devices.len() as u32,
            last_used_ns: self.last_used_ns.unwrap_or(0),
            bytes: self.bytes.unwrap_or(0),
            load_cost_ns: self.load_cost_ns.unwrap_or(0),
            devices: memory.array(&self.devices),
            device_bytes: if has_shares { memory.array(&self.device_bytes) } else { std::ptr::null() },
        }
    }
}

/// "May this model be loaded, and at whose expense?"
///
/// ```
/// # use shunt_sdk::testing::SwapBuilder;
/// let mut query = SwapBuilder::new("llama");
/// query.running("qwen").priority(2).last_used_ns(5);
/// ```
#[derive(Clone, Debug)]
pub struct SwapBuilder {
    target: ModelBuilder,
    running: Vec<ModelBuilder>,
    devices: Vec<(String, u64, u64)>,
    now_ns: i64,
}

impl SwapBuilder {
    /// A stopped model that is wanted.
    pub fn new(target: &str) -> SwapBuilder {
        let target = ModelBuilder::new(target, SHUNT_MODEL_STOPPED);
        SwapBuilder { target, running: Vec::new(), devices: Vec::new(), now_ns: 1_000_000_000 }
    }
    /// The model that is wanted.
    pub fn target(&mut self) -> &mut ModelBuilder {
        &mut self.target
    }
    /// A running model, added where there is none of that name. The plugin sees them sorted by name.
    pub fn running(&mut self, id: &str) -> &mut ModelBuilder {
        let at = self.running.binary_search_by(|model| model.id.as_str().cmp(id)).unwrap_or_else(|at| {
            self.running.insert(at, ModelBuilder::new(id, SHUNT_MODEL_READY));
            at
        });
        &mut self.running[at]
    }
    /// Adds an accelerator or a memory pool.
    pub fn device(&mut self, name: &str, capacity_bytes: u64, used_bytes: u64) -> &mut SwapBuilder {
        self.devices.push((name.to_string(), capacity_bytes, used_bytes));
        self
    }
    /// The clock.
    pub fn now_ns(&mut self, now_ns: i64) -> &mut SwapBuilder {
        self.now_ns = now_ns;
        self
    }
}

/// A question and an empty answer as a plugin gets them.
pub(super) struct SwapFrame<'a> {
    builder: &'a SwapBuilder,
    memory: Memory,
    pub(super) query: *const shunt_swap_query,
    pub(super) plan: *mut shunt_swap_plan,
}

impl<'a> SwapFrame<'a> {
    pub(super) fn new(builder: &'a SwapBuilder) -> SwapFrame<'a> {
        let mut memory = Memory::default();
        let running: Vec<shunt_model> = builder.running.iter().map(|model| model.build(&mut memory)).collect();
        let (running, running_stride) = memory.strided(&running);
        let as_device = |(name, capacity_bytes, used_bytes): &(String, u64, u64)| shunt_device {
            size: size_of::<shunt_device>() as u32,
            reserved: 0,
            name: to_abi(name),
            capacity_bytes: *capacity_bytes,
            used_bytes: *used_bytes,
        };
        let (devices, device_stride) = memory.strided(&builder.devices.iter().map(as_device).collect::<Vec<_>>());
        let target = builder.target.build(&mut memory);
        let (n_running, n_devices) = (builder.running.len(), builder.devices.len());
        let query = shunt_swap_query {
            size: size_of::<shunt_swap_query>() as u32,
            n_running: n_running as u32,
            target: memory.one(target),
            running,
            running_stride: u64::from(running_stride),
            devices,
            device_stride: u64::from(device_stride),
            n_devices: n_devices as u32,
            reserved: 0,
            now_ns: builder.now_ns,
        };
        let plan = shunt_swap_plan {
            size: size_of::<shunt_swap_plan>() as u32,
            n_victims: 0,
            victims: memory.array(&vec![SHUNT_NONE; n_running]),
            victims_capacity: n_running as u32,
            n_placement: 0,
            placement: memory.array(&vec![SHUNT_NONE; n_devices]),
            placement_capacity: n_devices as u32,
            reserved: 0,
            retry_after_ns: 0,
            reason: Text::ABSENT.raw(),
        };
        let (query, plan) = (memory.one(query), memory.one(plan));
        SwapFrame { builder, memory, query, plan }
    }
    pub(super) fn is_intact(&self) -> bool {
        self.memory.is_intact()
    }
    /// What positions in the answer stand for; an unknown one is shown as a number.
    pub(super) fn model_name(&self, index: u32) -> String {
        self.builder.running.get(index as usize).map_or(format!("#{}", index), |model| model.id.clone())
    }
    pub(super) fn device_name(&self, index: u32) -> String {
        self.builder.devices.get(index as usize).map_or(format!("#{}", index), |device| device.0.clone())
    }
}
