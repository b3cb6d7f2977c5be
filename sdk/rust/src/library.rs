// SPDX-License-Identifier: Apache-2.0
//! From plain types to the library's tables, manifest and entry function: what `export!` is made of.

use crate::abi::*;
use crate::boundary;
use crate::manifest::Facts;
use crate::plugin::Plugin;
use crate::text::{to_abi, Text};
use core::ffi::c_void;
use core::marker::PhantomData;
use core::mem::size_of;

/// An interface that a type offers.
#[derive(Clone, Copy)]
pub struct Interface {
    pub(crate) id: &'static str,
    pub(crate) table: *const c_void,
}

/// How many interfaces this layer knows.
pub const KNOWN_INTERFACES: usize = 10;

/// The interfaces of a plugin type. `export!` implements it.
pub trait Offers {
    /// One entry for each interface that this layer knows.
    const INTERFACES: [Option<Interface>; KNOWN_INTERFACES];
    /// Made of two traits, so no one trait can bring it.
    const OBSERVER: shunt_observer_table;
}

/// Answers "does `P` implement `Scorer`?" at compile time: `Probe::<P>::SCORER` is the associated constant of the inherent
/// `impl<P: Scorer>` where that applies, and that of the trait `Absent` where it does not.
pub struct Probe<P>(PhantomData<P>);

macro_rules! absent {
    ($($name:ident: $kind:ty;)*) => {
        /// What a `Probe` says about interfaces that are not there.
        pub trait Absent {
            $(#[doc(hidden)] const $name: Option<$kind> = None;)*
        }
    };
}
absent! {
    FILTER: Interface;
    SCORER: Interface;
    PICKER: Interface;
    PROFILE_HANDLER: Interface;
    SWAPPER: Interface;
    PRODUCER: Interface;
    EXTRACTOR: Interface;
    EXPLAINER: Interface;
    STATE: Interface;
    PICKED: crate::interface::observer::Picked;
    EVENTS: crate::interface::observer::Listens;
}
impl<P> Absent for Probe<P> {}

/// The interface of a table in a constant.
macro_rules! interface {
    ($id:expr, $table:expr) => {
        crate::library::Interface { id: $id, table: $table as *const _ as *const core::ffi::c_void }
    };
}
pub(crate) use interface;

/// Most names in one of the lists of a plugin.
const MAXIMUM_NAMES: usize = 16;

const fn names(list: &[&'static str]) -> [shunt_str; MAXIMUM_NAMES] {
    assert!(list.len() <= MAXIMUM_NAMES, "READS, WRITES and DEFAULT_PRODUCER_OF hold at most 16 names each");
    let mut all = [Text::ABSENT.raw(); MAXIMUM_NAMES];
    let mut i = 0;
    while i < list.len() {
        all[i] = to_abi(list[i]);
        i += 1;
    }
    all
}

/// The table of one plugin type.
pub struct PluginTable<P>(PhantomData<P>);

impl<P: Plugin + Offers> PluginTable<P> {
    const IDS: ([shunt_str; KNOWN_INTERFACES], u32) = {
        let (mut ids, mut n, mut i) = ([Text::ABSENT.raw(); KNOWN_INTERFACES], 0, 0);
        while i < KNOWN_INTERFACES {
            if let Some(interface) = &P::INTERFACES[i] {
                ids[n as usize] = to_abi(interface.id);
                n += 1;
            }
            i += 1;
        }
        assert!(n > 0, "this type offers no interface: implement Scorer, Filter, Picker or another of the SDK's traits for it");
        (ids, n)
    };
    const READS: [shunt_str; MAXIMUM_NAMES] = names(P::READS);
    const WRITES: [shunt_str; MAXIMUM_NAMES] = names(P::WRITES);
    const DEFAULT_PRODUCER_OF: [shunt_str; MAXIMUM_NAMES] = names(P::DEFAULT_PRODUCER_OF);

    /// For the host.
    pub const TABLE: shunt_plugin = shunt_plugin {
        size: size_of::<shunt_plugin>() as u32,
        flags: if P::SINGLE_INSTANCE { SHUNT_PLUGIN_SINGLE_INSTANCE } else { 0 },
        r#type: to_abi(P::TYPE),
        version: to_abi(P::VERSION),
        summary: to_abi(P::SUMMARY),
        parameters_schema: to_abi(P::PARAMETERS_SCHEMA),
        interfaces: &Self::IDS.0 as *const shunt_str,
        n_interfaces: Self::IDS.1,
        stability: P::STABILITY as u32,
        create: Some(boundary::create::<P>),
        destroy: Some(boundary::destroy::<P>),
        interface_table: Some(Self::interface_table),
        reads: &Self::READS as *const shunt_str,
        writes: &Self::WRITES as *const shunt_str,
        default_producer_of: &Self::DEFAULT_PRODUCER_OF as *const shunt_str,
        n_reads: P::READS.len() as u32,
        n_writes: P::WRITES.len() as u32,
        n_default_producer_of: P::DEFAULT_PRODUCER_OF.len() as u32,
        reserved: 0,
    };
    /// For the manifest.
    pub const FACTS: Facts = Facts {
        kind: P::TYPE,
        version: P::VERSION,
        summary: P::SUMMARY,
        schema: P::PARAMETERS_SCHEMA,
        stability: P::STABILITY,
        single_instance: P::SINGLE_INSTANCE,
        interfaces: &P::INTERFACES,
        reads: P::READS,
        writes: P::WRITES,
        default_producer_of: P::DEFAULT_PRODUCER_OF,
    };

    unsafe extern "C" fn interface_table(_this: *mut c_void, id: shunt_str) -> *const c_void {
        // SAFETY: the id lives until this returns.
        let id = unsafe { Text::from_raw(id) };
        let interfaces: &'static [Option<Interface>] = &P::INTERFACES;
        let mut offered = interfaces.iter().flatten();
        offered.find(|interface| id == *interface.id).map_or(core::ptr::null(), |interface| interface.table)
    }
}

/// A table of constants. What its pointers point to never changes and lives as long as the library.
#[repr(transparent)]
pub struct Constant<T>(pub T);
// SAFETY: nobody writes to it.
unsafe impl<T> Sync for Constant<T> {}

/// Description number `index` of the list.
pub fn describe(plugins: &[*const shunt_plugin], index: u32) -> *const shunt_plugin {
    plugins.get(index as usize).copied().unwrap_or(core::ptr::null())
}

/// The table of the library.
pub const fn library(
    name: &'static str, version: &'static str, plugin_count: usize,
    describe: unsafe extern "C" fn(u32) -> *const shunt_plugin,
) -> Constant<shunt_library> {
    Constant(shunt_library {
        size: size_of::<shunt_library>() as u32,
        abi_major: SHUNT_ABI_MAJOR,
        abi_minor: SHUNT_ABI_MINOR_CURRENT,
        // Every member of the ABI that this layer knows is used without asking whether the host has it.
        abi_min_minor: SHUNT_ABI_MINOR_CURRENT,
        name: to_abi(name),
        version: to_abi(version),
        plugin_count: plugin_count as u32,
        reserved: 0,
        describe: Some(describe),
        init: None,
        deinit: None,
    })
}

/// Once per library: offers these plugin types to the host, with the table, the manifest note and the entry function.
///
/// `export!(KvHeadroom, ShortQueue)` takes name and version of the library from the first type;
/// `export!(name: "my_plugins", version: "2.0.0", plugins: [KvHeadroom, ShortQueue])` states them.
#[macro_export]
macro_rules! export {
    (name: $name:expr, version: $version:expr, plugins: [$($plugin:ty),+ $(,)?] $(,)?) => {
        $(
            impl $crate::__private::Offers for $plugin {
                const INTERFACES: [Option<$crate::__private::Interface>; $crate::__private::KNOWN_INTERFACES] = {
                    #[allow(unused_imports)]
                    use $crate::__private::Absent as _;
                    type Probe = $crate::__private::Probe<$plugin>;
                    [
                        Probe::FILTER,
                        Probe::SCORER,
                        Probe::PICKER,
                        Probe::PROFILE_HANDLER,
                        Probe::SWAPPER,
                        Probe::PRODUCER,
                        $crate::__private::observer(&<$plugin as $crate::__private::Offers>::OBSERVER),
                        Probe::EXTRACTOR,
                        Probe::EXPLAINER,
                        Probe::STATE,
                    ]
                };
                const OBSERVER: $crate::abi::shunt_observer_table = {
                    #[allow(unused_imports)]
                    use $crate::__private::Absent as _;
                    type Probe = $crate::__private::Probe<$plugin>;
                    $crate::__private::observer_table(Probe::PICKED, Probe::EVENTS)
                };
            }
        )+
        // Exported names and sections are the unsafe code that a library of plugins cannot do without.
        #[allow(unsafe_code)]
        const _: () = {
            use $crate::__private as sdk;
            const NAME: &str = $name;
            const VERSION: &str = $version;
            const FACTS: &[sdk::Facts] = &[$(sdk::PluginTable::<$plugin>::FACTS),+];
            const SIZE: usize = sdk::manifest_size(NAME, VERSION, FACTS);

            #[used]
            #[link_section = ".note.shunt"]
            static MANIFEST: sdk::Note<SIZE> = sdk::manifest_note(NAME, VERSION, FACTS);

            static PLUGINS: sdk::Constant<[*const $crate::abi::shunt_plugin; FACTS.len()]> =
                sdk::Constant([$(&sdk::PluginTable::<$plugin>::TABLE),+]);
            unsafe extern "C" fn describe(index: u32) -> *const $crate::abi::shunt_plugin {
                sdk::describe(&PLUGINS.0, index)
            }
            static LIBRARY: sdk::Constant<$crate::abi::shunt_library> =
                sdk::library(NAME, VERSION, FACTS.len(), describe);

            #[no_mangle]
            pub extern "C" fn shunt_library_entry_v1() -> *const $crate::abi::shunt_library {
                &LIBRARY.0
            }
        };
    };
    ($first:ty $(, $rest:ty)* $(,)?) => {
        $crate::export!(
            name: <$first as $crate::Plugin>::TYPE,
            version: <$first as $crate::Plugin>::VERSION,
            plugins: [$first $(, $rest)*]
        );
    };
}
