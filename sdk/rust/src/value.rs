// SPDX-License-Identifier: Apache-2.0
//! Request-scoped values: one datum per request, read and written.

use crate::abi::*;
use crate::context::call;
use crate::cycle::Cycle;
use crate::owner::typed_slot;
use crate::status::{check, Answer};
use crate::text::Text;
use crate::view::Symbol;

/// The key of an endpoint as a value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct EndpointKey(pub u64);

mod sealed {
    /// The types that a value may have: `f64`, [`EndpointKey`](super::EndpointKey), [`Symbol`](crate::Symbol) and `str`.
    pub trait ValueType: 'static {
        /// The ABI's number of the type.
        const TYPE: u32;
    }
}
pub(crate) use sealed::ValueType;

/// What a value reads as and is written from.
pub trait Datum<'a>: ValueType {
    /// `f64`, `EndpointKey`, `Symbol`, or `Text`.
    type Item;
    #[doc(hidden)]
    fn read(raw: &'a shunt_value) -> Self::Item;
    #[doc(hidden)]
    fn write(item: Self::Item, raw: &mut shunt_value);
}

macro_rules! datum {
    ($name:ty, $kind:expr, $item:ty, |$read:ident| $get:expr, |$item_name:ident, $write:ident| $set:expr) => {
        impl ValueType for $name {
            const TYPE: u32 = $kind;
        }
        impl<'a> Datum<'a> for $name {
            type Item = $item;
            fn read($read: &'a shunt_value) -> $item {
                $get
            }
            fn write($item_name: $item, $write: &mut shunt_value) {
                $set
            }
        }
    };
}
datum!(f64, SHUNT_VALUE_NUMBER, f64, |raw| raw.number, |item, raw| raw.number = item);
datum!(EndpointKey, SHUNT_VALUE_ENDPOINT, EndpointKey, |raw| EndpointKey(raw.key), |item, raw| raw.key = item.0);
datum!(Symbol, SHUNT_VALUE_SYMBOL, Symbol, |raw| Symbol(raw.symbol), |item, raw| raw.symbol = item.0);
datum!(
    str,
    SHUNT_VALUE_TEXT,
    Text<'a>,
    // SAFETY: the text of a value lives as long as the value.
    |raw| unsafe { Text::from_raw(raw.text) },
    |item, raw| raw.text = item.raw()
);

typed_slot! {
    /// A value that the constructor declared to read; [`Cycle::value`] gives it.
    Value
}
typed_slot! {
    /// A value that the constructor declared to write; see [`Cycle::set_value`].
    OutputValue
}

impl Cycle<'_> {
    /// Writes a declared value, in `produce` or `pick_profiles`: `cycle.set_value(self.total, 3.0)`. Others see it from the
    /// next call on.
    pub fn set_value<'b, T: ?Sized + Datum<'b>>(&self, value: OutputValue<T>, item: impl Into<T::Item>) -> Answer {
        let slot = value.slot.index_for(self.owner());
        let mut raw = shunt_value {
            size: core::mem::size_of::<shunt_value>() as u32,
            r#type: T::TYPE,
            present: 1,
            symbol: 0,
            number: 0.0,
            key: 0,
            text: Text::ABSENT.raw(),
        };
        T::write(item.into(), &mut raw);
        // SAFETY: the context is that of this call; the host copies the value, its text included.
        check(unsafe { call!(self.host(), set_value(self.raw_context(), slot, &raw), else SHUNT_UNSUPPORTED) })
    }
}
