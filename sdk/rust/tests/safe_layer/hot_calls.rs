// SPDX-License-Identifier: Apache-2.0
//! Calls of the kinds that look at candidates.

use crate::plugins::Judge;
use shunt_sdk::abi::*;
use shunt_sdk::testing::{Call, EndpointSet, FakeHost, PluginUnderTest};
use shunt_sdk::{draw, draw_unit, Level, Status};

fn judge<'h>(host: &'h FakeHost, mode: &str) -> PluginUnderTest<'h, Judge> {
    PluginUnderTest::new(host, &format!("{{\"mode\": {:?}}}", mode)).unwrap()
}

/// Endpoints with these queues; `None` is a row without value.
fn queues(rows: &[Option<f64>]) -> EndpointSet {
    let mut endpoints = EndpointSet::of(0);
    for (index, queue) in rows.iter().enumerate() {
        let endpoint = endpoints.add(&format!("pod-{}", index));
        if let Some(queue) = queue {
            endpoint.number("queue", *queue);
        }
    }
    endpoints
}

#[test]
fn a_score_is_written_where_there_is_a_value() {
    let host = FakeHost::new();
    let judge = judge(&host, "good");
    let scores = judge.score(&Call::with(&queues(&[Some(1.0), None, Some(3.0)]))).unwrap();
    assert_eq!((scores[0], scores[2]), (0.5, 0.25));
    assert!(scores[1].is_nan());
    assert_eq!(host.metric("hits_total").unwrap().value, 2.0);
    assert!(host.misuses().is_empty(), "{:?}", host.misuses());
}

#[test]
fn a_view_without_candidates_is_no_reason_to_fail() {
    let host = FakeHost::new();
    assert!(judge(&host, "good").score(&Call::with(&queues(&[]))).unwrap().is_empty());
}

#[test]
fn statuses_and_texts_of_failures_reach_the_host() {
    let host = FakeHost::new();
    let endpoints = queues(&[Some(1.0)]);
    let failure = |mode| judge(&host, mode).score(&Call::with(&endpoints)).unwrap_err();
    assert_eq!((failure("skip").status, failure("skip").text.as_str()), (Status::SKIP, ""));
    assert_eq!((failure("fail").status, failure("fail").text.as_str()), (Status::ERROR, "no label"));
}

#[test]
fn a_panic_becomes_the_error_of_its_call_and_of_no_other() {
    let host = FakeHost::new();
    let endpoints = queues(&[Some(1.0)]);
    let broken = judge(&host, "panic");
    for _ in 0..2 {
        let failure = broken.score(&Call::with(&endpoints)).unwrap_err();
        assert_eq!((failure.status, failure.text.as_str()), (Status::EXCEPTION, "row 3"));
    }
    assert_eq!(judge(&host, "good").score(&Call::with(&endpoints)).unwrap(), [0.5]);
}

#[test]
fn a_column_of_another_instance_is_refused() {
    let host = FakeHost::new();
    let endpoints = queues(&[Some(1.0)]);
    let lender = judge(&host, "lend");
    lender.score(&Call::with(&endpoints)).unwrap();
    let failure = judge(&host, "borrow").score(&Call::with(&endpoints)).unwrap_err();
    assert_eq!(failure.status, Status::EXCEPTION);
    assert!(failure.text.contains("of another instance"));
}

#[test]
fn a_filter_keeps_and_logs_what_is_heard() {
    let host = FakeHost::new();
    host.set_log_level(Level::Info);
    assert_eq!(judge(&host, "good").filter(&Call::with(&queues(&[Some(1.0), None]))).unwrap(), [true, false]);
    let logs = host.logs();
    assert_eq!((logs.len(), logs[0].level, logs[0].text.as_str()), (1, Level::Info, "2 candidates"));
}

#[test]
fn a_picker_fills_the_list_and_not_more() {
    let host = FakeHost::new();
    let endpoints = EndpointSet::of(5);
    let call = Call::with(&endpoints).candidates(&[4, 2, 0]);
    assert_eq!(judge(&host, "good").pick(&[0.1, 0.9, 0.5], &call).unwrap(), [2, 0, 4]);
    assert!(host.misuses().is_empty(), "{:?}", host.misuses());
}

#[test]
fn reasons_are_copied_for_the_host() {
    let host = FakeHost::new();
    let reasons = judge(&host, "good").explain(SHUNT_SCORER_ID, &Call::with(&EndpointSet::of(2))).unwrap();
    assert_eq!(reasons, ["", "last row of \"shunt.scorer/1\""]);
}

#[test]
fn draws_are_those_of_the_c_kernels() {
    // From shunt_draw and shunt_draw_unit in shunt/sdk/kernels.h.
    assert_eq!((draw(0, 1), draw(7, 0xdead_beef)), (0xe220_a839_7b1d_cdaf, 0xc0e8_bd92_e8db_88ab));
    assert_eq!(draw_unit(7, 100), 0.901_705_930_479_391);
}
