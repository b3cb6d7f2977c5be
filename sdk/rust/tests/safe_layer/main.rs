// SPDX-License-Identifier: Apache-2.0
//! The safe layer as the host sees it: through the tables of a library that is made of the types in plugins.rs.

mod fake_host;
mod hot_calls;
mod other_calls;
mod plugins;
mod surroundings;

use fake_host::{create, plugin, FakeHost, Node};
use plugins::{Judge, Reader, Writer};
use shunt_sdk::abi::*;
use shunt_sdk::Text;

shunt_sdk::export!(name: "safe_layer", version: "9.8.7", plugins: [Judge, Writer, Reader]);

extern "C" {
    fn shunt_library_entry_v1() -> *const shunt_library;
}
pub fn entry() -> *const shunt_library {
    // SAFETY: pure.
    unsafe { shunt_library_entry_v1() }
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
    assert_eq!(library.plugin_count, 3);
    // SAFETY: pure.
    let describe = |index| unsafe { library.describe.unwrap()(index) };
    assert!(!describe(2).is_null() && describe(3).is_null() && describe(u32::MAX).is_null());
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
    let host = FakeHost::with(vec![]);
    let judge = create(&host, "judge").ok().unwrap();
    for id in ["shunt.swapper/1", "", "shunt.scorer/2"] {
        // SAFETY: as the ABI says.
        assert!(unsafe { judge.plugin.interface_table.unwrap()(judge.this, Text::from(id).raw()) }.is_null());
    }
    let first: &shunt_scorer_table = judge.table(SHUNT_SCORER_ID);
    assert!(std::ptr::eq(first, judge.table(SHUNT_SCORER_ID)));
}

#[test]
fn a_constructor_declares_and_registers() {
    let host = FakeHost::with(vec![]);
    let _judge = create(&host, "judge").ok().unwrap();
    let state = host.state.borrow();
    assert_eq!(state.declared, [("queue".to_string(), SHUNT_COLUMN_NUMBER, SHUNT_REQUIRED)]);
    assert_eq!(state.bytes, (5 * 8, 4));
    assert_eq!(state.metrics, [("hits_total".to_string(), SHUNT_METRIC_COUNTER * 100 + 10, 0.0)]);
}

#[test]
fn what_is_wrong_with_a_constructor_reaches_the_host() {
    let status = |mode| {
        let host = FakeHost::with(vec![("/mode", Node::Text(mode))]);
        let status = create(&host, "judge").err();
        (status, host.last_error())
    };
    let refused = "\"mode\" of \"it\" must not be refuse".to_string();
    assert_eq!(status("refuse"), (Some(SHUNT_INVALID), (SHUNT_INVALID, refused)));
    let panicked = "mode is panic at once".to_string();
    assert_eq!(status("panic at once"), (Some(SHUNT_EXCEPTION), (SHUNT_EXCEPTION, panicked)));
    // The host's own text is the last one: nothing was written over it.
    assert_eq!(status("unknown"), (Some(SHUNT_NOT_FOUND), (SHUNT_NOT_FOUND, "no such column".to_string())));
}

#[test]
fn parameters_are_read_by_key_and_checked_for_their_type() {
    let host = FakeHost::with(vec![
        ("/limits", Node::Object(vec!["a/b", "c~d"])),
        ("/limits/a~1b", Node::Number(3.0)),
        ("/limits/c~0d", Node::Number(4.0)),
        ("/name", Node::Text("x")),
    ]);
    assert_eq!(create(&host, "reader").err(), Some(SHUNT_INVALID));
    assert_eq!(host.last_error(), (SHUNT_INVALID, "parameter /name must be a number".to_string()));
    assert_eq!(host.state.borrow().lines, [r#"4 2 ["a/b", "c~d"] 3 4 false 2.5"#]);
}

#[test]
fn a_service_that_the_host_lacks_is_unsupported() {
    let mut host = FakeHost::with(vec![]);
    host.table.column = None;
    assert_eq!(create(&host, "judge").err(), Some(SHUNT_UNSUPPORTED));
}
