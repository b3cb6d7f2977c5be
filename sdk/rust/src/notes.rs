// SPDX-License-Identifier: Apache-2.0
//! What a plugin attaches to a decision: notes for people, headers, a port. Allowed in `pick_profiles`, `process_results` and
//! `picked`; headers also in `produce`. The same name again: later wins.

use crate::abi::*;
use crate::context::call;
use crate::cycle::Cycle;
use crate::status::{check, Answer};
use crate::text::{to_abi, Text};
use alloc::string::ToString;

impl Cycle<'_> {
    /// For people and for whoever reads the decision: an estimate, a policy, a reason.
    pub fn annotate(&self, name: &str, text: &str) -> Answer {
        self.note(SHUNT_NOTE_INFO, name, Text::from(text))
    }
    /// A header of the request to the model server, in place of the client's; `None` removes it.
    pub fn set_request_header(&self, name: &str, text: Option<&str>) -> Answer {
        self.note(SHUNT_NOTE_REQUEST_HEADER, name, text.map_or(Text::ABSENT, Text::from))
    }
    /// A header of the response to the client, in place of the model server's; `None` removes it.
    pub fn set_response_header(&self, name: &str, text: Option<&str>) -> Answer {
        self.note(SHUNT_NOTE_RESPONSE_HEADER, name, text.map_or(Text::ABSENT, Text::from))
    }
    /// The port of the endpoint to send to instead of its own.
    pub fn set_target_port(&self, port: u16) -> Answer {
        self.note(SHUNT_NOTE_TARGET_PORT, "", Text::from(port.to_string().as_str()))
    }
    fn note(&self, kind: u32, name: &str, text: Text<'_>) -> Answer {
        let (ctx, name, text) = (self.raw_context(), to_abi(name), text.raw());
        // SAFETY: the context is that of this call, and the texts are copied.
        check(unsafe { call!(self.host(), annotate(ctx, kind, name, text), else SHUNT_UNSUPPORTED) })
    }
}
