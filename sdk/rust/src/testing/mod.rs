// SPDX-License-Identifier: Apache-2.0
//! Unit tests of plugins, with a host that lives in the test. The feature `testing` brings it; plugins ask for it among their
//! `dev-dependencies`, so that libraries hold nothing of it:
//!
//! ```toml
//! [dev-dependencies]
//! shunt-sdk = { path = "...", features = ["testing"] }
//! ```
//!
//! A test makes an instance as the host does, through the tables that [`export!`](crate::export) writes, and calls it:
//!
//! ```
//! # use shunt_sdk::*;
//! # struct KvHeadroom(Column<f64>);
//! # impl Plugin for KvHeadroom {
//! #     const TYPE: &'static str = "kv-headroom";
//! #     const VERSION: &'static str = "1.0.0";
//! #     const SUMMARY: &'static str = "1 - KV cache usage";
//! #     fn new(init: &Init) -> Result<Self, Error> {
//! #         Ok(KvHeadroom(init.column("kv_cache_usage")?))
//! #     }
//! # }
//! # impl Scorer for KvHeadroom {
//! #     fn score(&self, _: &Cycle, view: &View, score: &mut [f64]) -> Answer {
//! #         for (score, usage) in score.iter_mut().zip(view.column(self.0)) {
//! #             *score = 1.0 - usage.unwrap_or(1.0);
//! #         }
//! #         Ok(())
//! #     }
//! # }
//! # export!(KvHeadroom);
//! use shunt_sdk::testing::{Call, EndpointSet, FakeHost, PluginUnderTest};
//!
//! # fn main() {
//! let host = FakeHost::new();
//! let plugin = PluginUnderTest::<KvHeadroom>::new(&host, "{}").unwrap();
//! let mut endpoints = EndpointSet::new();
//! endpoints.add("half full").number("kv_cache_usage", 0.5);
//! endpoints.add("unknown");
//! assert_eq!(plugin.score(&Call::with(&endpoints)).unwrap(), [0.5, 0.0]);
//! assert!(host.misuses().is_empty(), "{:?}", host.misuses());
//! # }
//! ```
//!
//! Failures of plugins are values: a [`Failure`] has status and text. Mistakes of the test panic.

mod call;
mod deciding;
mod declaring;
mod endpoints;
mod event;
mod extending;
mod host;
mod instance;
mod json;
mod memory;
mod parameters;
mod plugin;
mod request;
mod services;
mod state;
mod swap;
mod symbols;
mod view;

pub use call::{Call, ProfileRun};
pub use deciding::{NextProfiles, Verdict};
pub use endpoints::{Cell, Endpoint, EndpointSet, WrittenCell};
pub use event::EventBuilder;
pub use extending::{Eviction, Produced};
pub use host::{FakeHost, LogLine, Metric, RequestValue};
pub use instance::Notes;
pub use plugin::{Failure, PluginUnderTest};
pub use request::RequestBuilder;
pub use state::Saved;
pub use swap::{ModelBuilder, SwapBuilder};
