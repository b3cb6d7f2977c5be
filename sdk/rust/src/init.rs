// SPDX-License-Identifier: Apache-2.0
//! What a plugin's constructor is given: its parameters, and the declarations of what it reads and writes.

use crate::abi::*;
use crate::context::{call, Context};
use crate::cycle::Cycle;
use crate::memory::{RequestState, Scratch, Zeroed};
use crate::metric::{Counter, Gauge, Histogram};
use crate::output::{Cell, EndpointOutput, Output, Producible};
use crate::owner::{Owner, Slot};
use crate::parameter::Parameter;
use crate::status::{check, Error, Status};
use crate::text::{to_abi, Text};
use crate::value::{OutputValue, Value, ValueType};
use crate::view::{Column, Element, Membership, Symbol};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::ffi::c_void;
use core::mem::{align_of, size_of};

/// How much a plugin needs what it declares to read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum Need {
    /// It may be absent.
    Optional = SHUNT_OPTIONAL,
    /// Without a plugin or declaration that provides it the config is refused, with close names.
    Required = SHUNT_REQUIRED,
}

/// Which text of a request a membership column is resolved for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum Field {
    /// The model as the client named it.
    Model = SHUNT_FIELD_MODEL,
    /// The model after any rewrite.
    TargetModel = SHUNT_FIELD_TARGET_MODEL,
    /// "chat", "generate" or "embedding".
    Type = SHUNT_FIELD_TYPE,
}

/// What may be said about a page besides its path and interval.
#[derive(Clone, Copy, Default, Debug)]
pub struct PageOptions<'a> {
    /// 0: the endpoint's own.
    pub port: u16,
    /// Accept header.
    pub accept: Option<&'a str>,
    /// `extract` hears of failed fetches too.
    pub failures: bool,
}

/// The interface of another configured instance. What the pointers mean is the interface's business.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    /// Its function table, valid as long as this instance.
    pub table: *const c_void,
    /// The instance that the functions take first.
    pub instance: *mut c_void,
    slot: Slot,
}
// SAFETY: two addresses and a number; whoever calls through them writes `unsafe` and says why it is sound.
unsafe impl Send for Peer {}
// SAFETY: as above.
unsafe impl Sync for Peer {}

/// Valid during construction.
pub struct Init<'a> {
    info: &'a shunt_create_info,
    context: Context<'a>,
}

impl<'a> Init<'a> {
    pub(crate) fn new(info: &'a shunt_create_info, context: Context<'a>) -> Init<'a> {
        Init { info, context }
    }
    fn owner(&self) -> Owner {
        self.context.owner()
    }
    /// Name of the instance.
    pub fn name(&self) -> Text<'a> {
        // SAFETY: lives until create() returns.
        unsafe { Text::from_raw(self.info.name) }
    }
    /// For logging, hashes and symbols.
    pub fn context(&self) -> &Context<'a> {
        &self.context
    }
    /// The root of the parameters.
    pub fn parameters(&'a self) -> Result<Parameter<'a>, Error> {
        Parameter::at(self, String::new())
    }
    /// A parameter by its key; absent where there is none.
    pub fn parameter(&'a self, key: &str) -> Result<Parameter<'a>, Error> {
        self.parameters()?.get(key)
    }
    /// All parameters as JSON text, for those who bring a parser.
    pub fn parameters_json(&self) -> Text<'a> {
        // SAFETY: lives until create() returns.
        unsafe { Text::from_raw(self.info.parameters) }
    }

    /// A column without which the plugin makes no sense. `T` is `f64`, `Flag`, `Symbol`, `Set` or `SetSize`.
    pub fn column<T: Element>(&self, name: &str) -> Result<Column<T>, Error> {
        self.declare_column(name, Need::Required)
    }
    /// A column that may be absent.
    pub fn optional_column<T: Element>(&self, name: &str) -> Result<Column<T>, Error> {
        self.declare_column(name, Need::Optional)
    }
    /// An endpoint label as symbols; labels are always optional.
    pub fn label(&self, key: &str) -> Result<Column<Symbol>, Error> {
        self.optional_column(&format!("label:{}", key))
    }
    fn declare_column<T: Element>(&self, name: &str, need: Need) -> Result<Column<T>, Error> {
        let (name, need) = (to_abi(name), need as u32);
        self.slot(|init, slot| {
            // SAFETY: see slot().
            unsafe { call!(self.host(), column(init, name, T::TYPE, need, slot), else SHUNT_UNSUPPORTED) }
        })
        .map(Column::new)
    }
    /// Whether the endpoint's set holds the request's model or type.
    pub fn membership(&self, set_column: &str, field: Field, need: Need) -> Result<Membership, Error> {
        let (name, field, need) = (to_abi(set_column), field as u32, need as u32);
        self.slot(|init, slot| {
            // SAFETY: see slot().
            unsafe { call!(self.host(), membership(init, name, field, need, slot), else SHUNT_UNSUPPORTED) }
        })
        .map(Column::new)
    }
    /// A request-scoped value. `T` is `f64`, `EndpointKey`, `Symbol` or `str`.
    pub fn value<T: ?Sized + ValueType>(&self, name: &str, need: Need) -> Result<Value<T>, Error> {
        let (name, need) = (to_abi(name), need as u32);
        self.slot(|init, slot| {
            // SAFETY: see slot().
            unsafe { call!(self.host(), value(init, name, T::TYPE, need, slot), else SHUNT_UNSUPPORTED) }
        })
        .map(Value::new)
    }
    /// A request-scoped column for `produce`. `T` is `f64` or `Flag`.
    pub fn output<T: Producible>(&self, name: &str) -> Result<Output<T>, Error> {
        self.declare_output(name, T::TYPE, SHUNT_SCOPE_REQUEST).map(Output::new)
    }
    /// An endpoint column for `extract` and `events`. `T` is `f64`, `Flag`, `Symbol` or `Set`.
    pub fn endpoint_output<T: for<'b> Cell<'b>>(&self, name: &str) -> Result<EndpointOutput<T>, Error> {
        self.declare_output(name, T::TYPE, SHUNT_SCOPE_ENDPOINT).map(EndpointOutput::new)
    }
    fn declare_output(&self, name: &str, kind: u32, scope: u32) -> Result<Slot, Error> {
        let name = to_abi(name);
        self.slot(|init, slot| {
            // SAFETY: see slot().
            unsafe { call!(self.host(), output(init, name, kind, scope, slot), else SHUNT_UNSUPPORTED) }
        })
    }
    /// A request-scoped value to be written.
    pub fn output_value<T: ?Sized + ValueType>(&self, name: &str) -> Result<OutputValue<T>, Error> {
        let name = to_abi(name);
        self.slot(|init, slot| {
            // SAFETY: see slot().
            unsafe { call!(self.host(), output_value(init, name, T::TYPE, slot), else SHUNT_UNSUPPORTED) }
        })
        .map(OutputValue::new)
    }
    // What `declare` calls is sound: the init is that of this create(), texts are copied, and `slot` is a place for a u32.
    fn slot(&self, declare: impl FnOnce(*mut shunt_init, *mut u32) -> i32) -> Result<Slot, Error> {
        let mut index = SHUNT_NONE;
        check(declare(self.info.init, &mut index))?;
        Ok(Slot::new(index, self.owner()))
    }

    /// Working memory per worker for `count` objects. Once per instance: the host keeps one size.
    pub fn scratch<T: Copy>(&self, count: u32) -> Result<Scratch<T>, Error> {
        if align_of::<T>() > 64 {
            return Err(Error::new("scratch memory is aligned to 64 bytes").with_status(Status::OUT_OF_RANGE));
        }
        let bytes = u64::from(count) * size_of::<T>() as u64;
        // SAFETY: the init is that of this create().
        check(unsafe { call!(self.host(), scratch(self.info.init, bytes), else SHUNT_UNSUPPORTED) })?;
        Ok(Scratch::new(Slot::new(count, self.owner())))
    }
    /// A `T` per request. Once per instance: the host keeps one size.
    pub fn request_state<T: Zeroed>(&self) -> Result<RequestState<T>, Error> {
        if align_of::<T>() > 16 {
            return Err(Error::new("request state is aligned to 16 bytes").with_status(Status::OUT_OF_RANGE));
        }
        let bytes = size_of::<T>() as u64;
        // SAFETY: the init is that of this create().
        check(unsafe { call!(self.host(), request_state(self.info.init, bytes), else SHUNT_UNSUPPORTED) })?;
        Ok(RequestState::new(Slot::new(0, self.owner())))
    }

    /// The interface of another configured instance. Its hot functions may be called from hot calls, with what
    /// [`Cycle::enter_peer`] gives.
    pub fn peer(&self, plugin_ref: &str, interface_id: &str) -> Result<Peer, Error> {
        let (name, id) = (to_abi(plugin_ref), to_abi(interface_id));
        let (mut table, mut instance) = (core::ptr::null(), core::ptr::null_mut());
        let slot = self.slot(|init, slot| {
            // SAFETY: see slot(); table and instance are places for addresses.
            unsafe { call!(self.host(), peer(init, name, id, &mut table, &mut instance, slot), else SHUNT_UNSUPPORTED) }
        })?;
        Ok(Peer { table, instance, slot })
    }
    /// Index of a scheduling profile, nothing when there is none of that name.
    pub fn profile(&self, name: &str) -> Result<Option<u32>, Error> {
        let (mut index, name) = (SHUNT_NONE, to_abi(name));
        // SAFETY: the init is that of this create(); the text lives until the function returns.
        match unsafe { call!(self.host(), profile(self.info.init, name, &mut index), else SHUNT_UNSUPPORTED) } {
            SHUNT_OK => Ok(Some(index)),
            SHUNT_NOT_FOUND => Ok(None),
            status => Err(Status::new(status).into()),
        }
    }
    /// Names of the scheduling profiles, by index.
    pub fn profile_names(&'a self) -> impl Iterator<Item = Text<'a>> + 'a {
        // SAFETY: the init is that of this create().
        let n = unsafe { call!(self.host(), profile_count(self.info.init), else 0) };
        (0..n).map(move |index| {
            // SAFETY: as above; names live until create() returns.
            unsafe {
                let name = call!(self.host(), profile_name(self.info.init, index), else Text::ABSENT.raw());
                Text::from_raw(name)
            }
        })
    }
    /// The symbol of a configuration text.
    pub fn intern(&self, text: &str) -> Result<Symbol, Error> {
        let (mut symbol, text) = (0, to_abi(text));
        // SAFETY: as in profile().
        check(unsafe { call!(self.host(), intern(self.info.init, text, &mut symbol), else SHUNT_UNSUPPORTED) })?;
        Ok(Symbol(symbol))
    }
    /// Asks for a page of every endpoint (extractors), at most every 50 ms.
    pub fn fetch(&self, path: &str, interval_ns: i64, options: PageOptions<'_>) -> Result<(), Error> {
        let page = shunt_fetch {
            size: size_of::<shunt_fetch>() as u32,
            port: u32::from(options.port),
            path: to_abi(path),
            accept: options.accept.map_or(Text::ABSENT.raw(), to_abi),
            interval_ns,
            flags: if options.failures { SHUNT_FETCH_FAILURES } else { 0 },
            reserved: 0,
        };
        // SAFETY: as in profile(); the page says how large it is.
        Ok(check(unsafe { call!(self.host(), fetch(self.info.init, &page), else SHUNT_UNSUPPORTED) })?)
    }

    /// Registers a counter. Names come without prefix, "hits_total"; one name may come several times with other labels.
    pub fn counter(&self, name: &str, help: &str, labels: &[(&str, &str)]) -> Result<Counter, Error> {
        Ok(Counter::new(self.metric(SHUNT_METRIC_COUNTER, name, help, labels, &[])?, self.owner()))
    }
    /// Registers a gauge.
    pub fn gauge(&self, name: &str, help: &str, labels: &[(&str, &str)]) -> Result<Gauge, Error> {
        Ok(Gauge::new(self.metric(SHUNT_METRIC_GAUGE, name, help, labels, &[])?, self.owner()))
    }
    /// Registers a histogram; the bounds are the upper ones of its buckets, ascending.
    pub fn histogram(&self, name: &str, help: &str, bounds: &[f64], labels: &[(&str, &str)]) -> Result<Histogram, Error> {
        Ok(Histogram::new(self.metric(SHUNT_METRIC_HISTOGRAM, name, help, labels, bounds)?, self.owner()))
    }
    fn metric(
        &self, kind: u32, name: &str, help: &str, labels: &[(&str, &str)], bounds: &[f64],
    ) -> Result<*mut shunt_metric, Error> {
        let pair = |&(name, value): &(&str, &str)| shunt_pair { name: to_abi(name), value: to_abi(value) };
        let pairs: Vec<shunt_pair> = labels.iter().map(pair).collect();
        let spec = shunt_metric_spec {
            size: size_of::<shunt_metric_spec>() as u32,
            kind,
            name: to_abi(name),
            help: to_abi(help),
            labels: if pairs.is_empty() { core::ptr::null() } else { pairs.as_ptr() },
            bounds: if bounds.is_empty() { core::ptr::null() } else { bounds.as_ptr() },
            n_labels: pairs.len() as u32,
            n_bounds: bounds.len() as u32,
        };
        let mut registered = core::ptr::null_mut();
        // SAFETY: as in profile(); spec, pairs and bounds live until the function returns.
        check(unsafe { call!(self.host(), metric(self.info.init, &spec, &mut registered), else SHUNT_UNSUPPORTED) })?;
        Ok(registered)
    }

    pub(crate) fn host(&self) -> &'a shunt_host {
        self.context.host()
    }
    /// The ABI's form.
    pub fn raw(&self) -> &'a shunt_create_info {
        self.info
    }
}

impl Cycle<'_> {
    /// What a hot function of the peer is to be called with, valid until the current call returns: the cycle, and its base
    /// view. An error when the host refuses, which it does outside of hot calls.
    pub fn enter_peer(&self, peer: &Peer) -> Result<(*const shunt_cycle, *const shunt_view), Status> {
        let slot = peer.slot.index_for(self.owner());
        let (mut cycle, mut base) = (core::ptr::null(), core::ptr::null());
        let ctx = self.raw_context();
        // SAFETY: the context is that of this call; cycle and base are places for addresses.
        check(unsafe { call!(self.host(), peer_call(ctx, slot, &mut cycle, &mut base), else SHUNT_UNSUPPORTED) })?;
        Ok((cycle, base))
    }
}
