// SPDX-License-Identifier: Apache-2.0
//! Extension that turns a page fetched from an endpoint into columns.

use crate::abi::*;
use crate::boundary::{guard, Instance};
use crate::context::Context;
use crate::library::{interface, Interface, Probe};
use crate::owner::Owner;
use crate::plugin::Plugin;
use crate::status::Answer;
use crate::text::Text;
use crate::view::View;
use core::ffi::c_void;
use core::mem::size_of;

/// A page fetched from one endpoint.
pub struct Page<'a> {
    raw: &'a shunt_page,
    owner: Owner,
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident)*) => { $(
        $(#[$doc])*
        pub fn $name(&self) -> Text<'a> {
            // SAFETY: texts of a page live as long as the call.
            unsafe { Text::from_raw(self.raw.$name) }
        }
    )* };
}

impl<'a> Page<'a> {
    texts! {
        /// As asked for.
        path
        /// The answer's.
        content_type
        /// What the endpoint sent.
        body
        /// Name of the endpoint.
        endpoint_name
    }
    /// Key of the endpoint.
    pub fn endpoint(&self) -> u64 {
        self.raw.endpoint
    }
    /// 0: the fetch failed; only for those who asked for failures.
    pub fn http_status(&self) -> u32 {
        self.raw.http_status
    }
    /// As asked for; 0: the endpoint's own.
    pub fn port(&self) -> u32 {
        self.raw.port
    }
    /// When the fetch ended, on the clock of `now_ns`.
    pub fn fetched_ns(&self) -> i64 {
        self.raw.fetched_ns
    }
    /// The endpoint's present columns: one row.
    pub fn row(&self) -> View<'a> {
        // SAFETY: this instance's columns, for as long as the call.
        unsafe { View::new(self.raw.row, self.owner) }
    }
}

/// Turns pages into columns.
pub trait Extractor: Plugin {
    /// Reads a page and writes endpoint outputs with [`Context::put`]. What it does not write keeps its old value and age.
    fn extract(&self, context: &Context<'_>, page: &Page<'_>) -> Answer;
}

impl<P: Extractor> Probe<P> {
    /// The interface of `P`.
    pub const EXTRACTOR: Option<Interface> = Some(interface!(SHUNT_EXTRACTOR_ID, &Self::EXTRACTOR_TABLE));
    const EXTRACTOR_TABLE: shunt_extractor_table = shunt_extractor_table {
        size: size_of::<shunt_extractor_table>() as u32,
        reserved: 0,
        extract: Some(extract::<P>),
    };
}

unsafe extern "C" fn extract<P: Extractor>(this: *mut c_void, ctx: *mut shunt_ctx, page: *const shunt_page) -> i32 {
    // SAFETY: the host calls this as the ABI says: an instance of P, its context, a page of this call.
    let (it, context, page) = unsafe {
        let it = Instance::<P>::of(this);
        let context = it.context(ctx);
        (it, context, Page { raw: &*page, owner: context.owner() })
    };
    guard(&context, || it.plugin.extract(&context, &page))
}
