//! Lists as rows.

use super::rows::{self, Data};
use crate::evaluate::{Access, Context, EvalError, Scope, eval};
use crate::model::{ExpandColumn, ExpandKind, FieldKind, FieldType, Step, Value};

/// How many rows one row may become, and what becomes of rows without elements.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The greatest number of rows for one input row.
    pub rows: Option<u64>,
    /// Whether a row without elements stays.
    pub keep_empty: bool,
}

/// The elements of a value: `None` where there is nothing to expand (null).
fn elements(value: Value, kind: ExpandKind) -> Option<Vec<Value>> {
    match value {
        Value::Null => None,
        Value::Array(items) => Some(items),
        Value::Object(members) => Some(
            members
                .into_iter()
                .map(|(name, value)| match kind {
                    ExpandKind::Bag => Value::Object(vec![(name, value)]),
                    ExpandKind::Array => Value::Array(vec![Value::String(name), value]),
                })
                .collect(),
        ),
        single => Some(vec![single]),
    }
}

fn type_of(column: &ExpandColumn) -> Option<FieldType> {
    match &column.to {
        Some(ty) => FieldType::parse(ty),
        None => Some(FieldType::scalar(FieldKind::Dynamic)),
    }
}

/// One row for each element.
pub fn run(
    data: Data,
    columns: &[ExpandColumn],
    kind: ExpandKind,
    index: Option<&str>,
    limits: Limits,
    context: &Context<'_>,
) -> Result<Data, EvalError> {
    let mut out = Data { columns: data.columns.clone(), rows: Vec::new() };
    let mut cells: Vec<Vec<Value>> = vec![Vec::new(); columns.len()];
    let mut indexes = Vec::new();
    for row in &data.rows {
        let mut lists = Vec::with_capacity(columns.len());
        for column in columns {
            lists.push(elements(eval(&column.value, &Scope::new(row, Access::Common), context)?, kind));
        }
        let longest = lists.iter().flatten().map(Vec::len).max();
        let mut count = match longest {
            // Null keeps one row, an empty list none.
            None => 1,
            Some(0) if limits.keep_empty => 1,
            Some(count) => count,
        };
        if let Some(limit) = limits.rows {
            count = count.min(usize::try_from(limit).unwrap_or(usize::MAX));
        }
        for at in 0..count {
            out.rows.push(row.clone());
            for ((list, column), cells) in lists.iter().zip(columns).zip(&mut cells) {
                let value = list.as_ref().and_then(|list| list.get(at)).cloned().unwrap_or(Value::Null);
                cells.push(match &column.to {
                    Some(ty) => rows::converted(value, ty),
                    None => value,
                });
            }
            indexes.push(if longest.is_none() { Value::Null } else { Value::Int(i64::try_from(at).unwrap_or(0)) });
        }
        if out.rows.len() > super::MOST_ROWS {
            return Err(EvalError::TooMuch("lists of this many elements".to_owned()));
        }
    }
    for (column, values) in columns.iter().zip(cells) {
        out.set(&column.name, type_of(column), values, context);
    }
    if let Some(name) = index {
        out.set(name, Some(FieldType::scalar(FieldKind::Long)), indexes, context);
    }
    Ok(out)
}

/// Expands the lists of each row and runs steps over what comes of it.
pub fn apply(data: Data, columns: &[ExpandColumn], steps: &[Step], context: &Context<'_>) -> Result<Data, EvalError> {
    let mut out = Data::default();
    let mut shape = data.columns.clone();
    for row in &data.rows {
        let one = Data { columns: data.columns.clone(), rows: vec![row.clone()] };
        let limits = Limits { rows: None, keep_empty: false };
        let mut inner = run(one, columns, ExpandKind::Bag, None, limits, context)?;
        for step in steps {
            inner = super::apply(step, inner, context)?;
        }
        for (name, ty) in &inner.columns {
            match shape.iter_mut().find(|(known, _)| known == name) {
                Some((_, known)) => *known = ty.or(*known),
                None => shape.push((name.clone(), *ty)),
            }
        }
        for result in &inner.rows {
            let mut cells = match row {
                Value::Object(cells) => cells.clone(),
                _ => Vec::new(),
            };
            if let Value::Object(new) = result {
                for (name, value) in new {
                    match cells.iter_mut().find(|(known, _)| known == name) {
                        Some((_, cell)) => *cell = value.clone(),
                        None => cells.push((name.clone(), value.clone())),
                    }
                }
            }
            out.rows.push(Value::Object(cells));
        }
        if out.rows.len() > super::MOST_ROWS {
            return Err(EvalError::TooMuch("lists of this many elements".to_owned()));
        }
    }
    if data.rows.is_empty() {
        for column in columns {
            if !shape.iter().any(|(name, _)| *name == column.name) {
                shape.push((column.name.clone(), type_of(column)));
            }
        }
    }
    let rows = std::mem::take(&mut out.rows);
    let mut result = Data::default();
    result.append(Data { columns: shape, rows }, context);
    Ok(result)
}
