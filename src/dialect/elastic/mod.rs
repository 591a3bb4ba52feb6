//! What Elasticsearch makes of a field, a value and a pattern: shared by the dialects whose queries become its Query DSL
//! (KQL and Lucene). Semantics: spec/elastic-semantics.md.
//!
//! [`lower`] turns a value into a test by the field's mapping, [`say`] says which tests a query can hold and how they are
//! written, [`support`] what is said instead where it cannot. All know the same rules, so that what is written is read
//! back as it was.

use crate::model::{Logic, Pipeline, Predicate, Shape};

pub mod dates;
pub mod filters;
pub mod join;
pub mod lower;
pub mod regex;
pub mod say;
pub mod support;

/// The words of a text as Elasticsearch's standard analyser parts them, roughly: runs of letters, digits and marks that
/// join them.
pub fn words(text: &str) -> Vec<String> {
    text.split(|character: char| !character.is_alphanumeric() && character != '_')
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The condition on events in logic that was planned for a language that only filters: of a shape the events that it
/// counts.
pub fn condition(logic: &Logic) -> Predicate {
    let filter = |pipeline: &Pipeline| Logic::Pipeline(pipeline.clone()).as_filter();
    let found = match logic {
        Logic::Pipeline(pipeline) => filter(pipeline),
        Logic::Shape(shape) => match &**shape {
            Shape::Threshold { events, .. } | Shape::Cardinality { events, .. } | Shape::NewValue { events, .. } => {
                filter(events)
            }
            Shape::Sequence { .. } | Shape::Absence { .. } => None,
        },
        Logic::Unread(_) => None,
    };
    found.unwrap_or(Predicate::Always(true))
}
