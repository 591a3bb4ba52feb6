//! Pipelines over rows (spec/kusto-semantics.md; what other dialects share behaves the same).
//!
//! Rows are objects of their columns. `rows` loads and types them, `aggregate`, `join`, `expand`, `parse` (with `dissect`
//! and `grok`) and `window` do one kind of step each; `elastic` has what only ES|QL's rows do.

mod aggregate;
mod dissect;
mod elastic;
mod expand;
mod grok;
mod join;
mod parse;
mod rows;
mod series;
mod table;
mod window;

use self::rows::Data;
use super::functions::{convert, kusto, kusto_list};
use super::{Context, EvalError, Scope, Table, eval, holds};
use crate::model::walk::{self, Fold};
use crate::model::{Column, Expr, NamePattern, NullsOrder, Pipeline, Select, SortKey, Source, Step, StepKind, Value};
use std::cmp::Ordering;

/// The greatest number of rows at any point of a pipeline.
pub(super) const MOST_ROWS: usize = 5_000_000;

/// Runs a pipeline over the events and tables of the context.
///
/// # Errors
/// What cannot be run, see [`EvalError`].
pub fn run(pipeline: &Pipeline, context: &Context<'_>) -> Result<Table, EvalError> {
    Ok(data(pipeline, context)?.into_table(context))
}

/// Whether a pipeline keeps or drops each of its events by itself: an event matches if a row of it survives.
pub fn keeps_rows(pipeline: &Pipeline) -> bool {
    let plain = matches!(&pipeline.source, Source::Events | Source::Table(_));
    plain
        && pipeline.steps.iter().all(|step| match &step.kind {
            StepKind::Filter(_)
            | StepKind::Project(_)
            | StepKind::Select(_)
            | StepKind::Expand { .. }
            | StepKind::Apply { .. }
            | StepKind::Parse { .. }
            | StepKind::Sort(_) => true,
            StepKind::Extend(columns) => !columns.iter().any(|column| window::is_windowed(&column.value)),
            _ => false,
        })
}

pub(super) fn data(pipeline: &Pipeline, context: &Context<'_>) -> Result<Data, EvalError> {
    let mut data = source(&pipeline.source, context)?;
    for step in &pipeline.steps {
        data = apply(step, data, context)?;
        if data.rows.len() > MOST_ROWS {
            return Err(EvalError::TooMuch("a table of this many rows".to_owned()));
        }
    }
    Ok(data)
}

fn source(source: &Source, context: &Context<'_>) -> Result<Data, EvalError> {
    match source {
        Source::Events => Ok(Data::load(&context.events, context)),
        Source::Table(name) => match context.table(name) {
            Some(rows) => Ok(Data::load(rows, context)),
            None => Err(EvalError::UnknownTable(name.clone())),
        },
        Source::Union(parts) => {
            let mut all = Data::default();
            for part in parts {
                all.append(data(part, context)?, context);
            }
            Ok(all)
        }
        Source::Pipeline(inner) => data(inner, context),
        Source::Inline(table) => Ok(Data::inline(table)),
        Source::Row(columns) => {
            let mut one = Data { columns: Vec::new(), rows: vec![Value::Object(Vec::new())] };
            extend(&mut one, columns, context)?;
            Ok(one)
        }
        Source::Range { name, from, to, step } => {
            let nowhere = Value::Object(Vec::new());
            let scope = Scope::new(&nowhere, super::Access::Common);
            let (from, to, step) =
                (eval(from, &scope, context)?, eval(to, &scope, context)?, eval(step, &scope, context)?);
            let values = kusto::steps(&from, &to, &step).unwrap_or_default();
            let rows = values.into_iter().map(|value| Value::Object(vec![(name.clone(), value)])).collect();
            Ok(Data { columns: vec![(name.clone(), rows::kind_of(&from))], rows })
        }
    }
}

/// Runs one step.
pub(super) fn apply(step: &Step, mut data: Data, context: &Context<'_>) -> Result<Data, EvalError> {
    let step = inline_queries(step, context)?;
    match &step.kind {
        StepKind::Filter(predicate) => {
            let mut kept = Vec::with_capacity(data.rows.len());
            for row in data.rows {
                if holds(predicate, &Scope::new(&row, super::Access::Common), context)? {
                    kept.push(row);
                }
            }
            Ok(Data { columns: data.columns, rows: kept })
        }
        StepKind::Extend(columns) => {
            extend(&mut data, columns, context)?;
            Ok(data)
        }
        StepKind::Project(columns) => project(data, columns, context),
        StepKind::Select(select) => {
            if let (Select::Keep { names, .. }, super::Access::Elastic) = (select, context.access) {
                let plain = names.iter().filter(|name| !name.0.contains('*')).map(|name| name.0.clone());
                elastic::named(&mut data, plain, context);
            }
            Ok(selected(data, select))
        }
        StepKind::Aggregate { aggregates, by, inline: true } => elastic::inline(data, aggregates, by, context),
        StepKind::Aggregate { aggregates, by, .. } => aggregate::run(data, aggregates, by, context),
        StepKind::Join(join) => join::run(data, join, context),
        StepKind::Union(parts) => {
            for part in parts {
                data.append(self::data(part, context)?, context);
            }
            Ok(data)
        }
        StepKind::Expand { columns, kind, index, limit, keep_empty } => {
            let limits = expand::Limits { rows: *limit, keep_empty: *keep_empty };
            expand::run(data, columns, *kind, index.as_deref(), limits, context)
        }
        StepKind::Apply { columns, steps } => expand::apply(data, columns, steps, context),
        StepKind::Parse { subject, kind, parts, filter } => parse::run(data, subject, *kind, parts, *filter, context),
        StepKind::Sort(keys) => sorted(data, keys, context),
        StepKind::Limit(count) => {
            let nowhere = Value::Object(Vec::new());
            let count = eval(count, &Scope::new(&nowhere, super::Access::Common), context)?;
            let count = convert::to_long(&count).and_then(|count| usize::try_from(count).ok()).unwrap_or(0);
            data.rows.truncate(count);
            Ok(data)
        }
        StepKind::Distinct(columns) => {
            let mut data = project(data, columns, context)?;
            let mut seen = std::collections::HashSet::new();
            data.rows.retain(|row| seen.insert(kusto_list::key(row)));
            Ok(data)
        }
        StepKind::Table(table) => table::run(data, table, context),
        StepKind::Unread(index) => Err(EvalError::Unread(*index)),
    }
}

/// A step with its sub-queries run: they are the same for every row.
fn inline_queries(step: &Step, context: &Context<'_>) -> Result<Step, EvalError> {
    struct Inline<'c, 'd> {
        context: &'c Context<'d>,
        error: Option<EvalError>,
    }
    impl Fold for Inline<'_, '_> {
        fn expr(&mut self, expr: Expr) -> Expr {
            let rows = match &expr {
                Expr::Scalar(pipeline) | Expr::Rows(pipeline) => run(pipeline, self.context),
                _ => return walk::expr_parts(self, expr),
            };
            let table = match rows {
                Ok(table) => table,
                Err(error) => {
                    self.error.get_or_insert(error);
                    return expr;
                }
            };
            let mut first = table.rows.into_iter().filter_map(|row| row.into_iter().next());
            Expr::Literal(match expr {
                Expr::Scalar(_) => first.next().unwrap_or(Value::Null),
                _ => Value::Array(first.collect()),
            })
        }

        fn pipeline(&mut self, pipeline: Pipeline) -> Pipeline {
            pipeline
        }
    }
    let mut inline = Inline { context, error: None };
    let step = inline.step(step.clone());
    match inline.error {
        Some(error) => Err(error),
        None => Ok(step),
    }
}

/// Adds columns one after the other.
pub(super) fn extend(data: &mut Data, columns: &[Column], context: &Context<'_>) -> Result<(), EvalError> {
    for column in columns {
        let expr = window::prepare(&column.value, data, context)?;
        let ty = data.type_of(&expr);
        let mut values = Vec::with_capacity(data.rows.len());
        for row in &data.rows {
            values.push(eval(&expr, &Scope::new(row, super::Access::Common), context)?);
        }
        data.set(&column.name, ty, values, context);
    }
    window::clear(data);
    Ok(())
}

fn project(mut data: Data, columns: &[Column], context: &Context<'_>) -> Result<Data, EvalError> {
    let mut result = Data { columns: Vec::new(), rows: vec![Value::Object(Vec::new()); data.rows.len()] };
    for column in columns {
        if column.name == "*" {
            for (name, ty) in data.columns.clone() {
                let values = data.values(&name);
                result.set(&name, ty, values, context);
            }
            continue;
        }
        let expr = window::prepare(&column.value, &mut data, context)?;
        let ty = data.type_of(&expr);
        let mut values = Vec::with_capacity(data.rows.len());
        for row in &data.rows {
            values.push(eval(&expr, &Scope::new(row, super::Access::Common), context)?);
        }
        result.set(&column.name, ty, values, context);
    }
    Ok(result)
}

fn selected(data: Data, select: &Select) -> Data {
    let fits = |patterns: &[NamePattern], name: &str| patterns.iter().position(|pattern| pattern.fits(name));
    match select {
        Select::Keep { names, ordered } => {
            let mut kept: Vec<(usize, String)> =
                data.columns.iter().filter_map(|(name, _)| fits(names, name).map(|at| (at, name.clone()))).collect();
            if *ordered {
                kept.sort_by_key(|(at, _)| *at);
            }
            data.arranged(kept.into_iter().map(|(_, name)| (name.clone(), name)).collect())
        }
        Select::Drop(names) => {
            let kept = data.columns.iter().filter(|(name, _)| fits(names, name).is_none());
            let kept = kept.map(|(name, _)| (name.clone(), name.clone())).collect();
            data.arranged(kept)
        }
        Select::Reorder(names) => {
            let mut all: Vec<(usize, String)> =
                data.columns.iter().map(|(name, _)| (fits(names, name).unwrap_or(usize::MAX), name.clone())).collect();
            all.sort_by_key(|(at, _)| *at);
            data.arranged(all.into_iter().map(|(_, name)| (name.clone(), name)).collect())
        }
        Select::Rename(pairs) => {
            let all = data
                .columns
                .iter()
                .map(|(name, _)| {
                    let new = pairs.iter().find(|(_, old)| old == name).map_or(name, |(new, _)| new);
                    (new.clone(), name.clone())
                })
                .collect();
            data.arranged(all)
        }
    }
}

fn sorted(data: Data, keys: &[SortKey], context: &Context<'_>) -> Result<Data, EvalError> {
    let mut rows = Vec::with_capacity(data.rows.len());
    for row in data.rows {
        let mut values = Vec::with_capacity(keys.len());
        for key in keys {
            values.push(eval(&key.value, &Scope::new(&row, super::Access::Common), context)?);
        }
        rows.push((values, row));
    }
    rows.sort_by(|(left, _), (right, _)| {
        for ((key, a), b) in keys.iter().zip(left).zip(right) {
            let order = match (a.is_null(), b.is_null()) {
                (true, true) => Ordering::Equal,
                (true, false) if key.nulls == NullsOrder::First => Ordering::Less,
                (true, false) => Ordering::Greater,
                (false, true) if key.nulls == NullsOrder::First => Ordering::Greater,
                (false, true) => Ordering::Less,
                _ if key.descending => kusto_list::total_order(b, a),
                _ => kusto_list::total_order(a, b),
            };
            if order != Ordering::Equal {
                return order;
            }
        }
        Ordering::Equal
    });
    Ok(Data { columns: data.columns, rows: rows.into_iter().map(|(_, row)| row).collect() })
}
