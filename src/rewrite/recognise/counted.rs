//! Groups of events that are counted: threshold and cardinality.

use super::{Columns, Recognised, asked_for, choose, events, loss, of_events, plain, time};
use crate::diagnostic::{Span, codes};
use crate::model::function::kusto::{self, aggregate};
use crate::model::{
    Column, Direction, Expr, Logic, Loss, Ordering, Pipeline, Predicate, Shape, StepKind, Test, TestKind, Value,
    function, walk,
};

/// What a column behind the groups is.
#[derive(Debug, Clone)]
enum Behind {
    /// The same for every event of the group.
    Key(Expr),
    /// An aggregate of the group.
    Aggregate(Expr),
    /// Computed from aggregates: good to show, not to ask.
    Shown,
}

/// A limit that an aggregate must reach.
struct Limit {
    aggregate: Expr,
    at_least: u64,
    span: Span,
}

/// A pipeline that groups events and asks for a number of them, or of distinct values, or for nothing more.
pub(super) fn of(pipeline: &Pipeline, lookback: Option<u64>) -> Option<Recognised> {
    let at = pipeline
        .steps
        .iter()
        .position(|step| matches!(step.kind, StepKind::Aggregate { inline: false, .. } | StepKind::Distinct(_)))?;
    let (before, rest) = pipeline.steps.split_at(at);
    let (step, after) = rest.split_first()?;
    let (mut conditions, columns) = of_events(before)?;
    let (aggregates, by): (&[Column], &[Column]) = match &step.kind {
        StepKind::Aggregate { aggregates, by, .. } => (aggregates, by),
        StepKind::Distinct(by) => (&[], by),
        _ => return None,
    };
    let mut losses = Vec::new();
    let mut behind: Vec<(String, Behind)> = Vec::new();
    let mut keys = Vec::new();
    for column in by {
        let value = columns.resolve(&column.value);
        if column.name == "*" || matches!(value, Expr::AnyField) {
            return None;
        }
        if let Some(width) = bin_of_time(&value) {
            let message = format!(
                "events are counted over the whole look-back instead of in steps of {} s each",
                time::seconds(width)
            );
            losses.push(loss(Direction::Wider, message, Some(step.span)));
            behind.push((column.name.clone(), Behind::Shown));
            continue;
        }
        behind.push((column.name.clone(), Behind::Key(value.clone())));
        keys.push(plain(&value));
    }
    for column in aggregates {
        behind.push((column.name.clone(), Behind::Aggregate(columns.resolve(&column.value))));
    }
    let mut limits = Vec::new();
    for step in after {
        match &step.kind {
            StepKind::Filter(predicate) => {
                for conjunct in predicate.conjuncts() {
                    match about(conjunct, &behind)? {
                        Asked::Event(condition) => conditions.push(condition),
                        Asked::Group(limit) => limits.push(limit),
                    }
                }
            }
            StepKind::Sort(_) => {}
            StepKind::Limit(_) => return None,
            kind => follow(kind, &mut behind)?,
        }
    }
    let shown: Vec<&str> = aggregates
        .iter()
        .filter(|column| !matches!(&column.value, Expr::Aggregate(aggregate::COUNT_ROWS, _, None)))
        .map(|column| column.name.as_str())
        .collect();
    if !shown.is_empty() {
        let message = format!("columns over the events of a group are not shown: {}", shown.join(", "));
        losses.push(Loss::output(codes::fields::OUTPUT_LOST, message));
    }
    first_seen(&limits, &keys, &conditions, step.span, lookback).or_else(|| {
        let shape = shape(limits, keys, conditions, step.span, &mut losses)?;
        Some(Recognised { logic: Logic::Shape(Box::new(shape)), losses })
    })
}

fn shape(
    limits: Vec<Limit>,
    by: Vec<Expr>,
    mut conditions: Vec<Predicate>,
    span: Span,
    losses: &mut Vec<Loss>,
) -> Option<Shape> {
    for key in by.iter().filter(|key| !asked_for(&conditions, key)) {
        let name = key.as_field().map_or_else(|| "a computed key".to_owned(), |field| format!("`{}`", field.path));
        let message = format!(
            "events without {name} make a group of their own in the source; kinds of rules that count leave them out"
        );
        losses.push(loss(Direction::Narrower, message, Some(span)));
    }
    let mut limits = limits.into_iter();
    let (first, more) = (limits.next(), limits.next());
    if more.is_some() {
        return None;
    }
    let Some(limit) = first else {
        // Without a group one row comes of nothing, which is no alert on an event.
        return (!by.is_empty()).then(|| Shape::Threshold {
            events: events(conditions, span),
            by,
            at_least: 1,
            window: None,
        });
    };
    let at_least = limit.at_least;
    match limit.aggregate {
        Expr::Aggregate(aggregate::COUNT_ROWS, _, filter) => {
            conditions.extend(filter.iter().flat_map(|filter| filter.conjuncts().to_vec()));
            Some(Shape::Threshold { events: events(conditions, span), by, at_least, window: None })
        }
        Expr::Aggregate(
            aggregate::COUNT_DISTINCT | aggregate::COUNT_DISTINCT_ALL | aggregate::MAKE_SET,
            arguments,
            filter,
        ) => {
            conditions.extend(filter.iter().flat_map(|filter| filter.conjuncts().to_vec()));
            let of = plain(arguments.first()?);
            if !asked_for(&conditions, &of) {
                let message = "a missing value counts as one of the distinct values in the source, and not where values \
                               are counted by a kind of rule";
                losses.push(loss(Direction::Narrower, message, Some(limit.span)));
            }
            Some(Shape::Cardinality { events: events(conditions, span), of: vec![of], by, at_least, window: None })
        }
        _ => None,
    }
}

/// `summarize First = min(TimeGenerated) by X | where First > ago(1d)`: a new value over the look-back.
fn first_seen(
    limits: &[Limit],
    by: &[Expr],
    conditions: &[Predicate],
    span: Span,
    lookback: Option<u64>,
) -> Option<Recognised> {
    let [Limit { aggregate: Expr::Aggregate(aggregate::MIN, arguments, None), at_least: recent, .. }] = limits else {
        return None;
    };
    let [subject] = arguments.as_slice() else { return None };
    if !time::is_event_time(subject) || by.is_empty() {
        return None;
    }
    let (stretch, conditions) = time::split(conditions.iter().cloned());
    let history = stretch.from.map(time::seconds).or(lookback)?;
    if stretch.until.is_some() || history <= *recent {
        return None;
    }
    let shape = Shape::NewValue { events: events(conditions, span), of: by.to_vec(), history, recent: Some(*recent) };
    Some(Recognised { logic: Logic::Shape(Box::new(shape)), losses: Vec::new() })
}

/// What a condition behind the groups asks.
enum Asked {
    Event(Predicate),
    Group(Limit),
}

fn about(condition: &Predicate, behind: &[(String, Behind)]) -> Option<Asked> {
    let mut names = Vec::new();
    let mut whole = true;
    walk::visit_predicate(
        condition,
        |_| {},
        |field| match field.path.0.first() {
            Some(crate::model::Segment::Key(name)) => names.push(name.clone()),
            _ => whole = false,
        },
    );
    let find = |name: &String| behind.iter().find(|(known, _)| known == name).map(|(_, what)| what);
    let found: Vec<Option<&Behind>> = names.iter().map(find).collect();
    if whole && !found.is_empty() && found.iter().all(|what| matches!(what, Some(Behind::Key(_)))) {
        let mut columns = Columns::default();
        for (name, what) in behind {
            if let Behind::Key(value) = what {
                columns.set(name, value.clone());
            }
        }
        return Some(Asked::Event(columns.resolve_condition(condition)));
    }
    let Predicate::Test(Test { subject, kind, span, .. }) = condition else { return None };
    // array_length(set_x) counts the set.
    let (subject, set) = match subject {
        Expr::Call(function::COUNT_ELEMENTS, arguments) => (arguments.first()?, true),
        other => (other, false),
    };
    let name = subject.as_field()?.path.as_column()?.to_owned();
    let Behind::Aggregate(aggregate) = find(&name)? else { return None };
    let counts = matches!(
        aggregate,
        Expr::Aggregate(aggregate::COUNT_ROWS | aggregate::COUNT_DISTINCT | aggregate::COUNT_DISTINCT_ALL, ..)
    ) && !set;
    let sets = matches!(aggregate, Expr::Aggregate(aggregate::MAKE_SET, arguments, _) if arguments.len() == 1) && set;
    let first = matches!(aggregate, Expr::Aggregate(aggregate::MIN, ..)) && !set;
    let TestKind::Compare { ordering, value, .. } = kind else { return None };
    if first {
        let ticks = time::before_now(value).filter(|ticks| *ticks > 0)?;
        return matches!(ordering, Ordering::Greater | Ordering::GreaterOrEqual).then(|| {
            Asked::Group(Limit { aggregate: aggregate.clone(), at_least: time::seconds(ticks), span: *span })
        });
    }
    if !counts && !sets {
        return None;
    }
    let number = match value.as_literal()? {
        Value::Int(number) => *number as f64,
        Value::Double(number) => *number,
        _ => return None,
    };
    let least = match ordering {
        Ordering::Greater => number.floor() + 1.0,
        Ordering::GreaterOrEqual => number.ceil(),
        _ => return None,
    };
    (0.0..1e15).contains(&least).then(|| {
        let at_least = (least as u64).max(1);
        Asked::Group(Limit { aggregate: aggregate.clone(), at_least, span: *span })
    })
}

/// Follows a step behind the groups that computes or chooses columns.
fn follow(kind: &StepKind, behind: &mut Vec<(String, Behind)>) -> Option<()> {
    let mut columns = Columns::default();
    choose(kind, &mut columns)?;
    let before = behind.clone();
    let what = |value: &Expr| -> Behind {
        if let Some(name) = value.as_field().and_then(|field| field.path.as_column())
            && let Some((_, known)) = before.iter().find(|(known, _)| known == name)
        {
            return known.clone();
        }
        Behind::Shown
    };
    if columns.closed {
        *behind = columns.known.iter().map(|(name, value)| (name.clone(), what(value))).collect();
    } else {
        for (name, value) in &columns.known {
            let found = what(value);
            behind.retain(|(known, _)| known != name);
            behind.push((name.clone(), found));
        }
    }
    Some(())
}

/// The width of the steps that the event time is counted in.
fn bin_of_time(value: &Expr) -> Option<i64> {
    match value {
        Expr::Call(kusto::BIN | kusto::FLOOR, arguments) => match arguments.as_slice() {
            [subject, Expr::Literal(Value::Duration(width))] if time::is_event_time(subject) => Some(*width),
            _ => None,
        },
        Expr::Call(kusto::STARTOFDAY, arguments) => match arguments.as_slice() {
            [subject] if time::is_event_time(subject) => Some(86_400 * crate::model::TICKS_PER_SECOND),
            _ => None,
        },
        _ => None,
    }
}
