// SPDX-License-Identifier: Apache-2.0
//! Plugins for shunt, the scheduling host for LLM inference, in Rust.
//!
//! A plugin is a type that says what it is ([`Plugin`]) and what it does ([`Scorer`], [`Filter`], [`Picker`] and the other
//! traits). [`export!`] makes a library of it, with everything that the host asks for:
//!
//! ```
//! use shunt_sdk::*;
//!
//! struct KvHeadroom {
//!     usage: Column<f64>,
//! }
//! impl Plugin for KvHeadroom {
//!     const TYPE: &'static str = "kv-headroom";
//!     const VERSION: &'static str = "1.0.0";
//!     const SUMMARY: &'static str = "1 - KV cache usage";
//!     fn new(init: &Init) -> Result<Self, Error> {
//!         Ok(KvHeadroom { usage: init.column("kv_cache_usage")? })
//!     }
//! }
//! impl Scorer for KvHeadroom {
//!     fn score(&self, _: &Cycle, view: &View, score: &mut [f64]) -> Answer {
//!         for (score, usage) in score.iter_mut().zip(view.column(self.usage)) {
//!             *score = 1.0 - usage.unwrap_or(1.0);
//!         }
//!         Ok(())
//!     }
//! }
//! export!(KvHeadroom);
//! # fn main() {}
//! ```
//!
//! A panic of a plugin becomes the error of its call. That needs the feature `std` and `panic = "unwind"`, both the default.
#![cfg_attr(not(feature = "std"), no_std)]
#![warn(missing_docs, unsafe_op_in_unsafe_fn)]
#![cfg_attr(not(feature = "alloc"), allow(unused))]

#[cfg(not(target_pointer_width = "64"))]
compile_error!("the shunt ABI is laid out for 64-bit platforms");

#[cfg(feature = "alloc")]
extern crate alloc;

pub mod abi;

macro_rules! safe_layer {
    ($($item:item)*) => { $(#[cfg(feature = "alloc")] $item)* };
}
safe_layer! {
    mod boundary;
    mod context;
    mod cycle;
    mod init;
    mod interface;
    mod library;
    mod manifest;
    mod memory;
    mod metric;
    mod notes;
    mod output;
    mod owner;
    mod parameter;
    mod plugin;
    mod request;
    mod status;
    mod text;
    mod value;
    mod view;

    pub use context::{Context, Level};
    pub use cycle::{draw, draw_unit, Cycle, ProfileResult, Results};
    pub use init::{Field, Init, Need, PageOptions, Peer};
    pub use interface::explain::{Explainer, Reasons};
    pub use interface::extractor::{Extractor, Page};
    pub use interface::filter::Filter;
    pub use interface::observer::{Decision, Event, EventObserver, Events, PickObserver};
    pub use interface::picker::{Picker, Picks};
    pub use interface::producer::Producer;
    pub use interface::profile_handler::{Outcome, ProfileHandler, ProfileList};
    pub use interface::scorer::Scorer;
    pub use interface::state::{SavedState, StateWriter, Stateful};
    pub use interface::swapper::{Model, SwapPlan, SwapQuery, Swapper};
    pub use memory::{RequestState, Scratch, Zeroed};
    pub use metric::{Counter, Gauge, Histogram};
    pub use output::{Cell, EndpointOutput, Output, OutputColumn, Outputs, Producible};
    pub use parameter::Parameter;
    pub use plugin::{Plugin, Stability};
    pub use request::Request;
    pub use status::{Answer, Error, Status};
    pub use text::Text;
    pub use value::{Datum, EndpointKey, OutputValue, Value};
    pub use view::{Column, ColumnView, Flag, Membership, Read, Rows, Set, SetSize, Symbol, View};

    #[cfg(feature = "testing")]
    pub mod testing;

    /// What the code that `export!` writes needs. No part of the API.
    #[doc(hidden)]
    pub mod __private {
        pub use crate::interface::observer::{observer, observer_table};
        pub use crate::library::{describe, library, Absent, Constant, Interface, Offers, PluginTable, Probe};
        pub use crate::library::KNOWN_INTERFACES;
        pub use crate::manifest::{note as manifest_note, size as manifest_size, Facts, Note};
    }
}
