//! The recognised shapes over a stream of events: threshold, cardinality, new value, sequence, absence.
//!
//! Time is the event's own, found under the names that platforms keep it ([`TIMES`]). An event without a time belongs
//! to no window; without a window it still counts.

use super::expr::{Count, values};
use super::{Access, Context, EvalError, Scope, Table, holds, pipeline, time};
use crate::model::{AbsentStage, Expr, Pipeline, Predicate, Shape, Source, Stage, StepKind, TICKS_PER_SECOND, Value};
use std::borrow::Cow;
use std::collections::HashMap;

/// The names under which platforms keep the time of an event, and the common name.
pub const TIMES: [&str; 5] = ["@timestamp", "TimeGenerated", "p_event_time", "Timestamp", "event.time"];

/// How many events a shape is run over.
const MOST_EVENTS: usize = 200_000;

/// An event with its place in time.
struct At<'e> {
    event: Cow<'e, Value>,
    time: Option<i64>,
}

/// Runs a shape over the events of the context.
///
/// # Errors
/// What cannot be run, see [`EvalError`].
pub fn run(shape: &Shape, context: &Context<'_>) -> Result<Table, EvalError> {
    match shape {
        Shape::Threshold { events, by, at_least, window } => {
            let found = select(events, context)?;
            counted(&found, &[], by, *at_least, *window, context)
        }
        Shape::Cardinality { events, of, by, at_least, window } => {
            let found = select(events, context)?;
            counted(&found, of, by, *at_least, *window, context)
        }
        Shape::NewValue { events, of, history, recent } => new_value(events, of, *history, *recent, context),
        Shape::Sequence { stages, absent, max_span, until, unordered } => {
            let sequence = Sequence { stages, absent, max_span: max_span.map(ticks), until: until.as_ref(), context };
            if *unordered { sequence.sample() } else { sequence.ordered() }
        }
        Shape::Absence { events, without, on, window } => absence(events, without, on, *window, context),
    }
}

fn ticks(seconds: f64) -> i64 {
    (seconds * TICKS_PER_SECOND as f64) as i64
}

fn seconds(whole: u64) -> i64 {
    i64::try_from(whole).unwrap_or(i64::MAX).saturating_mul(TICKS_PER_SECOND)
}

/// The time of an event.
pub fn event_time(event: &Value) -> Option<i64> {
    let found = TIMES.iter().find_map(|name| match event.get(name) {
        Some(value) => Some(value),
        None => name.split_once('.').and_then(|(first, second)| event.get(first)?.get(second)),
    })?;
    match found {
        Value::DateTime(ticks) => Some(*ticks),
        Value::String(text) => time::parse_time(text),
        Value::Int(millis) => time::from_epoch_millis(*millis),
        _ => None,
    }
}

/// The events that a pipeline keeps, in the order of time; of a pipeline with other steps than filters, its rows.
fn select<'e>(events: &Pipeline, context: &'e Context<'_>) -> Result<Vec<At<'e>>, EvalError> {
    let filters: Option<Vec<&Predicate>> = events
        .steps
        .iter()
        .map(|step| if let StepKind::Filter(predicate) = &step.kind { Some(predicate) } else { None })
        .collect();
    let source = match &events.source {
        Source::Events => Some(context.events.as_slice()),
        Source::Table(name) => Some(context.table(name).ok_or_else(|| EvalError::UnknownTable(name.clone()))?),
        _ => None,
    };
    let mut found = Vec::new();
    match (filters, source) {
        (Some(filters), Some(source)) => {
            for event in source {
                let scope = Scope::new(event, context.access);
                let mut kept = true;
                for filter in &filters {
                    kept = kept && holds(filter, &scope, context)?;
                }
                if kept {
                    found.push(At { event: Cow::Borrowed(event), time: event_time(event) });
                }
            }
        }
        _ => {
            let table = pipeline::run(events, context)?;
            for row in table.rows {
                let names = table.columns.iter().map(|(name, _)| name.clone());
                let event = Value::Object(names.zip(row).collect());
                let time = event_time(&event);
                found.push(At { event: Cow::Owned(event), time });
            }
        }
    }
    if found.len() > MOST_EVENTS {
        return Err(EvalError::TooMuch(format!("a shape over {} events", found.len())));
    }
    found.sort_by_key(|at| at.time);
    Ok(found)
}

/// The keys of an event: of a field with several values (Elastic) each combination; none where a key has no value
/// there. On other platforms null is a key like others.
fn keys(by: &[Expr], event: &Value, context: &Context<'_>) -> Result<Vec<Vec<Value>>, EvalError> {
    let scope = Scope::new(event, context.access);
    let mut found: Vec<Vec<Value>> = vec![Vec::new()];
    for expr in by {
        let listed = values(expr, &scope, context, 0)?;
        let optional = expr.as_field().is_some_and(|field| field.optional);
        let mut own: Vec<Value> = match listed.count {
            Count::One => vec![listed.single().into_owned()],
            _ => listed.values.into_iter().map(Cow::into_owned).collect(),
        };
        if context.access == Access::Elastic && !optional {
            own.retain(|value| !value.is_null());
        } else if own.is_empty() {
            own.push(Value::Null);
        }
        let mut longer = Vec::with_capacity(found.len() * own.len());
        for key in &found {
            for value in &own {
                let mut key = key.clone();
                key.push(value.clone());
                longer.push(key);
            }
        }
        if longer.len() > 1000 {
            return Err(EvalError::TooMuch("a group with this many keys for one event".to_owned()));
        }
        found = longer;
    }
    Ok(found)
}

/// Groups in the order of their first event.
struct Groups<T> {
    index: HashMap<String, usize>,
    list: Vec<(Vec<Value>, Vec<T>)>,
}

impl<T> Groups<T> {
    fn new() -> Self {
        Self { index: HashMap::new(), list: Vec::new() }
    }

    fn add(&mut self, key: Vec<Value>, item: T) {
        let name = format!("{key:?}");
        let at = *self.index.entry(name).or_insert(self.list.len());
        match self.list.get_mut(at) {
            Some((_, items)) => items.push(item),
            None => self.list.push((key, vec![item])),
        }
    }
}

fn names(by: &[Expr]) -> Vec<String> {
    by.iter()
        .enumerate()
        .map(|(index, expr)| expr.as_field().map_or_else(|| format!("key{index}"), |field| field.path.to_string()))
        .collect()
}

fn table(by: &[Expr], more: &[&str], rows: Vec<Vec<Value>>) -> Table {
    let columns =
        names(by).into_iter().chain(more.iter().map(|name| (*name).to_owned())).map(|name| (name, None)).collect();
    Table { columns, rows }
}

/// Groups with enough events, or with enough distinct values, within some window.
fn counted(
    events: &[At<'_>],
    of: &[Expr],
    by: &[Expr],
    at_least: u64,
    window: Option<u64>,
    context: &Context<'_>,
) -> Result<Table, EvalError> {
    let mut groups: Groups<(Option<i64>, String)> = Groups::new();
    for (index, at) in events.iter().enumerate() {
        let members = if of.is_empty() {
            vec![index.to_string()]
        } else {
            keys(of, &at.event, context)?
                .into_iter()
                .filter(|value| value.iter().any(|part| !part.is_null()))
                .map(|value| format!("{value:?}"))
                .collect()
        };
        for key in keys(by, &at.event, context)? {
            for member in &members {
                groups.add(key.clone(), (at.time, member.clone()));
            }
        }
    }
    let mut rows = Vec::new();
    for (key, members) in groups.list {
        let most = match window {
            None => distinct(members.iter().map(|(_, member)| member)),
            Some(window) => densest(&members, seconds(window)),
        };
        if most as u64 >= at_least {
            let mut row = key;
            row.push(Value::Int(i64::try_from(most).unwrap_or(i64::MAX)));
            rows.push(row);
        }
    }
    Ok(table(by, &["count"], rows))
}

fn distinct<'s>(members: impl Iterator<Item = &'s String>) -> usize {
    members.collect::<std::collections::HashSet<_>>().len()
}

/// The greatest number of distinct members within a window; events without a time belong to none.
fn densest(members: &[(Option<i64>, String)], window: i64) -> usize {
    let timed: Vec<(i64, &String)> =
        members.iter().filter_map(|(time, member)| time.map(|time| (time, member))).collect();
    let mut inside: HashMap<&String, usize> = HashMap::new();
    let (mut from, mut most) = (0, 0);
    for (time, member) in &timed {
        *inside.entry(*member).or_default() += 1;
        while let Some((first, old)) = timed.get(from)
            && time.saturating_sub(*first) > window
        {
            if let Some(count) = inside.get_mut(*old) {
                *count -= 1;
                if *count == 0 {
                    inside.remove(*old);
                }
            }
            from += 1;
        }
        most = most.max(inside.len());
    }
    most
}

/// Values of the recent window that the history before it does not hold; one row a value.
fn new_value(
    events: &Pipeline,
    of: &[Expr],
    history: u64,
    recent: Option<u64>,
    context: &Context<'_>,
) -> Result<Table, EvalError> {
    let Some(recent) = recent.or(context.lookback) else {
        return Err(EvalError::Unsupported("a new value of a rule without a look-back".to_owned()));
    };
    let start = context.now.saturating_sub(seconds(recent));
    let oldest = context.now.saturating_sub(seconds(history));
    let mut groups: Groups<i64> = Groups::new();
    for at in select(events, context)? {
        let Some(time) = at.time.filter(|time| (oldest..=context.now).contains(time)) else { continue };
        for key in keys(of, &at.event, context)? {
            groups.add(key, time);
        }
    }
    let new = groups.list.into_iter().filter(|(_, times)| times.iter().all(|time| *time >= start));
    Ok(table(of, &[], new.map(|(key, _)| key).collect()))
}

/// Events of one kind without a partner of the other whose keys are equal and whose time lies within the window.
fn absence(
    events: &Pipeline,
    without: &Pipeline,
    on: &[(Expr, Expr)],
    window: Option<u64>,
    context: &Context<'_>,
) -> Result<Table, EvalError> {
    let (left_keys, right_keys): (Vec<Expr>, Vec<Expr>) = on.iter().cloned().unzip();
    let mut partners: HashMap<String, Vec<Option<i64>>> = HashMap::new();
    for at in select(without, context)? {
        for key in keys(&right_keys, &at.event, context)? {
            partners.entry(format!("{key:?}")).or_default().push(at.time);
        }
    }
    let mut rows = Vec::new();
    for at in select(events, context)? {
        for key in keys(&left_keys, &at.event, context)? {
            let near = partners.get(&format!("{key:?}")).is_some_and(|times| {
                times.iter().any(|time| match (window, time, at.time) {
                    (None, _, _) => true,
                    (Some(window), Some(other), Some(own)) => other.abs_diff(own) <= seconds(window).unsigned_abs(),
                    _ => false,
                })
            });
            if !near {
                rows.push(key);
            }
        }
    }
    Ok(table(&left_keys, &[], rows))
}

/// A sequence and what it is run over.
struct Sequence<'a> {
    stages: &'a [Stage],
    absent: &'a [AbsentStage],
    max_span: Option<i64>,
    until: Option<&'a Stage>,
    context: &'a Context<'a>,
}

/// Which stages an event meets, at its time.
#[derive(Clone)]
struct Seen {
    time: i64,
    stages: Vec<bool>,
    absent: Vec<bool>,
    until: bool,
}

/// A sequence that has begun: the times of its events so far.
#[derive(Clone)]
struct Begun {
    times: Vec<i64>,
}

impl Sequence<'_> {
    /// The events by key; an event without a time is in no sequence.
    fn groups(&self) -> Result<Groups<Seen>, EvalError> {
        let mut events: Vec<(i64, &Value)> =
            self.context.events.iter().filter_map(|event| event_time(event).map(|time| (time, event))).collect();
        events.sort_by_key(|(time, _)| *time);
        if events.len() > MOST_EVENTS {
            return Err(EvalError::TooMuch(format!("a sequence over {} events", events.len())));
        }
        let mut groups: Groups<Seen> = Groups::new();
        for (time, event) in events {
            // Stages may name their keys differently, so one event may stand in several groups.
            let mut by_key: Groups<(u8, usize)> = Groups::new();
            for (kind, index, stage) in self.all_stages() {
                if holds(&stage.filter, &Scope::new(event, self.context.access), self.context)? {
                    for key in keys(&stage.by, event, self.context)? {
                        by_key.add(key, (kind, index));
                    }
                }
            }
            for (key, met) in by_key.list {
                let mut seen = Seen {
                    time,
                    stages: vec![false; self.stages.len()],
                    absent: vec![false; self.absent.len()],
                    until: false,
                };
                for (kind, index) in met {
                    let flag = match kind {
                        0 => seen.stages.get_mut(index),
                        1 => seen.absent.get_mut(index),
                        _ => Some(&mut seen.until),
                    };
                    if let Some(flag) = flag {
                        *flag = true;
                    }
                }
                groups.add(key, seen);
            }
        }
        Ok(groups)
    }

    fn all_stages(&self) -> impl Iterator<Item = (u8, usize, &Stage)> {
        let stages = self.stages.iter().enumerate().map(|(index, stage)| (0, index, stage));
        let absent = self.absent.iter().enumerate().map(|(index, absent)| (1, index, &absent.stage));
        stages.chain(absent).chain(self.until.map(|stage| (2, 0, stage)))
    }

    /// EQL's sequences: a stage replaces an older begun sequence of the same key that waits at the same stage.
    fn ordered(&self) -> Result<Table, EvalError> {
        // `with runs=n` is n stages of one kind.
        let plan: Vec<usize> = self
            .stages
            .iter()
            .enumerate()
            .flat_map(|(index, stage)| {
                std::iter::repeat_n(index, usize::try_from(stage.runs.clamp(1, 1000)).unwrap_or(1))
            })
            .collect();
        let mut rows = Vec::new();
        for (key, seen) in self.groups()?.list {
            let mut waiting: Vec<Option<Begun>> = vec![None; plan.len()];
            for event in &seen {
                for (step, stage) in plan.iter().enumerate().rev() {
                    // An event of `until` ends what has begun before it; it may itself complete a sequence or begin one.
                    if step == 0 && event.until {
                        waiting.iter_mut().for_each(|slot| *slot = None);
                    }
                    if !event.stages.get(*stage).copied().unwrap_or(false) {
                        continue;
                    }
                    let begun = match step.checked_sub(1) {
                        None => Some(Begun { times: vec![event.time] }),
                        Some(before) => waiting.get(before).cloned().flatten().and_then(|mut begun| {
                            let first = begun.times.first().copied().unwrap_or(event.time);
                            let in_time = self.max_span.is_none_or(|span| event.time.saturating_sub(first) <= span);
                            begun.times.push(event.time);
                            in_time.then_some(begun)
                        }),
                    };
                    let Some(begun) = begun else { continue };
                    if let Some(before) = step.checked_sub(1)
                        && let Some(slot) = waiting.get_mut(before)
                    {
                        *slot = None;
                    }
                    if step + 1 == plan.len() {
                        if self.nothing_between(&plan, &begun, &seen) {
                            rows.push(Self::row(&key, &begun));
                        }
                    } else if let Some(slot) = waiting.get_mut(step) {
                        *slot = Some(begun);
                    }
                }
            }
        }
        Ok(self.table(rows))
    }

    /// Whether no event of an absent stage lies where it must not.
    fn nothing_between(&self, plan: &[usize], begun: &Begun, seen: &[Seen]) -> bool {
        let first = begun.times.first().copied().unwrap_or(0);
        let last = begun.times.last().copied().unwrap_or(first);
        self.absent.iter().enumerate().all(|(index, absent)| {
            // The steps of the plan before and behind the place of the absent stage.
            let behind = plan.iter().position(|stage| *stage >= absent.before);
            let start = match behind {
                Some(0) => self.max_span.map_or(i64::MIN, |span| last.saturating_sub(span)),
                Some(step) => begun.times.get(step - 1).copied().unwrap_or(last),
                None => last,
            };
            let end = match behind {
                Some(step) => begun.times.get(step).copied().unwrap_or(last),
                None => self.max_span.map_or(i64::MAX, |span| first.saturating_add(span)),
            };
            !seen.iter().any(|event| {
                event.absent.get(index).copied().unwrap_or(false)
                    && event.time >= start
                    && event.time <= end
                    && !begun.times.contains(&event.time)
            })
        })
    }

    /// EQL's samples: an event for each stage, each another one, in any order; one row a key.
    fn sample(&self) -> Result<Table, EvalError> {
        let mut rows = Vec::new();
        for (key, seen) in self.groups()?.list {
            let mut taken = vec![usize::MAX; seen.len()];
            let mut complete = true;
            for stage in 0..self.stages.len() {
                let mut tried = vec![false; seen.len()];
                complete = complete && assign(stage, &seen, &mut taken, &mut tried, 0);
            }
            if complete && !self.stages.is_empty() {
                let mut times: Vec<i64> = seen
                    .iter()
                    .zip(&taken)
                    .filter(|(_, stage)| **stage != usize::MAX)
                    .map(|(event, _)| event.time)
                    .collect();
                times.sort_unstable();
                rows.push(Self::row(&key, &Begun { times }));
            }
        }
        Ok(self.table(rows))
    }

    fn row(key: &[Value], begun: &Begun) -> Vec<Value> {
        let time = |at: Option<&i64>| at.map_or(Value::Null, |ticks| Value::DateTime(*ticks));
        let mut row = key.to_vec();
        row.push(time(begun.times.first()));
        row.push(time(begun.times.last()));
        row
    }

    fn table(&self, rows: Vec<Vec<Value>>) -> Table {
        let by = self.stages.first().map(|stage| stage.by.as_slice()).unwrap_or_default();
        table(by, &["first", "last"], rows)
    }
}

/// Gives a stage an event of its own, moving others where that is needed (augmenting paths).
fn assign(stage: usize, seen: &[Seen], taken: &mut [usize], tried: &mut [bool], depth: usize) -> bool {
    if depth > 64 {
        return false;
    }
    for (index, event) in seen.iter().enumerate() {
        if !event.stages.get(stage).copied().unwrap_or(false) || tried.get(index).copied().unwrap_or(true) {
            continue;
        }
        if let Some(flag) = tried.get_mut(index) {
            *flag = true;
        }
        let owner = taken.get(index).copied().unwrap_or(usize::MAX);
        if owner == usize::MAX || assign(owner, seen, taken, tried, depth + 1) {
            if let Some(place) = taken.get_mut(index) {
                *place = stage;
            }
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::super::coerce;
    use super::*;
    use crate::diagnostic::Span;
    use crate::model::{Case, Test, TestKind, TypeMap, Typing};
    use serde_json::json;

    fn is(kind: &str) -> Predicate {
        Predicate::Test(Test::new(
            Expr::whole("kind"),
            TestKind::Equals { value: Expr::text(kind), case: Case::Sensitive, typing: Typing::Typed },
            Span::default(),
        ))
    }

    fn of(kind: &str) -> Pipeline {
        Pipeline::filter(is(kind), Span::default())
    }

    fn stage(kind: &str) -> Stage {
        Stage { filter: is(kind), by: vec![Expr::whole("user")], runs: 1, span: Span::default() }
    }

    /// Events as `kind user second`, and the first cells of the rows.
    fn rows(shape: &Shape, events: &[(&str, &str, i64)]) -> Vec<String> {
        let types = TypeMap::default();
        let start = time::parse_time("2024-06-15T12:00:00Z").unwrap();
        let mut context = Context::new(Access::Common, &types, start + 1000 * TICKS_PER_SECOND);
        context.lookback = Some(600);
        context.events = events
            .iter()
            .map(|(kind, user, second)| {
                let time = time::to_iso(start + second * TICKS_PER_SECOND);
                Value::from(&json!({"kind": kind, "user": user, "ip": format!("ip{second}"), "@timestamp": time}))
            })
            .collect();
        let table = run(shape, &context).unwrap();
        table.rows.iter().map(|row| coerce::to_text(row.first().unwrap_or(&Value::Null)).into_owned()).collect()
    }

    #[test]
    fn a_threshold_counts_within_its_window() {
        let shape = |window| Shape::Threshold { events: of("a"), by: vec![Expr::whole("user")], at_least: 3, window };
        let events = [("a", "x", 0), ("a", "x", 10), ("a", "x", 100), ("a", "y", 1), ("b", "y", 2), ("a", "y", 3)];
        assert_eq!(rows(&shape(None), &events), ["x"]);
        assert_eq!(rows(&shape(Some(100)), &events), ["x"]);
        assert!(rows(&shape(Some(99)), &events).is_empty());
    }

    #[test]
    fn a_cardinality_counts_distinct_values() {
        let shape = Shape::Cardinality {
            events: of("a"),
            of: vec![Expr::whole("ip")],
            by: vec![Expr::whole("user")],
            at_least: 2,
            window: None,
        };
        assert_eq!(rows(&shape, &[("a", "x", 0), ("a", "x", 0), ("a", "y", 1), ("a", "y", 2)]), ["y"]);
    }

    #[test]
    fn a_new_value_has_no_history() {
        let shape =
            Shape::NewValue { events: of("a"), of: vec![Expr::whole("user")], history: 5000, recent: Some(600) };
        let events = [("a", "old", 0), ("a", "old", 900), ("a", "new", 900), ("b", "other", 900), ("a", "past", 10)];
        assert_eq!(rows(&shape, &events), ["new"]);
    }

    #[test]
    fn a_sequence_keeps_order_key_and_span() {
        let shape = |max_span| Shape::Sequence {
            stages: vec![stage("a"), stage("b")],
            absent: vec![],
            max_span,
            until: None,
            unordered: false,
        };
        assert_eq!(rows(&shape(Some(60.0)), &[("a", "x", 0), ("b", "x", 60)]), ["x"]);
        assert!(rows(&shape(Some(60.0)), &[("a", "x", 0), ("b", "x", 61)]).is_empty());
        assert!(rows(&shape(None), &[("b", "x", 0), ("a", "x", 1)]).is_empty());
        assert!(rows(&shape(None), &[("a", "x", 0), ("b", "y", 1)]).is_empty());
        assert_eq!(rows(&shape(None), &[("a", "x", 0), ("a", "x", 1), ("b", "x", 2), ("b", "x", 3)]), ["x"]);
    }

    #[test]
    fn until_absent_stages_and_runs() {
        let sequence = |absent: Vec<AbsentStage>, until, runs| Shape::Sequence {
            stages: vec![Stage { runs, ..stage("a") }, stage("b")],
            absent,
            max_span: Some(100.0),
            until,
            unordered: false,
        };
        let between = [("a", "x", 0), ("c", "x", 5), ("b", "x", 10)];
        assert!(rows(&sequence(vec![], Some(stage("c")), 1), &between).is_empty());
        assert_eq!(rows(&sequence(vec![], Some(stage("b")), 1), &between), ["x"]);
        assert_eq!(rows(&sequence(vec![], Some(stage("a")), 1), &between), ["x"]);
        let absent = |before| vec![AbsentStage { stage: stage("c"), before }];
        assert!(rows(&sequence(absent(1), None, 1), &between).is_empty());
        assert_eq!(rows(&sequence(absent(2), None, 1), &between), ["x"]);
        assert!(rows(&sequence(absent(2), None, 1), &[("a", "x", 0), ("b", "x", 10), ("c", "x", 50)]).is_empty());
        assert!(rows(&sequence(absent(0), None, 1), &[("c", "x", 0), ("a", "x", 1), ("b", "x", 10)]).is_empty());
        assert!(rows(&sequence(vec![], None, 2), &[("a", "x", 0), ("b", "x", 10)]).is_empty());
        assert_eq!(rows(&sequence(vec![], None, 2), &[("a", "x", 0), ("a", "x", 1), ("b", "x", 10)]), ["x"]);
    }

    #[test]
    fn a_sample_needs_an_event_for_each_stage() {
        let shape = Shape::Sequence {
            stages: vec![stage("a"), stage("b")],
            absent: vec![],
            max_span: None,
            until: None,
            unordered: true,
        };
        assert_eq!(rows(&shape, &[("b", "x", 0), ("a", "x", 1), ("a", "y", 2)]), ["x"]);
    }

    #[test]
    fn absence_is_judged_by_key_and_window() {
        let shape = |window| Shape::Absence {
            events: of("a"),
            without: of("b"),
            on: vec![(Expr::whole("user"), Expr::whole("user"))],
            window,
        };
        let events = [("a", "x", 0), ("b", "x", 100), ("a", "y", 0)];
        assert_eq!(rows(&shape(None), &events), ["y"]);
        assert_eq!(rows(&shape(Some(60)), &events), ["x", "y"]);
    }
}
