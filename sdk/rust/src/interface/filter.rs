// SPDX-License-Identifier: Apache-2.0
//! The kind that removes candidates.

use crate::abi::*;
use crate::boundary::{guard, Instance};
use crate::cycle::Cycle;
use crate::library::{interface, Interface, Probe};
use crate::plugin::Plugin;
use crate::status::Answer;
use crate::text::slice_mut;
use crate::view::View;
use core::ffi::c_void;
use core::mem::size_of;

/// Removes candidates.
pub trait Filter: Plugin {
    /// Sets `keep[i]` to false for every candidate that goes; the rows arrive true. Removing all is a result, not a fault.
    /// `Err(Status::SKIP)`: keep all.
    fn filter(&self, cycle: &Cycle<'_>, view: &View<'_>, keep: &mut [bool]) -> Answer;
}

impl<P: Filter> Probe<P> {
    /// The interface of `P`.
    pub const FILTER: Option<Interface> = Some(interface!(SHUNT_FILTER_ID, &Self::FILTER_TABLE));
    const FILTER_TABLE: shunt_filter_table =
        shunt_filter_table { size: size_of::<shunt_filter_table>() as u32, reserved: 0, filter: Some(filter::<P>) };
}

unsafe extern "C" fn filter<P: Filter>(
    this: *mut c_void, cycle: *const shunt_cycle, view: *const shunt_view, keep: *mut u8,
) -> i32 {
    // SAFETY: the host calls this as the ABI says: an instance of P, its cycle, its view; `keep` has as many bytes as the view
    // rows, all of them 1, which is `true`.
    let (it, cycle, view, keep) = unsafe {
        let it = Instance::<P>::of(this);
        let cycle = it.cycle(cycle);
        let view = View::new(view, cycle.owner());
        (it, cycle, view, slice_mut(keep as *mut bool, view.len()))
    };
    guard(&cycle, || it.plugin.filter(&cycle, &view, keep))
}
