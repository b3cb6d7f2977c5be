// SPDX-License-Identifier: Apache-2.0
//! A host of a few lines: what plugins ask for is written down, and what they are given is what the test says.

use core::ffi::c_void;
use shunt_sdk::abi::*;
use shunt_sdk::Text;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::mem::{size_of, zeroed};

/// A parameter, by its JSON pointer.
pub enum Node {
    Number(f64),
    Text(&'static str),
    Object(Vec<&'static str>),
}

#[derive(Default)]
pub struct State {
    pub parameters: BTreeMap<&'static str, Node>,
    /// Columns, values, outputs: the position is the slot.
    pub declared: Vec<(String, u32, u32)>,
    pub metrics: Vec<(String, u32, f64)>,
    pub errors: Vec<(i32, String)>,
    pub lines: Vec<String>,
    pub puts: Vec<(u32, u64, String)>,
    pub notes: Vec<(u32, String, Option<String>)>,
    pub values: Vec<(u32, f64, String)>,
    pub picks: Vec<(u32, Vec<u32>)>,
    pub arena: Vec<Box<[u128]>>,
    pub bytes: (u64, u64),
    pub released: usize,
}

pub struct FakeHost {
    pub table: Box<shunt_host>,
    pub state: Box<RefCell<State>>,
}

fn text(raw: shunt_str) -> String {
    // SAFETY: texts are borrowed until the service returns.
    unsafe { Text::from_raw(raw) }.to_str().unwrap().to_string()
}
/// The state is what this host gives as init and as ctx.
fn state<T>(handle: *mut T) -> std::cell::RefMut<'static, State> {
    // SAFETY: the host outlives every call that a test makes.
    unsafe { &*(handle as *const RefCell<State>) }.borrow_mut()
}
fn declare(init: *mut shunt_init, name: shunt_str, kind: u32, more: u32, slot: *mut u32) -> i32 {
    let (name, mut it) = (text(name), state(init));
    if name == "unknown" {
        it.errors.push((SHUNT_NOT_FOUND, "no such column".into()));
        return SHUNT_NOT_FOUND;
    }
    it.declared.push((name, kind, more));
    // SAFETY: a place for the slot.
    unsafe { *slot = it.declared.len() as u32 - 1 };
    SHUNT_OK
}

unsafe extern "C" fn column(init: *mut shunt_init, name: shunt_str, kind: u32, need: u32, slot: *mut u32) -> i32 {
    declare(init, name, kind, need, slot)
}
unsafe extern "C" fn output_value(init: *mut shunt_init, name: shunt_str, kind: u32, slot: *mut u32) -> i32 {
    declare(init, name, kind, 0, slot)
}
unsafe extern "C" fn scratch(init: *mut shunt_init, bytes: u64) -> i32 {
    state(init).bytes.0 = bytes;
    SHUNT_OK
}
unsafe extern "C" fn request_state(init: *mut shunt_init, bytes: u64) -> i32 {
    state(init).bytes.1 = bytes;
    SHUNT_OK
}
unsafe extern "C" fn parameter(init: *mut shunt_init, pointer: shunt_str, out: *mut shunt_parameter) -> i32 {
    let (pointer, it) = (text(pointer), state(init));
    // SAFETY: the caller's own struct.
    let out = unsafe { &mut *out };
    assert_eq!(out.size as usize, size_of::<shunt_parameter>());
    out.r#type = SHUNT_PARAMETER_ABSENT;
    match it.parameters.get(pointer.as_str()) {
        None => {}
        Some(Node::Number(number)) => (out.r#type, out.number) = (SHUNT_PARAMETER_NUMBER, *number),
        Some(Node::Text(text)) => (out.r#type, out.text) = (SHUNT_PARAMETER_TEXT, Text::from(*text).raw()),
        Some(Node::Object(keys)) => (out.r#type, out.length) = (SHUNT_PARAMETER_OBJECT, keys.len() as u64),
    }
    SHUNT_OK
}
unsafe extern "C" fn parameter_key(
    init: *mut shunt_init,
    pointer: shunt_str,
    index: u64,
    out: *mut shunt_parameter,
) -> i32 {
    match state(init).parameters.get(text(pointer).as_str()) {
        Some(Node::Object(keys)) => {
            // SAFETY: the caller's own struct.
            unsafe { (*out).text = Text::from(keys[index as usize]).raw() };
            SHUNT_OK
        }
        _ => SHUNT_NOT_FOUND,
    }
}
unsafe extern "C" fn metric(init: *mut shunt_init, spec: *const shunt_metric_spec, out: *mut *mut shunt_metric) -> i32 {
    let mut it = state(init);
    // SAFETY: the caller's spec, and a place for the metric; a metric of this host is its entry.
    unsafe {
        let name = text((*spec).name);
        it.metrics.push((name, (*spec).kind * 100 + (*spec).n_labels * 10 + (*spec).n_bounds, 0.0));
        *out = it.metrics.last_mut().unwrap() as *mut (String, u32, f64) as *mut shunt_metric;
    }
    SHUNT_OK
}
unsafe extern "C" fn metric_add(metric: *mut shunt_metric, by: f64) {
    // SAFETY: no metric was registered after this one, so it has not moved.
    unsafe { (*(metric as *mut (String, u32, f64))).2 += by }
}
unsafe extern "C" fn set_error(ctx: *mut shunt_ctx, code: i32, error: shunt_str) {
    state(ctx).errors.push((code, text(error)));
}
unsafe extern "C" fn log(ctx: *mut shunt_ctx, level: u32, line: shunt_str) {
    state(ctx).lines.push(format!("{} {}", level, text(line)));
}
unsafe extern "C" fn log_level(_: *mut shunt_ctx) -> u32 {
    SHUNT_LOG_INFO
}
unsafe extern "C" fn call_alloc(ctx: *mut shunt_ctx, bytes: u64) -> *mut c_void {
    if bytes > 65536 {
        return std::ptr::null_mut();
    }
    let mut it = state(ctx);
    it.arena.push(vec![0; bytes as usize / 16 + 1].into_boxed_slice());
    it.arena.last_mut().unwrap().as_mut_ptr() as *mut c_void
}
unsafe extern "C" fn set_value(ctx: *mut shunt_ctx, slot: u32, value: *const shunt_value) -> i32 {
    // SAFETY: the caller's value.
    let value = unsafe { &*value };
    assert_eq!((value.size as usize, value.present), (size_of::<shunt_value>(), 1));
    // SAFETY: borrowed until this returns.
    let content = unsafe { Text::from_raw(value.text) }.to_str().unwrap().to_string();
    state(ctx).values.push((slot, value.number, content));
    SHUNT_OK
}
unsafe extern "C" fn annotate(ctx: *mut shunt_ctx, kind: u32, name: shunt_str, note: shunt_str) -> i32 {
    let note = if note.data.is_null() { None } else { Some(text(note)) };
    state(ctx).notes.push((kind, text(name), note));
    SHUNT_OK
}
unsafe extern "C" fn set_picks(ctx: *mut shunt_ctx, result: u32, rows: *const u32, n: u32) -> i32 {
    // SAFETY: n rows.
    state(ctx).picks.push((result, unsafe { std::slice::from_raw_parts(rows, n as usize) }.to_vec()));
    SHUNT_OK
}
unsafe extern "C" fn put_number(ctx: *mut shunt_ctx, slot: u32, key: u64, value: f64) -> i32 {
    state(ctx).puts.push((slot, key, value.to_string()));
    SHUNT_OK
}
unsafe extern "C" fn put_set(ctx: *mut shunt_ctx, slot: u32, key: u64, names: *const shunt_str, n: u64) -> i32 {
    // SAFETY: n names.
    let names = unsafe { std::slice::from_raw_parts(names, n as usize) };
    state(ctx).puts.push((slot, key, names.iter().map(|name| text(*name)).collect::<Vec<_>>().join(" ")));
    SHUNT_OK
}
unsafe extern "C" fn retire(
    ctx: *mut shunt_ctx,
    release: Option<unsafe extern "C" fn(*mut c_void)>,
    object: *mut c_void,
) -> i32 {
    state(ctx).released += 1;
    // SAFETY: what the caller gave, once.
    unsafe { release.unwrap()(object) };
    SHUNT_OK
}

impl FakeHost {
    pub fn new() -> FakeHost {
        // SAFETY: NULL in every place is a table, of a host that offers nothing.
        let mut table: shunt_host = unsafe { zeroed() };
        table.size = size_of::<shunt_host>() as u32;
        table.column = Some(column);
        table.membership = Some(column);
        table.value = Some(column);
        table.output = Some(column);
        table.output_value = Some(output_value);
        table.scratch = Some(scratch);
        table.request_state = Some(request_state);
        table.parameter = Some(parameter);
        table.parameter_key = Some(parameter_key);
        table.metric = Some(metric);
        table.metric_add = Some(metric_add);
        table.set_error = Some(set_error);
        table.log = Some(log);
        table.log_level = Some(log_level);
        table.call_alloc = Some(call_alloc);
        table.set_value = Some(set_value);
        table.annotate = Some(annotate);
        table.set_picks = Some(set_picks);
        table.put_number = Some(put_number);
        table.put_set = Some(put_set);
        table.retire = Some(retire);
        FakeHost { table: Box::new(table), state: Box::default() }
    }
    pub fn with(parameters: Vec<(&'static str, Node)>) -> FakeHost {
        let host = FakeHost::new();
        host.state.borrow_mut().parameters = parameters.into_iter().collect();
        host
    }
    pub fn ctx(&self) -> *mut shunt_ctx {
        &*self.state as *const RefCell<State> as *mut shunt_ctx
    }
    pub fn last_error(&self) -> (i32, String) {
        self.state.borrow().errors.last().cloned().expect("no error was set")
    }
}

/// An instance of a type of this test's library, made through the tables as a host does it.
pub struct Instance<'a> {
    pub this: *mut c_void,
    pub plugin: &'static shunt_plugin,
    _host: &'a FakeHost,
}

pub fn plugin(name: &str) -> &'static shunt_plugin {
    // SAFETY: tables of the library are static.
    unsafe {
        let library = &*crate::entry();
        let mut all = (0..library.plugin_count).map(|index| &*library.describe.unwrap()(index));
        all.find(|plugin| Text::from_raw(plugin.r#type) == *name).expect("no such type")
    }
}

/// The status where it fails.
pub fn create<'a>(host: &'a FakeHost, name: &str) -> Result<Instance<'a>, i32> {
    let plugin = plugin(name);
    let info = shunt_create_info {
        size: size_of::<shunt_create_info>() as u32,
        abi_minor: SHUNT_ABI_MINOR_CURRENT,
        host: &*host.table,
        init: host.ctx() as *mut shunt_init,
        ctx: host.ctx(),
        name: Text::from("it").raw(),
        parameters: Text::from("{}").raw(),
    };
    let mut this = std::ptr::null_mut();
    // SAFETY: as the ABI says.
    match unsafe { plugin.create.unwrap()(&info, &mut this) } {
        SHUNT_OK => Ok(Instance { this, plugin, _host: host }),
        status => Err(status),
    }
}

impl Instance<'_> {
    /// The table of an interface that it offers.
    pub fn table<T>(&self, id: &str) -> &'static T {
        // SAFETY: the test says what the table is.
        unsafe {
            let table = self.plugin.interface_table.unwrap()(self.this, Text::from(id).raw());
            assert!(!table.is_null(), "{} is not offered", id);
            &*(table as *const T)
        }
    }
}
impl Drop for Instance<'_> {
    fn drop(&mut self) {
        // SAFETY: made by create(), and destroyed once.
        unsafe { self.plugin.destroy.unwrap()(self.this) }
    }
}
