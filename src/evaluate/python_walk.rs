//! Panther's `deep_walk`: values behind keys, lists on the way gone through, each value once.

use super::Context;
use super::compare;
use super::functions::python;
use crate::model::{Case, Typing, Value};

/// The values behind the keys: a single one stands alone, several are a list, the default where there is none.
/// `raw` is the method of the event (keys are case-sensitive, an absent key is the default), otherwise the function of
/// Panther's helpers. `None` where it raises: a list or dict cannot be one of the distinct values.
pub fn walk(
    value: &Value,
    keys: &[Value],
    default: &Value,
    which: &str,
    raw: bool,
    context: &Context<'_>,
) -> Option<Value> {
    let Some((key, rest)) = keys.split_first() else {
        let nothing = empty(value) || (raw && value.is_null());
        return Some(if nothing { default.clone() } else { value.clone() });
    };
    match value {
        Value::Object(_) => match (python::get(value, key, !raw), raw) {
            (Some(next), true) => walk(next, rest, default, which, raw, context),
            (None, true) => walk(default, rest, default, which, raw, context),
            (Some(next), false) if !next.is_null() => walk(next, rest, default, which, raw, context),
            (_, false) => Some(default.clone()),
        },
        Value::Array(items) => {
            let mut found: Vec<Value> = Vec::new();
            let mut keep = |value: &Value| {
                if matches!(value, Value::Array(_) | Value::Object(_)) {
                    return None;
                }
                let known = found.iter().any(|known| {
                    (known.is_null() && value.is_null())
                        || compare::equal(known, value, Case::Sensitive, Typing::Python, context)
                });
                if !known {
                    found.push(value.clone());
                }
                Some(())
            };
            for item in items {
                match walk(item, keys, default, which, raw, context)? {
                    Value::Null => {}
                    Value::Array(inner) => {
                        for value in &inner {
                            keep(value)?;
                        }
                    }
                    single => keep(&single)?,
                }
            }
            Some(match (found.as_slice(), which) {
                ([], _) => default.clone(),
                ([first, ..], "first") => first.clone(),
                ([.., last], "last") => last.clone(),
                ([one], "all") => one.clone(),
                (_, "all") => Value::Array(found),
                _ => Value::text("all"),
            })
        }
        _ => Some(default.clone()),
    }
}

/// A list of nothing but empty lists.
fn empty(value: &Value) -> bool {
    matches!(value, Value::Array(items) if items.iter().all(empty))
}
