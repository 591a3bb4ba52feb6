//! What a known value answers to a test.

use crate::model::{Case, Expr, JsonKind, TestKind, Typing, Value};

/// The answer of a value that is known; `None` where it is left to the evaluation.
pub(super) fn of_value(value: &Value, kind: &TestKind) -> Option<bool> {
    match (value, kind) {
        (Value::String(text), kind) => of_text(text, kind).or(match kind {
            TestKind::Truthy => Some(!text.is_empty()),
            TestKind::Present | TestKind::KeyPresent => Some(true),
            TestKind::Empty => Some(text.is_empty()),
            TestKind::IsKind { kinds } => Some(kinds.contains(&JsonKind::String)),
            _ => None,
        }),
        (Value::Null, TestKind::Truthy | TestKind::Present | TestKind::IsKind { .. }) => Some(false),
        (Value::Null, TestKind::Equals { value, typing: Typing::Python, .. }) => match value.as_literal() {
            Some(Value::Null) | None => None,
            Some(_) => Some(false),
        },
        (Value::Bool(flag), TestKind::Truthy) => Some(*flag),
        _ => None,
    }
}

/// What a value that is this text answers to a test for whole values.
pub(super) fn of_text(text: &str, kind: &TestKind) -> Option<bool> {
    let whole = |value: &Expr| match value.as_literal() {
        Some(Value::String(own)) => Some(own == text),
        Some(Value::Null | Value::Int(_) | Value::Double(_) | Value::Bool(_)) => Some(false),
        _ => None,
    };
    match kind {
        TestKind::Equals { value, case: Case::Sensitive, typing: Typing::Python } => whole(value),
        TestKind::In { values, case: Case::Sensitive, typing: Typing::Python } => {
            let found: Vec<bool> = values.iter().map(whole).collect::<Option<_>>()?;
            Some(found.contains(&true))
        }
        _ => None,
    }
}
