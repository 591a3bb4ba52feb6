//! Joins: keys that are both null are equal, as Kusto has it.

use super::rows::Data;
use crate::evaluate::functions::kusto_list as list;
use crate::evaluate::{Access, Context, EvalError, Scope, eval};
use crate::model::{Expr, Join, JoinKind, Object, Value};
use std::collections::{HashMap, HashSet};

/// Pairs rows.
pub fn run(left: Data, join: &Join, context: &Context<'_>) -> Result<Data, EvalError> {
    let right = super::data(&join.right, context)?;
    let (left_keys, right_keys): (Vec<&Expr>, Vec<&Expr>) = join.on.iter().map(|(left, right)| (left, right)).unzip();
    let left_keys = keys(&left, &left_keys, context)?;
    let right_keys = keys(&right, &right_keys, context)?;
    let mut partners: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, key) in right_keys.iter().enumerate() {
        partners.entry(key).or_default().push(at);
    }
    let on_left: HashSet<&str> = left_keys.iter().map(String::as_str).collect();
    let chosen = |data: &Data, keep: &dyn Fn(usize) -> bool| Data {
        columns: data.columns.clone(),
        rows: data.rows.iter().enumerate().filter(|(at, _)| keep(*at)).map(|(_, row)| row.clone()).collect(),
    };
    let left_has = |at: usize| left_keys.get(at).is_some_and(|key| partners.contains_key(key.as_str()));
    let right_has = |at: usize| right_keys.get(at).is_some_and(|key| on_left.contains(key.as_str()));
    match join.kind {
        JoinKind::LeftSemi => return Ok(chosen(&left, &left_has)),
        JoinKind::LeftAnti => return Ok(chosen(&left, &|at| !left_has(at))),
        JoinKind::RightSemi => return Ok(chosen(&right, &right_has)),
        JoinKind::RightAnti => return Ok(chosen(&right, &|at| !right_has(at))),
        _ => {}
    }
    let lookup = matches!(join.kind, JoinKind::Lookup | JoinKind::LookupInner);
    let dropped: Vec<&str> = if lookup {
        join.on.iter().filter_map(|(_, right)| right.as_field().and_then(|field| field.path.as_column())).collect()
    } else {
        Vec::new()
    };
    // Columns of the right side, with a number where the left has their name.
    let mut names: Vec<(String, String)> = Vec::new();
    let mut columns = left.columns.clone();
    for (name, ty) in &right.columns {
        if dropped.contains(&name.as_str()) {
            continue;
        }
        let mut candidate = name.clone();
        let mut number = 0;
        while columns.iter().any(|(known, _)| *known == candidate) {
            number += 1;
            candidate = format!("{name}{number}");
        }
        names.push((candidate.clone(), name.clone()));
        columns.push((candidate, *ty));
    }
    let mut rows: Vec<Value> = Vec::new();
    let mut seen: HashSet<&str> = HashSet::new();
    let outer_left = matches!(join.kind, JoinKind::LeftOuter | JoinKind::FullOuter | JoinKind::Lookup);
    for (row, key) in left.rows.iter().zip(&left_keys) {
        if join.kind == JoinKind::InnerUnique && !seen.insert(key) {
            continue;
        }
        match partners.get(key.as_str()) {
            Some(found) => {
                for at in found {
                    rows.push(pair(Some(row), right.rows.get(*at), &left, &names));
                    if rows.len() > super::MOST_ROWS {
                        return Err(EvalError::TooMuch("a join of this many rows".to_owned()));
                    }
                }
            }
            None if outer_left => rows.push(pair(Some(row), None, &left, &names)),
            None => {}
        }
    }
    if matches!(join.kind, JoinKind::RightOuter | JoinKind::FullOuter) {
        for (row, key) in right.rows.iter().zip(&right_keys) {
            if !on_left.contains(key.as_str()) {
                rows.push(pair(None, Some(row), &left, &names));
            }
        }
    }
    let mut result = Data { columns: Vec::new(), rows: Vec::new() };
    // Missing texts are empty: the rows pass through the columns' types.
    result.append(Data { columns, rows }, context);
    Ok(result)
}

fn keys(data: &Data, keys: &[&Expr], context: &Context<'_>) -> Result<Vec<String>, EvalError> {
    let mut all = Vec::with_capacity(data.rows.len());
    for row in &data.rows {
        let mut key = String::new();
        for part in keys {
            key.push_str(&list::key(&eval(part, &Scope::new(row, Access::Common), context)?));
            key.push('\u{0}');
        }
        all.push(key);
    }
    Ok(all)
}

fn pair(left: Option<&Value>, right: Option<&Value>, shape: &Data, names: &[(String, String)]) -> Value {
    let cell = |row: Option<&Value>, name: &str| row.and_then(|row| row.get(name)).cloned().unwrap_or(Value::Null);
    let mut cells: Object = Vec::with_capacity(shape.columns.len() + names.len());
    cells.extend(shape.columns.iter().map(|(name, _)| (name.clone(), cell(left, name))));
    cells.extend(names.iter().map(|(new, old)| (new.clone(), cell(right, old))));
    Value::Object(cells)
}
