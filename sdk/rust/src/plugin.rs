// SPDX-License-Identifier: Apache-2.0
//! What every plugin says about itself.

use crate::abi::*;
use crate::init::Init;
use crate::status::Error;

/// What users may expect of a plugin type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
#[allow(missing_docs)]
pub enum Stability {
    Alpha = SHUNT_STABILITY_ALPHA,
    Beta = SHUNT_STABILITY_BETA,
    Stable = SHUNT_STABILITY_STABLE,
    Deprecated = SHUNT_STABILITY_DEPRECATED,
}

impl Stability {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Stability::Alpha => SHUNT_STABILITY_WORD_ALPHA,
            Stability::Beta => SHUNT_STABILITY_WORD_BETA,
            Stability::Stable => SHUNT_STABILITY_WORD_STABLE,
            Stability::Deprecated => SHUNT_STABILITY_WORD_DEPRECATED,
        }
    }
}

/// A plugin type: its facts, and how an instance is made. The interfaces that it offers are the traits beside this one that it
/// implements: [`Filter`](crate::Filter), [`Scorer`](crate::Scorer), [`Picker`](crate::Picker) and so on.
///
/// All calls take `&self`, because the host makes many at once. State that changes stands in atomics, or, where only
/// `events`, `extract` and `on_swap_start` touch it, in a lock: those never overlap each other.
pub trait Plugin: Sized + Send + Sync + 'static {
    /// kebab-case, unique over kinds and libraries: "queue-scorer".
    const TYPE: &'static str;
    /// Of the plugin, "1.0.0".
    const VERSION: &'static str;
    /// One sentence.
    const SUMMARY: &'static str;
    /// JSON Schema text. The host checks parameters against it and fills in defaults.
    const PARAMETERS_SCHEMA: &'static str = r#"{"type":"object","additionalProperties":false}"#;
    /// What users may expect.
    const STABILITY: Stability = Stability::Beta;
    /// At most one instance in a config.
    const SINGLE_INSTANCE: bool = false;
    /// Columns and values that it reads whatever its parameters; at most 16.
    const READS: &'static [&'static str] = &[];
    /// Columns and values that it writes whatever its parameters; at most 16.
    const WRITES: &'static [&'static str] = &[];
    /// Columns and values that it is created to write by default; at most 16.
    const DEFAULT_PRODUCER_OF: &'static [&'static str] = &[];

    /// Makes an instance, and declares what it reads and writes.
    fn new(init: &Init<'_>) -> Result<Self, Error>;
}
