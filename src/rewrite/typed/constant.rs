//! Values and tests that are the same for every event.

use crate::model::function::{self};
use crate::model::{Case, Expr, FieldPath, Function, JsonKind, Segment, Test, TestKind, Value};

/// The value of a function of constants; `None` where it is not worked out here.
pub fn call(function: Function, arguments: &[Expr]) -> Option<Value> {
    let constants: Vec<&Value> = arguments.iter().map(Expr::as_literal).collect::<Option<_>>()?;
    Some(match (function, constants.as_slice()) {
        (function::LOWER, [Value::String(text)]) => Value::text(text.to_lowercase()),
        (function::UPPER, [Value::String(text)]) => Value::text(text.to_uppercase()),
        (function::LOWER | function::UPPER | function::TRIM | function::SPLIT, [Value::Null, ..]) => Value::Null,
        (function::SPLIT, [Value::String(text), Value::String(separator)]) if !separator.is_empty() => {
            Value::Array(text.split(separator.as_str()).map(Value::text).collect())
        }
        (function::COALESCE, values) => {
            values.iter().find(|value| !value.is_null()).map_or(Value::Null, |value| (*value).clone())
        }
        _ => return None,
    })
}

/// The value at a path of indexes inside a constant list; null where there is none.
pub fn inside(value: &Value, path: &FieldPath) -> Option<Value> {
    let mut value = value.clone();
    for segment in &path.0 {
        value = match (segment, &value) {
            (_, Value::Null) => return Some(Value::Null),
            (Segment::Index(index), Value::Array(items)) => {
                let length = i64::try_from(items.len()).ok()?;
                let place = if *index < 0 { index + length } else { *index };
                usize::try_from(place).ok().and_then(|place| items.get(place)).cloned().unwrap_or(Value::Null)
            }
            _ => return None,
        };
    }
    Some(value)
}

/// The outcome of a test of a constant; `None` where it is not worked out here.
pub fn test(subject: &Value, kind: &TestKind) -> Option<bool> {
    if subject.is_null() {
        return Some(matches!(kind, TestKind::Empty));
    }
    Some(match kind {
        TestKind::Equals { value, case, .. } => equal(subject, value.as_literal()?, *case)?,
        TestKind::In { values, case, .. } => {
            let mut found = false;
            for value in values {
                found |= equal(subject, value.as_literal()?, *case)?;
            }
            found
        }
        TestKind::Contains { value, case } => parts(subject, value, *case, |text, part| text.contains(part))?,
        TestKind::StartsWith { value, case } => parts(subject, value, *case, |text, part| text.starts_with(part))?,
        TestKind::EndsWith { value, case } => parts(subject, value, *case, |text, part| text.ends_with(part))?,
        TestKind::Present | TestKind::KeyPresent => true,
        TestKind::Empty => matches!(subject, Value::String(text) if text.is_empty()) || empty_list(subject),
        TestKind::Truthy => match subject {
            Value::Bool(flag) => *flag,
            Value::Int(number) => *number != 0,
            Value::String(text) => !text.is_empty(),
            Value::Array(items) => !items.is_empty(),
            _ => return None,
        },
        TestKind::IsKind { kinds } => {
            let kind = kind_of(subject)?;
            kinds.contains(&kind) || (kind == JsonKind::Integer && kinds.contains(&JsonKind::Number))
        }
        _ => return None,
    })
}

/// The JSON type of a constant.
pub fn kind_of(value: &Value) -> Option<JsonKind> {
    Some(match value {
        Value::String(_) => JsonKind::String,
        Value::Int(_) => JsonKind::Integer,
        Value::Double(_) => JsonKind::Number,
        Value::Bool(_) => JsonKind::Boolean,
        Value::Array(_) => JsonKind::Array,
        Value::Object(_) => JsonKind::Object,
        _ => return None,
    })
}

/// A test of a constant as the constant it is.
pub fn settled(test_of: &Test) -> Option<bool> {
    test(test_of.subject.as_literal()?, &test_of.kind)
}

fn empty_list(value: &Value) -> bool {
    matches!(value, Value::Array(items) if items.is_empty())
}

fn equal(left: &Value, right: &Value, case: Case) -> Option<bool> {
    match (left, right) {
        (Value::String(left), Value::String(right)) => Some(match case {
            Case::Sensitive => left == right,
            Case::Ignore => left.to_lowercase() == right.to_lowercase(),
            Case::IgnoreAscii => left.eq_ignore_ascii_case(right),
        }),
        (Value::Int(left), Value::Int(right)) => Some(left == right),
        (Value::Bool(left), Value::Bool(right)) => Some(left == right),
        (Value::String(_), Value::Int(_) | Value::Bool(_) | Value::Double(_) | Value::Null) => Some(false),
        (Value::Int(_) | Value::Bool(_), Value::String(_) | Value::Null) => Some(false),
        _ => None,
    }
}

fn parts(subject: &Value, value: &Expr, case: Case, holds: impl Fn(&str, &str) -> bool) -> Option<bool> {
    match (subject, value.as_literal()?) {
        (Value::String(text), Value::String(part)) => Some(match case {
            Case::Sensitive => holds(text, part),
            _ => holds(&text.to_lowercase(), &part.to_lowercase()),
        }),
        (_, Value::Null) => Some(false),
        _ => None,
    }
}
