// SPDX-License-Identifier: Apache-2.0
//! The static facts of a library as JSON in an ELF note.

pub const SHUNT_MANIFEST_NOTE: u32 = 0x53484e54;
pub const SHUNT_MANIFEST_OWNER: &str = "shunt";
pub const SHUNT_MANIFEST_SECTION: &str = ".note.shunt";

pub const SHUNT_STABILITY_WORD_ALPHA: &str = "alpha";
pub const SHUNT_STABILITY_WORD_BETA: &str = "beta";
pub const SHUNT_STABILITY_WORD_STABLE: &str = "stable";
pub const SHUNT_STABILITY_WORD_DEPRECATED: &str = "deprecated";
