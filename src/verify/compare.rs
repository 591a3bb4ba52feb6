//! Two rules over the same events: where they agree, where they differ, and the smallest event that shows it.

use super::conditions::{alone, condition, row_condition};
use super::decide::Deciding;
use super::events::{Options, plain_events_for};
use super::shrink::{shrink, weight};
use super::stream;
use crate::diagnostic::Span;
use crate::evaluate::{Context, EvalError, matches_value, run, unread};
use crate::model::{Logic, Predicate, Value};
use serde_json::Value as Json;
use std::collections::HashSet;

/// One of two rules: its logic in its own platform's names, and how it is run there.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    /// What it looks for.
    pub logic: &'a Logic,
    /// How it is run. Its events and tables are set by the comparison.
    pub context: &'a Context<'a>,
}

/// The name under which the value at a path of a row is compared with the other side's.
pub type Naming<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Where the events of a comparison come from.
pub struct Ground<'a> {
    /// What events are made from, and how fields are found in the events as they are made.
    pub makers: Vec<Side<'a>>,
    /// What kinds of events are made.
    pub options: Options,
    /// Whether an event that was made can be stored on both sides.
    pub admits: &'a dyn Fn(&Json) -> bool,
    /// The left side in other words whose tests are the ones that events can decide; itself where there is none.
    pub settled: Option<&'a Logic>,
    /// The event as the left and as the right side store it.
    pub project: &'a dyn Fn(&Json) -> (Json, Json),
    /// For two platforms, the names under which values in the rows of both sides are compared: that of a value of the
    /// left, of the right. Values without a name are not compared, and rows that are then alike count once. On one
    /// platform, columns are compared as they are and every row counts.
    pub names: Option<[Naming<'a>; 2]>,
    /// Further events, such as the rule's own tests, in the names in which events are made.
    pub samples: Vec<Json>,
}

impl<'a> Ground<'a> {
    /// Both sides on the same raw events, columns under their own names.
    pub fn raw(left: Side<'a>, right: Side<'a>) -> Self {
        Self {
            makers: vec![left, right],
            options: Options::raw(left.context.access),
            admits: &|_| true,
            settled: None,
            project: &|event| (event.clone(), event.clone()),
            names: None,
            samples: Vec::new(),
        }
    }

    /// The samples and the events that are made from conditions on single events.
    fn events(&self) -> Result<Vec<Json>, EvalError> {
        let mut made = self.samples.clone();
        let mut makers = self.makers.as_slice();
        while let Some(first) = makers.first() {
            // Sides that find fields in one way share the number of events between them.
            let alike = makers.iter().take_while(|maker| std::ptr::eq(maker.context, first.context)).count();
            let (here, rest) = makers.split_at(alike);
            makers = rest;
            let own: Vec<Predicate> = here.iter().filter_map(|maker| condition(maker.logic)).collect();
            let conditions: Vec<&Predicate> = own.iter().collect();
            made.extend(plain_events_for(&conditions, first.context, &self.options)?);
        }
        let mut seen = HashSet::new();
        made.retain(|event| (self.admits)(event) && seen.insert(event.to_string()));
        Ok(made)
    }
}

/// How the right side relates to the left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// No event tells them apart.
    Equivalent,
    /// The right side matches more.
    Wider,
    /// The right side matches less.
    Narrower,
    /// Each matches what the other does not.
    Different,
}

impl Relation {
    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Relation::Equivalent => "equivalent",
            Relation::Wider => "wider",
            Relation::Narrower => "narrower",
            Relation::Different => "different",
        }
    }
}

/// What a comparison found.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Events on which both sides ran; of queries over many events, streams.
    pub events: usize,
    /// Events on which they agree.
    pub agree: usize,
    /// Tests of the left side that decided the outcome of at least one event.
    pub decided: usize,
    /// Tests of the left side.
    pub tests: usize,
    /// Tests of the left side that decided nothing, by their place in its query.
    pub undecided: Vec<Span>,
    /// The smallest event found that only the right side matches, as it was made.
    pub wider: Option<Json>,
    /// The smallest event found that only the left side matches, as it was made.
    pub narrower: Option<Json>,
}

impl Comparison {
    /// How the right side relates to the left.
    pub fn relation(&self) -> Relation {
        match (&self.wider, &self.narrower) {
            (None, None) => Relation::Equivalent,
            (Some(_), None) => Relation::Wider,
            (None, Some(_)) => Relation::Narrower,
            (Some(_), Some(_)) => Relation::Different,
        }
    }

    /// The smallest event on which the sides differ, with what each says of it: event, left, right.
    pub fn counterexample(&self) -> Option<(&Json, bool, bool)> {
        let wider = self.wider.as_ref().map(|event| (event, false, true));
        let narrower = self.narrower.as_ref().map(|event| (event, true, false));
        match (wider, narrower) {
            (Some(wider), Some(narrower)) if weight(narrower.0) < weight(wider.0) => Some(narrower),
            (wider, narrower) => wider.or(narrower),
        }
    }
}

/// Compares two rules over events made from them.
///
/// Rules that look at each event alone are compared event by event; others over streams of events, by the rows that
/// they yield.
///
/// # Errors
/// What cannot be run on either side, see [`EvalError`].
pub fn compare<'a>(left: Side<'a>, right: Side<'a>, ground: &Ground<'a>) -> Result<Comparison, EvalError> {
    for side in [left, right] {
        if let Some(index) = unread(side.logic) {
            return Err(EvalError::Unread(index));
        }
    }
    if alone(left.logic) && alone(right.logic) {
        events(left, right, ground)
    } else {
        stream::compare(left, right, ground)
    }
}

/// One rule against itself in other words, over raw events of its platform.
///
/// # Errors
/// What cannot be run on either side, see [`EvalError`].
pub fn compare_here(left: &Logic, right: &Logic, context: &Context<'_>) -> Result<Comparison, EvalError> {
    let (left, right) = (Side { logic: left, context }, Side { logic: right, context });
    compare(left, right, &Ground::raw(left, right))
}

/// A side ready to be asked about single events.
struct Asked<'a> {
    side: Side<'a>,
    filter: Option<Predicate>,
}

impl<'a> Asked<'a> {
    fn new(side: Side<'a>) -> Self {
        Self { side, filter: row_condition(side.logic) }
    }

    /// Whether the rule matches the event: of a query, whether a row of it survives.
    fn matches(&self, event: &Value) -> Result<bool, EvalError> {
        if let Some(filter) = &self.filter {
            return matches_value(filter, event, self.side.context);
        }
        let mut context = Context::new(self.side.context.access, self.side.context.types, self.side.context.now);
        context.tables.clone_from(&self.side.context.tables);
        context.events = vec![event.clone()];
        match run(self.side.logic, &context) {
            Err(EvalError::Raised(_)) => Ok(false),
            table => table.map(|table| !table.rows.is_empty()),
        }
    }
}

fn events<'a>(left: Side<'a>, right: Side<'a>, ground: &Ground<'a>) -> Result<Comparison, EvalError> {
    let made = ground.events()?;
    let left_condition = condition(ground.settled.unwrap_or(left.logic));
    let deciding = left_condition.as_ref().map(Deciding::new);
    let mut decided = vec![false; deciding.as_ref().map_or(0, Deciding::tests)];
    let (left_asked, right_asked) = (Asked::new(left), Asked::new(right));
    let stored = |event: &Json| {
        let (left_event, right_event) = (ground.project)(event);
        (Value::from(&left_event), Value::from(&right_event))
    };
    let both = |(left_event, right_event): &(Value, Value)| -> Result<(bool, bool), EvalError> {
        Ok((left_asked.matches(left_event)?, right_asked.matches(right_event)?))
    };
    let (mut agree, mut wider, mut narrower): (usize, Option<Json>, Option<Json>) = (0, None, None);
    for event in &made {
        let sides = stored(event);
        let answers = both(&sides)?;
        let smallest = match answers {
            (false, true) => &mut wider,
            (true, false) => &mut narrower,
            _ => {
                agree += 1;
                if let Some(deciding) = &deciding
                    && decided.contains(&false)
                {
                    for test in deciding.decide(&sides.0, left.context)?.tests {
                        if let Some(flag) = decided.get_mut(test) {
                            *flag = true;
                        }
                    }
                }
                continue;
            }
        };
        if smallest.as_ref().is_none_or(|known| weight(event) < weight(known)) {
            *smallest = Some(event.clone());
        }
    }
    let small = |found: Option<Json>, wanted: (bool, bool)| {
        found.map(|event| shrink(&event, |smaller| (ground.admits)(smaller) && both(&stored(smaller)) == Ok(wanted)))
    };
    let (wider, narrower) = (small(wider, (false, true)), small(narrower, (true, false)));
    let spans = deciding.as_ref().map(Deciding::spans).unwrap_or_default();
    Ok(Comparison {
        events: made.len(),
        agree,
        decided: decided.iter().filter(|flag| **flag).count(),
        tests: decided.len(),
        undecided: spans.iter().zip(&decided).filter(|(_, flag)| !**flag).map(|(span, _)| *span).collect(),
        wider,
        narrower,
    })
}
