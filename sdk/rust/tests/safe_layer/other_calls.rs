// SPDX-License-Identifier: Apache-2.0
//! Calls of producers, extractors, observers, profile handlers and swappers.

use crate::fake_host::{create, FakeHost};
use crate::surroundings::Call;
use shunt_sdk::abi::*;
use shunt_sdk::Text;
use std::mem::{size_of, zeroed};

#[test]
fn a_producer_writes_columns_values_and_headers() {
    let host = FakeHost::new();
    let writer = create(&host, "writer").ok().unwrap();
    let mut call = Call::new(&host, &[None; 2]);
    let (mut data, mut valid) = ([0f64; 2], [0u8; 2]);
    let mut out = shunt_output {
        size: size_of::<shunt_output>() as u32,
        r#type: SHUNT_COLUMN_NUMBER,
        state: SHUNT_OUTPUT_ABSENT,
        rows: 2,
        data: data.as_mut_ptr() as *mut _,
        valid: valid.as_mut_ptr(),
    };
    let produce = writer.table::<shunt_producer_table>(SHUNT_PRODUCER_ID).produce.unwrap();
    let size = size_of::<shunt_output>() as u32;
    call.value.present = 1;
    // SAFETY: as the ABI says.
    assert_eq!(unsafe { produce(writer.this, &*call.cycle, &*call.view, &mut out, 1, size) }, SHUNT_OK);
    assert_eq!((out.state, data, valid), (SHUNT_OUTPUT_PARTIAL, [0.0, 0.5], [0, 1]));
    assert_eq!(host.state.borrow().values, [(1, 0.0, "hello".to_string())]);
    let present = (SHUNT_NOTE_REQUEST_HEADER, "x-number".to_string(), Some("present".to_string()));
    assert_eq!(host.state.borrow().notes, [present]);
    // No output at all: the slot is checked before anything is written.
    // SAFETY: as the ABI says.
    assert_eq!(unsafe { produce(writer.this, &*call.cycle, &*call.view, &mut out, 0, size) }, SHUNT_EXCEPTION);
    // The endpoint is gone: the text says so.
    let empty = Call::new(&host, &[]);
    // SAFETY: as the ABI says.
    assert_eq!(unsafe { produce(writer.this, &*empty.cycle, &*empty.view, &mut out, 1, size) }, SHUNT_ERROR);
    assert_eq!(host.last_error().1, "101 is gone");
}

#[test]
fn an_extractor_writes_cells_and_retires() {
    let host = FakeHost::new();
    let writer = create(&host, "writer").ok().unwrap();
    // SAFETY: numbers and pointers.
    let mut page: shunt_page = unsafe { zeroed() };
    page.endpoint = 77;
    page.body = Text::from("m1 m2").raw();
    let extract = writer.table::<shunt_extractor_table>(SHUNT_EXTRACTOR_ID).extract.unwrap();
    // SAFETY: as the ABI says.
    assert_eq!(unsafe { extract(writer.this, host.ctx(), &page) }, SHUNT_OK);
    assert_eq!(host.state.borrow().puts, [(3, 77, "5".to_string()), (4, 77, "m1 m2".to_string())]);
    assert_eq!(host.state.borrow().released, 1);
    let bytes = [0xffu8];
    page.body = shunt_str { data: bytes.as_ptr(), len: 1 };
    // SAFETY: as the ABI says.
    assert_eq!(unsafe { extract(writer.this, host.ctx(), &page) }, SHUNT_INVALID);
}

#[test]
fn an_observer_hears_decisions_and_events() {
    let host = FakeHost::new();
    let judge = create(&host, "judge").ok().unwrap();
    let call = Call::new(&host, &[None; 2]);
    let table: &shunt_observer_table = judge.table(SHUNT_OBSERVER_ID);
    assert_eq!(table.wants, 1 << SHUNT_EVENT_COMPLETED);
    // SAFETY: numbers and pointers.
    let (mut decision, mut events): (shunt_decision, [[shunt_event; 2]; 2]) = unsafe { (zeroed(), zeroed()) };
    decision.primary_result = SHUNT_NONE;
    decision.results = call.cycle.done;
    decision.n_results = 1;
    // SAFETY: as the ABI says.
    unsafe { table.picked.unwrap()(judge.this, &*call.cycle, &*call.view, &decision) };
    assert_eq!(host.state.borrow().notes[0].2.as_deref(), Some("None 1"));
    // A stride of two: a host whose events are larger than the ones known here.
    let mut memory = 41u32;
    events[0][0].r#type = SHUNT_EVENT_COMPLETED;
    events[0][0].request_state = &mut memory as *mut u32 as *mut _;
    events[1][0].r#type = SHUNT_EVENT_DISPATCHED;
    let stride = 2 * size_of::<shunt_event>() as u32;
    // SAFETY: as the ABI says.
    unsafe { table.events.unwrap()(judge.this, host.ctx(), events.as_ptr() as *const shunt_event, 2, stride) };
    assert_eq!(host.state.borrow().lines, ["3 event 0 of kind 3: 41 calls", "3 event 1 of kind 0: 0 calls"]);
}

#[test]
fn a_profile_handler_names_profiles_and_judges() {
    let host = FakeHost::new();
    let writer = create(&host, "writer").ok().unwrap();
    let mut call = Call::new(&host, &[None; 3]);
    let table: &shunt_profile_handler_table = writer.table(SHUNT_PROFILE_HANDLER_ID);
    let (mut next, mut n) = ([0u32; 2], 0u32);
    let pick_profiles = table.pick_profiles.unwrap();
    // SAFETY: as the ABI says.
    let status = unsafe { pick_profiles(writer.this, &*call.cycle, &*call.view, next.as_mut_ptr(), 2, &mut n) };
    assert_eq!((status, next[0], n), (SHUNT_OK, 4, 1));
    // SAFETY: numbers and pointers.
    let mut outcome: shunt_outcome = unsafe { zeroed() };
    outcome.primary_result = SHUNT_NONE;
    let process_results = table.process_results.unwrap();
    // SAFETY: as the ABI says.
    assert_eq!(unsafe { process_results(writer.this, &*call.cycle, &*call.view, &mut outcome) }, SHUNT_OK);
    assert_eq!((outcome.primary_result, outcome.reject), (0, 0));
    // SAFETY: the arena of the fake host lives as long as the host.
    assert_eq!(unsafe { Text::from_raw(outcome.reason) }, "the last shall be first");
    assert_eq!(host.state.borrow().picks, [(0, vec![2, 1, 0])]);
    call.cycle.n_done = 0;
    // SAFETY: as the ABI says.
    assert_eq!(unsafe { process_results(writer.this, &*call.cycle, &*call.view, &mut outcome) }, SHUNT_SKIP);
}

#[test]
fn a_swapper_evicts_waits_and_remembers() {
    let host = FakeHost::new();
    let writer = create(&host, "writer").ok().unwrap();
    // SAFETY: numbers and pointers.
    let (mut models, mut query, mut plan): ([shunt_model; 3], shunt_swap_query, shunt_swap_plan) =
        unsafe { (zeroed(), zeroed(), zeroed()) };
    models[0].flags = SHUNT_MODEL_PINNED;
    models[1].in_flight = 1;
    models[2].id = Text::from("third").raw();
    let mut victims = [9u32; 3];
    query.target = &models[2];
    query.running = models.as_ptr();
    query.n_running = 3;
    query.running_stride = size_of::<shunt_model>() as u64;
    query.now_ns = 100;
    plan.victims = victims.as_mut_ptr();
    plan.victims_capacity = 3;
    let table: &shunt_swapper_table = writer.table(SHUNT_SWAPPER_ID);
    let eviction_for = table.eviction_for.unwrap();
    // SAFETY: as the ABI says.
    assert_eq!(unsafe { eviction_for(writer.this, host.ctx(), &query, &mut plan) }, SHUNT_OK);
    assert_eq!((plan.n_victims, victims), (1, [2, 9, 9]));
    // SAFETY: as the ABI says.
    unsafe { table.on_swap_start.unwrap()(writer.this, host.ctx(), &query, &plan, 5) };
    assert_eq!(host.state.borrow().lines, ["2 [2] for \"third\", ticket 5"]);
    query.n_running = 2;
    plan.n_victims = 0;
    // SAFETY: as the ABI says.
    assert_eq!(unsafe { eviction_for(writer.this, host.ctx(), &query, &mut plan) }, SHUNT_BLOCKED);
    assert_eq!((plan.retry_after_ns, plan.n_victims), (105, 0));
}
