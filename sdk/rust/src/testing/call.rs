// SPDX-License-Identifier: Apache-2.0
//! What a test calls a plugin with: endpoints, a request, and what surrounds them.

use super::instance::{Instance, Running};
use super::memory::Memory;
use super::view::{build_view, BuiltView};
use super::{symbols, EndpointSet, RequestBuilder, RequestValue};
use crate::abi::*;
use crate::text::{to_abi, Text};
use core::ffi::c_void;
use std::mem::size_of;

/// Outcome of an earlier profile run. Rows are those of the endpoints.
#[derive(Clone, Debug)]
pub struct ProfileRun {
    profile: u32,
    status: i32,
    picks: Vec<u32>,
    candidates: Vec<u32>,
    totals: Vec<f64>,
}

impl ProfileRun {
    /// A run that picked these rows, best first, among candidates with these totals.
    pub fn picked(profile: u32, picks: &[u32], candidates_with_totals: &[(u32, f64)]) -> ProfileRun {
        ProfileRun {
            profile,
            status: SHUNT_OK,
            picks: picks.to_vec(),
            candidates: candidates_with_totals.iter().map(|(row, _)| *row).collect(),
            totals: candidates_with_totals.iter().map(|(_, total)| *total).collect(),
        }
    }
    /// A run whose filters left nothing.
    pub fn unavailable(profile: u32) -> ProfileRun {
        ProfileRun { status: SHUNT_UNAVAILABLE, ..ProfileRun::picked(profile, &[], &[]) }
    }
    pub(super) fn candidates(&self) -> Option<Vec<u32>> {
        Some(self.candidates.clone()).filter(|_| self.status == SHUNT_OK)
    }
}

/// What a hot call is made with. Everything but the endpoints has a default; a test names what matters:
///
/// ```
/// # use shunt_sdk::testing::{Call, EndpointSet, RequestBuilder};
/// # let endpoints = EndpointSet::of(3);
/// let call = Call::with(&endpoints).request(RequestBuilder::new().prompt("hello")).seed(7).candidates(&[0, 2]);
/// ```
#[derive(Clone)]
pub struct Call<'a> {
    pub(super) endpoints: &'a EndpointSet,
    pub(super) request: RequestBuilder,
    pub(super) runs: Vec<ProfileRun>,
    candidates: Option<Vec<u32>>,
    now_ns: i64,
    seed: u64,
    profile: u32,
    round: u32,
    mean_load: Option<f64>,
    saturation: Option<f64>,
    waiting: Vec<shunt_queue_band>,
}

impl<'a> Call<'a> {
    /// A request without anything, for these endpoints.
    pub fn with(endpoints: &'a EndpointSet) -> Call<'a> {
        Call {
            endpoints,
            request: RequestBuilder::new(),
            runs: Vec::new(),
            candidates: None,
            now_ns: 1_000_000_000,
            seed: 1,
            profile: 0,
            round: 0,
            mean_load: None,
            saturation: None,
            waiting: Vec::new(),
        }
    }
    /// The request.
    pub fn request(self, request: RequestBuilder) -> Call<'a> {
        Call { request, ..self }
    }
    /// Rows that filters left, in this order; all endpoints otherwise.
    pub fn candidates(self, rows: &[u32]) -> Call<'a> {
        Call { candidates: Some(rows.to_vec()), ..self }
    }
    /// The clock.
    pub fn now_ns(self, now_ns: i64) -> Call<'a> {
        Call { now_ns, ..self }
    }
    /// Chance.
    pub fn seed(self, seed: u64) -> Call<'a> {
        Call { seed, ..self }
    }
    /// Index of the running profile.
    pub fn profile(self, profile: u32) -> Call<'a> {
        Call { profile, ..self }
    }
    /// Round of the profile handler.
    pub fn round(self, round: u32) -> Call<'a> {
        Call { round, ..self }
    }
    /// Adds the result of an earlier profile run.
    pub fn after(mut self, run: ProfileRun) -> Call<'a> {
        self.runs.push(run);
        self
    }
    /// Mean load of the pool.
    pub fn mean_load(self, mean_load: f64) -> Call<'a> {
        Call { mean_load: Some(mean_load), ..self }
    }
    /// Saturation of the pool.
    pub fn saturation(self, saturation: f64) -> Call<'a> {
        Call { saturation: Some(saturation), ..self }
    }
    /// Adds a band of waiting requests, the highest priority first.
    pub fn waiting(mut self, priority: i32, requests: u64, oldest_wait_ns: i64) -> Call<'a> {
        let size = size_of::<shunt_queue_band>() as u32;
        self.waiting.push(shunt_queue_band { size, priority, waiting: requests, oldest_wait_ns });
        self
    }
}

/// A cycle and its views as a plugin gets them, with the memory that they point into.
pub(super) struct Frame {
    pub(super) memory: Memory,
    pub(super) cycle: *const shunt_cycle,
    pub(super) view: BuiltView,
    pub(super) results: *const shunt_result,
    pub(super) result_stride: u32,
}

impl Frame {
    /// `request_state`: address of the memory that the instance asked for. `in_profile`: filters, scorers and pickers see the
    /// candidates and the running profile, others all endpoints and none.
    pub(super) fn new(call: &Call<'_>, running: &Running<'_, '_>, request_state: *mut c_void, in_profile: bool) -> Frame {
        let (instance, mut memory) = (running.instance, Memory::default());
        let declared = instance.declared();
        let all: Vec<u32> = (0..call.endpoints.len() as u32).collect();
        let base = build_view(&mut memory, &declared.columns, call, &all, true);
        let view = match &call.candidates {
            Some(rows) if in_profile => build_view(&mut memory, &declared.columns, call, rows, false),
            _ => base.clone(),
        };
        let results: Vec<shunt_result> = call.runs.iter().map(|run| build_result(&mut memory, run)).collect();
        let (results, result_stride) = memory.strided(&results);
        let values = build_values(&mut memory, instance);
        let scratch = match declared.scratch_bytes {
            0 => std::ptr::null_mut(),
            bytes => memory.array(&vec![0xcdu8; bytes as usize]) as *mut c_void,
        };
        let cycle = shunt_cycle {
            size: size_of::<shunt_cycle>() as u32,
            profile: if in_profile { call.profile } else { SHUNT_NONE },
            round: call.round,
            attempt: call.request.attempt_number(),
            now_ns: call.now_ns,
            seed: call.seed,
            request: call.request.build(&mut memory),
            done: results,
            n_done: call.runs.len() as u32,
            done_stride: result_stride,
            pool: build_pool(&mut memory, call),
            queue: build_queue(&mut memory, call),
            scratch,
            request_state,
            values,
            ctx: running.ctx(),
            base: base.raw,
        };
        let cycle = memory.one(cycle);
        Frame { memory, cycle, view, results, result_stride }
    }
}

fn build_result(memory: &mut Memory, run: &ProfileRun) -> shunt_result {
    shunt_result {
        size: size_of::<shunt_result>() as u32,
        profile: run.profile,
        status: run.status,
        n_picks: run.picks.len() as u32,
        picks: memory.array(&run.picks),
        base_rows: memory.array(&run.candidates),
        totals: memory.array(&run.totals),
        n_candidates: run.candidates.len() as u32,
        reserved: 0,
    }
}

fn build_pool(memory: &mut Memory, call: &Call<'_>) -> *const shunt_pool_stats {
    let bit = |number: Option<f64>, bit| if number.is_some() { bit } else { 0 };
    memory.one(shunt_pool_stats {
        size: size_of::<shunt_pool_stats>() as u32,
        present: bit(call.mean_load, SHUNT_POOL_MEAN_LOAD) | bit(call.saturation, SHUNT_POOL_SATURATION),
        endpoints: call.endpoints.len() as u32,
        candidates: call.endpoints.len() as u32,
        mean_load: call.mean_load.unwrap_or(0.0),
        saturation: call.saturation.unwrap_or(0.0),
    })
}

fn build_queue(memory: &mut Memory, call: &Call<'_>) -> *const shunt_queue_stats {
    let (bands, band_stride) = memory.strided(&call.waiting);
    memory.one(shunt_queue_stats {
        size: size_of::<shunt_queue_stats>() as u32,
        highest_priority: call.waiting.first().map_or(0, |band| band.priority),
        waiting: call.waiting.iter().map(|band| band.waiting).sum(),
        oldest_wait_ns: call.waiting.iter().map(|band| band.oldest_wait_ns).max().unwrap_or(0),
        any_deadline: 0,
        n_bands: call.waiting.len() as u32,
        bands,
        band_stride: u64::from(band_stride),
    })
}

/// What the test or another plugin wrote, by the slots of this instance.
fn build_values(memory: &mut Memory, instance: &Instance<'_>) -> *const *const shunt_value {
    let written = instance.host.values();
    let mut slots: Vec<*const shunt_value> = Vec::new();
    for declared in instance.declared().values {
        let mut raw = shunt_value {
            size: size_of::<shunt_value>() as u32,
            r#type: declared.kind,
            present: 0,
            symbol: 0,
            number: 0.0,
            key: 0,
            text: Text::ABSENT.raw(),
        };
        match (written.get(&declared.name), declared.kind) {
            (None, _) => {}
            (Some(RequestValue::Number(number)), SHUNT_VALUE_NUMBER) => raw.number = *number,
            (Some(RequestValue::Endpoint(key)), SHUNT_VALUE_ENDPOINT) => raw.key = *key,
            (Some(RequestValue::Symbol(text)), SHUNT_VALUE_SYMBOL) => raw.symbol = symbols::intern(text),
            (Some(RequestValue::Text(text)), SHUNT_VALUE_TEXT) => {
                raw.text = shunt_str { data: memory.array(text.as_bytes()), len: to_abi(text).len };
            }
            (Some(other), _) => panic!("the value {:?} is {:?}, and the plugin reads another type", declared.name, other),
        }
        raw.present = u32::from(written.contains_key(&declared.name));
        slots.push(memory.one(raw));
    }
    memory.array(&slots)
}
