//! What EQL can say of a model.

use super::say;
use crate::diagnostic::Span;
use crate::diagnostic::codes::elastic;
use crate::model::{
    AbsentStage, Direction, Expr, FieldTypes, Logic, Loss, Pipeline, Predicate, Quantifier, Select, Shape, Stage, Step,
    StepKind, Test, Value,
};
use crate::plan::{Support, Target};

/// EQL as a target. Events are single documents whose fields hold any number of values.
pub struct EqlTarget;

impl Target for EqlTarget {
    fn name(&self) -> &'static str {
        "EQL"
    }

    fn test(&self, test: &Test, _negated: bool, types: &dyn FieldTypes) -> Support<Predicate> {
        match say::test(test, types) {
            Ok(_) => Support::Exactly,
            Err(other) => other,
        }
    }

    fn predicate(&self, predicate: &Predicate, _types: &dyn FieldTypes) -> Support<Predicate> {
        match predicate {
            Predicate::Elements { quantifier: Quantifier::Any, list, var, body } => {
                crate::dialect::elastic_elements::any_element(list, var, body)
            }
            Predicate::Elements { .. } => {
                Support::No("a condition on how many elements of a list; its fields are flattened".to_owned())
            }
            _ => Support::No("it has no such connective".to_owned()),
        }
    }

    fn expr(&self, _expr: &Expr, _types: &dyn FieldTypes) -> Support<Expr> {
        Support::No("it computes no columns".to_owned())
    }

    fn step(&self, step: &Step, _types: &dyn FieldTypes) -> Support<Step> {
        let whole = |message: &str| {
            let nothing = Step { kind: StepKind::Select(Select::Drop(Vec::new())), ..step.clone() };
            Support::Approximately(nothing, vec![Loss::output(elastic::ELASTIC_OUTPUT, message)])
        };
        match &step.kind {
            StepKind::Sort(keys) => match keys.as_slice() {
                [key] if key.value == Expr::whole("@timestamp") => Support::Exactly,
                _ => whole("EQL orders its hits by time"),
            },
            StepKind::Limit(Expr::Literal(Value::Int(count))) if *count >= 0 => Support::Exactly,
            StepKind::Select(Select::Rename(_)) => Support::No("it renames no fields".to_owned()),
            StepKind::Select(_) => whole("EQL yields whole events, so the selection of columns is left out"),
            StepKind::Project(columns) if columns.iter().all(|column| names_itself(&column.name, &column.value)) => {
                whole("EQL yields whole events, so the selection of columns is left out")
            }
            _ => Support::No("it filters events and relates them; it computes nothing from them".to_owned()),
        }
    }

    fn shape(&self, shape: &Shape, _types: &dyn FieldTypes) -> Support<Shape> {
        match shape {
            Shape::Sequence { stages, absent, max_span, until, unordered } => {
                sequence(stages, absent, *max_span, until.as_ref(), *unordered)
            }
            Shape::Threshold { events, by, at_least, window } => threshold(events, by, *at_least, *window),
            Shape::Cardinality { .. } => Support::No("it counts no distinct values".to_owned()),
            Shape::NewValue { .. } => {
                Support::No("new values are a rule type of Elastic (new_terms), no EQL query".to_owned())
            }
            Shape::Absence { events, without, on, window } => absence(events, without, on, *window),
        }
    }
}

fn names_itself(name: &str, value: &Expr) -> bool {
    value.as_field().is_some_and(|field| field.path.to_string() == name)
}

fn sequence(
    stages: &[Stage],
    absent: &[AbsentStage],
    max_span: Option<f64>,
    until: Option<&Stage>,
    unordered: bool,
) -> Support<Shape> {
    let refuse = |reason: &str| Support::No(reason.to_owned());
    let all = || stages.iter().chain(absent.iter().map(|item| &item.stage)).chain(until);
    if !all().flat_map(|stage| &stage.by).all(|key| key.as_field().is_some_and(|field| say::field_name(field).is_ok()))
    {
        return refuse("a sequence is joined by plain fields only");
    }
    if stages.is_empty() || (stages.len() + absent.len() == 1 && stages.iter().all(|stage| stage.runs < 2)) {
        return refuse("a sequence needs two stages");
    }
    if all().any(|stage| stage.runs > 100) {
        return refuse("a stage is repeated 100 times at most");
    }
    if !absent.is_empty() && max_span.is_none() {
        return refuse("an event that must not come needs a greatest time");
    }
    if unordered {
        let keyed = stages.iter().all(|stage| !stage.by.is_empty());
        if !keyed
            || !absent.is_empty()
            || until.is_some()
            || max_span.is_some()
            || stages.iter().any(|stage| stage.runs > 1)
        {
            return refuse("a sample has keys, and neither a greatest time nor missing or repeated events");
        }
    }
    Support::Exactly
}

/// The condition of a pipeline that only filters.
fn condition(pipeline: &Pipeline) -> Option<Predicate> {
    Logic::Pipeline(pipeline.clone()).as_filter()
}

/// Events of a group in a row within the window are a sequence of runs.
fn threshold(events: &Pipeline, by: &[Expr], at_least: u64, window: Option<u64>) -> Support<Shape> {
    let Some(filter) = condition(events) else { return Support::No("it counts plain events only".to_owned()) };
    if !(2..=100).contains(&at_least) {
        return Support::No(format!("it counts from 2 to 100 events, not {at_least}"));
    }
    if !by.iter().all(|key| key.as_field().is_some_and(|field| say::field_name(field).is_ok())) {
        return Support::No("it groups by plain fields only".to_owned());
    }
    let stage = Stage { filter, by: by.to_vec(), runs: at_least, span: Span::default() };
    let shape = Shape::Sequence {
        stages: vec![stage],
        absent: Vec::new(),
        max_span: window.map(|seconds| seconds as f64),
        until: None,
        unordered: false,
    };
    let message = format!(
        "every {at_least} events of a group raise an alert of their own, and the time runs from the first of them"
    );
    Support::Approximately(shape, vec![Loss::alerting(elastic::ELASTIC_RUNS, Direction::Either, message)])
}

/// What should have followed within the window is an event that is missing.
fn absence(events: &Pipeline, without: &Pipeline, on: &[(Expr, Expr)], window: Option<u64>) -> Support<Shape> {
    let (Some(happened), Some(missing)) = (condition(events), condition(without)) else {
        return Support::No("it relates plain events only".to_owned());
    };
    let Some(window) = window else {
        return Support::No("an event that must not come needs a greatest time".to_owned());
    };
    let fields = |key: &Expr| key.as_field().is_some_and(|field| say::field_name(field).is_ok());
    if on.is_empty() || !on.iter().all(|(left, right)| fields(left) && fields(right)) {
        return Support::No("a sequence is joined by plain fields only".to_owned());
    }
    let stage = |filter, by: Vec<Expr>| Stage { filter, by, runs: 1, span: Span::default() };
    Support::As(Shape::Sequence {
        stages: vec![stage(happened, on.iter().map(|(left, _)| left.clone()).collect())],
        absent: vec![AbsentStage {
            stage: stage(missing, on.iter().map(|(_, right)| right.clone()).collect()),
            before: 1,
        }],
        max_span: Some(window as f64),
        until: None,
        unordered: false,
    })
}
