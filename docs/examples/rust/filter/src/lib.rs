// SPDX-License-Identifier: Apache-2.0
//! Removes endpoints whose queue is longer than a limit; those without a known queue stay.
use shunt_sdk::*;

struct ShortQueue {
    queue: Column<f64>,
    limit: f64,
}

impl Plugin for ShortQueue {
    const TYPE: &'static str = "short-queue";
    const VERSION: &'static str = "1.0.0";
    const SUMMARY: &'static str = "Removes endpoints whose queue is too long";
    const PARAMETERS_SCHEMA: &'static str = r#"{"type":"object","additionalProperties":false,"properties":
        {"limit":{"type":"number","minimum":0,"default":4,"description":"Longest queue that stays"}}}"#;

    fn new(init: &Init) -> Result<Self, Error> {
        Ok(ShortQueue { queue: init.column("queue")?, limit: init.parameter("limit")?.number(4.0)? })
    }
}

impl Filter for ShortQueue {
    fn filter(&self, _: &Cycle, view: &View, keep: &mut [bool]) -> Answer {
        for (keep, queue) in keep.iter_mut().zip(view.column(self.queue)) {
            *keep = queue.map_or(true, |queue| queue <= self.limit);
        }
        Ok(())
    }
}

export!(ShortQueue);
