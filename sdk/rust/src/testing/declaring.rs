// SPDX-License-Identifier: Apache-2.0
//! The services of the fake host that constructors use.

use super::host::{locked, Metric};
use super::instance::{Declarations, Declared, Running, Stage};
use super::json::Json;
use super::services::text_of;
use super::{parameters, symbols};
use crate::abi::*;
use crate::text::{slice, to_abi, Text};
use core::ffi::c_void;

fn running<'x>(init: *mut shunt_init) -> &'x Running<'x, 'x> {
    // SAFETY: plugins hand back the init of the running create().
    unsafe { Running::of(init as *const c_void) }
}

/// The list that the declaration goes to.
type List = fn(&mut Declarations) -> &mut Vec<Declared>;

fn declare(init: *mut shunt_init, list: List, new: Declared, need: u32, slot: *mut u32) -> i32 {
    let call = running(init);
    if !call.allows("a declaration", &[Stage::Create]) {
        return SHUNT_UNSUPPORTED;
    }
    let is_provided = match &call.instance.host.record().provided {
        Some(names) => names.contains(&new.name),
        None => true,
    };
    if need == SHUNT_REQUIRED && !is_provided {
        return call.refuse(SHUNT_NOT_FOUND, &format!("nobody provides {:?}", new.name));
    }
    let mut declared = locked(&call.instance.declared);
    let list = list(&mut declared);
    // Asking twice gives the same slot.
    let same = |old: &Declared| old.name == new.name && old.kind == new.kind && old.field == new.field;
    let index = list.iter().position(same).unwrap_or(list.len());
    if index == list.len() {
        list.push(new);
    }
    // SAFETY: a place for the slot.
    unsafe { *slot = index as u32 };
    SHUNT_OK
}
fn named(name: shunt_str, kind: u32) -> Declared {
    Declared { name: text_of(name), kind, field: 0 }
}

pub(super) unsafe extern "C" fn column(
    init: *mut shunt_init, name: shunt_str, kind: u32, need: u32, slot: *mut u32,
) -> i32 {
    declare(init, |all| &mut all.columns, named(name, kind), need, slot)
}
pub(super) unsafe extern "C" fn membership(
    init: *mut shunt_init, set_column: shunt_str, field: u32, need: u32, slot: *mut u32,
) -> i32 {
    let new = Declared { field, ..named(set_column, SHUNT_COLUMN_MEMBERSHIP) };
    declare(init, |all| &mut all.columns, new, need, slot)
}
pub(super) unsafe extern "C" fn value(
    init: *mut shunt_init, name: shunt_str, kind: u32, need: u32, slot: *mut u32,
) -> i32 {
    declare(init, |all| &mut all.values, named(name, kind), need, slot)
}
pub(super) unsafe extern "C" fn output(
    init: *mut shunt_init, name: shunt_str, kind: u32, scope: u32, slot: *mut u32,
) -> i32 {
    let list: List = match scope {
        SHUNT_SCOPE_REQUEST => |all| &mut all.outputs,
        _ => |all| &mut all.endpoint_outputs,
    };
    declare(init, list, named(name, kind), SHUNT_OPTIONAL, slot)
}
pub(super) unsafe extern "C" fn output_value(init: *mut shunt_init, name: shunt_str, kind: u32, slot: *mut u32) -> i32 {
    declare(init, |all| &mut all.output_values, named(name, kind), SHUNT_OPTIONAL, slot)
}
pub(super) unsafe extern "C" fn scratch(init: *mut shunt_init, bytes: u64) -> i32 {
    if bytes > 16 << 20 {
        return running(init).refuse(SHUNT_OUT_OF_RANGE, "scratch: 16 MiB at most");
    }
    locked(&running(init).instance.declared).scratch_bytes = bytes;
    SHUNT_OK
}
pub(super) unsafe extern "C" fn request_state(init: *mut shunt_init, bytes: u64) -> i32 {
    if bytes > 64 << 10 {
        return running(init).refuse(SHUNT_OUT_OF_RANGE, "request_state: 64 KiB at most");
    }
    locked(&running(init).instance.declared).request_state_bytes = bytes;
    SHUNT_OK
}
pub(super) unsafe extern "C" fn peer(
    init: *mut shunt_init, name: shunt_str, _: shunt_str, _: *mut *const c_void, _: *mut *mut c_void, _: *mut u32,
) -> i32 {
    running(init).refuse(SHUNT_NOT_FOUND, &format!("there is no instance {:?}: the fake host has no peers", text_of(name)))
}
pub(super) unsafe extern "C" fn profile(init: *mut shunt_init, name: shunt_str, index: *mut u32) -> i32 {
    let name = text_of(name);
    match running(init).instance.host.record().profiles.iter().position(|profile| *profile == name) {
        None => SHUNT_NOT_FOUND,
        Some(found) => {
            // SAFETY: a place for the index.
            unsafe { *index = found as u32 };
            SHUNT_OK
        }
    }
}
pub(super) unsafe extern "C" fn profile_count(init: *mut shunt_init) -> u32 {
    running(init).instance.host.record().profiles.len() as u32
}
pub(super) unsafe extern "C" fn profile_name(init: *mut shunt_init, index: u32) -> shunt_str {
    let call = running(init);
    match call.instance.host.record().profiles.get(index as usize) {
        None => Text::ABSENT.raw(),
        // A copy, because a test on another thread may add profiles meanwhile.
        Some(name) => {
            let data = locked(&call.left).arena.array(name.as_bytes());
            shunt_str { data, len: name.len() as u64 }
        }
    }
}

fn node<'x>(call: &Running<'x, 'x>, pointer: shunt_str) -> Option<&'x Json> {
    call.parameters.and_then(|parameters| parameters.find(&text_of(pointer)))
}
pub(super) unsafe extern "C" fn parameter(init: *mut shunt_init, pointer: shunt_str, out: *mut shunt_parameter) -> i32 {
    // SAFETY: the caller's own struct.
    parameters::describe(node(running(init), pointer), unsafe { &mut *out });
    SHUNT_OK
}
pub(super) unsafe extern "C" fn parameter_key(
    init: *mut shunt_init, pointer: shunt_str, index: u64, out: *mut shunt_parameter,
) -> i32 {
    let members = match node(running(init), pointer) {
        Some(Json::Object(members)) => members,
        _ => return SHUNT_NOT_FOUND,
    };
    match members.get(index as usize) {
        None => SHUNT_NOT_FOUND,
        Some((key, _)) => {
            // SAFETY: the caller's own struct.
            unsafe { (*out).text = to_abi(key) };
            SHUNT_OK
        }
    }
}
pub(super) unsafe extern "C" fn intern(_: *mut shunt_init, text: shunt_str, symbol: *mut u32) -> i32 {
    // SAFETY: a place for the symbol.
    unsafe { *symbol = symbols::intern(&text_of(text)) };
    SHUNT_OK
}
pub(super) unsafe extern "C" fn metric(
    init: *mut shunt_init, spec: *const shunt_metric_spec, metric: *mut *mut shunt_metric,
) -> i32 {
    let instance = running(init).instance;
    // SAFETY: the caller's spec, with as many labels and bounds as it says; a place for the metric.
    unsafe {
        let spec = &*spec;
        let labels = slice(spec.labels, spec.n_labels as usize);
        *metric = instance.host.register(Metric {
            kind: spec.kind,
            instance: instance.name.clone(),
            name: text_of(spec.name),
            help: text_of(spec.help),
            labels: labels.iter().map(|label| (text_of(label.name), text_of(label.value))).collect(),
            bounds: slice(spec.bounds, spec.n_bounds as usize).to_vec(),
            value: 0.0,
            observations: Vec::new(),
        });
    }
    SHUNT_OK
}
pub(super) unsafe extern "C" fn fetch(init: *mut shunt_init, page: *const shunt_fetch) -> i32 {
    // SAFETY: the caller's page.
    let page = unsafe { &*page };
    if page.interval_ns < 50_000_000 || page.port > 65535 {
        return running(init).refuse(SHUNT_OUT_OF_RANGE, "fetch: 50 ms at least, and a port up to 65535");
    }
    locked(&running(init).instance.declared).pages.push(text_of(page.path));
    SHUNT_OK
}
