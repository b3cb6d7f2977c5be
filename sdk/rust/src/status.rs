// SPDX-License-Identifier: Apache-2.0
//! How a plugin says that something is wrong: constructors return an [`Error`], calls a [`Status`].

use crate::abi;
use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;

/// The outcome of a call that is not plain success. It is cheap: the text, where there is one, went to the host with
/// [`Context::fail`](crate::Context::fail).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use = "a status is to be returned"]
pub struct Status(i32);

/// What a call of a plugin returns.
///
/// `Ok(())` is success. `Err(Status::SKIP)` is benign, "nothing to say"; `Err(cycle.fail("no label"))` is a fault.
pub type Answer = Result<(), Status>;

impl Status {
    /// Nothing to say: a scorer adds nothing, a filter keeps all.
    pub const SKIP: Status = Status(abi::SHUNT_SKIP);
    /// Not now, later perhaps (swappers).
    pub const BLOCKED: Status = Status(abi::SHUNT_BLOCKED);
    /// Not now and not later (swappers).
    pub const IMPOSSIBLE: Status = Status(abi::SHUNT_IMPOSSIBLE);
    /// A fault without a better name.
    pub const ERROR: Status = Status(abi::SHUNT_ERROR);
    /// A parameter or argument is wrong.
    pub const INVALID: Status = Status(abi::SHUNT_INVALID);
    /// A name is unknown.
    pub const NOT_FOUND: Status = Status(abi::SHUNT_NOT_FOUND);
    /// This side does not know what was asked.
    pub const UNSUPPORTED: Status = Status(abi::SHUNT_UNSUPPORTED);
    /// An index or a capacity is exceeded.
    pub const OUT_OF_RANGE: Status = Status(abi::SHUNT_OUT_OF_RANGE);
    /// A bounded arena or the heap is exhausted.
    pub const OUT_OF_MEMORY: Status = Status(abi::SHUNT_OUT_OF_MEMORY);
    /// A panic reached the boundary.
    pub const EXCEPTION: Status = Status(abi::SHUNT_EXCEPTION);

    /// A `SHUNT_*` status of the ABI.
    pub const fn new(code: i32) -> Status {
        Status(code)
    }
    /// As the ABI writes it.
    pub const fn code(self) -> i32 {
        self.0
    }
    /// A fault, as opposed to a benign answer.
    pub const fn is_fault(self) -> bool {
        self.0 < 0
    }
}

/// A status of the host as a `Result`.
pub(crate) fn check(code: i32) -> Answer {
    if code == abi::SHUNT_OK {
        Ok(())
    } else {
        Err(Status(code))
    }
}

/// Why an instance cannot be created. The host shows the text to the person who wrote the config.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Error {
    status: Status,
    text: Cow<'static, str>,
}

impl Error {
    /// A wrong parameter, unless `with_status` says otherwise.
    pub fn new(text: impl Into<Cow<'static, str>>) -> Error {
        Error { status: Status::INVALID, text: text.into() }
    }
    /// Replaces the status.
    pub fn with_status(self, status: Status) -> Error {
        Error { status, ..self }
    }
    /// The status that the host is told.
    pub fn status(&self) -> Status {
        self.status
    }
    /// The text that the host is told; empty where the host has set a better one itself.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// A service of the host failed and has set its own text.
impl From<Status> for Error {
    fn from(status: Status) -> Error {
        Error { status, text: Cow::Borrowed("") }
    }
}
impl From<&'static str> for Error {
    fn from(text: &'static str) -> Error {
        Error::new(text)
    }
}
impl From<String> for Error {
    fn from(text: String) -> Error {
        Error::new(text)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.text.is_empty() {
            write!(out, "status {}", self.status.code())
        } else {
            out.write_str(&self.text)
        }
    }
}

#[cfg(feature = "std")]
impl std::error::Error for Error {}
