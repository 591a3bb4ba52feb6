//! Rows with named, typed columns.

use super::super::{Access, Context, Table, coerce};
use crate::evaluate::functions::convert;
use crate::model::function::{self, kusto};
use crate::model::{Expr, FieldKind, FieldType, InlineTable, Object, Value};
use std::collections::HashMap;

/// Rows as objects that hold every column, in order.
#[derive(Debug, Clone, Default)]
pub struct Data {
    /// Name and type of each column; no type where nothing tells.
    pub columns: Vec<(String, Option<FieldType>)>,
    /// The rows.
    pub rows: Vec<Value>,
}

/// The type of a value that is not null.
pub fn kind_of(value: &Value) -> Option<FieldType> {
    Some(FieldType::scalar(match value {
        Value::Null => return None,
        Value::Bool(_) => FieldKind::Boolean,
        Value::Int(_) => FieldKind::Long,
        Value::Double(_) => FieldKind::Double,
        Value::String(_) => FieldKind::Keyword,
        Value::DateTime(_) => FieldKind::Date,
        Value::Duration(_) => FieldKind::Timespan,
        Value::Array(_) | Value::Object(_) => FieldKind::Dynamic,
    }))
}

/// The type of all values together; none where all are null.
fn kind_of_all<'v>(values: impl Iterator<Item = &'v Value>) -> Option<FieldType> {
    let mut kind: Option<FieldType> = None;
    for found in values.filter_map(kind_of) {
        kind = Some(match kind {
            None => found,
            Some(known) => common(known, found),
        });
    }
    kind
}

fn common(one: FieldType, other: FieldType) -> FieldType {
    match (one.kind, other.kind) {
        (a, b) if a == b => one,
        (FieldKind::Long, FieldKind::Double) | (FieldKind::Double, FieldKind::Long) => {
            FieldType::scalar(FieldKind::Double)
        }
        _ => FieldType::scalar(FieldKind::Dynamic),
    }
}

fn is_text(ty: Option<FieldType>) -> bool {
    ty.is_some_and(|ty| !ty.list && coerce::is_text(ty.kind) && ty.kind != FieldKind::Guid)
}

/// Whether texts are never null: a missing one is empty.
fn never_null(context: &Context<'_>) -> bool {
    context.access == Access::Sentinel
}

impl Data {
    /// Events or rows of a table, read by the types of their columns.
    pub fn load(rows: &[Value], context: &Context<'_>) -> Self {
        if context.access == Access::Elastic {
            let rows: Vec<Value> = rows.iter().map(|row| super::elastic::row(row, context)).collect();
            return Self::of(&rows, context);
        }
        Self::of(rows, context)
    }

    fn of(rows: &[Value], context: &Context<'_>) -> Self {
        let mut places: HashMap<&str, usize> = HashMap::new();
        let mut names: Vec<&str> = Vec::new();
        for row in rows {
            if let Value::Object(members) = row {
                for (name, _) in members {
                    places.entry(name).or_insert_with(|| {
                        names.push(name);
                        names.len() - 1
                    });
                }
            }
        }
        let mut columns: Vec<(String, Option<FieldType>)> = Vec::with_capacity(names.len());
        for name in &names {
            let given = context.types.type_of(name).or_else(|| {
                (never_null(context) && matches!(*name, "TimeGenerated" | "Timestamp"))
                    .then_some(FieldType::scalar(FieldKind::Date))
            });
            let given = given.or_else(|| match context.access {
                Access::Elastic => super::elastic::type_of(name, context),
                _ => None,
            });
            let ty = given.or_else(|| kind_of_all(rows.iter().filter_map(|row| row.get(name))));
            columns.push(((*name).to_owned(), ty));
        }
        let rows = rows
            .iter()
            .map(|row| {
                let mut cells: Object = names.iter().map(|name| ((*name).to_owned(), Value::Null)).collect();
                if let Value::Object(members) = row {
                    for (name, value) in members {
                        if let Some(cell) = places.get(name.as_str()).and_then(|at| cells.get_mut(*at)) {
                            cell.1 = value.clone();
                        }
                    }
                }
                if never_null(context) {
                    for ((_, cell), (_, ty)) in cells.iter_mut().zip(&columns) {
                        if let Some(ty) = ty.filter(|ty| !ty.list)
                            && let Some(read) = coerce::by_column(cell, ty.kind)
                        {
                            *cell = read;
                        }
                        if cell.is_null() && is_text(*ty) {
                            *cell = Value::text("");
                        }
                    }
                }
                Value::Object(cells)
            })
            .collect();
        Self { columns, rows }
    }

    /// Rows that stand in the query.
    pub fn inline(table: &InlineTable) -> Self {
        let columns: Vec<(String, Option<FieldType>)> =
            table.columns.iter().map(|(name, ty)| (name.clone(), FieldType::parse(ty))).collect();
        let rows = table
            .rows
            .iter()
            .map(|row| {
                Value::Object(columns.iter().zip(row).map(|((name, _), value)| (name.clone(), value.clone())).collect())
            })
            .collect();
        Self { columns, rows }
    }

    /// The type that an expression over the columns has.
    pub fn type_of(&self, expr: &Expr) -> Option<FieldType> {
        let scalar = |kind: FieldKind| Some(FieldType::scalar(kind));
        match expr {
            Expr::Literal(value) => kind_of(value),
            Expr::Field(field) => match field.path.as_column() {
                Some(name) => self.columns.iter().find(|(column, _)| column == name).and_then(|(_, ty)| *ty),
                // A flat column of ES|QL by its dotted name.
                None => {
                    let name = field.path.to_string();
                    let flat = self.columns.iter().find(|(column, _)| *column == name);
                    flat.map_or(scalar(FieldKind::Dynamic), |(_, ty)| *ty)
                }
            },
            Expr::Path(..) | Expr::List(_) | Expr::Object(_) | Expr::Collect { .. } => scalar(FieldKind::Dynamic),
            Expr::Truth(_) => scalar(FieldKind::Boolean),
            Expr::Case(arms, otherwise) => {
                arms.iter().filter_map(|arm| self.type_of(&arm.then)).chain(self.type_of(otherwise)).reduce(common)
            }
            Expr::Call(function, arguments) | Expr::Aggregate(function, arguments, _) => match *function {
                function::LOWER
                | function::UPPER
                | function::TRIM
                | function::TO_TEXT
                | function::TO_TEXT_OR_EMPTY
                | function::CONCAT
                | function::CONCAT_OR_EMPTY
                | function::REPLACE
                | function::SUBSTRING => scalar(FieldKind::Keyword),
                function::LENGTH | function::COUNT_ELEMENTS | function::TO_INT => scalar(FieldKind::Long),
                function::NOW | function::TO_TIME => scalar(FieldKind::Date),
                function::SPLIT => scalar(FieldKind::Dynamic),
                other => match kusto::returns(other).or_else(|| kusto::aggregate::returns(other)) {
                    Some(kusto::Returns::Kind(kind)) => scalar(kind),
                    Some(kusto::Returns::First) => arguments.first().and_then(|first| self.type_of(first)),
                    Some(kusto::Returns::Second) => arguments.get(1).and_then(|second| self.type_of(second)),
                    Some(kusto::Returns::Common) => {
                        arguments.iter().filter_map(|argument| self.type_of(argument)).reduce(common)
                    }
                    _ => None,
                },
            },
            _ => None,
        }
    }

    /// The values of a column, null where a row has none.
    pub fn values(&self, name: &str) -> Vec<Value> {
        self.rows.iter().map(|row| row.get(name).cloned().unwrap_or(Value::Null)).collect()
    }

    /// Adds a column, or replaces the one of its name in its place.
    pub fn set(&mut self, name: &str, ty: Option<FieldType>, values: Vec<Value>, context: &Context<'_>) {
        let ty = ty.or_else(|| kind_of_all(values.iter()));
        let fill = never_null(context) && is_text(ty);
        let at = match self.columns.iter().position(|(column, _)| column == name) {
            Some(at) => {
                if let Some(column) = self.columns.get_mut(at) {
                    column.1 = ty;
                }
                Some(at)
            }
            None => {
                self.columns.push((name.to_owned(), ty));
                None
            }
        };
        for (row, value) in self.rows.iter_mut().zip(values) {
            let value = if fill && value.is_null() { Value::text("") } else { value };
            if let Value::Object(cells) = row {
                match at.and_then(|at| cells.get_mut(at)) {
                    Some(cell) => cell.1 = value,
                    None => cells.push((name.to_owned(), value)),
                }
            }
        }
    }

    /// The columns of these old names under new ones, in this order.
    pub fn arranged(self, names: Vec<(String, String)>) -> Self {
        let columns = names
            .iter()
            .map(|(new, old)| (new.clone(), self.columns.iter().find(|(name, _)| name == old).and_then(|(_, ty)| *ty)))
            .collect();
        let rows = self
            .rows
            .into_iter()
            .map(|row| {
                Value::Object(
                    names
                        .iter()
                        .map(|(new, old)| (new.clone(), row.get(old).cloned().unwrap_or(Value::Null)))
                        .collect(),
                )
            })
            .collect();
        Self { columns, rows }
    }

    /// The rows of another table behind these, columns matched by name.
    pub fn append(&mut self, other: Data, context: &Context<'_>) {
        for (name, ty) in &other.columns {
            match self.columns.iter_mut().find(|(known, _)| known == name) {
                Some((_, known)) => *known = known.or(*ty),
                None => self.columns.push((name.clone(), *ty)),
            }
        }
        let columns = self.columns.clone();
        let fill = never_null(context);
        let complete = |row: Value| {
            let Value::Object(mut cells) = row else { return row };
            let mut whole: Object = Vec::with_capacity(columns.len());
            for (name, ty) in &columns {
                let at = cells.iter().position(|(known, _)| known == name);
                let value = at.map_or(Value::Null, |at| cells.swap_remove(at).1);
                let value = if fill && value.is_null() && is_text(*ty) { Value::text("") } else { value };
                whole.push((name.clone(), value));
            }
            Value::Object(whole)
        };
        let rows = std::mem::take(&mut self.rows);
        self.rows = rows.into_iter().chain(other.rows).map(complete).collect();
    }

    /// The rows as lists of cells.
    pub fn into_table(mut self, context: &Context<'_>) -> Table {
        super::window::clear(&mut self);
        let texts = never_null(context);
        let columns = self.columns;
        let rows = self
            .rows
            .into_iter()
            .map(|row| match row {
                Value::Object(cells) => {
                    cells.into_iter().zip(&columns).map(|((_, value), (_, ty))| cell(value, *ty, texts)).collect()
                }
                _ => Vec::new(),
            })
            .collect();
        Table { columns, rows }
    }
}

/// A cell in the type of its column: numbers of a column of fractions are fractions.
fn cell(value: Value, ty: Option<FieldType>, texts: bool) -> Value {
    match (ty.map(|ty| ty.kind), value) {
        (Some(FieldKind::Double), Value::Int(number)) => Value::Double(number as f64),
        (Some(FieldKind::Keyword), Value::Null) if texts => Value::text(""),
        (_, value) => value,
    }
}

/// A value in the type of this name, as `to typeof(...)` converts it.
pub fn converted(value: Value, ty: &str) -> Value {
    match FieldType::parse(ty).map(|ty| ty.kind) {
        Some(FieldKind::Keyword) => Value::String(convert::dynamic_text(&value)),
        Some(FieldKind::Long) => convert::to_long(&value).map_or(Value::Null, Value::Int),
        Some(FieldKind::Double) => convert::to_double(&value).map_or(Value::Null, Value::Double),
        Some(FieldKind::Boolean) => convert::to_bool(&value).map_or(Value::Null, Value::Bool),
        Some(FieldKind::Date) => convert::to_time(&value).map_or(Value::Null, Value::DateTime),
        Some(FieldKind::Timespan) => convert::to_duration(&value).map_or(Value::Null, Value::Duration),
        _ => value,
    }
}
