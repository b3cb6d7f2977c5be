// SPDX-License-Identifier: Apache-2.0
//! Columns that a plugin writes: request-scoped ones in `produce`, endpoint-scoped ones in `extract` and `events`.

use crate::abi::*;
use crate::context::{call, Context};
use crate::owner::{typed_slot, Owner};
use crate::status::{check, Answer};
use crate::text::{slice_mut, to_abi};
use crate::view::{Element, Flag, Read, Set, Symbol};
use alloc::vec::Vec;
use core::marker::PhantomData;

typed_slot! {
    /// A request-scoped column that the constructor declared to write; [`Outputs::column`] gives its rows.
    Output
}
typed_slot! {
    /// An endpoint column that the constructor declared to write; see [`Context::put`].
    EndpointOutput
}

/// The types that a column of `produce` may have: `f64` and [`Flag`].
pub trait Producible: for<'a> Read<'a> {
    #[doc(hidden)]
    fn store(item: <Self as Read<'static>>::Item) -> Self::Stored;
}
impl Producible for f64 {
    fn store(item: f64) -> f64 {
        item
    }
}
impl Producible for Flag {
    fn store(item: bool) -> u8 {
        u8::from(item)
    }
}

/// The outputs of one `produce` call.
pub struct Outputs<'a> {
    first: *mut shunt_output,
    n: u32,
    stride: u32,
    owner: Owner,
    lifetime: PhantomData<&'a mut shunt_output>,
}

impl<'a> Outputs<'a> {
    /// # Safety
    /// `first` is the first of `n` outputs `stride` bytes apart of a call of the instance `owner`, which lasts for `'a`.
    pub(crate) unsafe fn new(first: *mut shunt_output, n: u32, stride: u32, owner: Owner) -> Outputs<'a> {
        Outputs { first, n, stride, owner, lifetime: PhantomData }
    }
    /// The rows of an output of this instance; they arrive zeroed and absent.
    pub fn column<T: Producible>(&mut self, output: Output<T>) -> OutputColumn<'_, T> {
        let slot = output.slot.index_for(self.owner);
        assert!(slot < self.n, "output {} of {}", slot, self.n);
        // SAFETY: below n, see new(); borrowed from `self`, so exclusively.
        let raw = unsafe { &mut *((self.first as *mut u8).add(slot as usize * self.stride as usize) as *mut shunt_output) };
        // SAFETY: the host gives every output `rows` values of the declared type, and as many bytes of `valid`.
        let (rows, valid) = unsafe {
            (slice_mut(raw.data as *mut T::Stored, raw.rows as usize), slice_mut(raw.valid, raw.rows as usize))
        };
        OutputColumn { state: &mut raw.state, rows, valid }
    }
}

/// One output column being written.
pub struct OutputColumn<'a, T: Element> {
    state: &'a mut u32,
    rows: &'a mut [T::Stored],
    valid: &'a mut [u8],
}

impl<T: Producible> OutputColumn<'_, T> {
    /// Every row has a value; those not written read 0. Returns the rows.
    pub fn set_all_present(&mut self) -> &mut [T::Stored] {
        *self.state = SHUNT_OUTPUT_ALL;
        self.rows
    }
    /// Gives one row a value; the others stay as they are: absent, or after `set_all_present` present.
    pub fn set(&mut self, row: usize, value: <T as Read<'static>>::Item) {
        if *self.state != SHUNT_OUTPUT_ALL {
            *self.state = SHUNT_OUTPUT_PARTIAL;
        }
        self.rows[row] = T::store(value);
        self.valid[row] = 1;
    }
}

/// What a cell of an endpoint column is written from: `f64`, `bool` for a [`Flag`], `&str` for a [`Symbol`], `&[&str]` for a
/// [`Set`].
pub trait Cell<'a>: Element {
    /// As above.
    type Item;
    #[doc(hidden)]
    fn put(context: &Context<'_>, slot: u32, endpoint: u64, item: Self::Item) -> i32;
}

// The SAFETY of all four: the context is that of this call; the host checks slot and key, and copies the texts.
impl Cell<'_> for f64 {
    type Item = f64;
    fn put(context: &Context<'_>, slot: u32, key: u64, item: f64) -> i32 {
        // SAFETY: see above.
        unsafe { call!(context.host(), put_number(context.raw_context(), slot, key, item), else SHUNT_UNSUPPORTED) }
    }
}
impl Cell<'_> for Flag {
    type Item = bool;
    fn put(context: &Context<'_>, slot: u32, key: u64, item: bool) -> i32 {
        let item = u32::from(item);
        // SAFETY: see above.
        unsafe { call!(context.host(), put_flag(context.raw_context(), slot, key, item), else SHUNT_UNSUPPORTED) }
    }
}
impl<'a> Cell<'a> for Symbol {
    type Item = &'a str;
    fn put(context: &Context<'_>, slot: u32, key: u64, item: &'a str) -> i32 {
        let item = to_abi(item);
        // SAFETY: see above.
        unsafe { call!(context.host(), put_text(context.raw_context(), slot, key, item), else SHUNT_UNSUPPORTED) }
    }
}
impl<'a> Cell<'a> for Set {
    type Item = &'a [&'a str];
    fn put(context: &Context<'_>, slot: u32, key: u64, item: &'a [&'a str]) -> i32 {
        let names: Vec<shunt_str> = item.iter().map(|name| to_abi(name)).collect();
        let (ctx, data, n) = (context.raw_context(), names.as_ptr(), names.len() as u64);
        // SAFETY: see above.
        unsafe { call!(context.host(), put_set(ctx, slot, key, data, n), else SHUNT_UNSUPPORTED) }
    }
}

impl Context<'_> {
    /// Writes one cell of an endpoint column, in `extract` or `events`; visible in the next snapshot.
    pub fn put<'b, T: Cell<'b>>(&self, output: EndpointOutput<T>, endpoint: u64, item: T::Item) -> Answer {
        check(T::put(self, output.slot.index_for(self.owner()), endpoint, item))
    }
    /// Makes one cell absent again.
    pub fn put_absent<T>(&self, output: EndpointOutput<T>, endpoint: u64) -> Answer {
        let slot = output.slot.index_for(self.owner());
        // SAFETY: the context is that of this call; the host checks slot and key.
        check(unsafe { call!(self.host(), put_absent(self.raw_context(), slot, endpoint), else SHUNT_UNSUPPORTED) })
    }
}
