// SPDX-License-Identifier: Apache-2.0
//! Prefers endpoints with free KV cache.
use shunt_sdk::*;

struct KvHeadroom {
    usage: Column<f64>,
}

impl Plugin for KvHeadroom {
    const TYPE: &'static str = "kv-headroom";
    const VERSION: &'static str = "1.0.0";
    const SUMMARY: &'static str = "1 - KV cache usage";

    fn new(init: &Init) -> Result<Self, Error> {
        Ok(KvHeadroom { usage: init.column("kv_cache_usage")? })
    }
}

impl Scorer for KvHeadroom {
    fn score(&self, _: &Cycle, view: &View, score: &mut [f64]) -> Answer {
        for (score, usage) in score.iter_mut().zip(view.column(self.usage)) {
            *score = 1.0 - usage.unwrap_or(1.0);
        }
        Ok(())
    }
}

export!(KvHeadroom);
