// SPDX-License-Identifier: Apache-2.0
//! Arrays as a host lays them out: aligned to 64 bytes, readable up to the next multiple of 64, and guarded behind that.

use std::mem::{size_of, size_of_val};

#[repr(C, align(64))]
#[derive(Clone, Copy)]
struct Line([u8; 64]);

const GUARD: u8 = 0xa5;

/// How much further apart structs lie than they are large, as with a host that knows more members: whoever forgets the stride
/// reads rubbish.
const STRETCH: usize = 64;

struct Block {
    lines: *mut [Line],
    bytes: usize,
    used: usize,
}

/// Owns arrays that are handed to a plugin as addresses.
#[derive(Default)]
pub(super) struct Memory(Vec<Block>);

impl Memory {
    fn block(&mut self, bytes: usize) -> *mut u8 {
        let lines = vec![Line([GUARD; 64]); bytes / 64 + 2].into_boxed_slice();
        let all = lines.len() * size_of::<Line>();
        // As a raw pointer from here on, so that moving the owner leaves the addresses valid.
        let lines = Box::into_raw(lines);
        self.0.push(Block { lines, bytes: all, used: bytes });
        lines as *mut u8
    }
    /// A copy of these values.
    pub(super) fn array<T: Copy>(&mut self, values: &[T]) -> *mut T {
        let start = self.block(size_of_val(values)) as *mut T;
        for (index, value) in values.iter().enumerate() {
            // SAFETY: the block has room for all values, and its alignment suffices for every type of the ABI.
            unsafe { start.add(index).write(*value) }
        }
        start
    }
    /// A copy of one value.
    pub(super) fn one<T: Copy>(&mut self, value: T) -> *mut T {
        self.array(&[value])
    }
    /// Copies further apart than the values are large, and how far apart.
    pub(super) fn strided<T: Copy>(&mut self, values: &[T]) -> (*mut T, u32) {
        let stride = size_of::<T>() + STRETCH;
        let start = self.block(values.len() * stride);
        for (index, value) in values.iter().enumerate() {
            // SAFETY: as above; strides are multiples of 8, as the structs of the ABI are.
            unsafe { (start.add(index * stride) as *mut T).write(*value) }
        }
        (start as *mut T, stride as u32)
    }
    /// Nobody wrote behind an array.
    pub(super) fn is_intact(&self) -> bool {
        self.0.iter().all(|block| {
            let start = block.lines as *const u8;
            // SAFETY: within the block; what lies behind the used bytes was initialised as bytes.
            (block.used..block.bytes).all(|at| unsafe { start.add(at).read() } == GUARD)
        })
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        for block in &self.0 {
            // SAFETY: came from Box::into_raw(), and is given back once.
            drop(unsafe { Box::from_raw(block.lines) });
        }
    }
}
