// SPDX-License-Identifier: Apache-2.0
//! The kind that decides which running models make room for another one.

use crate::abi::*;
use crate::boundary::{guard, guard_silent, Instance};
use crate::context::Context;
use crate::cycle::strided;
use crate::interface::picker::Picks;
use crate::library::{interface, Interface, Probe};
use crate::plugin::Plugin;
use crate::status::{Answer, Status};
use crate::text::{slice, Text};
use core::ffi::c_void;
use core::mem::size_of;
use core::ops::Deref;

/// One managed model. Numbers and flags are those of `raw`.
#[derive(Clone, Copy)]
pub struct Model<'a>(&'a shunt_model);

impl<'a> Model<'a> {
    /// Its name.
    pub fn id(&self) -> Text<'a> {
        // SAFETY: lives as long as the call.
        unsafe { Text::from_raw(self.0.id) }
    }
    /// As the config names it, absent when none.
    pub fn group(&self) -> Text<'a> {
        // SAFETY: as above.
        unsafe { Text::from_raw(self.0.group) }
    }
    /// It may not be a victim.
    pub fn is_pinned(&self) -> bool {
        self.0.flags & SHUNT_MODEL_PINNED != 0
    }
    /// It is the target of a committed swap that has not ended.
    pub fn is_loading(&self) -> bool {
        self.0.flags & SHUNT_MODEL_LOADING != 0
    }
    /// It is a victim of a committed swap that has not ended.
    pub fn is_leaving(&self) -> bool {
        self.0.flags & SHUNT_MODEL_LEAVING != 0
    }
    /// End of its last request, on the clock of `now_ns`.
    pub fn last_used_ns(&self) -> Option<i64> {
        Some(self.0.last_used_ns).filter(|_| self.0.present & SHUNT_MODEL_LAST_USED != 0)
    }
    /// Memory that it needs.
    pub fn bytes(&self) -> Option<u64> {
        Some(self.0.bytes).filter(|_| self.0.present & SHUNT_MODEL_BYTES != 0)
    }
    /// What loading it again would take.
    pub fn load_cost_ns(&self) -> Option<i64> {
        Some(self.0.load_cost_ns).filter(|_| self.0.present & SHUNT_MODEL_LOAD_COST != 0)
    }
    /// Indices of its devices: where it is, or where its config wants it.
    pub fn devices(&self) -> &'a [u32] {
        // SAFETY: as many entries as said, for as long as the call.
        unsafe { slice(self.0.devices, self.0.n_devices as usize) }
    }
    /// Its share of `bytes` on each device; empty: unknown.
    pub fn device_bytes(&self) -> &'a [u64] {
        // SAFETY: NULL or as many entries as devices.
        unsafe { slice(self.0.device_bytes, self.0.n_devices as usize) }
    }
    /// The ABI's form.
    pub fn raw(&self) -> &'a shunt_model {
        self.0
    }
}

/// "May this model be loaded now, and at whose expense?" It is a [`Context`] too.
pub struct SwapQuery<'a> {
    context: Context<'a>,
    raw: &'a shunt_swap_query,
}

impl<'a> Deref for SwapQuery<'a> {
    type Target = Context<'a>;
    fn deref(&self) -> &Context<'a> {
        &self.context
    }
}

impl<'a> SwapQuery<'a> {
    /// The model that is wanted.
    pub fn target(&self) -> Model<'a> {
        // SAFETY: never NULL, and lives as long as the call.
        Model(unsafe { &*self.raw.target })
    }
    /// Every process that is not stopped, and targets of committed swaps; the position is what `SwapPlan::evict` takes.
    pub fn running(&self) -> impl Iterator<Item = Model<'a>> + 'a {
        let raw = self.raw;
        // SAFETY: n_running models one stride apart, for as long as the call.
        (0..raw.n_running as usize).map(move |i| Model(unsafe { strided(raw.running, raw.running_stride, i) }))
    }
    /// Accelerators and memory pools; the position is what `SwapPlan::place` takes.
    pub fn devices(&self) -> impl Iterator<Item = &'a shunt_device> + 'a {
        let raw = self.raw;
        // SAFETY: n_devices devices one stride apart, for as long as the call.
        (0..raw.n_devices as usize).map(move |i| unsafe { strided(raw.devices, raw.device_stride, i) })
    }
    /// The only clock there is.
    pub fn now_ns(&self) -> i64 {
        self.raw.now_ns
    }
}

/// The answer being written.
pub struct SwapPlan<'a> {
    context: Context<'a>,
    victims: Picks<'a>,
    placement: Picks<'a>,
    reason: &'a mut shunt_str,
    retry_after_ns: &'a mut i64,
}

impl SwapPlan<'_> {
    /// Evicts running model number `index`; false when the list is full.
    pub fn evict(&mut self, index: usize) -> bool {
        self.victims.add(index)
    }
    /// Places the target on device number `index`; false when the list is full.
    pub fn place(&mut self, index: usize) -> bool {
        self.placement.add(index)
    }
    /// Says why.
    pub fn reason(&mut self, text: &str) {
        *self.reason = self.context.keep(text).raw();
    }
    /// `return Err(plan.blocked("...", 0))`: wait, and ask again not before that time from now; 0: when something changes.
    pub fn blocked(&mut self, text: &str, retry_after_ns: i64) -> Status {
        *self.retry_after_ns = retry_after_ns;
        self.reason(text);
        Status::BLOCKED
    }
    /// `return Err(plan.impossible("..."))`: refuse.
    pub fn impossible(&mut self, text: &str) -> Status {
        self.reason(text);
        Status::IMPOSSIBLE
    }
}

/// Decides which running models make room for another one.
pub trait Swapper: Plugin {
    /// Pure and speculative: asked for every request and again whenever something changes, so it keeps no state and does not
    /// log. `Ok(())`: evict the victims (none: load beside the others).
    fn eviction_for(&self, query: &SwapQuery<'_>, plan: &mut SwapPlan<'_>) -> Answer;
    /// Called once for a committed swap, with the same query; the place to remember and to log. `victims` are positions in
    /// `query.running()`.
    fn on_swap_start(&self, query: &SwapQuery<'_>, victims: &[u32], ticket: u64) {
        let _ = (query, victims, ticket);
    }
}

impl<P: Swapper> Probe<P> {
    /// The interface of `P`.
    pub const SWAPPER: Option<Interface> = Some(interface!(SHUNT_SWAPPER_ID, &Self::SWAPPER_TABLE));
    const SWAPPER_TABLE: shunt_swapper_table = shunt_swapper_table {
        size: size_of::<shunt_swapper_table>() as u32,
        reserved: 0,
        eviction_for: Some(eviction_for::<P>),
        on_swap_start: Some(on_swap_start::<P>),
    };
}

unsafe extern "C" fn eviction_for<P: Swapper>(
    this: *mut c_void, ctx: *mut shunt_ctx, query: *const shunt_swap_query, plan: *mut shunt_swap_plan,
) -> i32 {
    // SAFETY: the host calls this as the ABI says: an instance of P, its context, a query and a plan of this call; the arrays
    // of the plan have room for their capacities.
    let (it, query, mut plan) = unsafe {
        let it = Instance::<P>::of(this);
        let context = it.context(ctx);
        let raw = &mut *plan;
        let plan = SwapPlan {
            context,
            victims: Picks::new(raw.victims, raw.victims_capacity, &mut raw.n_victims),
            placement: Picks::new(raw.placement, raw.placement_capacity, &mut raw.n_placement),
            reason: &mut raw.reason,
            retry_after_ns: &mut raw.retry_after_ns,
        };
        (it, SwapQuery { context, raw: &*query }, plan)
    };
    guard(&query, || it.plugin.eviction_for(&query, &mut plan))
}

unsafe extern "C" fn on_swap_start<P: Swapper>(
    this: *mut c_void, ctx: *mut shunt_ctx, query: *const shunt_swap_query, plan: *const shunt_swap_plan, ticket: u64,
) {
    // SAFETY: as above; the plan has as many victims as it says.
    let (it, query, victims) = unsafe {
        let it = Instance::<P>::of(this);
        let query = SwapQuery { context: it.context(ctx), raw: &*query };
        (it, query, slice((*plan).victims, (*plan).n_victims as usize))
    };
    guard_silent(&query, || it.plugin.on_swap_start(&query, victims, ticket))
}
