// SPDX-License-Identifier: Apache-2.0
//! The fake host: what a test sets up, and what plugins did.

use super::endpoints::WrittenCell;
use super::{services, EndpointSet};
use crate::abi::*;
use crate::context::Level;
use crate::library::Constant;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

/// A line that a plugin logged.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogLine {
    /// Its level.
    pub level: Level,
    /// Name of the instance.
    pub instance: String,
    /// The line.
    pub text: String,
}

/// Content of a request-scoped value.
#[derive(Clone, PartialEq, Debug)]
pub enum RequestValue {
    /// Of a value that is read as `f64`.
    Number(f64),
    /// Of an [`EndpointKey`](crate::EndpointKey) value: the key.
    Endpoint(u64),
    /// Of a `str` value.
    Text(String),
    /// Of a [`Symbol`](crate::Symbol) value: its text.
    Symbol(String),
}

/// A metric that a plugin registered.
#[derive(Clone, PartialEq, Debug)]
pub struct Metric {
    /// `SHUNT_METRIC_COUNTER` and the others.
    pub kind: u32,
    /// Name of the instance.
    pub instance: String,
    /// Without prefix.
    pub name: String,
    /// For people.
    pub help: String,
    /// Names and values.
    pub labels: Vec<(String, String)>,
    /// Of a histogram.
    pub bounds: Vec<f64>,
    /// Of a counter or a gauge.
    pub value: f64,
    /// Of a histogram.
    pub observations: Vec<f64>,
}

/// What a plugin holds as `shunt_metric`.
pub(super) struct RegisteredMetric {
    pub(super) content: Mutex<Metric>,
    pub(super) misuses: Arc<Mutex<Vec<String>>>,
}

/// What tests set up and plugins leave behind.
#[derive(Default)]
pub(super) struct Record {
    pub(super) profiles: Vec<String>,
    pub(super) provided: Option<BTreeSet<String>>,
    pub(super) endpoints: BTreeSet<u64>,
    pub(super) values: BTreeMap<String, RequestValue>,
    pub(super) quietest: u32,
    pub(super) logs: Vec<LogLine>,
    pub(super) metrics: Vec<Arc<RegisteredMetric>>,
    pub(super) cells: Vec<WrittenCell>,
}

/// A host for unit tests of plugins. It offers the services of the ABI in this process, keeps what plugins did for the test to
/// look at, and notes every service that was used where the ABI forbids it.
///
/// Its hash functions are stand-ins: the same in every run, but other numbers than XXH3. It has no peers and no extensions.
pub struct FakeHost {
    // At one address, for as long as any instance: each borrows the host.
    table: Box<Constant<shunt_host>>,
    record: Mutex<Record>,
    misuses: Arc<Mutex<Vec<String>>>,
}

impl Default for FakeHost {
    fn default() -> FakeHost {
        FakeHost::new()
    }
}

impl FakeHost {
    /// A host without profiles, in which every column and value has a producer.
    pub fn new() -> FakeHost {
        FakeHost::with_table(|_| ())
    }
    /// A host whose table is changed first, for what a plugin does where a service is missing:
    /// `FakeHost::with_table(|table| table.retire = None)`.
    pub fn with_table(change: impl FnOnce(&mut shunt_host)) -> FakeHost {
        let mut table = services::table();
        change(&mut table);
        FakeHost { table: Box::new(Constant(table)), record: Mutex::default(), misuses: Arc::default() }
    }

    /// Adds a scheduling profile and gives its index; they count from 0.
    pub fn add_profile(&self, name: &str) -> u32 {
        let mut record = self.record();
        record.profiles.push(name.to_string());
        record.profiles.len() as u32 - 1
    }
    /// From the first call on, required columns and values other than those named are refused, as by a host that has no
    /// producer for them.
    pub fn provide(&self, column_or_value: &str) {
        self.record().provided.get_or_insert_with(BTreeSet::new).insert(column_or_value.to_string());
    }
    /// Sets a request-scoped value, as a producer that is not under test would do.
    pub fn set_value(&self, name: &str, content: RequestValue) {
        self.record().values.insert(name.to_string(), content);
    }
    /// What plugins log below this level is dropped; everything is kept at first.
    pub fn set_log_level(&self, level: Level) {
        self.record().quietest = level as u32;
    }

    /// Lines that were logged.
    pub fn logs(&self) -> Vec<LogLine> {
        self.record().logs.clone()
    }
    /// The first metric of that name.
    pub fn metric(&self, name: &str) -> Option<Metric> {
        let metrics = self.record().metrics.clone();
        metrics.iter().map(|metric| locked(&metric.content).clone()).find(|metric| metric.name == name)
    }
    /// Request-scoped values by name, set by the test or by plugins. They stay until [`FakeHost::clear_values`].
    pub fn values(&self) -> BTreeMap<String, RequestValue> {
        self.record().values.clone()
    }
    /// Forgets all values, as between two requests.
    pub fn clear_values(&self) {
        self.record().values.clear();
    }
    /// Cells of endpoint columns that were written since the last time; see [`EndpointSet::apply`].
    pub fn take_cells(&self) -> Vec<WrittenCell> {
        std::mem::take(&mut self.record().cells)
    }
    /// What plugins did that the ABI forbids, one sentence each. A test that ends with
    /// `assert!(host.misuses().is_empty(), "{:?}", host.misuses())` notices it.
    pub fn misuses(&self) -> Vec<String> {
        locked(&self.misuses).clone()
    }

    pub(super) fn table(&self) -> *const shunt_host {
        &self.table.0
    }
    pub(super) fn record(&self) -> MutexGuard<'_, Record> {
        locked(&self.record)
    }
    pub(super) fn know(&self, endpoints: &EndpointSet) {
        let keys = endpoints.iter().map(|endpoint| EndpointSet::key_of(endpoint.name()));
        self.record().endpoints.extend(keys);
    }
    pub(super) fn misuse(&self, instance: &str, sentence: &str) {
        locked(&self.misuses).push(format!("{}: {}", instance, sentence));
    }
    pub(super) fn register(&self, content: Metric) -> *mut shunt_metric {
        let metric = Arc::new(RegisteredMetric { content: Mutex::new(content), misuses: self.misuses.clone() });
        let address = Arc::as_ptr(&metric) as *mut shunt_metric;
        self.record().metrics.push(metric);
        address
    }
}

/// A test that failed while it held a lock is no reason for others to fail.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
