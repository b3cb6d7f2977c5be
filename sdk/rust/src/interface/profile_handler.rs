// SPDX-License-Identifier: Apache-2.0
//! The kind that decides which profiles run and which result counts.

use crate::abi::*;
use crate::boundary::{guard, Instance};
use crate::context::{call, Context};
use crate::cycle::Cycle;
use crate::interface::picker::Picks;
use crate::library::{interface, Interface, Probe};
use crate::plugin::Plugin;
use crate::status::{check, Answer};
use crate::view::View;
use core::ffi::c_void;
use core::mem::size_of;

/// The profiles to run next.
pub struct ProfileList<'a>(Picks<'a>);

impl ProfileList<'_> {
    /// Appends a profile index; false when the list is full.
    pub fn add(&mut self, profile: u32) -> bool {
        self.0.add(profile as usize)
    }
}

/// The handler's verdict. Texts are copied into the call's arena.
pub struct Outcome<'a> {
    context: Context<'a>,
    raw: &'a mut shunt_outcome,
}

impl Outcome<'_> {
    /// The request goes to the picks of result number `result`.
    pub fn choose(&mut self, result: usize) {
        self.raw.primary_result = result as u32;
    }
    /// For people; with a dispatched request too.
    pub fn reason(&mut self, text: &str) {
        self.raw.reason = self.context.keep(text).raw();
    }
    /// Rejects the request: HTTP status 400 to 599, a short stable word, a sentence.
    pub fn reject(&mut self, http_status: u32, code: &str, text: &str) {
        self.raw.reject = 1;
        self.raw.http_status = http_status;
        self.raw.code = self.context.keep(code).raw();
        self.reason(text);
    }
}

/// Decides which profiles run and which result counts.
pub trait ProfileHandler: Plugin {
    /// Names the profiles to run next. Called again with the new results until it names none; rounds are bounded.
    fn pick_profiles(&self, cycle: &Cycle<'_>, base: &View<'_>, next: &mut ProfileList<'_>) -> Answer;
    /// Chooses the primary result, or rejects.
    fn process_results(&self, cycle: &Cycle<'_>, base: &View<'_>, outcome: &mut Outcome<'_>) -> Answer;
}

impl Cycle<'_> {
    /// Replaces the picks of a finished run by other candidates of it, base rows, best first; from `process_results`.
    pub fn set_picks(&self, result: usize, base_rows: &[u32]) -> Answer {
        let (ctx, rows, n) = (self.raw_context(), base_rows.as_ptr(), base_rows.len() as u32);
        // SAFETY: the context is that of this call; `rows` has n numbers.
        check(unsafe { call!(self.host(), set_picks(ctx, result as u32, rows, n), else SHUNT_UNSUPPORTED) })
    }
}

impl<P: ProfileHandler> Probe<P> {
    /// The interface of `P`.
    pub const PROFILE_HANDLER: Option<Interface> =
        Some(interface!(SHUNT_PROFILE_HANDLER_ID, &Self::PROFILE_HANDLER_TABLE));
    const PROFILE_HANDLER_TABLE: shunt_profile_handler_table = shunt_profile_handler_table {
        size: size_of::<shunt_profile_handler_table>() as u32,
        reserved: 0,
        pick_profiles: Some(pick_profiles::<P>),
        process_results: Some(process_results::<P>),
    };
}

unsafe extern "C" fn pick_profiles<P: ProfileHandler>(
    this: *mut c_void, cycle: *const shunt_cycle, base: *const shunt_view, next: *mut u32, capacity: u32, n: *mut u32,
) -> i32 {
    // SAFETY: the host calls this as the ABI says: an instance of P, its cycle, its base view; `next` has room for `capacity`.
    let (it, cycle, base, mut next) = unsafe {
        let it = Instance::<P>::of(this);
        let cycle = it.cycle(cycle);
        let base = View::new(base, cycle.owner());
        (it, cycle, base, ProfileList(Picks::new(next, capacity, n)))
    };
    guard(&cycle, || it.plugin.pick_profiles(&cycle, &base, &mut next))
}

unsafe extern "C" fn process_results<P: ProfileHandler>(
    this: *mut c_void, cycle: *const shunt_cycle, base: *const shunt_view, outcome: *mut shunt_outcome,
) -> i32 {
    // SAFETY: as above; `outcome` is this call's own.
    let (it, cycle, base, mut outcome) = unsafe {
        let it = Instance::<P>::of(this);
        let cycle = it.cycle(cycle);
        let base = View::new(base, cycle.owner());
        let outcome = Outcome { context: *cycle, raw: &mut *outcome };
        (it, cycle, base, outcome)
    };
    guard(&cycle, || it.plugin.process_results(&cycle, &base, &mut outcome))
}
