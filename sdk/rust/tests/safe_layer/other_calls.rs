// SPDX-License-Identifier: Apache-2.0
//! Calls of producers, extractors, observers, profile handlers and swappers.

use crate::plugins::{Judge, Keeper, Writer, DROPPED};
use shunt_sdk::abi::*;
use shunt_sdk::testing::*;
use shunt_sdk::Status;
use std::sync::atomic::Ordering;

fn writer(host: &FakeHost) -> PluginUnderTest<'_, Writer> {
    PluginUnderTest::new(host, "{}").unwrap()
}

#[test]
fn a_producer_writes_columns_values_and_headers() {
    let host = FakeHost::new();
    host.set_value("number", RequestValue::Number(3.0));
    let writer = writer(&host);
    let produced = writer.produce(&Call::with(&EndpointSet::of(2))).unwrap();
    assert_eq!(produced.columns["opinion"], [None, Some(0.5)]);
    assert_eq!(host.values()["word"], RequestValue::Text("hello".to_string()));
    assert_eq!(produced.notes.request_headers["x-number"].as_deref(), Some("present"));
    // The endpoint is gone: the text says so.
    assert_eq!(writer.produce(&Call::with(&EndpointSet::of(1))).unwrap_err().text, "pod-1 is gone");
    host.clear_values();
    let produced = writer.produce(&Call::with(&EndpointSet::of(2))).unwrap();
    assert_eq!(produced.notes.request_headers["x-number"], None);
    assert!(host.misuses().is_empty(), "{:?}", host.misuses());
}

#[test]
fn an_extractor_writes_cells_and_retires() {
    let host = FakeHost::new();
    let mut endpoints = EndpointSet::of(2);
    let mut writer = writer(&host);
    writer.extract(&endpoints, "pod-1", "/models", b"m1 m2").unwrap();
    endpoints.apply(&host.take_cells());
    let cells: Vec<_> = endpoints.iter().map(|endpoint| (endpoint.cell("load"), endpoint.cell("models"))).collect();
    let models = Cell::Set(vec!["m1".to_string(), "m2".to_string()]);
    assert_eq!(cells, [(None, None), (Some(Cell::Number(5.0)), Some(models))]);
    assert_eq!((writer.retired(), DROPPED.load(Ordering::Relaxed)), (1, 0));
    writer.release_retired();
    assert_eq!((writer.retired(), DROPPED.load(Ordering::Relaxed)), (0, 1));
    assert_eq!(writer.extract(&endpoints, "pod-1", "/models", &[0xff]).unwrap_err().status, Status::INVALID);
}

#[test]
fn state_goes_from_one_instance_to_the_next() {
    let host = FakeHost::new();
    let keeper = |parameters: &str| PluginUnderTest::<Keeper>::new(&host, parameters).unwrap();
    let (old, new) = (keeper(r#"{"number": 4711}"#), keeper("{}"));
    let saved = old.save_state(4).unwrap();
    assert_eq!((saved.version.as_str(), saved.bytes.as_slice()), ("number/1", b"4711".as_slice()));
    new.load_state(&saved).unwrap();
    assert_eq!(new.save_state(100).unwrap(), saved);
    assert_eq!(old.save_state(3).unwrap_err().status, Status::OUT_OF_MEMORY);
    let of = |version: &str, bytes: &[u8]| Saved { version: version.to_string(), bytes: bytes.to_vec() };
    let refused = new.load_state(&of("number/2", b"1")).unwrap_err();
    assert_eq!((refused.status, refused.text.as_str()), (Status::UNSUPPORTED, "another version"));
    assert_eq!(new.load_state(&of("number/1", b"")).unwrap_err().status, Status::INVALID);
    assert_eq!(keeper(r#"{"number": 13}"#).save_state(9).unwrap_err().status, Status::EXCEPTION);
    assert_eq!(new.save_state(100).unwrap(), saved);
}

#[test]
fn an_observer_hears_decisions_and_events() {
    let host = FakeHost::new();
    let judge = PluginUnderTest::<Judge>::new(&host, "{}").unwrap();
    let endpoints = EndpointSet::of(2);
    let request = RequestBuilder::new().number(5);
    let call =
        Call::with(&endpoints).request(request.clone()).after(ProfileRun::picked(0, &[0], &[(0, 1.0), (1, 0.5)]));
    assert_eq!(judge.picked(None, &call).unwrap().annotations["picked"], "None 1");
    assert_eq!(judge.picked(Some(0), &call).unwrap().annotations["picked"], "Some(0) 1");
    judge.score(&call).unwrap();
    judge.score(&call).unwrap();
    let completed = EventBuilder::new(SHUNT_EVENT_COMPLETED).request(request);
    let unheard = EventBuilder::new(SHUNT_EVENT_DISPATCHED);
    // What is kept for the request is gone with its end.
    for _ in 0..2 {
        judge.events(&endpoints, &[unheard.clone(), completed.clone(), completed.clone()]).unwrap();
    }
    let lines: Vec<String> = host.logs().into_iter().map(|line| line.text).collect();
    let calls = |event, calls| format!("event {} of kind 3: {} calls", event, calls);
    assert_eq!(lines, [calls(0, 2), calls(1, 2), calls(2, 0), calls(3, 0)]);
}

#[test]
fn a_profile_handler_names_profiles_and_judges() {
    let host = FakeHost::new();
    let writer = writer(&host);
    let endpoints = EndpointSet::of(3);
    let call = Call::with(&endpoints);
    assert_eq!(writer.pick_profiles(&call.clone().round(2)).unwrap().profiles, [6]);
    assert_eq!(writer.process_results(&call).unwrap_err().status, Status::SKIP);
    assert_eq!(
        writer.process_results(&call.clone().after(ProfileRun::unavailable(0))).unwrap_err().status,
        Status::SKIP
    );
    let run = ProfileRun::picked(0, &[0, 1, 2], &[(0, 1.0), (1, 0.5), (2, 0.1)]);
    let verdict = writer.process_results(&call.after(run)).unwrap();
    assert_eq!((verdict.primary_result, verdict.rejection), (Some(0), None));
    assert_eq!(verdict.reason, "the last shall be first");
    assert_eq!(verdict.replaced_picks[&0], [2, 1, 0]);
}

#[test]
fn a_swapper_evicts_waits_and_remembers() {
    let host = FakeHost::new();
    let writer = writer(&host);
    let mut query = SwapBuilder::new("wanted");
    query.now_ns(100);
    query.running("a").pinned();
    query.running("b").in_flight(1);
    let blocked = writer.eviction_for(&query).unwrap();
    assert_eq!((blocked.answer, blocked.retry_after_ns), (Err(Status::BLOCKED), 105));
    assert_eq!(blocked.reason, "all are busy");
    query.running("c");
    let evicted = writer.start_swap(&query, 5).unwrap();
    assert_eq!((evicted.answer, evicted.victims), (Ok(()), vec!["c".to_string()]));
    assert_eq!(host.logs()[0].text, "[2] for \"wanted\", ticket 5");
    assert!(host.misuses().is_empty(), "{:?}", host.misuses());
}
