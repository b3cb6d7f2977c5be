// SPDX-License-Identifier: Apache-2.0
//! Extension that gives a short reason per candidate, asked for only when a decision is explained.

use crate::abi::*;
use crate::boundary::{guard, Instance};
use crate::context::Context;
use crate::cycle::Cycle;
use crate::library::{interface, Interface, Probe};
use crate::plugin::Plugin;
use crate::status::Answer;
use crate::text::{slice_mut, Text};
use crate::view::View;
use core::ffi::c_void;
use core::mem::size_of;

/// A place for one reason per candidate. Texts are copied into the call's arena.
pub struct Reasons<'a> {
    context: Context<'a>,
    rows: &'a mut [shunt_str],
}

impl Reasons<'_> {
    /// Gives a reason of at most 200 bytes.
    pub fn set(&mut self, row: usize, reason: &str) {
        self.rows[row] = self.context.keep(reason).raw();
    }
}

/// Gives reasons.
pub trait Explainer: Plugin {
    /// Called right after this instance's hot function `interface_id` with the same cycle and view.
    fn explain(&self, cycle: &Cycle<'_>, view: &View<'_>, interface_id: Text<'_>, reasons: &mut Reasons<'_>) -> Answer;
}

impl<P: Explainer> Probe<P> {
    /// The interface of `P`.
    pub const EXPLAINER: Option<Interface> = Some(interface!(SHUNT_EXPLAIN_ID, &Self::EXPLAINER_TABLE));
    const EXPLAINER_TABLE: shunt_explain_table = shunt_explain_table {
        size: size_of::<shunt_explain_table>() as u32,
        reserved: 0,
        explain: Some(explain::<P>),
    };
}

unsafe extern "C" fn explain<P: Explainer>(
    this: *mut c_void, cycle: *const shunt_cycle, view: *const shunt_view, interface_id: shunt_str,
    reason: *mut shunt_str,
) -> i32 {
    // SAFETY: the host calls this as the ABI says: an instance of P, its cycle, its view; `reason` has as many texts as the
    // view rows.
    let (it, cycle, view, id, mut reasons) = unsafe {
        let it = Instance::<P>::of(this);
        let cycle = it.cycle(cycle);
        let view = View::new(view, cycle.owner());
        let reasons = Reasons { context: *cycle, rows: slice_mut(reason, view.len()) };
        (it, cycle, view, Text::from_raw(interface_id), reasons)
    };
    guard(&cycle, || it.plugin.explain(&cycle, &view, id, &mut reasons))
}
