// SPDX-License-Identifier: Apache-2.0
//! The safe layer as the host sees it: through the tables of a library that is made of the types in plugins.rs. They need the
//! testing kit: `cargo test --features testing`.
#![cfg(feature = "testing")]

mod hot_calls;
mod other_calls;
mod plugins;
mod testing_kit;

use plugins::{Judge, Keeper, Misuser, Reader, Writer};
use shunt_sdk::abi::*;
use shunt_sdk::testing::{FakeHost, PluginUnderTest};
use shunt_sdk::{Level, Status, Text};

shunt_sdk::export!(name: "safe_layer", version: "9.8.7", plugins: [Judge, Writer, Reader, Misuser, Keeper]);

extern "C" {
    fn shunt_library_entry_v1() -> *const shunt_library;
}
fn entry() -> *const shunt_library {
    // SAFETY: pure.
    unsafe { shunt_library_entry_v1() }
}
fn plugin(name: &str) -> &'static shunt_plugin {
    // SAFETY: tables of the library are static.
    unsafe {
        let library = &*entry();
        let mut all = (0..library.plugin_count).map(|index| &*library.describe.unwrap()(index));
        all.find(|plugin| Text::from_raw(plugin.r#type) == *name).expect("no such type")
    }
}

fn list(first: *const shunt_str, n: u32) -> Vec<String> {
    // SAFETY: n static texts.
    let texts = unsafe { std::slice::from_raw_parts(first, n as usize) };
    // SAFETY: as above.
    texts.iter().map(|text| unsafe { Text::from_raw(*text) }.to_str().unwrap().to_string()).collect()
}

#[test]
fn the_library_table_says_what_export_was_given() {
    assert_eq!(entry(), entry());
    // SAFETY: static.
    let library = unsafe { &*entry() };
    assert_eq!(library.size as usize, std::mem::size_of::<shunt_library>());
    assert_eq!((library.abi_major, library.abi_minor), (SHUNT_ABI_MAJOR, SHUNT_ABI_MINOR_CURRENT));
    assert_eq!(list(&library.name, 1), ["safe_layer"]);
    assert_eq!(list(&library.version, 1), ["9.8.7"]);
    assert_eq!(library.plugin_count, 5);
    // SAFETY: pure.
    let describe = |index| unsafe { library.describe.unwrap()(index) };
    assert!(!describe(4).is_null() && describe(5).is_null() && describe(u32::MAX).is_null());
    assert_eq!(describe(1), describe(1));
}

#[test]
fn a_plugin_table_has_the_facts_and_the_interfaces_of_its_traits() {
    let judge = plugin("judge");
    assert_eq!(list(&judge.version, 1), ["1.2.3"]);
    assert_eq!((judge.flags, judge.stability), (SHUNT_PLUGIN_SINGLE_INSTANCE, SHUNT_STABILITY_ALPHA));
    assert_eq!(list(judge.reads, judge.n_reads), ["queue", "load"]);
    assert_eq!(list(judge.writes, judge.n_writes), ["opinion"]);
    assert_eq!(list(judge.default_producer_of, judge.n_default_producer_of), ["opinion"]);
    let ids = ["shunt.filter/1", "shunt.scorer/1", "shunt.picker/1", "shunt.observer/1", "shunt.explain/1"];
    assert_eq!(list(judge.interfaces, judge.n_interfaces), ids);
    let writer = plugin("writer");
    let ids = ["shunt.profile_handler/1", "shunt.swapper/1", "shunt.producer/1", "shunt.extractor/1"];
    assert_eq!(list(writer.interfaces, writer.n_interfaces), ids);
    assert_eq!((writer.flags, writer.stability, writer.n_reads), (0, SHUNT_STABILITY_BETA, 0));
}

#[test]
fn the_manifest_says_the_same_as_the_tables() {
    use shunt_sdk::__private::{manifest_note, manifest_size, Facts, Note, PluginTable};
    const FACTS: &[Facts] = &[PluginTable::<Judge>::FACTS, PluginTable::<Reader>::FACTS];
    const SIZE: usize = manifest_size("n", "1", FACTS);
    const NOTE: Note<SIZE> = manifest_note("n", "1", FACTS);
    let bytes: &[u8; 20 + SIZE] = {
        assert_eq!(std::mem::size_of::<Note<SIZE>>(), 20 + SIZE);
        // SAFETY: a struct of bytes and numbers, without padding since its sizes add up.
        unsafe { &*(&NOTE as *const Note<SIZE> as *const [u8; 20 + SIZE]) }
    };
    assert_eq!(bytes[0..4], 6u32.to_ne_bytes());
    assert_eq!(bytes[4..8], (SIZE as u32).to_ne_bytes());
    assert_eq!(bytes[8..12], SHUNT_MANIFEST_NOTE.to_ne_bytes());
    assert_eq!(&bytes[12..20], b"shunt\0\0\0");
    let text = std::str::from_utf8(&bytes[20..]).unwrap();
    assert_eq!(SIZE % 4, 0);
    let schema = r#"{"type":"object","additionalProperties":false}"#;
    let expected = [
        r#"{"manifest":1,"library":{"name":"n","version":"1"},"abi":{"major":1,"minor":"#,
        &format!("{0},\"min_minor\":{0}", SHUNT_ABI_MINOR_CURRENT),
        r#"},"plugins":[{"type":"judge","version":"1.2.3","summary":"Says \"a\\b\"","stability":"alpha","#,
        r#""interfaces":["shunt.filter/1","shunt.scorer/1","shunt.picker/1","shunt.observer/1","shunt.explain/1"],"#,
        r#""parameters":"#,
        schema,
        r#","flags":["single-instance"],"reads":["queue","load"],"writes":["opinion"],"#,
        r#""default_producer_of":["opinion"]},"#,
        r#"{"type":"reader","version":"1.0.0","summary":"Reads","stability":"beta","#,
        r#""interfaces":["shunt.filter/1"],"parameters":"#,
        schema,
        "}]}",
    ];
    assert_eq!(text.trim_end_matches('\0'), expected.concat());
}

#[test]
fn an_interface_that_is_not_offered_is_null() {
    let table = |id| {
        // SAFETY: which interfaces there are does not depend on the instance.
        unsafe { plugin("judge").interface_table.unwrap()(std::ptr::null_mut(), Text::from(id).raw()) }
    };
    for id in ["shunt.swapper/1", "", "shunt.scorer/2"] {
        assert!(table(id).is_null());
    }
    assert!(!table(SHUNT_SCORER_ID).is_null());
    assert_eq!(table(SHUNT_SCORER_ID), table(SHUNT_SCORER_ID));
}

#[test]
fn a_constructor_declares_and_registers() {
    let host = FakeHost::new();
    let judge = PluginUnderTest::<Judge>::new(&host, "{}").unwrap();
    assert_eq!(judge.columns(), ["queue"]);
    let metric = host.metric("hits_total").unwrap();
    assert_eq!((metric.kind, metric.instance, metric.help), (SHUNT_METRIC_COUNTER, "judge".into(), "Hits".into()));
    assert_eq!(metric.labels, [("a".into(), "b".into())]);
}

#[test]
fn what_is_wrong_with_a_constructor_reaches_the_host() {
    let failure = |mode: &str| {
        let host = FakeHost::new();
        host.provide("queue");
        let failure = PluginUnderTest::<Judge>::named(&host, "it", &format!("{{\"mode\": {:?}}}", mode)).unwrap_err();
        (failure.status, failure.text)
    };
    assert_eq!(failure("refuse"), (Status::INVALID, "\"mode\" of \"it\" must not be refuse".to_string()));
    assert_eq!(failure("panic at once"), (Status::EXCEPTION, "mode is panic at once".to_string()));
    // The host's own text is the last one: nothing was written over it.
    assert_eq!(failure("unknown"), (Status::NOT_FOUND, "nobody provides \"unknown\"".to_string()));
}

#[test]
fn parameters_are_read_by_key_and_checked_for_their_type() {
    let host = FakeHost::new();
    let parameters = r#"{"limits": {"a/b": 3, "c~d": 4, "list": [true, {"deep": "x"}]}, "name": "x"}"#;
    let failure = PluginUnderTest::<Reader>::new(&host, parameters).unwrap_err();
    assert_eq!((failure.status, failure.text.as_str()), (Status::INVALID, "parameter /name must be a number"));
    let logs = host.logs();
    assert_eq!((logs.len(), logs[0].level), (1, Level::Error));
    assert_eq!(logs[0].text, r#"3 ["a/b", "c~d", "list"] 3 4 2 true x false 2.5"#);
}

#[test]
fn a_service_that_the_host_lacks_is_unsupported() {
    let host = FakeHost::with_table(|table| table.column = None);
    assert_eq!(PluginUnderTest::<Judge>::new(&host, "{}").unwrap_err().status, Status::UNSUPPORTED);
}
