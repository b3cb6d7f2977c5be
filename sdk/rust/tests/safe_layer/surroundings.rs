// SPDX-License-Identifier: Apache-2.0
//! The cycle, request and view that a test calls with.

use crate::fake_host::FakeHost;
use core::ffi::c_void;
use shunt_sdk::abi::*;
use std::mem::{size_of, zeroed};

/// One number column over some endpoints; `None` is a row without value. Every slot reads it.
pub struct Call {
    pub cycle: Box<shunt_cycle>,
    pub view: Box<shunt_view>,
    pub value: Box<shunt_value>,
    _memory: Vec<Box<dyn std::any::Any>>,
}

impl Call {
    pub fn new(host: &FakeHost, rows: &[Option<f64>]) -> Call {
        let data: Box<Vec<f64>> = Box::new(rows.iter().map(|row| row.unwrap_or(0.0)).collect());
        let valid: Box<Vec<u8>> = Box::new(rows.iter().map(|row| u8::from(row.is_some())).collect());
        let keys: Box<Vec<u64>> = Box::new((0..rows.len() as u64).map(|row| 100 + row).collect());
        let base_rows: Box<Vec<u32>> = Box::new((0..rows.len() as u32).collect());
        let column = Box::new(shunt_column {
            size: size_of::<shunt_column>() as u32,
            r#type: SHUNT_COLUMN_NUMBER,
            flags: SHUNT_COLUMN_FLAG_PARTIAL,
            pool_len: 0,
            data: data.as_ptr() as *const c_void,
            valid: valid.as_ptr(),
            as_of_ns: std::ptr::null(),
            pool: std::ptr::null(),
        });
        let columns: Box<[*const shunt_column; 4]> = Box::new([&*column; 4]);
        // SAFETY: all of these are structs of numbers and pointers, for which zero is a value.
        let (mut view, mut request, mut cycle, mut result, mut value) = unsafe {
            (
                Box::new(zeroed::<shunt_view>()),
                Box::new(zeroed::<shunt_request>()),
                Box::new(zeroed::<shunt_cycle>()),
                Box::new(zeroed::<shunt_result>()),
                Box::new(zeroed::<shunt_value>()),
            )
        };
        view.count = rows.len() as u32;
        view.columns = columns.as_ptr();
        view.key = keys.as_ptr();
        view.base_row = base_rows.as_ptr();
        request.size = size_of::<shunt_request>() as u32;
        result.picks = base_rows.as_ptr();
        result.n_picks = rows.len() as u32;
        let values: Box<[*const shunt_value; 4]> = Box::new([&*value; 4]);
        value.size = size_of::<shunt_value>() as u32;
        cycle.size = size_of::<shunt_cycle>() as u32;
        cycle.profile = SHUNT_NONE;
        cycle.seed = 7;
        cycle.request = &*request;
        cycle.done = &*result;
        cycle.n_done = 1;
        cycle.done_stride = size_of::<shunt_result>() as u32;
        cycle.values = values.as_ptr();
        cycle.ctx = host.ctx();
        cycle.base = &*view;
        Call {
            cycle,
            view,
            value,
            _memory: vec![data, valid, keys, base_rows, column, columns, values, request, result],
        }
    }
}
