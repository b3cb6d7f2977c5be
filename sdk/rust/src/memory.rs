// SPDX-License-Identifier: Apache-2.0
//! Memory that the host keeps for an instance: per worker, and per request.

use crate::owner::typed_slot;

typed_slot! {
    /// Working memory per worker for a fixed number of `T`; see [`Init::scratch`](crate::Init::scratch).
    Scratch
}

typed_slot! {
    /// One `T` per request; see [`Init::request_state`](crate::Init::request_state).
    RequestState
}

/// Types for which memory of zero bytes is a value.
///
/// # Safety
/// All bytes zero is a valid value, and nothing is lost when a value is forgotten instead of dropped.
pub unsafe trait Zeroed: Copy + Send + 'static {}

macro_rules! zeroed {
    ($($name:ty)*) => { $(
        // SAFETY: a number.
        unsafe impl Zeroed for $name {}
    )* };
}
zeroed!(u8 u16 u32 u64 usize i8 i16 i32 i64 isize f32 f64);

// SAFETY: zero is `false`.
unsafe impl Zeroed for bool {}
// SAFETY: elements one after the other.
unsafe impl<T: Zeroed, const N: usize> Zeroed for [T; N] {}
