//! Whether a row meets a condition.

use super::context::Bound;
use super::expr::{DEEPEST, value};
use super::test;
use super::{Context, EvalError, Scope};
use crate::model::{Expr, Predicate, Quantifier, Value};
use std::borrow::Cow;

/// Whether the condition holds; `depth` counts the nesting around it.
pub fn holds_at(
    predicate: &Predicate,
    scope: &Scope<'_>,
    context: &Context<'_>,
    depth: usize,
) -> Result<bool, EvalError> {
    let Some(depth) = depth.checked_add(1).filter(|depth| *depth < DEEPEST) else {
        return Err(EvalError::TooMuch("a condition nested this deep".to_owned()));
    };
    match predicate {
        Predicate::Always(flag) => Ok(*flag),
        Predicate::All(operands) => {
            for operand in operands {
                if !holds_at(operand, scope, context, depth)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        Predicate::Any(operands) => {
            for operand in operands {
                if holds_at(operand, scope, context, depth)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Predicate::ExactlyOne(operands) => {
            let mut met = 0usize;
            for operand in operands {
                met += usize::from(holds_at(operand, scope, context, depth)?);
            }
            Ok(met == 1)
        }
        Predicate::Not(inner) => holds_at(inner, scope, context, depth).map(|held| !held),
        Predicate::Test(one) => test::holds(one, scope, context, depth),
        Predicate::Elements { quantifier, list, var, body } => {
            let elements = elements(list, scope, context, depth)?;
            let total = elements.len() as u64;
            let mut met = 0u64;
            for element in &elements {
                let bound = Bound { name: &var.0, value: element, outer: scope.bound };
                let inner = Scope { row: scope.row, access: scope.access, bound: Some(&bound) };
                met += u64::from(holds_at(body, &inner, context, depth)?);
                match quantifier {
                    Quantifier::Any if met > 0 => return Ok(true),
                    Quantifier::AtLeast(least) if met >= *least => return Ok(true),
                    _ => {}
                }
            }
            Ok(match quantifier {
                Quantifier::Any => met > 0,
                Quantifier::All => met == total,
                Quantifier::ExactlyOne => met == 1,
                Quantifier::AtLeast(least) => met >= *least,
            })
        }
        Predicate::Unread { index, .. } => Err(EvalError::Unread(*index)),
    }
}

/// The elements that a quantifier or comprehension goes through: those of a list, a single value alone, none of null.
pub fn elements<'v>(
    list: &'v Expr,
    scope: &Scope<'v>,
    context: &Context<'_>,
    depth: usize,
) -> Result<Vec<Cow<'v, Value>>, EvalError> {
    Ok(match value(list, scope, context, depth)? {
        Cow::Borrowed(Value::Array(items)) => items.iter().map(Cow::Borrowed).collect(),
        Cow::Owned(Value::Array(items)) => items.into_iter().map(Cow::Owned).collect(),
        single if single.is_null() => Vec::new(),
        single => vec![single],
    })
}
