//! What an evaluation knows beside the event at hand.

use super::regex::Cache;
use crate::model::{FieldTypes, PlatformId, Value};
use std::collections::HashMap;

/// How a platform finds a field in an event.
///
/// In all of them the flat key `a.b` and `b` inside `a` are the same field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// Raw JSON: keys are case-sensitive; null is a value of a present key.
    Common,
    /// Objects and lists on the way are flattened and any value counts; null and `[]` are no value; a typed field
    /// reads its values by its mapping (the number 4625 of a keyword is the text `4625`).
    Elastic,
    /// Columns, then paths inside dynamic values; names are case-sensitive; a typed column reads its value by its
    /// type, and a column typed as text is never null: missing is the empty text.
    Sentinel,
    /// Keys are case-insensitive; absent and null differ only for [`crate::model::TestKind::KeyPresent`].
    Panther,
}

impl Access {
    /// How fields are found in events of a platform; as they stand where a rule belongs to none.
    pub const fn of(platform: Option<PlatformId>) -> Self {
        match platform {
            Some(PlatformId::Elastic) => Access::Elastic,
            Some(PlatformId::Sentinel) => Access::Sentinel,
            Some(PlatformId::Panther) => Access::Panther,
            None => Access::Common,
        }
    }
}

/// Everything that stays the same while one rule runs.
pub struct Context<'a> {
    /// How fields are found.
    pub access: Access,
    /// Types of the fields, by dotted name.
    pub types: &'a dyn FieldTypes,
    /// The time of evaluation: ticks of 100 ns since 0001-01-01T00:00:00Z.
    pub now: i64,
    /// Rows of the tables that a query may name. A table that is not here is read from `events`.
    pub tables: HashMap<String, Vec<Value>>,
    /// Rows of [`crate::model::Source::Events`].
    pub events: Vec<Value>,
    /// Whether a table that `tables` lacks reads `events` (the contract of `batch`), or is an error.
    pub events_for_any_table: bool,
    /// How far the rule looks back, in seconds; shapes without a window of their own ask for it.
    pub lookback: Option<u64>,
    pub(super) cache: Cache,
}

impl<'a> Context<'a> {
    /// A context without events or tables.
    pub fn new(access: Access, types: &'a dyn FieldTypes, now: i64) -> Self {
        Self {
            access,
            types,
            now,
            tables: HashMap::new(),
            events: Vec::new(),
            events_for_any_table: true,
            lookback: None,
            cache: Cache::default(),
        }
    }

    /// The rows of the table of this name; `None` where there is no such table.
    pub fn table(&self, name: &str) -> Option<&[Value]> {
        match self.tables.get(name) {
            Some(rows) => Some(rows),
            None if self.events_for_any_table => Some(&self.events),
            None => None,
        }
    }
}

/// A row or event with the values bound by the quantifiers around an expression.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// The event, or the row as an object of its columns.
    pub row: &'a Value,
    /// How fields are found in `row`, where a step has already read the columns by their types: [`Access::Common`].
    pub access: Access,
    pub(super) bound: Option<&'a Bound<'a>>,
}

/// A bound value and those around it.
pub(super) struct Bound<'a> {
    pub(super) name: &'a str,
    pub(super) value: &'a Value,
    pub(super) outer: Option<&'a Bound<'a>>,
}

impl<'a> Scope<'a> {
    /// A scope with nothing bound.
    pub fn new(row: &'a Value, access: Access) -> Self {
        Self { row, access, bound: None }
    }

    pub(super) fn lookup(&self, name: &str) -> Option<&'a Value> {
        let mut at = self.bound;
        while let Some(bound) = at {
            if bound.name == name {
                return Some(bound.value);
            }
            at = bound.outer;
        }
        None
    }
}
