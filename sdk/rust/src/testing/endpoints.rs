// SPDX-License-Identifier: Apache-2.0
//! The endpoints of a test and what is known about them.

use super::symbols::hash;
use std::collections::BTreeMap;

/// Content of one cell of an endpoint column.
#[derive(Clone, PartialEq, Debug)]
pub enum Cell {
    /// Of a column that is read as `f64`.
    Number(f64),
    /// Of a [`Flag`](crate::Flag) column.
    Flag(bool),
    /// Of a [`Symbol`](crate::Symbol) column.
    Text(String),
    /// Of a [`Set`](crate::Set) column, which is read as [`SetSize`](crate::SetSize) and as a membership column too.
    Set(Vec<String>),
}

/// A cell that a plugin wrote for the next snapshot.
#[derive(Clone, PartialEq, Debug)]
pub struct WrittenCell {
    /// Name of the column.
    pub column: String,
    /// Key of the endpoint.
    pub endpoint: u64,
    /// Nothing: the cell is absent again.
    pub content: Option<Cell>,
}

/// One endpoint. Columns of every scope are stated alike: what a producer would have written is a number like any other.
#[derive(Clone, Debug)]
pub struct Endpoint {
    name: String,
    cells: BTreeMap<String, Cell>,
    ages: BTreeMap<String, i64>,
}

impl Endpoint {
    /// A cell of a number column.
    pub fn number(&mut self, column: &str, value: f64) -> &mut Endpoint {
        self.put(column, Cell::Number(value))
    }
    /// A cell of a yes-or-no column.
    pub fn flag(&mut self, column: &str, value: bool) -> &mut Endpoint {
        self.put(column, Cell::Flag(value))
    }
    /// A cell of a symbol column.
    pub fn text(&mut self, column: &str, value: &str) -> &mut Endpoint {
        self.put(column, Cell::Text(value.to_string()))
    }
    /// A cell of a set column.
    pub fn set(&mut self, column: &str, members: &[&str]) -> &mut Endpoint {
        self.put(column, Cell::Set(members.iter().map(|member| member.to_string()).collect()))
    }
    /// A label, which plugins ask for with [`Init::label`](crate::Init::label).
    pub fn label(&mut self, key: &str, value: &str) -> &mut Endpoint {
        self.text(&format!("label:{}", key), value)
    }
    /// Any cell.
    pub fn put(&mut self, column: &str, content: Cell) -> &mut Endpoint {
        self.cells.insert(column.to_string(), content);
        self
    }
    /// When the column's value was measured; without it the value is current.
    pub fn as_of_ns(&mut self, column: &str, time_ns: i64) -> &mut Endpoint {
        self.ages.insert(column.to_string(), time_ns);
        self
    }
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }
    /// The content of a column, nothing where it has none.
    pub fn cell(&self, column: &str) -> Option<Cell> {
        self.cells.get(column).cloned().or_else(|| match column {
            "endpoint:name" => Some(Cell::Text(self.name.clone())),
            _ => None,
        })
    }
    pub(super) fn age_of(&self, column: &str) -> Option<i64> {
        self.ages.get(column).copied()
    }
}

/// Endpoints in the order of the base view.
#[derive(Clone, Default, Debug)]
pub struct EndpointSet(Vec<Endpoint>);

impl EndpointSet {
    /// No endpoint.
    pub fn new() -> EndpointSet {
        EndpointSet::default()
    }
    /// `count` endpoints "pod-0", "pod-1" and so on, about which nothing is known.
    pub fn of(count: usize) -> EndpointSet {
        let mut all = EndpointSet::new();
        for index in 0..count {
            all.add(&format!("pod-{}", index));
        }
        all
    }
    /// Adds an endpoint. Panics where there is one of that name.
    pub fn add(&mut self, name: &str) -> &mut Endpoint {
        assert!(self.0.iter().all(|known| known.name != name), "there is an endpoint {:?} already", name);
        self.0.push(Endpoint { name: name.to_string(), cells: BTreeMap::new(), ages: BTreeMap::new() });
        self.0.last_mut().expect("one was added")
    }
    /// Takes over what plugins wrote, as the next snapshot does: `endpoints.apply(&host.take_cells())`.
    pub fn apply(&mut self, written: &[WrittenCell]) {
        for cell in written {
            for endpoint in self.0.iter_mut().filter(|endpoint| EndpointSet::key_of(&endpoint.name) == cell.endpoint) {
                endpoint.cells.remove(&cell.column);
                endpoint.cells.extend(cell.content.clone().map(|content| (cell.column.clone(), content)));
            }
        }
    }
    /// The endpoints in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Endpoint> {
        self.0.iter()
    }
    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }
    /// None.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// What [`View::keys`](crate::View::keys) holds for an endpoint of this name: here another number than in the host, but the
    /// same in every run.
    pub fn key_of(name: &str) -> u64 {
        hash(name.as_bytes(), 0).max(1)
    }
}
