// SPDX-License-Identifier: Apache-2.0
//! Events, spelled out in a test.

use super::memory::Memory;
use super::{EndpointSet, RequestBuilder};
use crate::abi::*;
use crate::text::{to_abi, Text};
use core::ffi::c_void;
use std::mem::size_of;

/// One event. What is not named stays absent.
#[derive(Clone, Debug)]
pub struct EventBuilder {
    kind: u32,
    endpoint: Option<String>,
    model: Option<String>,
    request: Option<RequestBuilder>,
    time_ns: i64,
    cause: u32,
    http_status: Option<u32>,
    output_tokens: Option<u64>,
    ttft_ns: Option<i64>,
    duration_ns: Option<i64>,
}

impl EventBuilder {
    /// `SHUNT_EVENT_COMPLETED` or another one.
    pub fn new(kind: u32) -> EventBuilder {
        EventBuilder {
            kind,
            endpoint: None,
            model: None,
            request: None,
            time_ns: 1_000_000_000,
            cause: SHUNT_CAUSE_NATURAL,
            http_status: None,
            output_tokens: None,
            ttft_ns: None,
            duration_ns: None,
        }
    }
    /// Name of its endpoint.
    pub fn endpoint(self, name: &str) -> EventBuilder {
        EventBuilder { endpoint: Some(name.to_string()), ..self }
    }
    /// Of events of managed models.
    pub fn model(self, id: &str) -> EventBuilder {
        EventBuilder { model: Some(id.to_string()), ..self }
    }
    /// Of request events.
    pub fn request(self, request: RequestBuilder) -> EventBuilder {
        EventBuilder { request: Some(request), ..self }
    }
    /// When it happened.
    pub fn time_ns(self, time_ns: i64) -> EventBuilder {
        EventBuilder { time_ns, ..self }
    }
    /// `SHUNT_CAUSE_ERROR` or another one; natural otherwise.
    pub fn cause(self, cause: u32) -> EventBuilder {
        EventBuilder { cause, ..self }
    }
    /// What the model server answered.
    pub fn http_status(self, status: u32) -> EventBuilder {
        EventBuilder { http_status: Some(status), ..self }
    }
    /// Tokens of the answer.
    pub fn output_tokens(self, tokens: u64) -> EventBuilder {
        EventBuilder { output_tokens: Some(tokens), ..self }
    }
    /// Time to first token.
    pub fn ttft_ns(self, time_ns: i64) -> EventBuilder {
        EventBuilder { ttft_ns: Some(time_ns), ..self }
    }
    /// Of the whole answer.
    pub fn duration_ns(self, time_ns: i64) -> EventBuilder {
        EventBuilder { duration_ns: Some(time_ns), ..self }
    }

    pub(super) fn kind(&self) -> u32 {
        self.kind
    }
    pub(super) fn request_number(&self) -> Option<u64> {
        self.request.as_ref().map(RequestBuilder::running_number)
    }
    /// Points into this object and into the memory.
    pub(super) fn build(&self, memory: &mut Memory, request_state: *mut c_void) -> shunt_event {
        let text = |text: &Option<String>| text.as_deref().map_or(Text::ABSENT.raw(), to_abi);
        let bit = |is_present, bit| if is_present { bit } else { 0 };
        shunt_event {
            size: size_of::<shunt_event>() as u32,
            r#type: self.kind,
            time_ns: self.time_ns,
            endpoint: self.endpoint.as_deref().map_or(0, EndpointSet::key_of),
            endpoint_name: text(&self.endpoint),
            model: text(&self.model),
            ticket: 0,
            request: self.request.as_ref().map_or(std::ptr::null(), |request| request.build(memory)),
            request_state,
            attempt: self.request.as_ref().map_or(0, RequestBuilder::attempt_number),
            profile: SHUNT_NONE,
            present: bit(self.http_status.is_some(), SHUNT_EVENT_HTTP_STATUS)
                | bit(self.output_tokens.is_some(), SHUNT_EVENT_OUTPUT_TOKENS)
                | bit(self.ttft_ns.is_some(), SHUNT_EVENT_TTFT)
                | bit(self.duration_ns.is_some(), SHUNT_EVENT_DURATION),
            cause: self.cause,
            http_status: self.http_status.unwrap_or(0),
            reserved: 0,
            prompt_tokens: 0,
            cached_tokens: 0,
            output_tokens: self.output_tokens.unwrap_or(0),
            ttft_ns: self.ttft_ns.unwrap_or(0),
            tpot_ns: 0,
            duration_ns: self.duration_ns.unwrap_or(0),
        }
    }
}
