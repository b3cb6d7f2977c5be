// SPDX-License-Identifier: Apache-2.0
//! Extension for request-scoped columns and values, computed once per cycle before the first profile.

use crate::abi::*;
use crate::boundary::{guard, Instance};
use crate::cycle::Cycle;
use crate::library::{interface, Interface, Probe};
use crate::output::Outputs;
use crate::plugin::Plugin;
use crate::status::Answer;
use crate::view::View;
use core::ffi::c_void;
use core::mem::size_of;

/// Computes request-scoped columns and values.
pub trait Producer: Plugin {
    /// Fills the declared outputs, and values through [`Cycle::set_value`]. `Err(Status::SKIP)`: the outputs are absent for
    /// this request.
    fn produce(&self, cycle: &Cycle<'_>, base: &View<'_>, outputs: &mut Outputs<'_>) -> Answer;
}

impl<P: Producer> Probe<P> {
    /// The interface of `P`.
    pub const PRODUCER: Option<Interface> = Some(interface!(SHUNT_PRODUCER_ID, &Self::PRODUCER_TABLE));
    const PRODUCER_TABLE: shunt_producer_table = shunt_producer_table {
        size: size_of::<shunt_producer_table>() as u32,
        reserved: 0,
        produce: Some(produce::<P>),
    };
}

unsafe extern "C" fn produce<P: Producer>(
    this: *mut c_void, cycle: *const shunt_cycle, base: *const shunt_view, out: *mut shunt_output, n: u32, stride: u32,
) -> i32 {
    // SAFETY: the host calls this as the ABI says: an instance of P, its cycle, its base view, n outputs one stride apart.
    let (it, cycle, base, mut outputs) = unsafe {
        let it = Instance::<P>::of(this);
        let cycle = it.cycle(cycle);
        let owner = cycle.owner();
        (it, cycle, View::new(base, owner), Outputs::new(out, n, stride, owner))
    };
    guard(&cycle, || it.plugin.produce(&cycle, &base, &mut outputs))
}
