//! Rules that look at many events together, compared over streams of events by the rows that they yield.
//!
//! A stream is made around the limits that the rules name: groups with one event fewer, as many and one more; as many
//! distinct values; events at both edges of a window; near misses among them.

use super::compare::{Comparison, Ground, Naming, Side};
use super::conditions::of_pipeline;
use super::events::{plain_events_for, put};
use super::shrink::shrink_within;
use crate::diagnostic::Span;
use crate::evaluate::time::to_iso;
use crate::evaluate::{Access, Context, EvalError, coerce, matches, run};
use crate::model::walk::{self, Fold};
use crate::model::{
    Expr, FieldPath, Logic, Pipeline, Predicate, Segment, Shape, Source, StepKind, TICKS_PER_SECOND, Test, TestKind,
    Value,
};
use serde_json::{Map, Value as Json, json};
use std::collections::HashSet;

/// Limits that groups are built around; greater ones are left alone.
const MOST_EVENTS: u64 = 60;
/// The greatest number of copies of every event.
const MOST_REPEATED: u64 = 20;
/// Events that are copied.
const MOST_GROUPS: usize = 15;
/// Tests whose contrary is tried.
const MOST_FLIPPED: usize = 40;
/// How often a stream may be tried in a smaller form.
const MOST_SHRUNK: usize = 120;
/// Events that are run to find which tests decide.
const MOST_DECIDING: usize = 20_000;

/// What a rule counts, and where.
#[derive(Default)]
struct Plan {
    /// Conditions on single events, each with its keys.
    kinds: Vec<(Predicate, Vec<FieldPath>)>,
    /// Numbers that counts are compared with.
    limits: Vec<u64>,
    /// Fields whose distinct values are counted.
    distinct: Vec<FieldPath>,
    /// Lengths of windows in seconds.
    windows: Vec<u64>,
}

/// Compares two rules over streams.
pub fn compare<'a>(left: Side<'a>, right: Side<'a>, ground: &Ground<'a>) -> Result<Comparison, EvalError> {
    // Streams are made from each side by itself, around the limits and windows of both.
    let mut plans = Vec::new();
    for maker in &ground.makers {
        let mut plan = Plan::default();
        plan.logic(maker.logic);
        plans.push((plan, maker.context));
    }
    let limits: Vec<u64> = plans.iter().flat_map(|(plan, _)| plan.limits.clone()).collect();
    let accesses = [left.context.access, right.context.access];
    let mut streams = Vec::new();
    for (plan, context) in &mut plans {
        plan.limits.clone_from(&limits);
        for stream in plan.streams(context, accesses, ground)? {
            if !streams.contains(&stream) {
                streams.push(stream);
            }
        }
    }
    let both = |stream: &Json| -> Result<(Vec<String>, Vec<String>), EvalError> {
        let events = stream.as_array().map(Vec::as_slice).unwrap_or_default();
        let (mut to_left, mut to_right) = (Vec::new(), Vec::new());
        for event in events {
            let (left_event, right_event) = (ground.project)(event);
            to_left.push(Value::from(&left_event));
            to_right.push(Value::from(&right_event));
        }
        let (mut left_rows, mut right_rows) = (rows(left, to_left)?, rows(right, to_right)?);
        if let Some([left_name, right_name]) = ground.names {
            left_rows = named(&left_rows, left_name);
            right_rows = named(&right_rows, right_name);
        }
        let (mut left_rows, mut right_rows) = on_common_columns(&left_rows, &right_rows);
        if ground.names.is_some() {
            left_rows.dedup();
            right_rows.dedup();
        }
        Ok((left_rows, right_rows))
    };
    let (mut agree, mut wider, mut narrower): (usize, Option<Json>, Option<Json>) = (0, None, None);
    for stream in &streams {
        let (left_rows, right_rows) = both(stream)?;
        let (more, fewer) = (surplus(&right_rows, &left_rows), surplus(&left_rows, &right_rows));
        agree += usize::from(!more && !fewer);
        for (found, place) in [(more, &mut wider), (fewer, &mut narrower)] {
            if found && place.is_none() {
                *place = Some(stream.clone());
            }
        }
    }
    let small = |found: Option<Json>, more: bool| {
        found.map(|stream| {
            shrink_within(MOST_SHRUNK, &stream, |smaller| {
                smaller.is_array()
                    && both(smaller).is_ok_and(
                        |(left, right)| {
                            if more { surplus(&right, &left) } else { surplus(&left, &right) }
                        },
                    )
            })
        })
    };
    let (wider, narrower) = (small(wider, true), small(narrower, false));
    let (spans, decided) = decisive(left, &streams, ground)?;
    Ok(Comparison {
        events: streams.len(),
        agree,
        decided: decided.iter().filter(|flag| **flag).count(),
        tests: decided.len(),
        undecided: spans.iter().zip(&decided).filter(|(_, flag)| !**flag).map(|(span, _)| *span).collect(),
        wider,
        narrower,
    })
}

/// Named cells of the rows that a side yields.
type Rows = Vec<Vec<(String, Json)>>;

fn rows(side: Side<'_>, events: Vec<Value>) -> Result<Rows, EvalError> {
    let mut context = Context::new(side.context.access, side.context.types, side.context.now);
    context.lookback = side.context.lookback;
    context.tables.clone_from(&side.context.tables);
    // Rows of Sentinel tell which table they stand in, where a rule reads several.
    if side.context.access == Access::Sentinel {
        for event in &events {
            if let Some(Value::String(table)) = event.get("Type") {
                context.tables.entry(table.clone()).or_default().push(event.clone());
            }
        }
        if !context.tables.is_empty() {
            context.events_for_any_table = false;
        }
    }
    context.events = events;
    let table = loop {
        match run(side.logic, &context) {
            // A table without an event in this stream.
            Err(EvalError::UnknownTable(name)) if !context.tables.contains_key(&name) => {
                context.tables.insert(name, Vec::new());
            }
            other => break other?,
        }
    };
    Ok(table
        .rows
        .into_iter()
        .map(|row| table.columns.iter().map(|(name, _)| name.clone()).zip(row.iter().map(coerce::to_json)).collect())
        .collect())
}

/// The values of rows under the names in which the two platforms meet; missing and empty are the same there.
fn named(rows: &Rows, naming: Naming<'_>) -> Rows {
    fn leaves(path: &str, value: &Json, naming: Naming<'_>, cells: &mut Vec<(String, Json)>) {
        match value {
            Json::Null => {}
            Json::String(text) if text.is_empty() => {}
            Json::Object(members) => {
                for (key, member) in members {
                    leaves(&format!("{path}.{key}"), member, naming, cells);
                }
            }
            leaf => cells.extend(naming(path).map(|name| (name, leaf.clone()))),
        }
    }
    rows.iter()
        .map(|row| {
            let mut cells = Vec::new();
            for (column, cell) in row {
                leaves(column, cell, naming, &mut cells);
            }
            cells
        })
        .collect()
}

/// Each row as text over the columns that both sides have; where they share none, only their number counts.
fn on_common_columns(left: &Rows, right: &Rows) -> (Vec<String>, Vec<String>) {
    let names = |rows: &Rows| -> HashSet<String> { rows.iter().flatten().map(|(name, _)| name.clone()).collect() };
    let (left_names, right_names) = (names(left), names(right));
    let shared: HashSet<&String> = match (left.is_empty(), right.is_empty()) {
        (false, false) => left_names.intersection(&right_names).collect(),
        _ => left_names.union(&right_names).collect(),
    };
    let text = |rows: &Rows| {
        let mut list: Vec<String> = rows
            .iter()
            .map(|row| {
                let cells: Map<String, Json> = row
                    .iter()
                    .filter(|(name, _)| shared.contains(name))
                    .map(|(name, cell)| (name.clone(), unordered(cell)))
                    .collect();
                let mut sorted: Vec<(String, Json)> = cells.into_iter().collect();
                sorted.sort_by(|left, right| left.0.cmp(&right.0));
                format!("{sorted:?}")
            })
            .collect();
        list.sort();
        list
    };
    (text(left), text(right))
}

/// The order of a collected set is nobody's promise.
fn unordered(cell: &Json) -> Json {
    match cell {
        Json::Array(items) => {
            let mut items = items.clone();
            items.sort_by_key(Json::to_string);
            Json::Array(items)
        }
        other => other.clone(),
    }
}

/// Whether the first list has a row that the second lacks; both are sorted.
fn surplus(first: &[String], second: &[String]) -> bool {
    let mut rest = second.iter().peekable();
    for row in first {
        while rest.peek().is_some_and(|other| *other < row) {
            rest.next();
        }
        if rest.peek() == Some(&row) {
            rest.next();
        } else {
            return true;
        }
    }
    false
}

/// The tests of a side whose contrary changes the rows of some stream.
fn decisive(side: Side<'_>, streams: &[Json], ground: &Ground<'_>) -> Result<(Vec<Span>, Vec<bool>), EvalError> {
    let mut spans = Vec::new();
    walk::visit(side.logic, |test| spans.push(test.span), |_| {});
    let mut decided = vec![false; spans.len()];
    let projected: Vec<Vec<Value>> = streams
        .iter()
        .map(|stream| {
            let events = stream.as_array().map(Vec::as_slice).unwrap_or_default();
            events.iter().map(|event| Value::from(&(ground.project)(event).0)).collect()
        })
        .collect();
    let mut plain = Vec::with_capacity(projected.len());
    for events in &projected {
        plain.push(rows(side, events.clone())?);
    }
    let mut run = 0;
    for (number, flag) in decided.iter_mut().enumerate().take(MOST_FLIPPED) {
        let contrary = walk::logic(&mut Flip { left: number }, side.logic.clone());
        let flipped = Side { logic: &contrary, context: side.context };
        for (events, known) in projected.iter().zip(&plain) {
            run += events.len();
            if run > MOST_DECIDING {
                break;
            }
            if rows(flipped, events.clone()).is_ok_and(|found| found != *known) {
                *flag = true;
                break;
            }
        }
    }
    Ok((spans, decided))
}

/// Turns the test of a number, counted down, into its contrary.
struct Flip {
    left: usize,
}

impl Fold for Flip {
    fn test(&mut self, test: Test) -> Predicate {
        let chosen = self.left == 0;
        self.left = self.left.wrapping_sub(1);
        let same = Predicate::Test(walk::test_parts(self, test));
        if chosen { Predicate::Not(Box::new(same)) } else { same }
    }
}

impl Plan {
    fn logic(&mut self, logic: &Logic) {
        match logic {
            Logic::Pipeline(pipeline) => self.pipeline(pipeline, &[]),
            Logic::Shape(shape) => self.shape(shape),
            Logic::Unread(_) => {}
        }
    }

    fn shape(&mut self, shape: &Shape) {
        match shape {
            Shape::Threshold { events, by, at_least, window } => {
                self.pipeline(events, by);
                self.limits.push(*at_least);
                self.windows.extend(window);
            }
            Shape::Cardinality { events, of, by, at_least, window } => {
                self.pipeline(events, by);
                self.limits.push(*at_least);
                self.windows.extend(window);
                self.distinct.extend(of.iter().flat_map(fields));
            }
            Shape::NewValue { events, of, history, recent } => {
                self.pipeline(events, of);
                self.windows.push(*history);
                self.windows.extend(recent);
            }
            Shape::Sequence { stages, absent, max_span, until, .. } => {
                for stage in stages.iter().chain(absent.iter().map(|absent| &absent.stage)).chain(until) {
                    self.kinds.push((stage.filter.clone(), stage.by.iter().flat_map(fields).collect()));
                    self.limits.push(stage.runs);
                }
                self.windows.extend(max_span.map(|span| span.max(0.0) as u64));
            }
            Shape::Absence { events, without, on, window } => {
                let (left, right): (Vec<Expr>, Vec<Expr>) = on.iter().cloned().unzip();
                self.pipeline(events, &left);
                self.pipeline(without, &right);
                self.windows.extend(window);
            }
        }
    }

    fn pipeline(&mut self, pipeline: &Pipeline, by: &[Expr]) {
        let mut keys: Vec<FieldPath> = by.iter().flat_map(fields).collect();
        match &pipeline.source {
            Source::Union(parts) => parts.iter().for_each(|part| self.pipeline(part, by)),
            Source::Pipeline(inner) => self.pipeline(inner, by),
            _ => {}
        }
        let mut counted = false;
        for step in &pipeline.steps {
            match &step.kind {
                StepKind::Aggregate { aggregates, by, .. } => {
                    keys.extend(by.iter().flat_map(|column| fields(&column.value)));
                    for column in aggregates {
                        self.distinct.extend(fields(&column.value));
                    }
                    counted = true;
                }
                StepKind::Filter(predicate) if counted => {
                    walk::visit_predicate(predicate, |test| self.limits.extend(numbers(&test.kind)), |_| {});
                }
                StepKind::Join(join) => {
                    keys.extend(join.on.iter().flat_map(|(left, _)| fields(left)));
                    let right: Vec<Expr> = join.on.iter().map(|(_, right)| right.clone()).collect();
                    self.pipeline(&join.right, &right);
                }
                StepKind::Union(others) => others.iter().for_each(|other| self.pipeline(other, by)),
                StepKind::Distinct(columns) => keys.extend(columns.iter().flat_map(|column| fields(&column.value))),
                _ => {}
            }
        }
        self.kinds.push((of_pipeline(pipeline).unwrap_or(Predicate::Always(true)), keys));
    }

    /// Streams of events, each a list in the order of time.
    fn streams(&self, context: &Context<'_>, sides: [Access; 2], ground: &Ground<'_>) -> Result<Vec<Json>, EvalError> {
        let now = context.now;
        let stamp = |event: &mut Json, ticks: i64| stamp(event, ticks, context, sides);
        let mut kinds = Vec::new();
        let mut mixed = ground.samples.clone();
        for (condition, keys) in &self.kinds {
            let mut made = plain_events_for(&[condition], context, &ground.options)?;
            made.retain(|event| (ground.admits)(event));
            let mut hit = None;
            for event in &made {
                if hit.is_none() && matches(condition, event, context)? {
                    hit = Some(event.clone());
                }
            }
            mixed.extend(made);
            kinds.push((hit.unwrap_or_else(|| json!({})), keys));
        }
        let window = self.windows.iter().copied().find(|window| *window > 0).unwrap_or(600);
        let second = TICKS_PER_SECOND;
        let length = i64::try_from(window.min(366 * 86_400)).unwrap_or(600);
        let at = |event: &Json, ticks: i64| {
            let mut event = event.clone();
            stamp(&mut event, ticks);
            event
        };
        let mut streams = vec![json!([])];
        let mut every: Vec<Json> =
            mixed.iter().zip(0i64..).map(|(event, index)| at(event, now - (60 + index) * second)).collect();
        every.reverse();
        streams.push(Json::Array(every));
        // Every single event as often as the rule counts to, in a group of its own where its keys are free.
        if let Some(often) = self.limits.iter().copied().filter(|limit| (2..=MOST_REPEATED).contains(limit)).max() {
            let keys: Vec<FieldPath> = self.kinds.iter().flat_map(|(_, keys)| keys.clone()).collect();
            let mut stream = Vec::new();
            for (group, event) in mixed.iter().take(MOST_GROUPS).enumerate() {
                let mut event = event.clone();
                keyed(&mut event, &keys, group);
                for index in 0..often {
                    let mut event = event.clone();
                    for path in &self.distinct {
                        if !keys.contains(path) && free(&event, path) {
                            put(&mut event, &path.0, Some(&json!(format!("value{index}"))));
                        }
                    }
                    stamp(&mut event, now - (60 + i64::try_from(often - index).unwrap_or(0)) * second);
                    stream.push(event);
                }
            }
            streams.push(Json::Array(stream));
        }
        let mut limits: Vec<u64> =
            self.limits.iter().copied().filter(|limit| (1..=MOST_EVENTS).contains(limit)).collect();
        limits.push(1);
        limits.sort_unstable();
        limits.dedup();
        for limit in limits.into_iter().rev().take(3) {
            // Groups below, at and above the limit, alike and with distinct values.
            for distinct in [false, true] {
                let mut stream = Vec::new();
                for (group, size) in [limit.saturating_sub(1), limit, limit + 1].into_iter().enumerate() {
                    for index in 0..size {
                        for (event, keys) in &kinds {
                            let mut event = event.clone();
                            keyed(&mut event, keys, group);
                            if distinct {
                                self.distinct
                                    .iter()
                                    .for_each(|path| put(&mut event, &path.0, Some(&json!(format!("value{index}")))));
                            }
                            let ticks = now - (100 + i64::try_from(size - index).unwrap_or(0)) * second;
                            stamp(&mut event, ticks);
                            stream.push(event);
                        }
                    }
                }
                streams.push(Json::Array(stream));
            }
            // The first event at the edges of the window before the last.
            for edge in [length - 1, length, length + 1] {
                let mut stream = Vec::new();
                for (event, keys) in &kinds {
                    for index in 0..limit.max(1) {
                        let mut event = event.clone();
                        keyed(&mut event, keys, 0);
                        let ticks = if index == 0 { now - (edge + 5) * second } else { now - 5 * second };
                        stamp(&mut event, ticks);
                        stream.push(event);
                    }
                }
                stream.sort_by_key(time_text);
                streams.push(Json::Array(stream));
            }
        }
        // Kinds of events one behind the other, in both orders, with the same and with other keys.
        if kinds.len() > 1 {
            for (reverse, apart) in [(false, false), (true, false), (false, true)] {
                let mut stream: Vec<Json> = Vec::new();
                let count = i64::try_from(kinds.len()).unwrap_or(1);
                for (index, (event, keys)) in (0i64..).zip(&kinds) {
                    let mut event = event.clone();
                    keyed(&mut event, keys, if apart { usize::try_from(index).unwrap_or(0) } else { 0 });
                    let place = if reverse { index } else { count - index };
                    stamp(&mut event, now - (10 + place) * second);
                    stream.push(event);
                }
                if reverse {
                    stream.reverse();
                }
                streams.push(Json::Array(stream));
            }
            for without in 0..kinds.len().min(6) {
                let stream: Vec<Json> = kinds
                    .iter()
                    .enumerate()
                    .filter(|(index, _)| *index != without)
                    .zip(0i64..)
                    .map(|((_, (event, keys)), index)| {
                        let mut event = event.clone();
                        keyed(&mut event, keys, 0);
                        at(&event, now - (60 - index) * second)
                    })
                    .collect();
                streams.push(Json::Array(stream));
            }
        }
        let mut seen = std::collections::HashSet::new();
        streams.retain(|stream| seen.insert(stream.to_string()));
        Ok(streams)
    }
}

/// Gives the group its own keys where the event's condition does not fix them.
fn keyed(event: &mut Json, keys: &[FieldPath], group: usize) {
    for path in keys {
        let fixed = !free(event, path);
        let time = path.as_column().is_some_and(|name| TIMES.contains(&name));
        if !fixed && !time {
            put(event, &path.0, Some(&json!(format!("group{group}"))));
        }
    }
}

/// Whether nothing stands at a path of the event, neither below nested keys nor behind a flat key of the same name: an
/// event with both would hold two values of one field.
fn free(event: &Json, path: &FieldPath) -> bool {
    let mut probe = event.clone();
    spellings(path).all(|path| super::events::node(&mut probe, &path.0).is_none_or(|value| value.is_null()))
}

/// The path, and the same name in nested keys and as one flat key.
fn spellings(path: &FieldPath) -> impl Iterator<Item = FieldPath> {
    let keys: Option<Vec<&str>> = path
        .0
        .iter()
        .map(|segment| match segment {
            Segment::Key(key) => Some(key.as_str()),
            _ => None,
        })
        .collect();
    let others = keys.map(|keys| {
        let name = keys.join(".");
        let nested = FieldPath(name.split('.').map(|key| Segment::Key(key.to_owned())).collect());
        [nested, FieldPath::column(name)]
    });
    std::iter::once(path.clone()).chain(others.into_iter().flatten())
}

/// Names under which platforms keep the time of an event.
const TIMES: [&str; 4] = ["@timestamp", "TimeGenerated", "p_event_time", "Timestamp"];

/// The common name of the time of an event.
const COMMON_TIME: &str = "event.time";

/// Sets the time of an event under the names in which events are made and those that the sides read.
fn stamp(event: &mut Json, ticks: i64, context: &Context<'_>, sides: [Access; 2]) {
    let time = json!(to_iso(ticks));
    if context.access == Access::Common {
        put(event, &FieldPath::parse(COMMON_TIME).0, Some(&time));
    }
    for access in std::iter::once(context.access).chain(sides) {
        let names: &[&str] = match access {
            Access::Elastic => &["@timestamp"],
            Access::Sentinel if context.types.type_of("Timestamp").is_some() => &["TimeGenerated", "Timestamp"],
            Access::Sentinel => &["TimeGenerated"],
            Access::Panther => &["p_event_time"],
            Access::Common => &TIMES,
        };
        for name in names {
            put(event, &FieldPath::column(*name).0, Some(&time));
        }
    }
}

fn time_text(event: &Json) -> String {
    TIMES.iter().find_map(|name| event.get(name).and_then(Json::as_str)).unwrap_or("").to_owned()
}

/// The fields that an expression reads.
fn fields(expr: &Expr) -> Vec<FieldPath> {
    let mut found = Vec::new();
    let test = Test::new(expr.clone(), TestKind::Present, Span::default());
    walk::visit_predicate(&Predicate::Test(test), |_| {}, |field| found.push(field.path.clone()));
    found
}

/// Whole numbers that a test compares with.
fn numbers(kind: &TestKind) -> Vec<u64> {
    let value = match kind {
        TestKind::Compare { value, .. } | TestKind::Equals { value, .. } => value,
        _ => return Vec::new(),
    };
    let number = value.as_literal().and_then(Value::as_f64).filter(|number| (0.0..1e6).contains(number));
    number.map(|number| vec![number as u64, number as u64 + 1]).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_has_one_value_however_its_name_is_spelt() {
        let nested = json!({"user": {"name": "a"}});
        let flat = json!({"user.name": "a"});
        for event in [&nested, &flat] {
            assert!(!free(event, &FieldPath::parse("user.name")), "{event}");
            assert!(!free(event, &FieldPath::column("user.name")), "{event}");
        }
        assert!(free(&nested, &FieldPath::parse("user.id")));
        let mut event = nested.clone();
        keyed(&mut event, &[FieldPath::column("user.name")], 2);
        assert_eq!(event, nested);
    }
}
