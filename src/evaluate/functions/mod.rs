//! Functions by their meaning ([`crate::model::function`]).

mod arithmetic;
mod buckets;
pub(crate) mod clock;
pub mod convert;
pub(crate) mod elastic;
mod esql;
pub(crate) mod kusto;
pub(crate) mod kusto_list;
mod kusto_net;
mod kusto_series;
pub(crate) mod kusto_text;
mod kusto_time;
mod neutral;
pub mod python;
mod python_text;

use super::{Context, EvalError};
use crate::model::function::kusto as names;
use crate::model::{Function, Value};

/// The value of a Kusto function of constants; `None` where it is not folded, as its value is not that of the constants
/// alone or is too long to stand in a rule.
pub fn fold(function: Function, values: &[Value]) -> Option<Value> {
    let varies = [names::INGESTION_TIME, names::PACK_ALL, names::NEW_GUID, names::RAND, names::RANGE, names::REPEAT];
    if varies.contains(&function) {
        return None;
    }
    match kusto::call(function, values, 0) {
        Some(Ok(value)) => Some(value),
        Some(Err(_)) => None,
        None => neutral::call(function, values),
    }
}

/// The sum of numbers or lengths of time; `None` of nothing, and where they do not fit together.
pub(crate) fn arithmetic_sum<'v>(values: impl Iterator<Item = &'v Value>) -> Option<Value> {
    let mut total: Option<Value> = None;
    for value in values {
        total = Some(match total {
            None => value.clone(),
            Some(known) => arithmetic::add(&known, value)?,
        });
    }
    total
}

/// Calls a function with evaluated arguments.
///
/// # Errors
/// [`EvalError::Unsupported`] for a function that is not written; [`EvalError::Raised`] where the function's own
/// definition says that it fails.
pub fn call(function: Function, arguments: &[Value], context: &Context<'_>) -> Result<Value, EvalError> {
    if function == crate::model::function::NOW {
        return Ok(Value::DateTime(context.now));
    }
    if let Some(answer) = python::call(function, arguments, context) {
        return answer;
    }
    if let Some(answer) = kusto::call(function, arguments, context.now) {
        return answer;
    }
    if let Some(answer) = elastic::call(function, arguments) {
        return answer;
    }
    if let Some(answer) = esql::call(function, arguments) {
        return answer;
    }
    if let Some(value) = neutral::call(function, arguments) {
        return Ok(value);
    }
    Err(EvalError::Unsupported(format!("the function `{}`", function.0)))
}
