// SPDX-License-Identifier: Apache-2.0
//! Which instance a slot belongs to. The ABI hands out bare numbers that index arrays without a length; a number of one
//! instance, used in a call of another, would read whatever lies there. Safe code must not be able to do that.

use core::sync::atomic::{AtomicU64, Ordering};

/// Identity of an instance, never given out twice by one library.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Owner(u64);

impl Owner {
    pub(crate) fn next() -> Owner {
        static LAST: AtomicU64 = AtomicU64::new(0);
        Owner(LAST.fetch_add(1, Ordering::Relaxed) + 1)
    }
    /// Panics, which becomes the call's error, when a slot is used in a call of another instance.
    #[inline]
    pub(crate) fn expect(self, other: Owner) {
        assert!(self == other, "a column, value, output, memory or metric of another instance");
    }
}

/// A number that the host gave to one instance.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot {
    index: u32,
    owner: Owner,
}

impl Slot {
    pub(crate) fn new(index: u32, owner: Owner) -> Slot {
        Slot { index, owner }
    }
    #[inline]
    pub(crate) fn index_for(self, owner: Owner) -> u32 {
        self.owner.expect(owner);
        self.index
    }
}

/// A slot and the type of what is behind it.
macro_rules! typed_slot {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        pub struct $name<T: ?Sized> {
            pub(crate) slot: crate::owner::Slot,
            // The slot holds no T, so it is Send and Sync whatever T is.
            kind: core::marker::PhantomData<fn() -> *const T>,
        }
        impl<T: ?Sized> $name<T> {
            pub(crate) fn new(slot: crate::owner::Slot) -> $name<T> {
                $name { slot, kind: core::marker::PhantomData }
            }
        }
        // Not derived: that would ask for T: Clone, T: Copy.
        impl<T: ?Sized> Clone for $name<T> {
            fn clone(&self) -> $name<T> {
                *self
            }
        }
        impl<T: ?Sized> Copy for $name<T> {}
        impl<T: ?Sized> core::fmt::Debug for $name<T> {
            fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                core::fmt::Debug::fmt(&self.slot, out)
            }
        }
    };
}
pub(crate) use typed_slot;
