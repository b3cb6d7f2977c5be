// SPDX-License-Identifier: Apache-2.0
//! What surrounds a hot call: the request, the clock, chance, earlier results, and the instance's own memory.

use crate::abi::*;
use crate::context::Context;
use crate::memory::{RequestState, Scratch, Zeroed};
use crate::request::Request;
use crate::text::slice;
use crate::value::{Datum, Value};
use crate::view::View;
use core::cell::Cell;
use core::mem::MaybeUninit;
use core::ops::Deref;

/// A hot call. Valid until it returns; it is a [`Context`] too.
pub struct Cycle<'a> {
    context: Context<'a>,
    raw: &'a shunt_cycle,
    // The memories are handed out as exclusive references, so once per call.
    scratch_taken: Cell<bool>,
    state_taken: Cell<bool>,
}

impl<'a> Deref for Cycle<'a> {
    type Target = Context<'a>;
    fn deref(&self) -> &Context<'a> {
        &self.context
    }
}

impl<'a> Cycle<'a> {
    /// # Safety
    /// `raw` is the cycle of the call that `context` stands for.
    pub(crate) unsafe fn new(context: Context<'a>, raw: &'a shunt_cycle) -> Cycle<'a> {
        Cycle { context, raw, scratch_taken: Cell::new(false), state_taken: Cell::new(false) }
    }

    /// The request to decide about.
    pub fn request(&self) -> Request<'a> {
        // SAFETY: never NULL, and lives as long as the call.
        unsafe { Request::new(self.raw.request) }
    }
    /// The only clock there is: nanoseconds since the Unix epoch.
    pub fn now_ns(&self) -> i64 {
        self.raw.now_ns
    }
    /// The only chance there is, mixed for this instance, request, attempt and round. Draw with [`draw`] and [`draw_unit`].
    pub fn seed(&self) -> u64 {
        self.raw.seed
    }
    /// Round of the profile handler, from 0.
    pub fn round(&self) -> u32 {
        self.raw.round
    }
    /// Index of the running profile; nothing for producers, handlers and observers.
    pub fn profile(&self) -> Option<u32> {
        Some(self.raw.profile).filter(|&profile| profile != SHUNT_NONE)
    }
    /// Results of this request's earlier profile runs, in order.
    pub fn results(&self) -> Results<'a> {
        // SAFETY: the ABI's own array, stride and count.
        unsafe { Results::new(self.raw.done, self.raw.n_done, u64::from(self.raw.done_stride)) }
    }
    /// The pool at the start of the cycle.
    pub fn pool(&self) -> &'a shunt_pool_stats {
        // SAFETY: never NULL, and lives as long as the call.
        unsafe { &*self.raw.pool }
    }
    /// The requests that wait.
    pub fn queue(&self) -> &'a shunt_queue_stats {
        // SAFETY: as above.
        unsafe { &*self.raw.queue }
    }
    /// This instance's columns before any filter, whatever the call's own view has left.
    pub fn base(&self) -> View<'a> {
        // SAFETY: as above; the columns are this instance's.
        unsafe { View::new(self.raw.base, self.context.owner()) }
    }
    /// A request-scoped value that this instance declared to read; nothing where nobody wrote it.
    pub fn value<T: ?Sized + Datum<'a>>(&self, value: Value<T>) -> Option<T::Item> {
        let slot = value.slot.index_for(self.context.owner());
        // SAFETY: the slot is of this instance, whose calls have all its values; entries are never NULL.
        let raw: &'a shunt_value = unsafe { &**self.raw.values.add(slot as usize) };
        if raw.present != 0 {
            Some(T::read(raw))
        } else {
            None
        }
    }

    /// The memory that the constructor asked for. Its contents are undefined at each call. Nothing when this call has had it.
    pub fn scratch<T: Copy>(&self, scratch: Scratch<T>) -> Option<&'a mut [MaybeUninit<T>]> {
        let count = scratch.slot.index_for(self.context.owner());
        if self.raw.scratch.is_null() || self.scratch_taken.replace(true) {
            return None;
        }
        // SAFETY: the host keeps room for `count` objects, aligned to 64, that no other call uses now; it is handed out once.
        Some(unsafe { core::slice::from_raw_parts_mut(self.raw.scratch as *mut MaybeUninit<T>, count as usize) })
    }
    /// What this instance keeps for the request: zero at first, then as the call before left it. Nothing when this call has
    /// had it.
    pub fn request_state<T: Zeroed>(&self, state: RequestState<T>) -> Option<&'a mut T> {
        state.slot.index_for(self.context.owner());
        if self.raw.request_state.is_null() || self.state_taken.replace(true) {
            return None;
        }
        // SAFETY: the host keeps room for a T, zeroed at first; calls and events of one request never overlap; handed out once.
        Some(unsafe { &mut *(self.raw.request_state as *mut T) })
    }
    /// The ABI's form.
    pub fn raw(&self) -> &'a shunt_cycle {
        self.raw
    }
}

/// Structs one stride apart, as the ABI hands them over.
///
/// # Safety
/// `first` is the first of `n` structs `stride` bytes apart that live for `'a`, and `index` is below `n`.
pub(crate) unsafe fn strided<'a, T>(first: *const T, stride: u64, index: usize) -> &'a T {
    // SAFETY: promised by the caller.
    unsafe { &*((first as *const u8).add(index * stride as usize) as *const T) }
}

/// The results of several profile runs.
#[derive(Clone, Copy)]
pub struct Results<'a> {
    first: *const shunt_result,
    n: usize,
    stride: u64,
    lifetime: core::marker::PhantomData<&'a shunt_result>,
}

impl<'a> Results<'a> {
    /// # Safety
    /// `first` is the first of `n` results `stride` bytes apart that live for `'a`; NULL only with `n` 0.
    pub(crate) unsafe fn new(first: *const shunt_result, n: u32, stride: u64) -> Results<'a> {
        Results { first, n: n as usize, stride, lifetime: core::marker::PhantomData }
    }
    /// Number of results.
    pub fn len(&self) -> usize {
        self.n
    }
    /// No profile has run.
    pub fn is_empty(&self) -> bool {
        self.n == 0
    }
    /// Result number `index`.
    pub fn get(&self, index: usize) -> Option<ProfileResult<'a>> {
        if index >= self.n {
            return None;
        }
        // SAFETY: below n, and what new() was promised.
        Some(ProfileResult { raw: unsafe { strided(self.first, self.stride, index) } })
    }
    /// All results in the order in which the profiles ran.
    pub fn iter(self) -> impl Iterator<Item = ProfileResult<'a>> + 'a {
        (0..self.n).filter_map(move |index| self.get(index))
    }
}

/// Outcome of one profile run of the request.
#[derive(Clone, Copy)]
pub struct ProfileResult<'a> {
    raw: &'a shunt_result,
}

impl<'a> ProfileResult<'a> {
    /// Index of the profile.
    pub fn profile(&self) -> u32 {
        self.raw.profile
    }
    /// It has picks.
    pub fn succeeded(&self) -> bool {
        self.raw.status == SHUNT_OK
    }
    /// Filters left nothing.
    pub fn is_unavailable(&self) -> bool {
        self.raw.status == SHUNT_UNAVAILABLE
    }
    /// Base rows, best first.
    pub fn picks(&self) -> &'a [u32] {
        // SAFETY: as many entries as said, for as long as the call.
        unsafe { slice(self.raw.picks, self.raw.n_picks as usize) }
    }
    /// Base rows of the candidates that survived the filters, ascending.
    pub fn candidates(&self) -> &'a [u32] {
        // SAFETY: as above.
        unsafe { slice(self.raw.base_rows, self.raw.n_candidates as usize) }
    }
    /// Weighted totals, parallel to the candidates.
    pub fn totals(&self) -> &'a [f64] {
        // SAFETY: as above.
        unsafe { slice(self.raw.totals, self.raw.n_candidates as usize) }
    }
    /// The ABI's form.
    pub fn raw(&self) -> &'a shunt_result {
        self.raw
    }
}

/// A uniformly distributed 64-bit draw for one endpoint: the same for the same seed and key, wherever the row stands.
pub fn draw(seed: u64, key: u64) -> u64 {
    let x = seed ^ key.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// The draw as a number in (0, 1): 52 bits, so that neither end is reached by rounding.
pub fn draw_unit(seed: u64, key: u64) -> f64 {
    ((draw(seed, key) >> 12) as f64 + 0.5) * (1.0 / 4_503_599_627_370_496.0)
}
