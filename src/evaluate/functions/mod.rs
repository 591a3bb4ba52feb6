//! Functions by their meaning ([`crate::model::function`]).

use super::{Context, EvalError};
use crate::model::{Function, Value};

/// Calls a function with evaluated arguments.
///
/// # Errors
/// [`EvalError::Unsupported`] for a function that is not written; [`EvalError::Raised`] where the function's own
/// definition says that it fails.
pub fn call(function: Function, _arguments: &[Value], _context: &Context<'_>) -> Result<Value, EvalError> {
    Err(EvalError::Unsupported(format!("the function `{}`", function.0)))
}
