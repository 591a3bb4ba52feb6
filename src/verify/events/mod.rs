//! Events made from a rule: for every test a value that meets it, values that just miss it, the field missing, null
//! and empty, lists with and without a hit; each in an event where the other tests let this one decide.
//!
//! The generator proposes and the evaluator judges: an event is never believed to do what it was made for.

mod candidates;
mod invert;
mod place;
mod sample;
mod solve;
#[cfg(test)]
pub(crate) mod tests;
mod tree;
mod variants;

use super::decide::Deciding;
use crate::evaluate::{Access, Context, EvalError};
use crate::model::{Predicate, Value};
use serde_json::Value as Json;
use std::collections::HashSet;

pub use place::{node, put};

/// What kinds of events are made.
#[derive(Debug, Clone)]
pub struct Options {
    /// Fields that are not typed as lists hold several values too (Elastic's raw events).
    pub many: bool,
    /// Fields hold values of another JSON type than their tests speak of.
    pub cross_types: bool,
    /// Fields hold the empty text; without it, empty is missing.
    pub empty_text: bool,
    /// The greatest number of events.
    pub most: usize,
}

impl Options {
    /// Raw events of one platform, as wild as they can be there.
    pub fn raw(access: Access) -> Self {
        Self { many: access == Access::Elastic, cross_types: true, empty_text: true, most: 200 }
    }

    /// Common events that are projected to two platforms: each field keeps its type and is a list only where its type
    /// or path says so.
    pub fn common() -> Self {
        Self { many: false, cross_types: false, empty_text: true, most: 200 }
    }
}

/// An event and the tests that decide its outcome: the index of the condition and the number of the test in it.
#[derive(Debug, Clone, PartialEq)]
pub struct GeneratedEvent {
    /// The event.
    pub event: Json,
    /// What decides.
    pub decides: Vec<(usize, usize)>,
}

/// Makes events for the conditions, with what decides on each. The same input gives the same events in the same order.
///
/// # Errors
/// What cannot be run, see [`EvalError`].
pub fn events_for(
    predicates: &[&Predicate],
    context: &Context<'_>,
    options: &Options,
) -> Result<Vec<GeneratedEvent>, EvalError> {
    let deciding: Vec<Deciding<'_>> = predicates.iter().map(|predicate| Deciding::new(predicate)).collect();
    let events = make(predicates, &deciding, context, options)?;
    let mut generated = Vec::with_capacity(events.len());
    for event in events {
        let value = Value::from(&event);
        let mut decides = Vec::new();
        for (index, own) in deciding.iter().enumerate() {
            decides.extend(own.decide(&value, context)?.tests.into_iter().map(|test| (index, test)));
        }
        generated.push(GeneratedEvent { event, decides });
    }
    Ok(generated)
}

/// The events of [`events_for`] alone.
///
/// # Errors
/// As there.
pub fn plain_events_for(
    predicates: &[&Predicate],
    context: &Context<'_>,
    options: &Options,
) -> Result<Vec<Json>, EvalError> {
    let deciding: Vec<Deciding<'_>> = predicates.iter().map(|predicate| Deciding::new(predicate)).collect();
    make(predicates, &deciding, context, options)
}

fn make(
    predicates: &[&Predicate],
    deciding: &[Deciding<'_>],
    context: &Context<'_>,
    options: &Options,
) -> Result<Vec<Json>, EvalError> {
    let mut pool = Pool { seen: HashSet::new(), events: Vec::new(), most: options.most };
    let share = (options.most / predicates.len().max(1)).max(1);
    for (index, (predicate, own)) in predicates.iter().zip(deciding).enumerate() {
        if let Some(unread) = crate::evaluate::unread_in(predicate) {
            return Err(EvalError::Unread(unread));
        }
        pool.most = pool.events.len().max(share * index) + share;
        pool.most = pool.most.min(options.most.max(share));
        variants::fill(&mut pool, predicate, own, context, options)?;
    }
    Ok(pool.events)
}

/// Events once each, up to a number.
struct Pool {
    seen: HashSet<String>,
    events: Vec<Json>,
    most: usize,
}

impl Pool {
    fn full(&self) -> bool {
        self.events.len() >= self.most
    }

    fn add(&mut self, event: Json) {
        if !self.full() && self.seen.insert(event.to_string()) {
            self.events.push(event);
        }
    }
}
