// SPDX-License-Identifier: Apache-2.0
//! The kind that chooses among scored candidates.

use crate::abi::*;
use crate::boundary::{guard, Instance};
use crate::cycle::Cycle;
use crate::library::{interface, Interface, Probe};
use crate::plugin::Plugin;
use crate::status::Answer;
use crate::text::{slice, slice_mut};
use crate::view::View;
use core::ffi::c_void;
use core::mem::size_of;

/// A list of rows or profiles that a plugin fills, best or first one first.
pub struct Picks<'a> {
    rows: &'a mut [u32],
    n: &'a mut u32,
}

impl<'a> Picks<'a> {
    /// # Safety
    /// `rows` has room for `capacity` numbers and `n` for their count, for `'a` and for nobody else.
    pub(crate) unsafe fn new(rows: *mut u32, capacity: u32, n: *mut u32) -> Picks<'a> {
        // SAFETY: promised by the caller.
        unsafe { Picks { rows: slice_mut(rows, capacity as usize), n: &mut *n } }
    }
    /// Appends one; false when the list is full.
    pub fn add(&mut self, row: usize) -> bool {
        match self.rows.get_mut(*self.n as usize) {
            None => false,
            Some(place) => {
                *place = row as u32;
                *self.n += 1;
                true
            }
        }
    }
    /// How many the list holds at most.
    pub fn capacity(&self) -> usize {
        self.rows.len()
    }
}

/// Chooses among scored candidates.
pub trait Picker: Plugin {
    /// Adds between one and all rows of the view to `picks`, in order of preference, each once. `totals` are the weighted
    /// totals of the candidates, all finite; there is at least one.
    fn pick(&self, cycle: &Cycle<'_>, view: &View<'_>, totals: &[f64], picks: &mut Picks<'_>) -> Answer;
}

impl<P: Picker> Probe<P> {
    /// The interface of `P`.
    pub const PICKER: Option<Interface> = Some(interface!(SHUNT_PICKER_ID, &Self::PICKER_TABLE));
    const PICKER_TABLE: shunt_picker_table =
        shunt_picker_table { size: size_of::<shunt_picker_table>() as u32, reserved: 0, pick: Some(pick::<P>) };
}

unsafe extern "C" fn pick<P: Picker>(
    this: *mut c_void, cycle: *const shunt_cycle, view: *const shunt_view, total: *const f64, rows: *mut u32,
    capacity: u32, n: *mut u32,
) -> i32 {
    // SAFETY: the host calls this as the ABI says: an instance of P, its cycle, its view; `total` has as many numbers as the
    // view rows, `rows` has room for `capacity`.
    let (it, cycle, view, total, mut picks) = unsafe {
        let it = Instance::<P>::of(this);
        let cycle = it.cycle(cycle);
        let view = View::new(view, cycle.owner());
        (it, cycle, view, slice(total, view.len()), Picks::new(rows, capacity, n))
    };
    guard(&cycle, || it.plugin.pick(&cycle, &view, total, &mut picks))
}
