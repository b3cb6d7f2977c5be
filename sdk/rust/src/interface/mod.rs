// SPDX-License-Identifier: Apache-2.0
//! One module for each interface: the trait that a plugin implements, and the functions through which the host calls it.

pub(crate) mod explain;
pub(crate) mod extractor;
pub(crate) mod filter;
pub(crate) mod observer;
pub(crate) mod picker;
pub(crate) mod producer;
pub(crate) mod profile_handler;
pub(crate) mod scorer;
pub(crate) mod state;
pub(crate) mod swapper;
