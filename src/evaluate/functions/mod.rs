//! Functions by their meaning ([`crate::model::function`]).

mod arithmetic;
pub(crate) mod clock;
pub mod convert;
mod neutral;
pub mod python;
mod python_text;

use super::{Context, EvalError};
use crate::model::function::kusto;
use crate::model::{Function, Value};

/// The value of a function of constants; `None` where it is not folded.
pub fn fold(function: Function, values: &[Value]) -> Option<Value> {
    match (function, values) {
        (kusto::NEGATE, [a]) => arithmetic::negate(a),
        _ => None,
    }
}

/// Calls a function with evaluated arguments.
///
/// # Errors
/// [`EvalError::Unsupported`] for a function that is not written; [`EvalError::Raised`] where the function's own
/// definition says that it fails.
pub fn call(function: Function, arguments: &[Value], context: &Context<'_>) -> Result<Value, EvalError> {
    if let Some(answer) = python::call(function, arguments, context) {
        return answer;
    }
    if let Some(value) = neutral::call(function, arguments) {
        return Ok(value);
    }
    Err(EvalError::Unsupported(format!("the function `{}`", function.0)))
}
