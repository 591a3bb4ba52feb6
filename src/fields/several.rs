//! Rules that read several log sources: each part of the logic by the field table of its own events.
//!
//! In common names every such part says which log source it means by the field [`SOURCE`]. Sentinel says it by the
//! column `Type`, which holds the name of a row's table.

use super::schema::Schema;
use crate::model::PlatformId;
use serde_json::Value as Json;

/// The common field that names the log source of an event, where a rule reads several.
pub const SOURCE: &str = "log_source";

/// The column of every Sentinel table that holds the table's name.
pub const TABLE: &str = "Type";

/// Field tables of a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Sources<'a> {
    /// The table of the rule, or of its first part.
    pub first: &'a Schema,
    /// The tables of the stages of a sequence, in their order: those that must come, those that must not, the last.
    /// Empty where one table is that of every part.
    pub stages: Vec<&'a Schema>,
}

impl<'a> Sources<'a> {
    /// One table for everything.
    pub const fn one(schema: &'a Schema) -> Self {
        Self { first: schema, stages: Vec::new() }
    }

    /// Whether parts have tables of their own.
    pub const fn several(&self) -> bool {
        !self.stages.is_empty()
    }

    /// Every table once.
    pub fn all(&self) -> Vec<&'a Schema> {
        let mut all = vec![self.first];
        for schema in &self.stages {
            if all.iter().all(|known| known.source != schema.source) {
                all.push(schema);
            }
        }
        all
    }

    /// The field table of a common event.
    pub fn of_event(&self, event: &Json) -> &'a Schema {
        let named = event.get(SOURCE).and_then(Json::as_str);
        named.and_then(|name| self.all().into_iter().find(|schema| schema.source == name)).unwrap_or(self.first)
    }

    /// The field table of one of a platform's tables.
    pub fn of_table(&self, table: &str, platform: PlatformId) -> Option<&'a Schema> {
        self.all().into_iter().find(|schema| {
            schema.scopes.get(&platform).is_some_and(|scope| scope.names.iter().any(|name| name == table))
        })
    }
}
