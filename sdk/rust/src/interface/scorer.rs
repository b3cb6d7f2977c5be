// SPDX-License-Identifier: Apache-2.0
//! The kind that rates candidates.

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

/// Rates candidates.
pub trait Scorer: Plugin {
    /// Writes `score[i]` in 0 to 1 for every candidate; higher is better. Rows arrive as NaN, and one left so counts 0.
    /// `Err(Status::SKIP)`: adds nothing.
    fn score(&self, cycle: &Cycle<'_>, view: &View<'_>, score: &mut [f64]) -> Answer;
}

impl<P: Scorer> Probe<P> {
    /// The interface of `P`.
    pub const SCORER: Option<Interface> = Some(interface!(SHUNT_SCORER_ID, &Self::SCORER_TABLE));
    const SCORER_TABLE: shunt_scorer_table =
        shunt_scorer_table { size: size_of::<shunt_scorer_table>() as u32, reserved: 0, score: Some(score::<P>) };
}

unsafe extern "C" fn score<P: Scorer>(
    this: *mut c_void, cycle: *const shunt_cycle, view: *const shunt_view, score: *mut f64,
) -> i32 {
    // SAFETY: the host calls this as the ABI says: an instance of P, its cycle, its view; `score` has as many numbers as the
    // view rows.
    let (it, cycle, view, score) = unsafe {
        let it = Instance::<P>::of(this);
        let cycle = it.cycle(cycle);
        let view = View::new(view, cycle.owner());
        (it, cycle, view, slice_mut(score, view.len()))
    };
    guard(&cycle, || it.plugin.score(&cycle, &view, score))
}
