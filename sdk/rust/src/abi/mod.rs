// SPDX-License-Identifier: Apache-2.0
//! The C ABI as it is: every struct, constant and function table of `shunt/abi/*.h`, under the same names and with the same
//! comments. Needs `core` alone. Members that hold functions are `Option`s, because C may leave any of them NULL.
//!
//! Nothing here is written twice by trust: the test `rust_layout` asks a C compiler for the size, offset and value of everything
//! in the headers, and rustc whether the name, type, size, offset and value here are the same.

#![allow(non_camel_case_types, missing_docs)]
// The comments are those of the headers, where `[control]` is a thread tag and `label:<key>` a name.
#![allow(rustdoc::broken_intra_doc_links, rustdoc::invalid_html_tags)]

mod base;
mod column;
mod cycle;
mod explain;
mod extractor;
mod filter;
mod host;
mod library;
mod manifest;
mod observer;
mod picker;
mod producer;
mod profile_handler;
mod request;
mod scorer;
mod state;
mod swapper;

pub use base::*;
pub use column::*;
pub use cycle::*;
pub use explain::*;
pub use extractor::*;
pub use filter::*;
pub use host::*;
pub use library::*;
pub use manifest::*;
pub use observer::*;
pub use picker::*;
pub use producer::*;
pub use profile_handler::*;
pub use request::*;
pub use scorer::*;
pub use state::*;
pub use swapper::*;
