//! Two rules over the same events: where they agree, where they differ, and the smallest event that shows it.

use super::conditions::{alone, condition, row_condition};
use super::decide::Deciding;
use super::events::{Options, events_for};
use super::shrink::{shrink, weight};
use super::stream;
use crate::diagnostic::Span;
use crate::evaluate::{Context, EvalError, matches, run, unread};
use crate::model::{Logic, Predicate, Value};
use serde_json::Value as Json;

/// One of two rules: its logic in its own platform's names, and how it is run there.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    /// What it looks for.
    pub logic: &'a Logic,
    /// How it is run. Its events and tables are set by the comparison.
    pub context: &'a Context<'a>,
}

/// Where the events of a comparison come from.
pub struct Ground<'a> {
    /// The logic of both sides in the names in which events are made; where empty, the sides' own.
    pub logics: Vec<&'a Logic>,
    /// How fields are found in the events as they are made, with their types.
    pub context: &'a Context<'a>,
    /// What kinds of events are made.
    pub options: Options,
    /// The event as the left and as the right side store it.
    pub project: &'a dyn Fn(&Json) -> (Json, Json),
    /// Further events, such as the rule's own tests, in the names in which events are made.
    pub samples: Vec<Json>,
}

impl<'a> Ground<'a> {
    /// What events are made from.
    pub(super) fn logics(&self, left: Side<'a>, right: Side<'a>) -> Vec<&'a Logic> {
        if self.logics.is_empty() { vec![left.logic, right.logic] } else { self.logics.clone() }
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
    let ground = Ground {
        logics: Vec::new(),
        context,
        options: Options::raw(context.access),
        project: &|event| (event.clone(), event.clone()),
        samples: Vec::new(),
    };
    compare(Side { logic: left, context }, Side { logic: right, context }, &ground)
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
    fn matches(&self, event: &Json) -> Result<bool, EvalError> {
        if let Some(filter) = &self.filter {
            return matches(filter, event, self.side.context);
        }
        let mut context = Context::new(self.side.context.access, self.side.context.types, self.side.context.now);
        context.tables.clone_from(&self.side.context.tables);
        context.events = vec![Value::from(event)];
        match run(self.side.logic, &context) {
            Err(EvalError::Raised(_)) => Ok(false),
            table => table.map(|table| !table.rows.is_empty()),
        }
    }
}

fn events<'a>(left: Side<'a>, right: Side<'a>, ground: &Ground<'a>) -> Result<Comparison, EvalError> {
    let own: Vec<Predicate> = ground.logics(left, right).into_iter().filter_map(condition).collect();
    let conditions: Vec<&Predicate> = own.iter().collect();
    let mut made: Vec<Json> = ground.samples.clone();
    made.extend(events_for(&conditions, ground.context, &ground.options)?.into_iter().map(|event| event.event));
    let left_condition = condition(left.logic);
    let deciding = left_condition.as_ref().map(Deciding::new);
    let mut decided = vec![false; deciding.as_ref().map_or(0, Deciding::tests)];
    let (left_asked, right_asked) = (Asked::new(left), Asked::new(right));
    let both = |event: &Json| -> Result<(bool, bool), EvalError> {
        let (left_event, right_event) = (ground.project)(event);
        Ok((left_asked.matches(&left_event)?, right_asked.matches(&right_event)?))
    };
    let (mut agree, mut wider, mut narrower): (usize, Option<Json>, Option<Json>) = (0, None, None);
    for event in &made {
        let answers = both(event)?;
        let smallest = match answers {
            (false, true) => &mut wider,
            (true, false) => &mut narrower,
            _ => {
                agree += 1;
                if let Some(deciding) = &deciding
                    && decided.contains(&false)
                {
                    let (left_event, _) = (ground.project)(event);
                    for test in deciding.decide(&Value::from(&left_event), left.context)?.tests {
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
        found.map(|event| shrink(&event, |smaller| both(smaller) == Ok(wanted)))
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
