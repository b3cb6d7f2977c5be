// SPDX-License-Identifier: Apache-2.0
//! One inference request. Absent is not zero: optional fields are `Option`s, optional texts may be absent.

use crate::abi::*;
use crate::text::{slice, Text};

/// Valid until the call returns; cheap to copy.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    raw: &'a shunt_request,
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident)*) => { $(
        $(#[$doc])*
        pub fn $name(&self) -> Text<'a> {
            // SAFETY: texts of a request live as long as the call.
            unsafe { Text::from_raw(self.raw.$name) }
        }
    )* };
}
macro_rules! optional {
    ($($(#[$doc:meta])* $name:ident: $kind:ty, $bit:ident;)*) => { $(
        $(#[$doc])*
        pub fn $name(&self) -> Option<$kind> {
            if self.raw.present & $bit != 0 {
                Some(self.raw.$name)
            } else {
                None
            }
        }
    )* };
}

impl<'a> Request<'a> {
    /// # Safety
    /// `raw` is a request of the host that lives for `'a`.
    pub(crate) unsafe fn new(raw: *const shunt_request) -> Request<'a> {
        // SAFETY: promised by the caller.
        Request { raw: unsafe { &*raw } }
    }

    texts! {
        /// As the client or the front door named it.
        id
        /// As the client named it.
        model
        /// After rewriting; the model when nothing rewrote it.
        target_model
        /// "chat", "generate" or "embedding".
        r#type
        /// URL path without query.
        path
        /// Prompt text; chat messages joined in order with their roles.
        prompt
        /// Keeps prefix caches of different owners apart.
        cache_salt
        /// The user, where the client names one.
        user
        /// The session, where the client names one.
        session
        /// The tenant, where the client names one.
        tenant
    }

    /// Running number of this request in its host, from 0.
    pub fn number(&self) -> u64 {
        self.raw.number
    }
    /// 0 for the first decision, raised for each retry.
    pub fn attempt(&self) -> u32 {
        self.raw.attempt
    }
    /// On the clock of `now_ns`.
    pub fn arrival_ns(&self) -> i64 {
        self.raw.arrival_ns
    }
    /// Higher is more important, 0 the default, negative may be shed.
    pub fn priority(&self) -> i32 {
        self.raw.priority
    }
    /// Whether somebody gave it a priority.
    pub fn has_priority(&self) -> bool {
        self.raw.present & SHUNT_REQUEST_PRIORITY != 0
    }
    /// The client asked for a streamed answer.
    pub fn is_streaming(&self) -> bool {
        self.raw.traits & SHUNT_REQUEST_STREAMING != 0
    }
    /// The body holds images, audio or video.
    pub fn is_multimodal(&self) -> bool {
        self.raw.traits & SHUNT_REQUEST_MULTIMODAL != 0
    }
    /// `prompt_tokens` is an estimate, not a count.
    pub fn prompt_tokens_are_estimated(&self) -> bool {
        self.raw.present & SHUNT_REQUEST_PROMPT_TOKENS_ESTIMATED != 0
    }

    optional! {
        /// Nanoseconds after arrival.
        deadline_ns: i64, SHUNT_REQUEST_DEADLINE;
        /// Target for the time to first token.
        ttft_slo_ns: i64, SHUNT_REQUEST_TTFT_SLO;
        /// Target for the time per output token.
        tpot_slo_ns: i64, SHUNT_REQUEST_TPOT_SLO;
        /// Length of the prompt, or of the input when only that is known.
        prompt_bytes: u64, SHUNT_REQUEST_PROMPT_BYTES;
        /// Tokens of the prompt.
        prompt_tokens: u64, SHUNT_REQUEST_PROMPT_TOKENS;
        /// Most tokens that the client wants.
        max_tokens: u64, SHUNT_REQUEST_MAX_TOKENS;
        /// Number of inputs in the request.
        batch_size: u64, SHUNT_REQUEST_BATCH_SIZE;
        /// Length of the input.
        input_bytes: u64, SHUNT_REQUEST_INPUT_BYTES;
        /// What answering it takes.
        estimated_flops: f64, SHUNT_REQUEST_ESTIMATED_FLOPS;
        /// In the currency of price_per_gpu_hour.
        cost_budget: f64, SHUNT_REQUEST_COST_BUDGET;
        /// Key of an endpoint.
        preferred_endpoint: u64, SHUNT_REQUEST_PREFERRED_ENDPOINT;
    }

    /// Hashes of the prompt's blocks in order.
    pub fn block_hashes(&self) -> &'a [u64] {
        // SAFETY: NULL or as many entries as said, for as long as the call.
        unsafe { slice(self.raw.block_hashes, self.raw.n_block_hashes as usize) }
    }
    /// Token ids of the prompt.
    pub fn token_ids(&self) -> &'a [u32] {
        // SAFETY: as above.
        unsafe { slice(self.raw.token_ids, self.raw.n_token_ids as usize) }
    }
    /// Keys of endpoints that were taken out before any filter.
    pub fn excluded(&self) -> &'a [u64] {
        // SAFETY: as above.
        unsafe { slice(self.raw.excluded, self.raw.n_excluded as usize) }
    }
    /// Value of a header by its lower-case name; absent where there is none.
    pub fn header(&self, name: &str) -> Text<'a> {
        // SAFETY: as above.
        look_up(unsafe { slice(self.raw.headers, self.raw.n_headers as usize) }, name)
    }
    /// Value of a tag; absent where there is none.
    pub fn tag(&self, name: &str) -> Text<'a> {
        // SAFETY: as above.
        look_up(unsafe { slice(self.raw.tags, self.raw.n_tags as usize) }, name)
    }
    /// The ABI's form.
    pub fn raw(&self) -> &'a shunt_request {
        self.raw
    }
}

fn look_up<'a>(pairs: &'a [shunt_pair], name: &str) -> Text<'a> {
    for pair in pairs {
        // SAFETY: texts of a request live as long as the call, and so do the pairs.
        let (found, value) = unsafe { (Text::from_raw(pair.name), Text::from_raw(pair.value)) };
        if found == *name {
            return value;
        }
    }
    Text::ABSENT
}
