// SPDX-License-Identifier: Apache-2.0
//! Endpoints as views and columns.

use super::endpoints::{Cell, Endpoint};
use super::instance::Declared;
use super::memory::Memory;
use super::{symbols, Call, EndpointSet};
use crate::abi::*;
use core::ffi::c_void;
use std::mem::size_of;

/// A view in some memory, and which endpoints its rows are.
#[derive(Clone)]
pub(super) struct BuiltView {
    pub(super) raw: *const shunt_view,
    pub(super) rows: Vec<u32>,
}

/// `is_base`: with an index from key to row.
pub(super) fn build_view(
    memory: &mut Memory, columns: &[Declared], call: &Call<'_>, rows: &[u32], is_base: bool,
) -> BuiltView {
    let all: Vec<&Endpoint> = call.endpoints.iter().collect();
    let endpoint_of = |row: &u32| *all.get(*row as usize).unwrap_or_else(|| panic!("there is no endpoint {}", row));
    let endpoints: Vec<&Endpoint> = rows.iter().map(endpoint_of).collect();
    let keys: Vec<u64> = endpoints.iter().map(|endpoint| EndpointSet::key_of(endpoint.name())).collect();
    let mut slots: Vec<*const shunt_column> = Vec::new();
    for column in columns {
        let raw = build_column(memory, column, call, &endpoints);
        slots.push(memory.one(raw));
    }
    let index = if is_base { index_of(&keys) } else { Vec::new() };
    let view = shunt_view {
        size: size_of::<shunt_view>() as u32,
        count: rows.len() as u32,
        columns: memory.array(&slots),
        key: memory.array(&keys),
        base_row: memory.array(rows),
        row_index: if is_base { memory.array(&index) } else { std::ptr::null() },
        row_index_mask: (index.len() as u64).saturating_sub(1),
        layout: 0,
    };
    BuiltView { raw: memory.one(view), rows: rows.to_vec() }
}

/// Open addressing, at most half full, so that a search ends.
fn index_of(keys: &[u64]) -> Vec<u32> {
    let mut index = vec![SHUNT_NONE; (2 * keys.len() + 1).next_power_of_two()];
    let mask = index.len() - 1;
    for (row, key) in keys.iter().enumerate() {
        let mut at = *key as usize & mask;
        while index[at] != SHUNT_NONE {
            at = (at + 1) & mask;
        }
        index[at] = row as u32;
    }
    index
}

/// The rows of one column as they will lie in memory.
#[derive(Default)]
struct Rows {
    numbers: Vec<f64>,
    flags: Vec<u8>,
    symbols: Vec<u32>,
    sets: Vec<shunt_set_row>,
    pool: Vec<u32>,
}

fn build_column(memory: &mut Memory, column: &Declared, call: &Call<'_>, endpoints: &[&Endpoint]) -> shunt_column {
    let cells: Vec<Option<Cell>> = endpoints.iter().map(|endpoint| endpoint.cell(&column.name)).collect();
    let wanted = call.request.field(column.field);
    let mut rows = Rows::default();
    for (endpoint, cell) in endpoints.iter().zip(&cells) {
        match (column.kind, cell) {
            (SHUNT_COLUMN_NUMBER, Some(Cell::Number(number))) => rows.numbers.push(*number),
            (SHUNT_COLUMN_SET_SIZE, Some(Cell::Set(members))) => rows.numbers.push(members.len() as f64),
            (SHUNT_COLUMN_NUMBER | SHUNT_COLUMN_SET_SIZE, None) => rows.numbers.push(0.0),
            (SHUNT_COLUMN_FLAG, Some(Cell::Flag(flag))) => rows.flags.push(u8::from(*flag)),
            (SHUNT_COLUMN_MEMBERSHIP, Some(Cell::Set(members))) => {
                rows.flags.push(u8::from(members.iter().any(|member| Some(member.as_str()) == wanted)));
            }
            (SHUNT_COLUMN_FLAG | SHUNT_COLUMN_MEMBERSHIP, None) => rows.flags.push(0),
            (SHUNT_COLUMN_SYMBOL, Some(Cell::Text(text))) => rows.symbols.push(symbols::intern(text)),
            (SHUNT_COLUMN_SYMBOL, None) => rows.symbols.push(0),
            (SHUNT_COLUMN_SET, Some(Cell::Set(_)) | None) => {
                let begin = rows.pool.len() as u32;
                if let Some(Cell::Set(members)) = cell {
                    rows.pool.extend(members.iter().map(|member| symbols::intern(member)));
                }
                rows.sets.push(shunt_set_row { begin, end: rows.pool.len() as u32 });
            }
            (_, Some(other)) => {
                panic!("column {:?} of {:?} is {:?}, and the plugin reads another type", column.name, endpoint.name(), other)
            }
            (kind, None) => panic!("column {:?}: the ABI has no type {}", column.name, kind),
        }
    }
    let valid: Vec<u8> = cells.iter().map(|cell| u8::from(cell.is_some())).collect();
    let is_absent = !endpoints.is_empty() && !valid.contains(&1);
    let is_partial = valid.contains(&0);
    let ages: Vec<Option<i64>> = endpoints.iter().map(|endpoint| endpoint.age_of(&column.name)).collect();
    let times: Vec<i64> = ages.iter().map(|age| age.unwrap_or(i64::MAX)).collect();
    shunt_column {
        size: size_of::<shunt_column>() as u32,
        r#type: column.kind,
        flags: if is_absent { SHUNT_COLUMN_FLAG_ABSENT } else { 0 }
            | if is_partial { SHUNT_COLUMN_FLAG_PARTIAL } else { 0 },
        pool_len: rows.pool.len() as u32,
        data: match column.kind {
            SHUNT_COLUMN_NUMBER | SHUNT_COLUMN_SET_SIZE => memory.array(&rows.numbers) as *const c_void,
            SHUNT_COLUMN_SYMBOL => memory.array(&rows.symbols) as *const c_void,
            SHUNT_COLUMN_SET => memory.array(&rows.sets) as *const c_void,
            _ => memory.array(&rows.flags) as *const c_void,
        },
        valid: if is_partial { memory.array(&valid) } else { std::ptr::null() },
        as_of_ns: if ages.iter().any(Option::is_some) { memory.array(&times) } else { std::ptr::null() },
        pool: if column.kind == SHUNT_COLUMN_SET { memory.array(&rows.pool) } else { std::ptr::null() },
    }
}
