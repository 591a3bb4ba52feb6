//! Values that a log source did not have before: the recent events without those whose value the history has.

use super::{Recognised, bare, events, loss, of_events, patterns, plain, time};
use crate::diagnostic::Span;
use crate::model::function;
use crate::model::{
    Case, Direction, Expr, JoinKind, Logic, Loss, Pipeline, Predicate, Select, Shape, Source, Step, StepKind, Test,
    TestKind,
};

/// One side: its conditions without those on time, the stretch of time, and the values of its keys.
struct Side {
    source: Source,
    stretch: time::Stretch,
    conditions: Vec<Predicate>,
    keys: Vec<Expr>,
}

/// `!in (history)` among the conditions, or a join that leaves known values out.
pub(super) fn of(pipeline: &Pipeline, lookback: Option<u64>) -> Option<Recognised> {
    by_list(pipeline, lookback).or_else(|| by_join(pipeline, lookback))
}

/// `where X !in (history)`
fn by_list(pipeline: &Pipeline, lookback: Option<u64>) -> Option<Recognised> {
    let filters: Vec<Step> = pipeline
        .steps
        .iter()
        .take_while(|step| {
            matches!(
                step.kind,
                StepKind::Filter(_)
                    | StepKind::Extend(_)
                    | StepKind::Project(_)
                    | StepKind::Select(_)
                    | StepKind::Sort(_)
            )
        })
        .cloned()
        .collect();
    shows_only(pipeline.steps.get(filters.len()..)?)?;
    let span = filters.first()?.span;
    let (mut conditions, _) = of_events(&filters)?;
    let at = conditions.iter().position(|condition| known_list(condition).is_some())?;
    let known = conditions.remove(at);
    let (subject, history) = known_list(&known)?;
    if conditions.iter().any(|condition| known_list(condition).is_some()) {
        return None;
    }
    let history = side(history, None)?;
    let (stretch, conditions) = time::split(conditions);
    let recent = Side { source: pipeline.source.clone(), stretch, conditions, keys: vec![subject.clone()] };
    join_up(recent, history, span, lookback)
}

/// The value and the history of `X !in (history)`.
fn known_list(condition: &Predicate) -> Option<(&Expr, &Pipeline)> {
    let Predicate::Not(inner) = condition else { return None };
    let Predicate::Test(Test { subject, kind: TestKind::In { values, case, .. }, .. }) = inner.as_ref() else {
        return None;
    };
    match values.as_slice() {
        [Expr::Rows(history)] if *case == Case::Sensitive => Some((subject, history)),
        _ => None,
    }
}

/// `join kind=leftanti (history) on X`, `history | join kind=rightanti (recent) on X`
fn by_join(pipeline: &Pipeline, lookback: Option<u64>) -> Option<Recognised> {
    let at = pipeline.steps.iter().position(|step| matches!(step.kind, StepKind::Join(_)))?;
    let (before, rest) = pipeline.steps.split_at(at);
    let (step, after) = rest.split_first()?;
    let StepKind::Join(join) = &step.kind else { return None };
    shows_only(after)?;
    let left = Pipeline { source: pipeline.source.clone(), steps: before.to_vec() };
    let (left_keys, right_keys): (Vec<&Expr>, Vec<&Expr>) = join.on.iter().map(|(left, right)| (left, right)).unzip();
    let (recent, history) = match join.kind {
        JoinKind::LeftAnti => (side(&left, Some(&left_keys))?, side(&join.right, Some(&right_keys))?),
        JoinKind::RightAnti => (side(&join.right, Some(&right_keys))?, side(&left, Some(&left_keys))?),
        _ => return None,
    };
    join_up(recent, history, step.span, lookback)
}

/// Steps that only say what alerts show.
fn shows_only(steps: &[Step]) -> Option<()> {
    steps
        .iter()
        .all(|step| match &step.kind {
            StepKind::Extend(_)
            | StepKind::Project(_)
            | StepKind::Sort(_)
            | StepKind::Aggregate { inline: false, .. } => true,
            StepKind::Select(Select::Drop(names) | Select::Reorder(names)) => !patterns(names).is_empty(),
            StepKind::Select(_) | StepKind::Distinct(_) => true,
            _ => false,
        })
        .then_some(())
}

/// A side of the comparison; its keys by name, or the first column of what it yields.
fn side(pipeline: &Pipeline, keys: Option<&[&Expr]>) -> Option<Side> {
    if !matches!(pipeline.source, Source::Events | Source::Table(_)) {
        return None;
    }
    let mut steps = pipeline.steps.as_slice();
    let mut grouped = None;
    if let Some((last, rest)) = steps.split_last() {
        match &last.kind {
            StepKind::Aggregate { by, inline: false, .. } => (grouped, steps) = (Some(by), rest),
            StepKind::Distinct(by) => (grouped, steps) = (Some(by), rest),
            _ => {}
        }
    }
    let (conditions, columns) = of_events(steps)?;
    let named = |name: &str| -> Option<Expr> {
        match grouped {
            Some(by) => by.iter().find(|column| column.name == name).map(|column| columns.resolve(&column.value)),
            None => Some(columns.resolve(&Expr::whole(name))),
        }
    };
    let keys = match keys {
        Some(keys) => keys.iter().map(|key| named(key.as_field()?.path.as_column()?)).collect::<Option<Vec<Expr>>>()?,
        None => vec![match grouped {
            Some(by) => columns.resolve(&by.first()?.value),
            None if columns.closed => columns.known.first()?.1.clone(),
            None => return None,
        }],
    };
    let (stretch, conditions) = time::split(conditions);
    Some(Side { source: pipeline.source.clone(), stretch, conditions, keys })
}

/// Both sides as one shape: the same events but for time, the same values, and a history that ends where the recent
/// events begin.
fn join_up(recent: Side, history: Side, span: Span, lookback: Option<u64>) -> Option<Recognised> {
    if recent.source != history.source || recent.stretch.until.is_some() {
        return None;
    }
    let mut losses: Vec<Loss> = Vec::new();
    let keys = |side: &Side, losses: &mut Vec<Loss>| -> Vec<Expr> {
        side.keys
            .iter()
            .map(|key| match key {
                Expr::Call(function::LOWER | function::UPPER, arguments) if arguments.len() == 1 => {
                    let message = "a value in other case counts as new, where the source folds case";
                    let found = loss(Direction::Wider, message, Some(span));
                    if !losses.contains(&found) {
                        losses.push(found);
                    }
                    arguments.first().map_or_else(|| key.clone(), plain)
                }
                other => plain(other),
            })
            .collect()
    };
    let (of, known) = (keys(&recent, &mut losses), keys(&history, &mut losses));
    if of != known || of.is_empty() {
        return None;
    }
    let from = recent.stretch.from.filter(|ticks| *ticks > 0)?;
    let until = history.stretch.until?;
    // A gap between history and the recent events would count as known.
    if until > from {
        return None;
    }
    if until < from {
        let message = "the history of the source reaches into the recent events; here it ends where they begin";
        losses.push(loss(Direction::Wider, message, Some(span)));
    }
    let whole = history.stretch.from.map(time::seconds).or(lookback)?;
    let recent_conditions: Vec<Predicate> = recent.conditions.iter().map(bare).collect();
    let history_conditions: Vec<Predicate> = history.conditions.iter().map(bare).collect();
    // Values of more events are known in the source where its history asks less: those would be new here.
    if history_conditions.iter().any(|condition| !recent_conditions.contains(condition)) {
        return None;
    }
    if recent_conditions.iter().any(|condition| !history_conditions.contains(condition)) {
        let message = "the source knows values of more events than those that it alerts on; here only these count";
        losses.push(loss(Direction::Wider, message, Some(span)));
    }
    if whole <= time::seconds(from) {
        return None;
    }
    let shape = Shape::NewValue {
        events: events(recent.conditions, span),
        of,
        history: whole,
        recent: Some(time::seconds(from)),
    };
    Some(Recognised { logic: Logic::Shape(Box::new(shape)), losses })
}
