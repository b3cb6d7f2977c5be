// SPDX-License-Identifier: Apache-2.0
//! Calls of the kinds that look at candidates.

use crate::fake_host::{create, FakeHost, Instance, Node};
use crate::surroundings::Call;
use shunt_sdk::abi::*;
use shunt_sdk::{draw, draw_unit, Text};

fn judge<'a>(host: &'a FakeHost, mode: &'static str) -> Instance<'a> {
    host.state.borrow_mut().parameters.insert("/mode", Node::Text(mode));
    create(host, "judge").unwrap_or_else(|status| panic!("status {}", status))
}

fn score(judge: &Instance, call: &mut Call) -> (i32, Vec<f64>) {
    let (mut memory, mut scratch, mut scores) = (0u32, [0f64; 5], vec![f64::NAN; call.view.count as usize]);
    call.cycle.request_state = &mut memory as *mut u32 as *mut _;
    call.cycle.scratch = scratch.as_mut_ptr() as *mut _;
    let table: &shunt_scorer_table = judge.table(SHUNT_SCORER_ID);
    // SAFETY: as the ABI says.
    let status = unsafe { table.score.unwrap()(judge.this, &*call.cycle, &*call.view, scores.as_mut_ptr()) };
    assert_eq!(memory, u32::from(status == SHUNT_OK));
    (status, scores)
}

#[test]
fn a_score_is_written_where_there_is_a_value() {
    let host = FakeHost::new();
    let judge = judge(&host, "good");
    let (status, scores) = score(&judge, &mut Call::new(&host, &[Some(1.0), None, Some(3.0)]));
    assert_eq!((status, scores[0], scores[2]), (SHUNT_OK, 0.5, 0.25));
    assert!(scores[1].is_nan());
    assert_eq!(host.state.borrow().metrics[0].2, 2.0);
}

#[test]
fn a_view_without_candidates_is_no_reason_to_fail() {
    let host = FakeHost::new();
    assert_eq!(score(&judge(&host, "good"), &mut Call::new(&host, &[])).0, SHUNT_OK);
}

#[test]
fn statuses_and_texts_of_failures_reach_the_host() {
    let host = FakeHost::new();
    let mut call = Call::new(&host, &[Some(1.0)]);
    assert_eq!(score(&judge(&host, "skip"), &mut call).0, SHUNT_SKIP);
    assert!(host.state.borrow().errors.is_empty());
    assert_eq!(score(&judge(&host, "fail"), &mut call).0, SHUNT_ERROR);
    assert_eq!(host.last_error(), (SHUNT_ERROR, "no label".to_string()));
}

#[test]
fn a_panic_becomes_the_error_of_its_call_and_of_no_other() {
    let host = FakeHost::new();
    let broken = judge(&host, "panic");
    for _ in 0..2 {
        assert_eq!(score(&broken, &mut Call::new(&host, &[Some(1.0)])).0, SHUNT_EXCEPTION);
        assert_eq!(host.last_error(), (SHUNT_EXCEPTION, "row 3".to_string()));
    }
    assert_eq!(score(&judge(&host, "good"), &mut Call::new(&host, &[Some(1.0)])), (SHUNT_OK, vec![0.5]));
}

#[test]
fn a_column_of_another_instance_is_refused() {
    let host = FakeHost::new();
    let mut call = Call::new(&host, &[Some(1.0)]);
    let lender = judge(&host, "lend");
    assert_eq!(score(&lender, &mut call).0, SHUNT_OK);
    assert_eq!(score(&judge(&host, "borrow"), &mut call).0, SHUNT_EXCEPTION);
    assert!(host.last_error().1.contains("of another instance"));
}

#[test]
fn a_filter_keeps_and_logs_what_is_heard() {
    let host = FakeHost::new();
    let judge = judge(&host, "good");
    let call = Call::new(&host, &[Some(1.0), None]);
    let mut keep = [1u8; 2];
    let table: &shunt_filter_table = judge.table(SHUNT_FILTER_ID);
    // SAFETY: as the ABI says.
    assert_eq!(unsafe { table.filter.unwrap()(judge.this, &*call.cycle, &*call.view, keep.as_mut_ptr()) }, SHUNT_OK);
    assert_eq!(keep, [1, 0]);
    assert_eq!(host.state.borrow().lines, ["2 2 candidates"]);
}

#[test]
fn a_picker_fills_the_list_and_not_more() {
    let host = FakeHost::new();
    let judge = judge(&host, "good");
    let call = Call::new(&host, &[None; 3]);
    // One place more than the capacity, which nobody may touch.
    let (mut rows, mut n) = ([9u32; 4], 0u32);
    let (totals, table) = ([0.1, 0.9, 0.5], judge.table::<shunt_picker_table>(SHUNT_PICKER_ID));
    let pick = table.pick.unwrap();
    // SAFETY: as the ABI says.
    let status = unsafe { pick(judge.this, &*call.cycle, &*call.view, totals.as_ptr(), rows.as_mut_ptr(), 3, &mut n) };
    assert_eq!((status, rows, n), (SHUNT_OK, [1, 2, 0, 9], 3));
}

#[test]
fn reasons_are_copied_for_the_host() {
    let host = FakeHost::new();
    let judge = judge(&host, "good");
    let call = Call::new(&host, &[None; 2]);
    let mut reasons = [Text::ABSENT.raw(); 2];
    let explain = judge.table::<shunt_explain_table>(SHUNT_EXPLAIN_ID).explain.unwrap();
    let id = Text::from(SHUNT_SCORER_ID).raw();
    // SAFETY: as the ABI says.
    assert_eq!(unsafe { explain(judge.this, &*call.cycle, &*call.view, id, reasons.as_mut_ptr()) }, SHUNT_OK);
    // SAFETY: the arena of the fake host lives as long as the host.
    let reasons = reasons.map(|reason| unsafe { Text::from_raw(reason) });
    assert!(!reasons[0].is_present());
    assert_eq!(reasons[1], "last row of \"shunt.scorer/1\"");
}

#[test]
fn draws_are_those_of_the_c_kernels() {
    // From shunt_draw and shunt_draw_unit in shunt/sdk/kernels.h.
    assert_eq!((draw(0, 1), draw(7, 0xdead_beef)), (0xe220_a839_7b1d_cdaf, 0xc0e8_bd92_e8db_88ab));
    assert_eq!(draw_unit(7, 100), 0.901_705_930_479_391);
}
