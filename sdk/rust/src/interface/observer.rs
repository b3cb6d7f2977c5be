// SPDX-License-Identifier: Apache-2.0
//! Extension that hears what became of decisions, endpoints and models.

use crate::abi::*;
use crate::boundary::{guard_silent, Instance};
use crate::context::Context;
use crate::cycle::{strided, Cycle, Results};
use crate::library::{interface, Interface, Probe};
use crate::memory::{RequestState, Zeroed};
use crate::owner::Owner;
use crate::plugin::Plugin;
use crate::request::Request;
use crate::text::Text;
use crate::view::View;
use core::cell::Cell;
use core::ffi::c_void;
use core::marker::PhantomData;
use core::mem::size_of;

/// A finished decision.
#[derive(Clone, Copy)]
pub struct Decision<'a>(&'a shunt_decision);

impl<'a> Decision<'a> {
    /// The request goes to an endpoint. Outcomes that this layer does not know are no dispatch.
    pub fn is_dispatched(&self) -> bool {
        self.0.outcome == SHUNT_OUTCOME_DISPATCHED
    }
    /// Index of the primary profile; nothing when rejected before a profile was chosen.
    pub fn primary_profile(&self) -> Option<u32> {
        Some(self.0.primary_profile).filter(|&profile| profile != SHUNT_NONE)
    }
    /// The run that was chosen, as a position in `results()`.
    pub fn primary_result(&self) -> Option<usize> {
        Some(self.0.primary_result).filter(|&result| result != SHUNT_NONE).map(|result| result as usize)
    }
    /// Every profile run of the request, in order.
    pub fn results(&self) -> Results<'a> {
        // SAFETY: the ABI's own array, stride and count.
        unsafe { Results::new(self.0.results, self.0.n_results, self.0.result_stride) }
    }
    /// The ABI's form.
    pub fn raw(&self) -> &'a shunt_decision {
        self.0
    }
}

/// One event. `raw` has the numbers, each with its bit in `present`.
pub struct Event<'a> {
    raw: &'a shunt_event,
    owner: Owner,
    state_taken: Cell<bool>,
}

impl<'a> Event<'a> {
    /// `SHUNT_EVENT_DISPATCHED` and the others.
    pub fn kind(&self) -> u32 {
        self.raw.r#type
    }
    /// Key of the endpoint; 0 when the event has none.
    pub fn endpoint(&self) -> u64 {
        self.raw.endpoint
    }
    /// Name of the endpoint.
    pub fn endpoint_name(&self) -> Text<'a> {
        // SAFETY: lives as long as the call.
        unsafe { Text::from_raw(self.raw.endpoint_name) }
    }
    /// Of events of managed models.
    pub fn model(&self) -> Text<'a> {
        // SAFETY: as above.
        unsafe { Text::from_raw(self.raw.model) }
    }
    /// Request events only.
    pub fn request(&self) -> Option<Request<'a>> {
        if self.raw.request.is_null() {
            return None;
        }
        // SAFETY: not NULL, and lives as long as the call.
        Some(unsafe { Request::new(self.raw.request) })
    }
    /// What this instance keeps for the request; see [`Cycle::request_state`].
    pub fn request_state<T: Zeroed>(&self, state: RequestState<T>) -> Option<&'a mut T> {
        state.slot.index_for(self.owner);
        if self.raw.request_state.is_null() || self.state_taken.replace(true) {
            return None;
        }
        // SAFETY: as in Cycle::request_state(); Events hands out each event once.
        Some(unsafe { &mut *(self.raw.request_state as *mut T) })
    }
    /// From `DISPATCHED` to the first byte of content.
    pub fn ttft_ns(&self) -> Option<i64> {
        Some(self.raw.ttft_ns).filter(|_| self.raw.present & SHUNT_EVENT_TTFT != 0)
    }
    /// From `DISPATCHED` to the end.
    pub fn duration_ns(&self) -> Option<i64> {
        Some(self.raw.duration_ns).filter(|_| self.raw.present & SHUNT_EVENT_DURATION != 0)
    }
    /// The ABI's form.
    pub fn raw(&self) -> &'a shunt_event {
        self.raw
    }
}

/// A batch of events in the order in which they happened.
pub struct Events<'a> {
    first: *const shunt_event,
    n: u32,
    stride: u32,
    next: u32,
    owner: Owner,
    lifetime: PhantomData<&'a shunt_event>,
}

/// One event at a time: two of one request share their memory, so the one before has to be gone.
impl Events<'_> {
    /// The next event; nothing at the end.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Option<Event<'_>> {
        if self.next == self.n {
            return None;
        }
        // SAFETY: below n, of an array with this stride that lives as long as the call.
        let raw = unsafe { strided(self.first, u64::from(self.stride), self.next as usize) };
        self.next += 1;
        Some(Event { raw, owner: self.owner, state_taken: Cell::new(false) })
    }
}

/// Hears of every decision.
pub trait PickObserver: Plugin {
    /// Called after every decision, before the request is dispatched; cheap, and many at once.
    fn picked(&self, cycle: &Cycle<'_>, base: &View<'_>, decision: &Decision<'_>);
}

/// Hears of what happens to requests, endpoints and models.
pub trait EventObserver: Plugin {
    /// `shunt_event_bit(SHUNT_EVENT_COMPLETED)` and others, joined with `|`.
    const WANTS: u64;
    /// One batch; off the request path, one call at a time. May write endpoint outputs.
    fn events(&self, context: &Context<'_>, events: &mut Events<'_>);
}

/// The function of a `PickObserver`.
pub type Picked = unsafe extern "C" fn(*mut c_void, *const shunt_cycle, *const shunt_view, *const shunt_decision);
/// The bits and the function of an `EventObserver`.
pub type Listens = (u64, ListensWith);
type ListensWith = unsafe extern "C" fn(*mut c_void, *mut shunt_ctx, *const shunt_event, u32, u32);

impl<P: PickObserver> Probe<P> {
    /// The function of `P`.
    pub const PICKED: Option<Picked> = Some(picked::<P>);
}
impl<P: EventObserver> Probe<P> {
    /// The function of `P`.
    pub const EVENTS: Option<Listens> = Some((P::WANTS, events::<P>));
}

/// The table of a type that offers one of the two, or both.
pub const fn observer_table(picked: Option<Picked>, listens: Option<Listens>) -> shunt_observer_table {
    let (wants, events): (u64, Option<ListensWith>) = match listens {
        Some((wants, events)) => (wants, Some(events)),
        None => (0, None),
    };
    shunt_observer_table { size: size_of::<shunt_observer_table>() as u32, reserved: 0, wants, picked, events }
}
/// The interface, where there is one.
pub const fn observer(table: &'static shunt_observer_table) -> Option<Interface> {
    if table.picked.is_none() && table.events.is_none() {
        return None;
    }
    Some(interface!(SHUNT_OBSERVER_ID, table))
}

unsafe extern "C" fn picked<P: PickObserver>(
    this: *mut c_void, cycle: *const shunt_cycle, base: *const shunt_view, decision: *const shunt_decision,
) {
    // SAFETY: the host calls this as the ABI says: an instance of P, its cycle, its base view, a decision of this call.
    let (it, cycle, base, decision) = unsafe {
        let it = Instance::<P>::of(this);
        let cycle = it.cycle(cycle);
        let base = View::new(base, cycle.owner());
        (it, cycle, base, Decision(&*decision))
    };
    guard_silent(&cycle, || it.plugin.picked(&cycle, &base, &decision))
}

unsafe extern "C" fn events<P: EventObserver>(
    this: *mut c_void, ctx: *mut shunt_ctx, events: *const shunt_event, n: u32, stride: u32,
) {
    // SAFETY: the host calls this as the ABI says: an instance of P, its context.
    let (it, context) = unsafe {
        let it = Instance::<P>::of(this);
        (it, it.context(ctx))
    };
    let owner = context.owner();
    let mut events = Events { first: events, n, stride, next: 0, owner, lifetime: PhantomData };
    guard_silent(&context, || it.plugin.events(&context, &mut events))
}
