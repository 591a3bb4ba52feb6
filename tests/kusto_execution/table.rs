//! Events as rows of the flat table that kept names read: one column a field, one value each, one type each.

use ruleglot::model::{Expr, FieldKind, FieldTypes, Predicate, TestKind, Value, walk};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    Text,
    Long,
    Real,
    Bool,
    Time,
}

impl Column {
    /// The name of the type in Kusto.
    pub fn kusto(self) -> &'static str {
        match self {
            Column::Text => "string",
            Column::Long => "long",
            Column::Real => "real",
            Column::Bool => "bool",
            Column::Time => "datetime",
        }
    }

    fn duckdb(self) -> &'static str {
        match self {
            Column::Text => "VARCHAR",
            Column::Long => "BIGINT",
            Column::Real => "DOUBLE",
            Column::Bool => "BOOLEAN",
            Column::Time => "TIMESTAMP",
        }
    }

    /// A value of an event as the column stores it; `None` where it does not fit.
    fn store(self, value: Option<&Json>) -> Option<String> {
        let Some(value) = value.filter(|value| !value.is_null()) else {
            // Kusto has no null text.
            return Some(if self == Column::Text { "''".to_owned() } else { "NULL".to_owned() });
        };
        let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
        match (self, value) {
            (_, Json::Array(_) | Json::Object(_) | Json::Null) => None,
            (Column::Text, Json::String(text)) => (!text.contains('\0')).then(|| quoted(text)),
            (Column::Long, Json::Number(number)) => number.as_i64().map(|number| number.to_string()),
            (Column::Long, Json::String(text)) => text.parse::<i64>().ok().map(|number| number.to_string()),
            (Column::Real, Json::Number(number)) => Some(number.to_string()),
            (Column::Real, Json::String(text)) => text.parse::<f64>().ok().map(|number| number.to_string()),
            (Column::Bool, Json::Bool(flag)) => Some(flag.to_string()),
            (Column::Bool, Json::String(text)) if text == "true" || text == "false" => Some(text.clone()),
            (Column::Time, Json::String(text)) => ruleglot::evaluate::time::parse_time(text)
                .map(|ticks| quoted(ruleglot::evaluate::time::to_iso(ticks).trim_end_matches('Z'))),
            (Column::Time, Json::Number(millis)) => ruleglot::evaluate::time::from_epoch_millis(millis.as_i64()?)
                .map(|ticks| quoted(ruleglot::evaluate::time::to_iso(ticks).trim_end_matches('Z'))),
            _ => None,
        }
    }
}

/// The columns that a condition reads: by the given types, else by the operands of its tests.
pub fn columns(condition: &Predicate, types: &dyn FieldTypes) -> BTreeMap<String, Column> {
    let mut found: BTreeMap<String, Column> = BTreeMap::new();
    let mut operands: Vec<(String, bool, bool)> = Vec::new();
    let mut names = Vec::new();
    walk::visit_predicate(
        condition,
        |test| {
            let Some(field) = test.subject.as_field() else { return };
            let values: Vec<&Expr> = match &test.kind {
                TestKind::Equals { value, .. } | TestKind::Compare { value, .. } => vec![value],
                TestKind::In { values, .. } => values.iter().collect(),
                TestKind::Range { low, high, .. } => low.iter().chain(high).map(|(value, _)| value).collect(),
                _ => Vec::new(),
            };
            let literals: Vec<&Value> = values.into_iter().filter_map(Expr::as_literal).collect();
            if literals.is_empty() {
                return;
            }
            let number = |value: &&Value| matches!(value, Value::Int(_) | Value::Double(_));
            let flag = |value: &&Value| matches!(value, Value::Bool(_));
            operands.push((field.path.to_string(), literals.iter().all(number), literals.iter().all(flag)));
        },
        |field| names.push(field.path.to_string()),
    );
    for name in names {
        let own: Vec<_> = operands.iter().filter(|(known, ..)| *known == name).collect();
        let column = match types.type_of(&name).map(|found| found.kind) {
            Some(FieldKind::Long) => Column::Long,
            Some(FieldKind::Double) => Column::Real,
            Some(FieldKind::Boolean) => Column::Bool,
            Some(FieldKind::Date) => Column::Time,
            Some(_) => Column::Text,
            None if !own.is_empty() && own.iter().all(|(_, number, _)| *number) => Column::Real,
            None if !own.is_empty() && own.iter().all(|(_, _, flag)| *flag) => Column::Bool,
            None => Column::Text,
        };
        found.insert(name, column);
    }
    found
}

/// The leaves of an event by their dotted names; `None` where two leaves have one name.
fn leaves(value: &Json, name: &str, out: &mut BTreeMap<String, Json>) -> Option<()> {
    match value {
        Json::Object(members) => {
            for (key, inner) in members {
                let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                leaves(inner, &name, out)?;
            }
            Some(())
        }
        leaf => out.insert(name.to_owned(), leaf.clone()).is_none().then_some(()),
    }
}

/// The statements that make the table, with the numbers of the events that fit its columns.
pub fn statements(name: &str, columns: &BTreeMap<String, Column>, events: &[Json]) -> (Vec<String>, Vec<usize>) {
    let mut rows = Vec::new();
    let mut kept = Vec::new();
    for (at, event) in events.iter().enumerate() {
        let mut found = BTreeMap::new();
        if leaves(event, "", &mut found).is_none() {
            continue;
        }
        let cells: Option<Vec<String>> = columns.iter().map(|(name, column)| column.store(found.get(name))).collect();
        let Some(cells) = cells else { continue };
        kept.push(at);
        let cells: String = cells.iter().map(|cell| format!(", {cell}")).collect();
        rows.push(format!("({at}{cells})"));
    }
    let defined: String = columns
        .iter()
        .map(|(name, column)| format!(", \"{}\" {}", name.replace('"', "\"\""), column.duckdb()))
        .collect();
    let mut out = vec![format!("CREATE OR REPLACE TABLE \"{name}\" (RowNumber BIGINT{defined})")];
    if !rows.is_empty() {
        out.push(format!("INSERT INTO \"{name}\" VALUES {}", rows.join(", ")));
    }
    (out, kept)
}
