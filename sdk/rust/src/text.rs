// SPDX-License-Identifier: Apache-2.0
//! Between Rust's text and the ABI's `shunt_str`.

use crate::abi::shunt_str;
use core::fmt;
use core::marker::PhantomData;

/// A text of the host. It may be absent, which is not the same as empty, and what comes out of a request or a page is
/// whatever a client sent: bytes, not necessarily UTF-8.
#[derive(Clone, Copy)]
pub struct Text<'a> {
    raw: shunt_str,
    lifetime: PhantomData<&'a [u8]>,
}

impl<'a> Text<'a> {
    /// No text at all.
    pub const ABSENT: Text<'static> =
        Text { raw: shunt_str { data: core::ptr::null(), len: 0 }, lifetime: PhantomData };

    /// # Safety
    /// `raw` is absent, or points to `raw.len` bytes that live and stay unchanged for `'a`.
    pub const unsafe fn from_raw(raw: shunt_str) -> Text<'a> {
        Text { raw, lifetime: PhantomData }
    }
    /// The ABI's form, for raw calls. Valid as long as `'a`.
    pub const fn raw(self) -> shunt_str {
        self.raw
    }
    /// Whether there is a text; it may be empty.
    pub fn is_present(self) -> bool {
        !self.raw.data.is_null()
    }
    /// Whether there is no text, or one of no bytes.
    pub fn is_empty(self) -> bool {
        self.raw.data.is_null() || self.raw.len == 0
    }
    /// The bytes; none where the text is absent.
    pub fn bytes(self) -> &'a [u8] {
        // SAFETY: what from_raw() was promised, or a text of Rust's own.
        unsafe { slice(self.raw.data, self.raw.len as usize) }
    }
    /// The text, empty where it is absent; nothing where the bytes are no UTF-8.
    pub fn to_str(self) -> Option<&'a str> {
        core::str::from_utf8(self.bytes()).ok()
    }
    /// Nothing where the text is absent.
    pub fn present(self) -> Option<Text<'a>> {
        if self.is_present() {
            Some(self)
        } else {
            None
        }
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Text<'a> {
        Text { raw: to_abi(text), lifetime: PhantomData }
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Text<'_>) -> bool {
        self.is_present() == other.is_present() && self.bytes() == other.bytes()
    }
}
impl Eq for Text<'_> {}
impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        self.is_present() && self.bytes() == other.as_bytes()
    }
}
impl PartialEq<&str> for Text<'_> {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_str() {
            _ if !self.is_present() => out.write_str("absent"),
            Some(text) => fmt::Debug::fmt(text, out),
            None => fmt::Debug::fmt(self.bytes(), out),
        }
    }
}

/// A present, possibly empty text. Borrows: the text must outlive every use.
pub(crate) const fn to_abi(text: &str) -> shunt_str {
    shunt_str { data: text.as_ptr(), len: text.len() as u64 }
}

/// An array of the host, which may be NULL where it is empty.
///
/// # Safety
/// `data` is NULL, or points to `len` initialised values that live and stay unchanged for `'a`.
pub(crate) unsafe fn slice<'a, T>(data: *const T, len: usize) -> &'a [T] {
    if data.is_null() || len == 0 {
        return &[];
    }
    // SAFETY: promised by the caller.
    unsafe { core::slice::from_raw_parts(data, len) }
}

/// As `slice`, for an array that the host provides to be written.
///
/// # Safety
/// As for `slice`, and nobody else looks at the array for `'a`.
pub(crate) unsafe fn slice_mut<'a, T>(data: *mut T, len: usize) -> &'a mut [T] {
    if data.is_null() || len == 0 {
        return &mut [];
    }
    // SAFETY: promised by the caller.
    unsafe { core::slice::from_raw_parts_mut(data, len) }
}
