// SPDX-License-Identifier: Apache-2.0
//! The services of the fake host that running functions use, and its table.

use super::declaring;
use super::endpoints::{Cell, WrittenCell};
use super::host::{locked, LogLine, RegisteredMetric, RequestValue};
use super::instance::{Retired, Running, Stage};
use super::{symbols, EndpointSet};
use crate::abi::*;
use crate::context::Level;
use crate::text::{slice, to_abi, Text};
use core::ffi::c_void;
use std::mem::size_of;

/// Bytes that call_alloc() gives in one call: as many as the ABI promises.
const ARENA_BYTES: u64 = 65536;

/// As the plugin wrote it; what is no UTF-8 is shown with replacements.
pub(super) fn text_of(raw: shunt_str) -> String {
    // SAFETY: texts are borrowed until the service returns.
    String::from_utf8_lossy(unsafe { Text::from_raw(raw) }.bytes()).into_owned()
}

fn running<'x>(ctx: *mut shunt_ctx) -> &'x Running<'x, 'x> {
    // SAFETY: plugins hand back the context of the running call.
    unsafe { Running::of(ctx as *const c_void) }
}

unsafe extern "C" fn set_error(ctx: *mut shunt_ctx, _code: i32, text: shunt_str) {
    locked(&running(ctx).left).error = Some(text_of(text));
}
unsafe extern "C" fn log(ctx: *mut shunt_ctx, level: u32, text: shunt_str) {
    let call = running(ctx);
    if call.stage == Stage::EvictionFor {
        call.instance.misuse("log() is not allowed in eviction_for()");
    }
    let levels = [Level::Trace, Level::Debug, Level::Info, Level::Warning, Level::Error];
    let mut record = call.instance.host.record();
    if let Some(level) = levels.get(level as usize).copied().filter(|&level| level as u32 >= record.quietest) {
        record.logs.push(LogLine { level, instance: call.instance.name.clone(), text: text_of(text) });
    }
}
unsafe extern "C" fn log_level(ctx: *mut shunt_ctx) -> u32 {
    running(ctx).instance.host.record().quietest
}
unsafe extern "C" fn call_alloc(ctx: *mut shunt_ctx, bytes: u64) -> *mut c_void {
    let mut left = locked(&running(ctx).left);
    if bytes > ARENA_BYTES - left.allocated {
        return std::ptr::null_mut();
    }
    left.allocated += bytes;
    // Nobody may count on zeros.
    left.arena.array(&vec![0xcdu8; bytes as usize]) as *mut c_void
}
unsafe extern "C" fn find_symbol(_: *const shunt_host, text: shunt_str) -> u32 {
    symbols::find(&text_of(text))
}
unsafe extern "C" fn symbol_text(_: *const shunt_host, symbol: u32) -> shunt_str {
    symbols::text_of(symbol).map_or(Text::ABSENT.raw(), to_abi)
}
unsafe extern "C" fn endpoint_key(_: *const shunt_host, name: shunt_str) -> u64 {
    EndpointSet::key_of(&text_of(name))
}
unsafe extern "C" fn hash(_: *const shunt_host, data: *const c_void, len: u64, seed: u64) -> u64 {
    // SAFETY: as many bytes as said.
    symbols::hash(unsafe { slice(data as *const u8, len as usize) }, seed)
}
unsafe extern "C" fn hash_blocks(
    _: *const shunt_host, data: *const c_void, len: u64, block_bytes: u64, seed: u64, out: *mut u64, capacity: u64,
) -> u64 {
    if block_bytes == 0 {
        return 0;
    }
    // SAFETY: as many bytes as said.
    let blocks = unsafe { slice(data as *const u8, len as usize) }.chunks(block_bytes as usize);
    let (mut last, mut n) = (seed, 0);
    for block in blocks.take(capacity as usize) {
        last = symbols::hash(block, last);
        // SAFETY: fewer than `capacity` were written, for which there is room.
        unsafe { out.add(n).write(last) };
        n += 1;
    }
    n as u64
}

/// What the host drops is dropped here as well, and noted: nobody would ever see the number.
fn update(metric: *mut shunt_metric, value: f64, set: bool) {
    // SAFETY: metrics of plugins come from FakeHost::register(), and the host outlives its instances.
    let metric = unsafe { &*(metric as *const RegisteredMetric) };
    let mut it = locked(&metric.content);
    let wrong = match it.kind {
        _ if !value.is_finite() => "a number that is not finite for",
        SHUNT_METRIC_COUNTER if !set && value < 0.0 => "a negative number for the counter",
        kind if set && kind != SHUNT_METRIC_GAUGE => "set() for what is no gauge:",
        SHUNT_METRIC_HISTOGRAM => return it.observations.push(value),
        _ if set => return it.value = value,
        _ => return it.value += value,
    };
    locked(&metric.misuses).push(format!("{}: {} {:?}", it.instance, wrong, it.name));
}
unsafe extern "C" fn metric_add(metric: *mut shunt_metric, value: f64) {
    update(metric, value, false)
}
unsafe extern "C" fn metric_set(metric: *mut shunt_metric, value: f64) {
    update(metric, value, true)
}

unsafe extern "C" fn set_value(ctx: *mut shunt_ctx, slot: u32, value: *const shunt_value) -> i32 {
    let call = running(ctx);
    if !call.allows("set_value", &[Stage::Produce, Stage::PickProfiles]) {
        return SHUNT_UNSUPPORTED;
    }
    let declared = locked(&call.instance.declared).output_values.get(slot as usize).cloned();
    // SAFETY: the caller's value.
    let (value, declared) = match (unsafe { &*value }, declared) {
        (_, None) => return call.refuse(SHUNT_OUT_OF_RANGE, "set_value: no such slot"),
        (value, Some(declared)) => (value, declared),
    };
    if value.size < size_of::<shunt_value>() as u32 || value.r#type != declared.kind {
        return call.refuse(SHUNT_INVALID, "set_value: not the declared type, or its size is missing");
    }
    let content = match value.r#type {
        SHUNT_VALUE_NUMBER if !value.number.is_finite() => {
            return call.refuse(SHUNT_INVALID, "set_value: not finite");
        }
        SHUNT_VALUE_NUMBER => RequestValue::Number(value.number),
        SHUNT_VALUE_ENDPOINT => RequestValue::Endpoint(value.key),
        SHUNT_VALUE_SYMBOL => RequestValue::Symbol(symbols::text_of(value.symbol).unwrap_or("").to_string()),
        _ => RequestValue::Text(text_of(value.text)),
    };
    let mut record = call.instance.host.record();
    record.values.remove(&declared.name);
    if value.present != 0 {
        record.values.insert(declared.name, content);
    }
    SHUNT_OK
}

unsafe extern "C" fn annotate(ctx: *mut shunt_ctx, kind: u32, name: shunt_str, text: shunt_str) -> i32 {
    let call = running(ctx);
    let is_header = kind == SHUNT_NOTE_REQUEST_HEADER || kind == SHUNT_NOTE_RESPONSE_HEADER;
    let stages = [Stage::PickProfiles, Stage::ProcessResults, Stage::Picked, Stage::Produce];
    if !call.allows("annotate", if is_header { &stages } else { &stages[..3] }) {
        return SHUNT_UNSUPPORTED;
    }
    if name.len > 128 || text.len > 4096 {
        return call.refuse(SHUNT_OUT_OF_RANGE, "annotate: a note that is too long");
    }
    let content = if text.data.is_null() { None } else { Some(text_of(text)) };
    let name = text_of(name);
    let notes = &mut locked(&call.left).notes;
    match (kind, content) {
        (SHUNT_NOTE_REQUEST_HEADER, text) => drop(notes.request_headers.insert(name.to_ascii_lowercase(), text)),
        (SHUNT_NOTE_RESPONSE_HEADER, text) => drop(notes.response_headers.insert(name.to_ascii_lowercase(), text)),
        (SHUNT_NOTE_INFO, Some(text)) => drop(notes.annotations.insert(name, text)),
        (SHUNT_NOTE_TARGET_PORT, Some(text)) => notes.target_port = text.parse().ok(),
        _ => return SHUNT_INVALID,
    }
    SHUNT_OK
}
unsafe extern "C" fn set_picks(ctx: *mut shunt_ctx, result: u32, base_rows: *const u32, n: u32) -> i32 {
    let call = running(ctx);
    if !call.allows("set_picks", &[Stage::ProcessResults]) {
        return SHUNT_UNSUPPORTED;
    }
    // SAFETY: n rows.
    let rows = unsafe { slice(base_rows, n as usize) };
    let candidates = match call.runs.get(result as usize) {
        Some(Some(candidates)) => candidates,
        _ => return call.refuse(SHUNT_OUT_OF_RANGE, "set_picks: no such successful result"),
    };
    let is_new = |(index, row): (usize, &u32)| candidates.contains(row) && !rows[..index].contains(row);
    if rows.is_empty() || !rows.iter().enumerate().all(is_new) {
        return call.refuse(SHUNT_INVALID, "set_picks: needs distinct candidates of the run, one at least");
    }
    locked(&call.left).picks.insert(result, rows.to_vec());
    SHUNT_OK
}

fn put(ctx: *mut shunt_ctx, slot: u32, endpoint: u64, kind: Option<u32>, content: Option<Cell>) -> i32 {
    let call = running(ctx);
    if !call.allows("put", &[Stage::Events]) {
        return SHUNT_UNSUPPORTED;
    }
    let column = match locked(&call.instance.declared).endpoint_outputs.get(slot as usize) {
        None => return call.refuse(SHUNT_OUT_OF_RANGE, "put: no endpoint output has this slot"),
        Some(output) if kind.map_or(false, |kind| kind != output.kind) => {
            return call.refuse(SHUNT_INVALID, "put: not the declared type");
        }
        Some(output) => output.name.clone(),
    };
    let mut record = call.instance.host.record();
    if !record.endpoints.contains(&endpoint) {
        return call.refuse(SHUNT_NOT_FOUND, "put: unknown endpoint");
    }
    record.cells.push(WrittenCell { column, endpoint, content });
    SHUNT_OK
}
unsafe extern "C" fn put_number(ctx: *mut shunt_ctx, slot: u32, key: u64, value: f64) -> i32 {
    if !value.is_finite() {
        return running(ctx).refuse(SHUNT_INVALID, "put: not finite");
    }
    put(ctx, slot, key, Some(SHUNT_COLUMN_NUMBER), Some(Cell::Number(value)))
}
unsafe extern "C" fn put_flag(ctx: *mut shunt_ctx, slot: u32, key: u64, value: u32) -> i32 {
    put(ctx, slot, key, Some(SHUNT_COLUMN_FLAG), Some(Cell::Flag(value != 0)))
}
unsafe extern "C" fn put_text(ctx: *mut shunt_ctx, slot: u32, key: u64, value: shunt_str) -> i32 {
    put(ctx, slot, key, Some(SHUNT_COLUMN_SYMBOL), Some(Cell::Text(text_of(value))))
}
unsafe extern "C" fn put_set(ctx: *mut shunt_ctx, slot: u32, key: u64, names: *const shunt_str, n: u64) -> i32 {
    // SAFETY: n names.
    let members = unsafe { slice(names, n as usize) }.iter().map(|name| text_of(*name)).collect();
    put(ctx, slot, key, Some(SHUNT_COLUMN_SET), Some(Cell::Set(members)))
}
unsafe extern "C" fn put_absent(ctx: *mut shunt_ctx, slot: u32, key: u64) -> i32 {
    put(ctx, slot, key, None, None)
}

unsafe extern "C" fn retire(
    ctx: *mut shunt_ctx, release: Option<unsafe extern "C" fn(*mut c_void)>, object: *mut c_void,
) -> i32 {
    let call = running(ctx);
    if call.stage.is_hot() {
        call.instance.misuse("retire() is not allowed in this function");
        return call.refuse(SHUNT_UNSUPPORTED, "retire() is not for hot functions");
    }
    match release {
        None => SHUNT_INVALID,
        Some(release) => {
            locked(&call.instance.retired).push(Retired { release, object });
            SHUNT_OK
        }
    }
}
unsafe extern "C" fn extension(_: *const shunt_host, _: shunt_str) -> *const c_void {
    std::ptr::null()
}
unsafe extern "C" fn peer_call(
    ctx: *mut shunt_ctx, _: u32, _: *mut *const shunt_cycle, _: *mut *const shunt_view,
) -> i32 {
    running(ctx).refuse(SHUNT_UNSUPPORTED, "the fake host has no peers")
}

pub(super) fn table() -> shunt_host {
    shunt_host {
        size: size_of::<shunt_host>() as u32,
        abi_major: SHUNT_ABI_MAJOR,
        abi_minor: SHUNT_ABI_MINOR_CURRENT,
        reserved: 0,
        name: to_abi("fake"),
        version: to_abi("0"),
        extension: Some(extension),
        column: Some(declaring::column),
        membership: Some(declaring::membership),
        value: Some(declaring::value),
        output: Some(declaring::output),
        output_value: Some(declaring::output_value),
        scratch: Some(declaring::scratch),
        request_state: Some(declaring::request_state),
        peer: Some(declaring::peer),
        profile: Some(declaring::profile),
        profile_count: Some(declaring::profile_count),
        profile_name: Some(declaring::profile_name),
        parameter: Some(declaring::parameter),
        parameter_key: Some(declaring::parameter_key),
        intern: Some(declaring::intern),
        metric: Some(declaring::metric),
        fetch: Some(declaring::fetch),
        set_error: Some(set_error),
        log: Some(log),
        log_level: Some(log_level),
        call_alloc: Some(call_alloc),
        find_symbol: Some(find_symbol),
        symbol_text: Some(symbol_text),
        endpoint_key: Some(endpoint_key),
        hash: Some(hash),
        hash_blocks: Some(hash_blocks),
        metric_add: Some(metric_add),
        metric_set: Some(metric_set),
        set_value: Some(set_value),
        annotate: Some(annotate),
        set_picks: Some(set_picks),
        peer_call: Some(peer_call),
        put_number: Some(put_number),
        put_flag: Some(put_flag),
        put_text: Some(put_text),
        put_set: Some(put_set),
        put_absent: Some(put_absent),
        retire: Some(retire),
    }
}
