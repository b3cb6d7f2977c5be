// SPDX-License-Identifier: Apache-2.0
//! What the testing kit promises beyond what the other tests use.

use crate::plugins::{Judge, Misuser};
use shunt_sdk::testing::{Call, EndpointSet, FakeHost, PluginUnderTest, RequestBuilder};

#[test]
fn columns_of_every_type_read_as_the_test_says() {
    let host = FakeHost::new();
    let plugin = PluginUnderTest::<Misuser>::new(&host, "{}").unwrap();
    let mut endpoints = EndpointSet::new();
    endpoints.add("a").label("kind", "gpu").set("models", &["x", "y"]).flag("healthy", true).as_of_ns("healthy", 5);
    endpoints.add("b").set("models", &[]);
    endpoints.add("c");
    let request = RequestBuilder::new().model("y");
    // A default of the schema.
    assert_eq!(plugin.score(&Call::with(&endpoints).request(request)).unwrap(), [7.5; 3]);
    let lines: Vec<String> = host.logs().into_iter().map(|line| line.text).collect();
    let expected = [
        r#"Some("gpu") ["x", "y"] Some(2.0) Some(true) Some(true) Some(5)"#,
        "None [] Some(0.0) Some(false) None None",
        "None [] None None None None",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn what_the_abi_forbids_is_noted() {
    let host = FakeHost::new();
    let plugin = PluginUnderTest::<Misuser>::new(&host, r#"{"limit": 1}"#).unwrap();
    assert_eq!(plugin.score(&Call::with(&EndpointSet::of(1))).unwrap(), [1.0]);
    let expected = [
        "misuser: a negative number for the counter \"hits\"",
        "misuser: set_value() is not allowed in this function",
        "misuser: annotate() is not allowed in this function",
        "misuser: retire() is not allowed in this function",
    ];
    assert_eq!(host.misuses(), expected);
}

#[test]
fn threads_share_an_instance() {
    let host = FakeHost::new();
    let judge = PluginUnderTest::<Judge>::new(&host, "{}").unwrap();
    let mut endpoints = EndpointSet::new();
    endpoints.add("a").number("queue", 1.0);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (judge, endpoints) = (&judge, &endpoints);
            scope.spawn(move || {
                let call = Call::with(endpoints).request(RequestBuilder::new().number(thread));
                (0..50).for_each(|_| assert_eq!(judge.score(&call).unwrap(), [0.5]));
            });
        }
    });
    assert_eq!(host.metric("hits_total").unwrap().value, 400.0);
}

#[test]
#[should_panic(expected = "column \"queue\" of \"a\" is Flag(true), and the plugin reads another type")]
fn a_cell_of_another_type_is_a_mistake_of_the_test() {
    let host = FakeHost::new();
    let judge = PluginUnderTest::<Judge>::new(&host, "{}").unwrap();
    let mut endpoints = EndpointSet::new();
    endpoints.add("a").flag("queue", true);
    let _ = judge.score(&Call::with(&endpoints));
}

#[test]
fn parameters_that_are_no_object_are_a_mistake_of_the_test() {
    for text in ["[]", "{", "{\"a\":}", "{} x", "{\"a\":\"\\x\"}"] {
        let refused = std::panic::catch_unwind(|| drop(PluginUnderTest::<Judge>::new(&FakeHost::new(), text)));
        assert!(refused.is_err(), "{}", text);
    }
}
