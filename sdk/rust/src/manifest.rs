// SPDX-License-Identifier: Apache-2.0
//! The manifest note, put together at compile time from the same constants as the tables.

use crate::abi::*;
use crate::library::Interface;
use crate::plugin::Stability;

/// What the manifest says about one plugin type.
pub struct Facts {
    pub(crate) kind: &'static str,
    pub(crate) version: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) schema: &'static str,
    pub(crate) stability: Stability,
    pub(crate) single_instance: bool,
    pub(crate) interfaces: &'static [Option<Interface>],
    pub(crate) reads: &'static [&'static str],
    pub(crate) writes: &'static [&'static str],
    pub(crate) default_producer_of: &'static [&'static str],
}

/// An ELF note as it lies in the section.
#[repr(C)]
pub struct Note<const N: usize> {
    owner_size: u32,
    text_size: u32,
    kind: u32,
    owner: [u8; 8],
    text: [u8; N],
}

/// Counts with N = 0, writes with the number that came out: an array cannot take its size from its own contents. By value,
/// because constant functions of Rust 1.63 have no `&mut`.
struct Writer<const N: usize> {
    text: [u8; N],
    size: usize,
}

impl<const N: usize> Writer<N> {
    const fn byte(mut self, byte: u8) -> Writer<N> {
        if self.size < N {
            self.text[self.size] = byte;
        }
        self.size += 1;
        self
    }
    const fn raw(mut self, text: &str) -> Writer<N> {
        let bytes = text.as_bytes();
        let mut i = 0;
        while i < bytes.len() {
            if self.size < N {
                self.text[self.size] = bytes[i];
            }
            self.size += 1;
            i += 1;
        }
        self
    }
    const fn string(mut self, text: &str) -> Writer<N> {
        let hex = b"0123456789abcdef";
        let bytes = text.as_bytes();
        self = self.byte(b'"');
        let mut i = 0;
        while i < bytes.len() {
            let byte = bytes[i];
            if byte == b'"' || byte == b'\\' {
                self = self.byte(b'\\').byte(byte);
            } else if byte < 0x20 {
                self = self.raw("\\u00").byte(hex[(byte >> 4) as usize]).byte(hex[(byte & 15) as usize]);
            } else {
                self = self.byte(byte);
            }
            i += 1;
        }
        self.byte(b'"')
    }
    const fn strings(mut self, name: &str, list: &[&str]) -> Writer<N> {
        if list.is_empty() {
            return self;
        }
        self = self.raw(",\"").raw(name).raw("\":[");
        let mut i = 0;
        while i < list.len() {
            if i > 0 {
                self = self.byte(b',');
            }
            self = self.string(list[i]);
            i += 1;
        }
        self.byte(b']')
    }
    const fn number(self, value: u32) -> Writer<N> {
        let mut digits = [0; 10];
        let (mut rest, mut n) = (value, 0);
        while rest != 0 || n == 0 {
            digits[n] = b'0' + (rest % 10) as u8;
            rest /= 10;
            n += 1;
        }
        let mut out = self;
        while n > 0 {
            n -= 1;
            out = out.byte(digits[n]);
        }
        out
    }
    const fn plugin(mut self, facts: &Facts) -> Writer<N> {
        self = self.raw("{\"type\":").string(facts.kind).raw(",\"version\":").string(facts.version);
        self = self.raw(",\"summary\":").string(facts.summary);
        self = self.raw(",\"stability\":").string(facts.stability.word()).raw(",\"interfaces\":[");
        let (mut i, mut first) = (0, true);
        while i < facts.interfaces.len() {
            if let Some(interface) = &facts.interfaces[i] {
                if !first {
                    self = self.byte(b',');
                }
                first = false;
                self = self.string(interface.id);
            }
            i += 1;
        }
        self = self.raw("],\"parameters\":").raw(facts.schema);
        if facts.single_instance {
            self = self.raw(",\"flags\":[\"single-instance\"]");
        }
        self.strings("reads", facts.reads)
            .strings("writes", facts.writes)
            .strings("default_producer_of", facts.default_producer_of)
            .byte(b'}')
    }
    const fn library(mut self, name: &str, version: &str, plugins: &[Facts]) -> Writer<N> {
        self = self.raw("{\"manifest\":1,\"library\":{\"name\":").string(name).raw(",\"version\":").string(version);
        self = self.raw("},\"abi\":{\"major\":").number(SHUNT_ABI_MAJOR);
        self = self.raw(",\"minor\":").number(SHUNT_ABI_MINOR_CURRENT);
        self = self.raw(",\"min_minor\":").number(SHUNT_ABI_MINOR_CURRENT).raw("},\"plugins\":[");
        let mut i = 0;
        while i < plugins.len() {
            if i > 0 {
                self = self.byte(b',');
            }
            self = self.plugin(&plugins[i]);
            i += 1;
        }
        self.raw("]}")
    }
}

/// Bytes of the manifest text, padded to a multiple of four.
pub const fn size(name: &str, version: &str, plugins: &[Facts]) -> usize {
    let counted = Writer::<0> { text: [], size: 0 }.library(name, version, plugins);
    (counted.size + 3) / 4 * 4
}

/// The note itself; `N` is what `size` said.
pub const fn note<const N: usize>(name: &str, version: &str, plugins: &[Facts]) -> Note<N> {
    let written = Writer { text: [0; N], size: 0 }.library(name, version, plugins);
    Note {
        owner_size: SHUNT_MANIFEST_OWNER.len() as u32 + 1,
        text_size: N as u32,
        kind: SHUNT_MANIFEST_NOTE,
        owner: *b"shunt\0\0\0",
        text: written.text,
    }
}
