// SPDX-License-Identifier: Apache-2.0
//! A request, spelled out in a test.

use crate::abi::*;
use crate::testing::memory::Memory;
use crate::testing::EndpointSet;
use crate::text::{to_abi, Text};
use std::mem::size_of;

macro_rules! request {
    (texts { $($(#[$text_doc:meta])* $text:ident)* }
     texts_with_own_functions { $($own:ident)* }
     numbers { $($(#[$number_doc:meta])* $number:ident: $kind:ty, $bit:expr;)* }) => {
        /// A request. What is not named stays absent.
        ///
        /// ```
        /// # use shunt_sdk::testing::RequestBuilder;
        /// let request = RequestBuilder::new().model("llama-3").prompt("hello").priority(2).header("x-tier", "gold");
        /// ```
        #[derive(Clone, Debug, Default)]
        pub struct RequestBuilder {
            present: u64,
            traits: u32,
            $($text: Option<String>,)*
            $($own: Option<String>,)*
            $($number: $kind,)*
            headers: Vec<(String, String)>,
            tags: Vec<(String, String)>,
            block_hashes: Vec<u64>,
            token_ids: Vec<u32>,
            excluded: Vec<u64>,
        }
        impl RequestBuilder {
            $($(#[$text_doc])* pub fn $text(mut self, text: &str) -> RequestBuilder {
                self.$text = Some(text.to_string());
                self
            })*
            $($(#[$number_doc])* pub fn $number(mut self, value: $kind) -> RequestBuilder {
                self.present |= $bit;
                self.$number = value;
                self
            })*
            fn raw(&self) -> shunt_request {
                shunt_request {
                    size: size_of::<shunt_request>() as u32,
                    present: self.present,
                    traits: self.traits,
                    $($text: self.$text.as_deref().map_or(Text::ABSENT.raw(), to_abi),)*
                    $($own: self.$own.as_deref().map_or(Text::ABSENT.raw(), to_abi),)*
                    $($number: self.$number,)*
                    block_hashes: std::ptr::null(),
                    n_block_hashes: 0,
                    token_ids: std::ptr::null(),
                    n_token_ids: 0,
                    excluded: std::ptr::null(),
                    n_excluded: 0,
                    headers: std::ptr::null(),
                    n_headers: 0,
                    tags: std::ptr::null(),
                    n_tags: 0,
                }
            }
        }
    };
}

request! {
    texts {
        /// As the client or the front door names it.
        id
        /// As the client names it.
        model
        /// After rewriting; the model where it is not named.
        target_model
        /// "chat", "generate" or "embedding".
        r#type
        /// URL path without query.
        path
        /// Keeps prefix caches of different owners apart.
        cache_salt
        /// The user.
        user
        /// The session.
        session
        /// The tenant.
        tenant
    }
    texts_with_own_functions { prompt }
    numbers {
        /// Tells requests apart: each has its own request state.
        number: u64, 0;
        /// Raised for each retry.
        attempt: u32, 0;
        /// On the clock of `now_ns`.
        arrival_ns: i64, 0;
        /// Higher is more important.
        priority: i32, SHUNT_REQUEST_PRIORITY;
        /// Nanoseconds after arrival.
        deadline_ns: i64, SHUNT_REQUEST_DEADLINE;
        /// Target for the time to first token.
        ttft_slo_ns: i64, SHUNT_REQUEST_TTFT_SLO;
        /// Target for the time per output token.
        tpot_slo_ns: i64, SHUNT_REQUEST_TPOT_SLO;
        /// Length of a prompt whose text does not matter.
        prompt_bytes: u64, SHUNT_REQUEST_PROMPT_BYTES;
        /// Tokens of the prompt.
        prompt_tokens: u64, SHUNT_REQUEST_PROMPT_TOKENS;
        /// Most tokens that the client wants.
        max_tokens: u64, SHUNT_REQUEST_MAX_TOKENS;
        /// Number of inputs.
        batch_size: u64, SHUNT_REQUEST_BATCH_SIZE;
        /// Length of the input.
        input_bytes: u64, SHUNT_REQUEST_INPUT_BYTES;
        /// What answering it takes.
        estimated_flops: f64, SHUNT_REQUEST_ESTIMATED_FLOPS;
        /// In the currency of price_per_gpu_hour.
        cost_budget: f64, SHUNT_REQUEST_COST_BUDGET;
        /// Key of an endpoint, as [`EndpointSet::key_of`] gives it.
        preferred_endpoint: u64, SHUNT_REQUEST_PREFERRED_ENDPOINT;
    }
}

impl RequestBuilder {
    /// A request without anything.
    pub fn new() -> RequestBuilder {
        RequestBuilder::default()
    }
    /// Says its length too, as the host does.
    pub fn prompt(mut self, text: &str) -> RequestBuilder {
        self.prompt = Some(text.to_string());
        self.prompt_bytes(text.len() as u64)
    }
    /// The number of prompt tokens is an estimate.
    pub fn estimated_prompt_tokens(mut self, value: u64) -> RequestBuilder {
        self.present |= SHUNT_REQUEST_PROMPT_TOKENS_ESTIMATED;
        self.prompt_tokens(value)
    }
    /// The client asks for a streamed answer.
    pub fn streaming(mut self) -> RequestBuilder {
        self.traits |= SHUNT_REQUEST_STREAMING;
        self
    }
    /// The body holds images, audio or video.
    pub fn multimodal(mut self) -> RequestBuilder {
        self.traits |= SHUNT_REQUEST_MULTIMODAL;
        self
    }
    /// A header; hosts write names in lower case.
    pub fn header(mut self, name: &str, value: &str) -> RequestBuilder {
        self.headers.push((name.to_ascii_lowercase(), value.to_string()));
        self
    }
    /// A tag.
    pub fn tag(mut self, name: &str, value: &str) -> RequestBuilder {
        self.tags.push((name.to_string(), value.to_string()));
        self
    }
    /// Hashes of the prompt's blocks in order.
    pub fn block_hashes(mut self, hashes: &[u64]) -> RequestBuilder {
        self.block_hashes = hashes.to_vec();
        self
    }
    /// Token ids of the prompt.
    pub fn token_ids(mut self, ids: &[u32]) -> RequestBuilder {
        self.token_ids = ids.to_vec();
        self
    }
    /// An endpoint that was taken out before any filter.
    pub fn exclude(mut self, endpoint: &str) -> RequestBuilder {
        self.excluded.push(EndpointSet::key_of(endpoint));
        self
    }

    pub(super) fn running_number(&self) -> u64 {
        self.number
    }
    pub(super) fn attempt_number(&self) -> u32 {
        self.attempt
    }
    /// The text that a membership column is resolved for.
    pub(super) fn field(&self, field: u32) -> Option<&str> {
        match field {
            SHUNT_FIELD_MODEL => self.model.as_deref(),
            SHUNT_FIELD_TARGET_MODEL => self.target_model.as_deref().or(self.model.as_deref()),
            _ => self.r#type.as_deref(),
        }
    }
    /// Points into this object and into the memory.
    pub(super) fn build(&self, memory: &mut Memory) -> *const shunt_request {
        let pairs = |list: &[(String, String)]| -> Vec<shunt_pair> {
            list.iter().map(|(name, value)| shunt_pair { name: to_abi(name), value: to_abi(value) }).collect()
        };
        let mut raw = self.raw();
        raw.target_model = self.field(SHUNT_FIELD_TARGET_MODEL).map_or(Text::ABSENT.raw(), to_abi);
        raw.block_hashes = list(memory, &self.block_hashes, &mut raw.n_block_hashes);
        raw.token_ids = list(memory, &self.token_ids, &mut raw.n_token_ids);
        raw.excluded = list(memory, &self.excluded, &mut raw.n_excluded);
        raw.headers = list(memory, &pairs(&self.headers), &mut raw.n_headers);
        raw.tags = list(memory, &pairs(&self.tags), &mut raw.n_tags);
        memory.one(raw)
    }
}

/// NULL where nothing was given.
fn list<T: Copy>(memory: &mut Memory, values: &[T], n: &mut u64) -> *const T {
    *n = values.len() as u64;
    if values.is_empty() {
        return std::ptr::null();
    }
    memory.array(values)
}
