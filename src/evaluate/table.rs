//! Rows as a query yields them.

use crate::model::{FieldType, Value};

/// The result of a pipeline or shape: named, typed columns and rows of as many values.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// Name and type of each column; `None` where the rows do not tell (all null).
    pub columns: Vec<(String, Option<FieldType>)>,
    /// The rows.
    pub rows: Vec<Vec<Value>>,
}

impl Table {
    /// The index of the column of this name.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|(column, _)| column == name)
    }
}
