// SPDX-License-Identifier: Apache-2.0
//! Calls of swappers, producers, observers and extractors.

use super::call::Call;
use super::event::EventBuilder;
use super::instance::{Notes, Stage};
use super::memory::Memory;
use super::plugin::{Failure, PluginUnderTest};
use super::services::text_of;
use super::swap::{SwapBuilder, SwapFrame};
use super::view::build_view;
use super::EndpointSet;
use crate::abi::*;
use crate::interface::extractor::Extractor;
use crate::interface::observer::{EventObserver, PickObserver};
use crate::interface::producer::Producer;
use crate::interface::swapper::Swapper;
use crate::status::{check, Answer};
use crate::text::{slice, to_abi};
use core::ffi::c_void;
use std::collections::BTreeMap;
use std::mem::size_of;

/// What a swapper answered.
#[derive(Clone, PartialEq, Debug)]
pub struct Eviction {
    /// `Ok(())`: evict the victims. [`Status::BLOCKED`](crate::Status::BLOCKED) and
    /// [`Status::IMPOSSIBLE`](crate::Status::IMPOSSIBLE) are answers too.
    pub answer: Answer,
    /// Names of models, in the order of the answer.
    pub victims: Vec<String>,
    /// Names of devices.
    pub placement: Vec<String>,
    /// For people.
    pub reason: String,
    /// When to ask again; 0: when something changes.
    pub retry_after_ns: i64,
}

/// What a producer wrote. Flags are 0 and 1.
#[derive(Clone, PartialEq, Debug)]
pub struct Produced {
    /// By name; nothing where a row or the whole column stayed absent.
    pub columns: BTreeMap<String, Vec<Option<f64>>>,
    /// What it attached to the decision.
    pub notes: Notes,
}

impl<P: Swapper> PluginUnderTest<'_, P> {
    fn swapper_table(&self) -> &'static shunt_swapper_table {
        // SAFETY: the table of this id.
        unsafe { self.table(SHUNT_SWAPPER_ID) }
    }
    fn ask(&self, frame: &SwapFrame<'_>) -> Result<Eviction, Failure> {
        let eviction_for = self.swapper_table().eviction_for.expect("the SDK sets it");
        let answer = self.alone(Stage::EvictionFor, |ctx| {
            // SAFETY: as the ABI says: query and plan live in the frame, which nobody else uses.
            unsafe {
                let answer = match eviction_for(self.this(), ctx, frame.query, frame.plan) {
                    fault if fault < 0 => return (fault, None),
                    status => check(status),
                };
                let plan = &*frame.plan;
                let victims = slice(plan.victims, plan.n_victims.min(plan.victims_capacity) as usize);
                let devices = slice(plan.placement, plan.n_placement.min(plan.placement_capacity) as usize);
                let eviction = Eviction {
                    answer,
                    victims: victims.iter().map(|index| frame.model_name(*index)).collect(),
                    placement: devices.iter().map(|index| frame.device_name(*index)).collect(),
                    reason: text_of(plan.reason),
                    retry_after_ns: plan.retry_after_ns,
                };
                (SHUNT_OK, Some(eviction))
            }
        });
        self.expect_intact(frame.is_intact());
        answer.map(|(eviction, _)| eviction.expect("it is there where nothing failed"))
    }
    /// Who would have to go. Only faults are failures.
    pub fn eviction_for(&self, query: &SwapBuilder) -> Result<Eviction, Failure> {
        self.ask(&SwapFrame::new(query))
    }
    /// Asks, and where the answer is an eviction starts the swap, as the host does.
    pub fn start_swap(&self, query: &SwapBuilder, ticket: u64) -> Result<Eviction, Failure> {
        let frame = SwapFrame::new(query);
        let eviction = self.ask(&frame)?;
        if let (Ok(()), Some(on_swap_start)) = (eviction.answer, self.swapper_table().on_swap_start) {
            self.alone(Stage::SwapStart, |ctx| {
                // SAFETY: as the ABI says: the query and the plan that it wrote.
                (SHUNT_OK, unsafe { on_swap_start(self.this(), ctx, frame.query, frame.plan, ticket) })
            })?;
        }
        Ok(eviction)
    }
}

impl<P: Producer> PluginUnderTest<'_, P> {
    /// What it writes for these endpoints. Values stay in the host: [`FakeHost::values`](super::FakeHost::values).
    pub fn produce(&self, call: &Call<'_>) -> Result<Produced, Failure> {
        // SAFETY: the table of this id.
        let produce = unsafe { self.table::<shunt_producer_table>(SHUNT_PRODUCER_ID) }.produce.expect("the SDK sets it");
        let outputs = self.instance.declared().outputs;
        let answer = self.with_frame(call, Stage::Produce, |frame| {
            let rows = frame.view.rows.len();
            let mut raw: Vec<shunt_output> = Vec::new();
            for output in &outputs {
                let data = match output.kind {
                    SHUNT_COLUMN_NUMBER => frame.memory.array(&vec![0f64; rows]) as *mut c_void,
                    _ => frame.memory.array(&vec![0u8; rows]) as *mut c_void,
                };
                raw.push(shunt_output {
                    size: size_of::<shunt_output>() as u32,
                    r#type: output.kind,
                    state: SHUNT_OUTPUT_ABSENT,
                    rows: rows as u32,
                    data,
                    valid: frame.memory.array(&vec![0u8; rows]),
                });
            }
            let (first, stride) = frame.memory.strided(&raw);
            // SAFETY: as the ABI says.
            let status = unsafe { produce(self.this(), frame.cycle, frame.view.raw, first, raw.len() as u32, stride) };
            let written = (0..raw.len()).map(|index| {
                // SAFETY: the output that was written above, `stride` bytes from the one before.
                let output = unsafe { &*((first as *const u8).add(index * stride as usize) as *const shunt_output) };
                // SAFETY: its arrays have as many rows.
                unsafe { rows_of(output) }
            });
            (status, written.collect::<Vec<_>>())
        });
        let (written, left) = answer?;
        let columns = outputs.into_iter().map(|output| output.name).zip(written).collect();
        Ok(Produced { columns, notes: left.notes })
    }
}

/// # Safety
/// The arrays of the output have as many values as it has rows.
unsafe fn rows_of(output: &shunt_output) -> Vec<Option<f64>> {
    let n = output.rows as usize;
    // SAFETY: promised by the caller.
    let (valid, numbers): (&[u8], Vec<f64>) = unsafe {
        let numbers = match output.r#type {
            SHUNT_COLUMN_NUMBER => slice(output.data as *const f64, n).to_vec(),
            _ => slice(output.data as *const u8, n).iter().map(|flag| f64::from(*flag)).collect(),
        };
        (slice(output.valid, n), numbers)
    };
    let is_present = |row: usize| match output.state {
        SHUNT_OUTPUT_ALL => true,
        SHUNT_OUTPUT_PARTIAL => valid[row] == 1,
        _ => false,
    };
    numbers.into_iter().enumerate().map(|(row, number)| Some(number).filter(|_| is_present(row))).collect()
}

impl<P: PickObserver> PluginUnderTest<'_, P> {
    /// Tells it that a request went to the picks of result number `primary`, or with `None` that it was rejected.
    /// [`Call::after`] states the results.
    pub fn picked(&self, primary: Option<usize>, call: &Call<'_>) -> Result<Notes, Failure> {
        // SAFETY: the table of this id.
        let picked = unsafe { self.table::<shunt_observer_table>(SHUNT_OBSERVER_ID) }.picked.expect("the SDK sets it");
        let answer = self.with_frame(call, Stage::Picked, |frame| {
            // SAFETY: the cycle lives in the frame.
            let cycle = unsafe { &*frame.cycle };
            let chosen = primary.map(|index| {
                assert!(index < cycle.n_done as usize, "there is no result {}: Call::after() adds one", index);
                // SAFETY: below n_done.
                unsafe { crate::cycle::strided(frame.results, u64::from(frame.result_stride), index) }.profile
            });
            let decision = shunt_decision {
                size: size_of::<shunt_decision>() as u32,
                outcome: if primary.is_some() { SHUNT_OUTCOME_DISPATCHED } else { SHUNT_OUTCOME_REJECTED },
                primary_profile: chosen.unwrap_or(SHUNT_NONE),
                primary_result: primary.map_or(SHUNT_NONE, |index| index as u32),
                http_status: if primary.is_some() { 0 } else { 429 },
                n_results: cycle.n_done,
                results: frame.results,
                result_stride: u64::from(frame.result_stride),
            };
            // SAFETY: as the ABI says.
            (SHUNT_OK, unsafe { picked(self.this(), frame.cycle, frame.view.raw, &decision) })
        });
        answer.map(|(_, left)| left.notes)
    }
}

impl<P: EventObserver> PluginUnderTest<'_, P> {
    /// Delivers those events that it wants, as one batch. What it keeps for a request ends with its `SHUNT_EVENT_COMPLETED`.
    pub fn events(&self, endpoints: &EndpointSet, events: &[EventBuilder]) -> Result<(), Failure> {
        // SAFETY: the table of this id.
        let hear = unsafe { self.table::<shunt_observer_table>(SHUNT_OBSERVER_ID) }.events.expect("the SDK sets it");
        self.instance.host.know(endpoints);
        let wanted: Vec<&EventBuilder> =
            events.iter().filter(|event| P::WANTS & shunt_event_bit(event.kind()) != 0).collect();
        let (mut memory, mut states, mut raw) = (Memory::default(), BTreeMap::new(), Vec::new());
        for event in &wanted {
            // Events of one request share what is kept for it.
            let state = event.request_number().map_or(std::ptr::null_mut(), |number| {
                let kept = states.entry(number).or_insert_with(|| self.take_known_state(number));
                kept.as_mut().map_or(std::ptr::null_mut(), |state| state.as_mut_ptr() as *mut c_void)
            });
            raw.push(event.build(&mut memory, state));
        }
        let (first, stride) = memory.strided(&raw);
        let answer = self.alone(Stage::Events, |ctx| {
            if !raw.is_empty() {
                // SAFETY: as the ABI says.
                unsafe { hear(self.this(), ctx, first, raw.len() as u32, stride) };
            }
            (SHUNT_OK, ())
        });
        states.into_iter().for_each(|(number, state)| self.give_back_state(number, state));
        let completed = events.iter().filter(|event| event.kind() == SHUNT_EVENT_COMPLETED);
        completed.filter_map(EventBuilder::request_number).for_each(|number| self.forget_state(number));
        answer.map(|_| ())
    }
}

impl<P: Extractor> PluginUnderTest<'_, P> {
    /// Hands it a page of an endpoint. Panics where there is no such endpoint. What it writes is in
    /// [`FakeHost::take_cells`](super::FakeHost::take_cells).
    pub fn extract(&self, endpoints: &EndpointSet, endpoint: &str, path: &str, body: &[u8]) -> Result<(), Failure> {
        // SAFETY: the table of this id.
        let extract = unsafe { self.table::<shunt_extractor_table>(SHUNT_EXTRACTOR_ID) }.extract.expect("the SDK sets it");
        self.instance.host.know(endpoints);
        let row = endpoints.iter().position(|known| known.name() == endpoint);
        let row = row.unwrap_or_else(|| panic!("there is no endpoint {:?}", endpoint));
        let (mut memory, columns) = (Memory::default(), self.instance.declared().columns);
        let view = build_view(&mut memory, &columns, &Call::with(endpoints), &[row as u32], false);
        let page = shunt_page {
            size: size_of::<shunt_page>() as u32,
            http_status: 200,
            path: to_abi(path),
            content_type: to_abi("text/plain"),
            body: shunt_str { data: body.as_ptr(), len: body.len() as u64 },
            endpoint_name: to_abi(endpoint),
            endpoint: EndpointSet::key_of(endpoint),
            fetched_ns: 1_000_000_000,
            row: view.raw,
            port: 0,
            reserved: 0,
        };
        let answer = self.alone(Stage::Events, |ctx| {
            // SAFETY: as the ABI says.
            (unsafe { extract(self.this(), ctx, &page) }, ())
        });
        self.expect_intact(memory.is_intact());
        answer.map(|_| ())
    }
}
