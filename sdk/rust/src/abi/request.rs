// SPDX-License-Identifier: Apache-2.0
//! One inference request as plugins see it. Optional numbers carry presence: zero is a value.

use super::*;

// Bits of shunt_request.present, one for each optional number. A string is present when its data is not NULL.
pub const SHUNT_REQUEST_PRIORITY: u64 = 1 << 0;
pub const SHUNT_REQUEST_DEADLINE: u64 = 1 << 1;
pub const SHUNT_REQUEST_TTFT_SLO: u64 = 1 << 2;
pub const SHUNT_REQUEST_TPOT_SLO: u64 = 1 << 3;
pub const SHUNT_REQUEST_PROMPT_TOKENS: u64 = 1 << 4;
/// the number is an estimate, not a count
pub const SHUNT_REQUEST_PROMPT_TOKENS_ESTIMATED: u64 = 1 << 5;
pub const SHUNT_REQUEST_MAX_TOKENS: u64 = 1 << 6;
pub const SHUNT_REQUEST_BATCH_SIZE: u64 = 1 << 7;
pub const SHUNT_REQUEST_INPUT_BYTES: u64 = 1 << 8;
pub const SHUNT_REQUEST_ESTIMATED_FLOPS: u64 = 1 << 9;
pub const SHUNT_REQUEST_COST_BUDGET: u64 = 1 << 10;
pub const SHUNT_REQUEST_PREFERRED_ENDPOINT: u64 = 1 << 11;
pub const SHUNT_REQUEST_PROMPT_BYTES: u64 = 1 << 12;

// Bits of shunt_request.traits.
/// the client asked for a streamed answer
pub const SHUNT_REQUEST_STREAMING: u32 = 1;
/// the body holds images, audio or video
pub const SHUNT_REQUEST_MULTIMODAL: u32 = 2;

// Which text of a request a membership column is resolved for; see shunt_host.membership.
/// model, as the client named it
pub const SHUNT_FIELD_MODEL: u32 = 1;
/// target_model, after any rewrite
pub const SHUNT_FIELD_TARGET_MODEL: u32 = 2;
/// type
pub const SHUNT_FIELD_TYPE: u32 = 3;

/// A header or a tag. Final: never grows.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct shunt_pair {
    /// headers: lower case
    pub name: shunt_str,
    pub value: shunt_str,
}

/// Borrowed until the call returns. From the first call for a request to its SHUNT_EVENT_COMPLETED the text and numbers never
/// change; attempt and excluded are those of the newest decision. Every request for which any call was made ends in exactly one
/// SHUNT_EVENT_COMPLETED, rejected ones with SHUNT_CAUSE_REJECTED.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct shunt_request {
    pub size: u32,
    /// 0 for the first decision, raised for each retry
    pub attempt: u32,
    /// SHUNT_REQUEST_* bits
    pub present: u64,
    /// running number of this request in its host, from 0
    pub number: u64,
    /// as the client or the front door named it
    pub id: shunt_str,
    /// as the client named it
    pub model: shunt_str,
    /// after rewriting; the model when nothing rewrote it
    pub target_model: shunt_str,
    /// "chat", "generate" or "embedding"
    pub r#type: shunt_str,
    /// URL path without query, "/v1/chat/completions"
    pub path: shunt_str,
    /// on the clock of now_ns
    pub arrival_ns: i64,
    /// nanoseconds after arrival
    pub deadline_ns: i64,
    /// target for the time to first token
    pub ttft_slo_ns: i64,
    /// target for the time per output token
    pub tpot_slo_ns: i64,
    /// higher is more important, 0 the default, negative may be shed; reads 0 when absent
    pub priority: i32,
    /// SHUNT_REQUEST_STREAMING, SHUNT_REQUEST_MULTIMODAL
    pub traits: u32,
    /// prompt text; chat messages joined in order with their roles
    pub prompt: shunt_str,
    /// keeps prefix caches of different owners apart
    pub cache_salt: shunt_str,
    /// length of the prompt, or of the input when only that is known
    pub prompt_bytes: u64,
    pub prompt_tokens: u64,
    pub max_tokens: u64,
    pub batch_size: u64,
    pub input_bytes: u64,
    pub estimated_flops: f64,
    /// in the currency of price_per_gpu_hour
    pub cost_budget: f64,
    /// hashes of the prompt's blocks in order, NULL when none were given
    pub block_hashes: *const u64,
    pub n_block_hashes: u64,
    /// token ids of the prompt, NULL when none were given
    pub token_ids: *const u32,
    pub n_token_ids: u64,
    pub user: shunt_str,
    pub session: shunt_str,
    pub tenant: shunt_str,
    /// key of an endpoint
    pub preferred_endpoint: u64,
    /// keys of endpoints that were taken out before any filter
    pub excluded: *const u64,
    pub n_excluded: u64,
    pub headers: *const shunt_pair,
    pub n_headers: u64,
    pub tags: *const shunt_pair,
    pub n_tags: u64,
}
