// SPDX-License-Identifier: Apache-2.0
//! The parameters of an instance: already checked against the schema, defaults filled in.

use crate::abi::*;
use crate::context::call;
use crate::init::Init;
use crate::status::{check, Error};
use crate::text::{to_abi, Text};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::mem::size_of;

/// One node of the parameters. Valid during construction.
#[derive(Clone)]
pub struct Parameter<'a> {
    init: &'a Init<'a>,
    pointer: String,
    raw: shunt_parameter,
}

const EMPTY: shunt_parameter = shunt_parameter {
    size: size_of::<shunt_parameter>() as u32,
    r#type: SHUNT_PARAMETER_ABSENT,
    number: 0.0,
    text: Text::ABSENT.raw(),
    length: 0,
};

impl<'a> Parameter<'a> {
    pub(crate) fn at(init: &'a Init<'a>, pointer: String) -> Result<Parameter<'a>, Error> {
        let (mut raw, path) = (EMPTY, to_abi(&pointer));
        // SAFETY: `init` is that of this create(); `raw` says how large it is.
        check(unsafe { call!(init.host(), parameter(init.raw().init, path, &mut raw), else SHUNT_UNSUPPORTED) })?;
        Ok(Parameter { init, pointer, raw })
    }
    /// Member of an object; absent where there is none.
    pub fn get(&self, key: &str) -> Result<Parameter<'a>, Error> {
        let escaped = key.replace('~', "~0").replace('/', "~1");
        Parameter::at(self.init, format!("{}/{}", self.pointer, escaped))
    }
    /// Element of a list; absent where there is none.
    pub fn index(&self, index: usize) -> Result<Parameter<'a>, Error> {
        Parameter::at(self.init, format!("{}/{}", self.pointer, index))
    }
    /// Elements of a list or members of an object; 0 where the parameter is absent.
    pub fn len(&self) -> usize {
        self.raw.length as usize
    }
    /// No element and no member.
    pub fn is_empty(&self) -> bool {
        self.raw.length == 0
    }
    /// It is there and is not null.
    pub fn exists(&self) -> bool {
        self.raw.r#type != SHUNT_PARAMETER_ABSENT && self.raw.r#type != SHUNT_PARAMETER_NULL
    }
    /// Keys of an object, in the order of the file.
    pub fn keys(&self) -> Result<Vec<String>, Error> {
        if self.raw.r#type != SHUNT_PARAMETER_OBJECT {
            return Ok(Vec::new());
        }
        let (host, init, path) = (self.init.host(), self.init.raw().init, to_abi(&self.pointer));
        let key_of = |index| {
            let mut key = EMPTY;
            // SAFETY: as in at().
            check(unsafe { call!(host, parameter_key(init, path, index, &mut key), else SHUNT_UNSUPPORTED) })?;
            self.utf8(key.text)
        };
        (0..self.raw.length).map(key_of).collect()
    }

    /// The number, or the alternative where there is none; an error where the parameter is something else.
    pub fn number(&self, alternative: f64) -> Result<f64, Error> {
        Ok(if self.expect(SHUNT_PARAMETER_NUMBER, "a number")? { self.raw.number } else { alternative })
    }
    /// As `number`, for true and false.
    pub fn flag(&self, alternative: bool) -> Result<bool, Error> {
        Ok(if self.expect(SHUNT_PARAMETER_FLAG, "true or false")? { self.raw.number != 0.0 } else { alternative })
    }
    /// As `number`, for texts.
    pub fn text(&self, alternative: &str) -> Result<String, Error> {
        if self.expect(SHUNT_PARAMETER_TEXT, "a string")? {
            self.utf8(self.raw.text)
        } else {
            Ok(String::from(alternative))
        }
    }
    /// JSON pointer, for messages.
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    fn expect(&self, kind: u32, what: &str) -> Result<bool, Error> {
        if self.exists() && self.raw.r#type != kind {
            return Err(Error::new(format!("parameter {} must be {}", self.pointer, what)));
        }
        Ok(self.exists())
    }
    fn utf8(&self, raw: shunt_str) -> Result<String, Error> {
        // SAFETY: texts of parameters live until create() returns.
        let text = unsafe { Text::from_raw(raw) };
        let valid = text.to_str().map(String::from);
        valid.ok_or_else(|| Error::new(format!("parameter {} is no UTF-8", self.pointer)))
    }
}
