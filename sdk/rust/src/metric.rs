// SPDX-License-Identifier: Apache-2.0
//! Metrics that the constructor registered. They are updated through the [`Context`](crate::Context) of a call.

use crate::abi::shunt_metric;
use crate::owner::Owner;

macro_rules! metric {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name {
            raw: *mut shunt_metric,
            owner: Owner,
        }
        // SAFETY: the host's metric functions are lock-free and may be called from any thread.
        unsafe impl Send for $name {}
        // SAFETY: as above.
        unsafe impl Sync for $name {}
        impl $name {
            pub(crate) fn new(raw: *mut shunt_metric, owner: Owner) -> $name {
                $name { raw, owner }
            }
            /// A metric lives as long as its instance, so it may be used in calls of that instance only.
            pub(crate) fn raw_for(self, owner: Owner) -> *mut shunt_metric {
                self.owner.expect(owner);
                self.raw
            }
        }
    };
}

metric! {
    /// A number that only rises.
    Counter
}
metric! {
    /// A number that goes up and down.
    Gauge
}
metric! {
    /// A distribution.
    Histogram
}
