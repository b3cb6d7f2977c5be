// SPDX-License-Identifier: Apache-2.0
//! The candidates of a call and their columns.

use crate::abi::*;
use crate::owner::{typed_slot, Owner};
use crate::text::slice;

/// An interned text: equal symbols are equal texts.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct Symbol(pub u32);

impl Symbol {
    /// "No text".
    pub const NONE: Symbol = Symbol(0);
}

/// Column type: yes or no.
pub enum Flag {}
/// Column type: a set of symbols.
pub enum Set {}
/// Column type: how many members a set column has.
pub enum SetSize {}

mod sealed {
    /// The types that a column may have: `f64`, [`Flag`](super::Flag), [`Symbol`](super::Symbol), [`Set`](super::Set) and
    /// [`SetSize`](super::SetSize).
    pub trait Element: 'static {
        /// The ABI's number of the type.
        const TYPE: u32;
        /// As it lies in the column.
        type Stored: Copy + 'static;
    }
}
pub(crate) use sealed::Element;

/// What a row of a column reads as.
pub trait Read<'a>: Element {
    /// `f64`, `bool`, `Symbol`, or `&[Symbol]`.
    type Item;
    #[doc(hidden)]
    fn read(stored: Self::Stored, pool: &'a [Symbol]) -> Self::Item;
}

macro_rules! element {
    ($name:ty, $kind:expr, $stored:ty, $item:ty, |$value:ident, $pool:ident| $read:expr) => {
        impl Element for $name {
            const TYPE: u32 = $kind;
            type Stored = $stored;
        }
        impl<'a> Read<'a> for $name {
            type Item = $item;
            #[inline]
            fn read($value: $stored, $pool: &'a [Symbol]) -> $item {
                $read
            }
        }
    };
}
element!(f64, SHUNT_COLUMN_NUMBER, f64, f64, |value, _pool| value);
element!(SetSize, SHUNT_COLUMN_SET_SIZE, f64, f64, |value, _pool| value);
element!(Flag, SHUNT_COLUMN_FLAG, u8, bool, |value, _pool| value != 0);
element!(Symbol, SHUNT_COLUMN_SYMBOL, Symbol, Symbol, |value, _pool| value);
element!(Set, SHUNT_COLUMN_SET, shunt_set_row, &'a [Symbol], |row, pool| {
    pool.get(row.begin as usize..row.end as usize).unwrap_or(&[])
});

typed_slot! {
    /// A column that the constructor declared to read; [`View::column`] gives its rows.
    Column
}

/// A membership column: true where the endpoint's set holds the request's model or type.
pub type Membership = Column<Flag>;

/// The candidates of one call; row i is candidate i. Valid until the call returns.
#[derive(Clone, Copy)]
pub struct View<'a> {
    raw: &'a shunt_view,
    owner: Owner,
}

impl<'a> View<'a> {
    /// # Safety
    /// `raw` is a view that the host gave to a call of the instance `owner`, and that call lasts for `'a`.
    pub(crate) unsafe fn new(raw: *const shunt_view, owner: Owner) -> View<'a> {
        // SAFETY: never NULL, and promised by the caller.
        View { raw: unsafe { &*raw }, owner }
    }
    /// Number of candidates.
    pub fn len(&self) -> usize {
        self.raw.count as usize
    }
    /// No candidate at all.
    pub fn is_empty(&self) -> bool {
        self.raw.count == 0
    }
    /// 64-bit hashes of the endpoints' names: what per-endpoint state is kept by.
    pub fn keys(&self) -> &'a [u64] {
        // SAFETY: `key` has `count` entries for as long as the call.
        unsafe { slice(self.raw.key, self.len()) }
    }
    /// Per candidate its row in the cycle's base view.
    pub fn base_rows(&self) -> &'a [u32] {
        // SAFETY: `base_row` has `count` entries for as long as the call.
        unsafe { slice(self.raw.base_row, self.len()) }
    }
    /// Row of an endpoint, nothing when it is no candidate. Constant time in the base view, a scan elsewhere.
    pub fn find(&self, key: u64) -> Option<usize> {
        let keys = self.keys();
        if self.raw.row_index.is_null() {
            return keys.iter().position(|&candidate| candidate == key);
        }
        let mut at = key & self.raw.row_index_mask;
        loop {
            // SAFETY: `row_index` has row_index_mask + 1 entries, one of them SHUNT_NONE.
            let row = unsafe { *self.raw.row_index.add(at as usize) };
            if row == SHUNT_NONE {
                return None;
            }
            if keys[row as usize] == key {
                return Some(row as usize);
            }
            at = (at + 1) & self.raw.row_index_mask;
        }
    }
    /// Changes whenever the keys change; 0: do not cache.
    pub fn layout(&self) -> u64 {
        self.raw.layout
    }
    /// The rows of a column that this instance declared. Panics for a column of another instance.
    #[inline]
    pub fn column<T: Element>(&self, column: Column<T>) -> ColumnView<'a, T> {
        let slot = column.slot.index_for(self.owner);
        // SAFETY: the slot is of this instance, whose calls have all its columns; entries are never NULL.
        let raw: &'a shunt_column = unsafe { &**self.raw.columns.add(slot as usize) };
        ColumnView {
            raw,
            // SAFETY: the host's column has the type that was asked for and `count` rows.
            rows: unsafe { slice(raw.data as *const T::Stored, self.len()) },
        }
    }
    /// The ABI's form.
    pub fn raw(&self) -> &'a shunt_view {
        self.raw
    }
}

/// One column over the candidates.
pub struct ColumnView<'a, T: Element> {
    raw: &'a shunt_column,
    rows: &'a [T::Stored],
}

impl<T: Element> Clone for ColumnView<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T: Element> Copy for ColumnView<'_, T> {}

impl<'a, T: Element> ColumnView<'a, T> {
    /// Number of rows, that of the view.
    pub fn len(&self) -> usize {
        self.rows.len()
    }
    /// No row at all.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
    /// All rows as they lie in memory, for plain loops; a row without value reads as zero.
    pub fn rows(&self) -> &'a [T::Stored] {
        self.rows
    }
    /// Whether the row has a value.
    #[inline]
    pub fn has(&self, row: usize) -> bool {
        assert!(row < self.rows.len(), "row {} of a column of {}", row, self.rows.len());
        // SAFETY: `valid` is NULL or has as many entries as the column has rows.
        self.raw.valid.is_null() || unsafe { *self.raw.valid.add(row) } != 0
    }
    /// Every row has a value.
    pub fn is_complete(&self) -> bool {
        self.raw.valid.is_null()
    }
    /// No endpoint of this snapshot has a value.
    pub fn is_absent(&self) -> bool {
        self.raw.flags & SHUNT_COLUMN_FLAG_ABSENT != 0
    }
    /// When the row's value was measured, on the clock of `now_ns`; nothing: it is current.
    pub fn as_of_ns(&self, row: usize) -> Option<i64> {
        assert!(row < self.rows.len(), "row {} of a column of {}", row, self.rows.len());
        if self.raw.as_of_ns.is_null() {
            return None;
        }
        // SAFETY: not NULL, so it has as many entries as the column has rows.
        Some(unsafe { *self.raw.as_of_ns.add(row) }).filter(|&time| time != i64::MAX)
    }
    fn pool(&self) -> &'a [Symbol] {
        // SAFETY: NULL or `pool_len` entries; a Symbol is a u32.
        unsafe { slice(self.raw.pool as *const Symbol, self.raw.pool_len as usize) }
    }
    /// The ABI's form.
    pub fn raw(&self) -> &'a shunt_column {
        self.raw
    }
}

impl<'a, T: Read<'a>> ColumnView<'a, T> {
    /// The row's value, nothing where it has none.
    #[inline]
    pub fn get(&self, row: usize) -> Option<T::Item> {
        if self.has(row) {
            Some(T::read(self.rows[row], self.pool()))
        } else {
            None
        }
    }
    /// All rows in order, nothing where a row has no value.
    pub fn iter(self) -> Rows<'a, T> {
        Rows { column: self, next: 0 }
    }
}

/// What [`ColumnView::iter`] gives.
pub struct Rows<'a, T: Element> {
    column: ColumnView<'a, T>,
    next: usize,
}

impl<'a, T: Read<'a>> Iterator for Rows<'a, T> {
    type Item = Option<T::Item>;
    #[inline]
    fn next(&mut self) -> Option<Option<T::Item>> {
        if self.next == self.column.len() {
            return None;
        }
        self.next += 1;
        Some(self.column.get(self.next - 1))
    }
    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.column.len() - self.next;
        (left, Some(left))
    }
}
impl<'a, T: Read<'a>> ExactSizeIterator for Rows<'a, T> {}

impl<'a, T: Read<'a>> IntoIterator for ColumnView<'a, T> {
    type Item = Option<T::Item>;
    type IntoIter = Rows<'a, T>;
    fn into_iter(self) -> Rows<'a, T> {
        self.iter()
    }
}
