//! What alerts show, as columns of a Sentinel query: a rule there shows nothing that its query does not return.

use super::query::Named;
use crate::diagnostic::Span;
use crate::fields::{self, SchemaTypes};
use crate::model::{
    ArrayMode, Column, Detection, Expr, FieldPath, FieldRef, FieldTypes, Logic, OutputField, PlatformId, Step, StepKind,
};
use crate::plan::{Support, Target};
use crate::rewrite::typed::{self, EventShape};
use std::collections::BTreeMap;

/// A rule's fields as columns.
pub(super) struct Shown {
    /// The step that makes them.
    pub(super) step: Step,
    /// Each field under the column that holds it.
    pub(super) outputs: Vec<OutputField>,
}

/// The step that returns what the alerts of a rule show. `None` where the logic returns it already, or there is nothing.
pub(super) fn columns(
    detection: &Detection,
    named: &Named<'_>,
    (from, to): (Option<PlatformId>, Option<PlatformId>),
    target: &dyn Target,
    types: &dyn FieldTypes,
) -> Option<Shown> {
    if to != Some(PlatformId::Sentinel) || detection.logic.as_filter().is_none() {
        return None;
    }
    // A query that names the columns it returns goes on returning only them.
    let itself =
        |output: &OutputField| output.value.as_field().and_then(|field| field.path.as_column()) == Some(&output.name);
    let closed = from == to && detection.outputs.iter().any(itself);
    let mut made: Vec<Column> = Vec::new();
    let mut outputs = Vec::new();
    for output in &detection.outputs {
        let value = match (from, to, named.schema) {
            (Some(from), Some(to), Some(schema)) => {
                let settled = value_by_types(&output.value, detection, from, named);
                match fields::rename_expr(&settled, from, to, schema) {
                    Ok(value) => value,
                    Err(_) => continue,
                }
            }
            (from, to, None) if from == to => output.value.clone(),
            _ => continue,
        };
        let name = identifier(&output.name);
        let known = made.iter().any(|column| column.name == name);
        let plain = value.as_field().and_then(|field| field.path.as_column()) == Some(name.as_str());
        if name.is_empty() || known || value.as_literal().is_some() || target.expr(&value, types) != Support::Exactly {
            continue;
        }
        let column = Expr::Field(FieldRef::new(FieldPath::column(name.clone()), ArrayMode::Whole));
        outputs.push(OutputField { name: output.name.clone(), value: column });
        if closed || !plain {
            made.push(Column { name, value });
        }
    }
    if made.is_empty() {
        return None;
    }
    let kind = if closed { StepKind::Project(made) } else { StepKind::Extend(as_texts(made)) };
    Some(Shown { step: Step::new(kind, Span::default()), outputs })
}

/// The logic with the step behind its filters.
pub(super) fn with(logic: &Logic, step: &Step) -> Logic {
    match logic {
        Logic::Pipeline(pipeline) => {
            let mut pipeline = pipeline.clone();
            pipeline.steps.push(step.clone());
            Logic::Pipeline(pipeline)
        }
        other => other.clone(),
    }
}

/// A value of the source as the declared fields let it be said.
pub(super) fn value_by_types(value: &Expr, detection: &Detection, from: PlatformId, named: &Named<'_>) -> Expr {
    match (from, named.schema) {
        (PlatformId::Panther, Some(schema)) => {
            let types = SchemaTypes { schemas: vec![schema], platform: from };
            typed::value_by_types(value.clone(), &EventShape::new(&types, log_types(detection)))
        }
        _ => value.clone(),
    }
}

/// The log types of a Panther rule, which its events name.
pub(super) fn log_types(detection: &Detection) -> BTreeMap<String, Vec<String>> {
    let names: Vec<String> = detection.log_sources.iter().flat_map(|source| source.names.clone()).collect();
    if names.is_empty() { BTreeMap::new() } else { BTreeMap::from([(fields::LOG_TYPE.to_owned(), names)]) }
}

/// What stands inside a column is dynamic; alerts and entities show texts.
fn as_texts(columns: Vec<Column>) -> Vec<Column> {
    columns
        .into_iter()
        .map(|column| {
            let inside = column.value.as_field().is_some_and(|field| field.path.0.len() > 1);
            let value = if inside {
                Expr::Call(crate::model::function::TO_TEXT_OR_EMPTY, vec![column.value])
            } else {
                column.value
            };
            Column { name: column.name, value }
        })
        .collect()
}

/// A name that a column may have.
fn identifier(name: &str) -> String {
    let mut out: String =
        name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }).collect();
    if out.starts_with(|letter: char| letter.is_ascii_digit()) {
        out.insert(0, '_');
    }
    out
}
