// SPDX-License-Identifier: Apache-2.0
//! A scorer without Rust's standard library. What the library would bring is brought here: an allocator, and a panic handler.
#![no_std]

use core::alloc::{GlobalAlloc, Layout};
use shunt_sdk::*;

extern "C" {
    fn aligned_alloc(alignment: usize, size: usize) -> *mut u8;
    fn free(memory: *mut u8);
    fn abort() -> !;
}

struct FromC;
// SAFETY: C's allocator, with sizes rounded up to the alignment as it asks for.
unsafe impl GlobalAlloc for FromC {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let alignment = layout.align().max(16);
        // SAFETY: the alignment is a power of two.
        unsafe { aligned_alloc(alignment, (layout.size() + alignment - 1) / alignment * alignment) }
    }
    unsafe fn dealloc(&self, memory: *mut u8, _: Layout) {
        // SAFETY: came from alloc().
        unsafe { free(memory) }
    }
}
#[global_allocator]
static ALLOCATOR: FromC = FromC;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    // SAFETY: does not come back.
    unsafe { abort() }
}

struct KvHeadroom(Column<f64>);

impl Plugin for KvHeadroom {
    const TYPE: &'static str = "kv-headroom";
    const VERSION: &'static str = "1.0.0";
    const SUMMARY: &'static str = "1 - KV cache usage";

    fn new(init: &Init) -> Result<Self, Error> {
        Ok(KvHeadroom(init.column("kv_cache_usage")?))
    }
}

impl Scorer for KvHeadroom {
    fn score(&self, _: &Cycle, view: &View, score: &mut [f64]) -> Answer {
        for (score, usage) in score.iter_mut().zip(view.column(self.0)) {
            *score = 1.0 - usage.unwrap_or(1.0);
        }
        Ok(())
    }
}

export!(KvHeadroom);
