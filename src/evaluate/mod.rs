//! Running the model over events: what a predicate says of one event, what a pipeline or shape makes of many.
//!
//! Semantics: `spec/elastic-semantics.md`, `spec/kusto-semantics.md`, `spec/panther-simple-detections.md` and the
//! comments of [`crate::model`]. Nothing is guessed: what cannot be run is an [`EvalError`] (rule 5).
//!
//! The way of a call: [`matches`] binds the event to a [`Scope`]; `predicate` walks the condition; `expr` yields
//! values; `access` finds fields as a platform does; `functions` calls functions by meaning; `pipeline` runs steps
//! over rows and calls back [`eval`] and [`holds`] for every row; `shape` runs the recognised shapes.

mod access;
pub mod address;
pub mod coerce;
pub mod compare;
mod context;
mod error;
mod expr;
pub mod functions;
pub mod pipeline;
mod predicate;
mod python_regex;
mod python_walk;
pub mod regex;
pub mod shape;
mod table;
mod test;
#[cfg(test)]
mod tests;
pub mod text;
pub mod time;
mod unread;

pub use context::{Access, Context, Scope};
pub use error::EvalError;
pub use table::Table;
pub use unread::{unread, unread_in};

use crate::model::{Expr, Logic, Predicate, Value};
use serde_json::Value as Json;

/// Whether the event meets the condition. An exception of the rule itself ([`EvalError::Raised`]) is no match.
///
/// # Errors
/// What cannot be run, see [`EvalError`].
pub fn matches(predicate: &Predicate, event: &Json, context: &Context<'_>) -> Result<bool, EvalError> {
    matches_value(predicate, &Value::from(event), context)
}

/// [`matches`] for an event that is a [`Value`] already.
///
/// # Errors
/// What cannot be run, see [`EvalError`].
pub fn matches_value(predicate: &Predicate, event: &Value, context: &Context<'_>) -> Result<bool, EvalError> {
    if let Some(index) = unread_in(predicate) {
        return Err(EvalError::Unread(index));
    }
    match holds(predicate, &Scope::new(event, context.access), context) {
        Err(EvalError::Raised(_)) => Ok(false),
        verdict => verdict,
    }
}

/// Whether a row meets a condition.
///
/// # Errors
/// What cannot be run, see [`EvalError`]; [`EvalError::Raised`] is handed on.
pub fn holds(predicate: &Predicate, scope: &Scope<'_>, context: &Context<'_>) -> Result<bool, EvalError> {
    predicate::holds_at(predicate, scope, context, 0)
}

/// The value of an expression; several values (a field in mode any) become a list, none null.
///
/// # Errors
/// What cannot be run, see [`EvalError`].
pub fn eval(expr: &Expr, scope: &Scope<'_>, context: &Context<'_>) -> Result<Value, EvalError> {
    expr::value(expr, scope, context, 0).map(std::borrow::Cow::into_owned)
}

/// The rows that the logic yields over the events and tables of the context.
///
/// # Errors
/// What cannot be run, see [`EvalError`].
pub fn run(logic: &Logic, context: &Context<'_>) -> Result<Table, EvalError> {
    if let Some(index) = unread(logic) {
        return Err(EvalError::Unread(index));
    }
    match logic {
        Logic::Pipeline(pipeline) => pipeline::run(pipeline, context),
        Logic::Shape(shape) => shape::run(shape, context),
        Logic::Unread(index) => Err(EvalError::Unread(*index)),
    }
}
