// SPDX-License-Identifier: Apache-2.0
//! Texts as symbols, and a stand-in for the host's hash function.

use std::sync::Mutex;

/// Interned texts live as long as the process, so all hosts of a process share them.
static TEXTS: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());

/// 0 for a text that was never interned.
pub(super) fn find(text: &str) -> u32 {
    let texts = TEXTS.lock().expect("nothing panics while it is locked");
    texts.iter().position(|known| *known == text).map_or(0, |index| index as u32 + 1)
}

/// 0 for "".
pub(super) fn intern(text: &str) -> u32 {
    let mut texts = TEXTS.lock().expect("nothing panics while it is locked");
    if let Some(index) = texts.iter().position(|known| *known == text) {
        return index as u32 + 1;
    }
    if text.is_empty() {
        return 0;
    }
    texts.push(Box::leak(text.to_string().into_boxed_str()));
    texts.len() as u32
}

pub(super) fn text_of(symbol: u32) -> Option<&'static str> {
    let texts = TEXTS.lock().expect("nothing panics while it is locked");
    texts.get((symbol as usize).checked_sub(1)?).copied()
}

/// Other numbers than XXH3 gives, but the same in every run.
pub(super) fn hash(bytes: &[u8], seed: u64) -> u64 {
    let start = 0xcbf2_9ce4_8422_2325 ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let step = |state: u64, byte: &u8| (state ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    let state = bytes.iter().fold(start, step);
    let state = (state ^ (state >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    state ^ (state >> 32)
}
