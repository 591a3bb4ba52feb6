//! Pipelines over rows.

use super::{Context, EvalError, Table};
use crate::model::Pipeline;

/// Runs a pipeline over the events and tables of the context.
///
/// # Errors
/// What cannot be run, see [`EvalError`].
pub fn run(_pipeline: &Pipeline, _context: &Context<'_>) -> Result<Table, EvalError> {
    Err(EvalError::Unsupported("a pipeline".to_owned()))
}
