//! Functions that belong to no dialect: null of what they do not know.

use crate::evaluate::{coerce, time};
use crate::model::{Function, Value, function as f};

/// Calls a neutral function; `None` where it is none.
pub fn call(function: Function, arguments: &[Value]) -> Option<Value> {
    let null = Value::Null;
    let arg = |index: usize| arguments.get(index).unwrap_or(&null);
    let (x, y, z) = (arg(0), arg(1), arg(2));
    let text = |make: fn(&str) -> String| x.as_str().map_or(Value::Null, |text| Value::String(make(text)));
    Some(match function {
        f::LOWER => text(|text| text.to_lowercase()),
        f::UPPER => text(|text| text.to_uppercase()),
        f::TRIM => text(|text| text.trim().to_owned()),
        f::LENGTH => x.as_str().map_or(Value::Null, |text| count(text.chars().count())),
        f::COUNT_ELEMENTS => match x {
            Value::Array(items) => count(items.len()),
            _ => Value::Null,
        },
        f::TO_TEXT if x.is_null() => Value::Null,
        f::TO_TEXT | f::TO_TEXT_OR_EMPTY => match x {
            Value::Null => Value::text(""),
            other => Value::String(coerce::to_text(other).into_owned()),
        },
        f::CONCAT => {
            let parts: Option<Vec<&str>> = arguments.iter().map(Value::as_str).collect();
            parts.map_or(Value::Null, |parts| Value::String(parts.concat()))
        }
        f::CONCAT_OR_EMPTY => {
            Value::String(arguments.iter().filter(|part| !part.is_null()).map(coerce::to_text).collect())
        }
        f::COALESCE => arguments.iter().find(|value| !value.is_null()).cloned().unwrap_or(Value::Null),
        f::SPLIT => match (x.as_str(), y.as_str()) {
            (Some(text), Some(by)) if !by.is_empty() => Value::Array(text.split(by).map(Value::text).collect()),
            _ => Value::Null,
        },
        f::ELEMENT_AT => match (x, y) {
            (Value::Array(items), Value::Int(index)) => {
                let length = i64::try_from(items.len()).unwrap_or(0);
                let index = if *index < 0 { index + length } else { *index };
                usize::try_from(index).ok().and_then(|index| items.get(index)).cloned().unwrap_or(Value::Null)
            }
            _ => Value::Null,
        },
        f::SUBSTRING => match (x.as_str(), y) {
            (Some(text), Value::Int(start)) => {
                let start = usize::try_from(*start).unwrap_or(0);
                let length = match z {
                    Value::Int(length) => usize::try_from(*length).unwrap_or(0),
                    _ => usize::MAX,
                };
                Value::String(text.chars().skip(start).take(length).collect())
            }
            _ => Value::Null,
        },
        f::REPLACE => match (x.as_str(), y.as_str(), z.as_str()) {
            (Some(text), Some(from), Some(to)) if !from.is_empty() => Value::String(text.replace(from, to)),
            (Some(text), Some(_), Some(_)) => Value::text(text),
            _ => Value::Null,
        },
        f::ADD => arithmetic(x, y, i64::checked_add, |a, b| a + b),
        f::SUBTRACT => arithmetic(x, y, i64::checked_sub, |a, b| a - b),
        f::MULTIPLY => arithmetic(x, y, i64::checked_mul, |a, b| a * b),
        f::DIVIDE => match (number(x), number(y)) {
            (Some(a), Some(b)) if b != 0.0 => Value::Double(a / b),
            _ => Value::Null,
        },
        f::REMAINDER => match (x, y) {
            (Value::Int(a), Value::Int(b)) => a.checked_rem(*b).map_or(Value::Null, Value::Int),
            _ => match (number(x), number(y)) {
                (Some(a), Some(b)) if b != 0.0 => Value::Double(a % b),
                _ => Value::Null,
            },
        },
        f::NEGATE => match x {
            Value::Int(number) => number.checked_neg().map_or(Value::Double(-(*number as f64)), Value::Int),
            Value::Bool(flag) => Value::Int(-i64::from(*flag)),
            Value::Double(number) => Value::Double(-number),
            _ => Value::Null,
        },
        f::TO_DOUBLE => coerce::to_number(x).and_then(|number| number.as_f64()).map_or(Value::Null, Value::Double),
        f::TO_INT => match coerce::to_number(x) {
            Some(Value::Int(whole)) => Value::Int(whole),
            Some(Value::Double(fraction)) if fraction.abs() < 9.2e18 => Value::Int(fraction.trunc() as i64),
            _ => Value::Null,
        },
        f::TO_TIME => match x {
            Value::DateTime(_) => x.clone(),
            other => other.as_str().and_then(time::parse_time).map_or(Value::Null, Value::DateTime),
        },
        f::PARSE_JSON => match x {
            Value::String(text) => coerce::parse_json(text).unwrap_or_else(|| x.clone()),
            other => other.clone(),
        },
        _ => return None,
    })
}

fn count(number: usize) -> Value {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
        other => other.as_f64(),
    }
}

fn arithmetic(left: &Value, right: &Value, whole: fn(i64, i64) -> Option<i64>, real: fn(f64, f64) -> f64) -> Value {
    let exact = |value: &Value| match value {
        Value::Bool(flag) => Some(i64::from(*flag)),
        Value::Int(number) => Some(*number),
        _ => None,
    };
    match (left, right) {
        (Value::DateTime(a), Value::DateTime(b)) => whole(*a, *b).map_or(Value::Null, Value::Duration),
        (Value::DateTime(a), Value::Duration(b)) | (Value::Duration(a), Value::DateTime(b)) => {
            whole(*a, *b).map_or(Value::Null, Value::DateTime)
        }
        (Value::Duration(a), Value::Duration(b)) => whole(*a, *b).map_or(Value::Null, Value::Duration),
        _ => match (exact(left), exact(right)) {
            (Some(a), Some(b)) => match whole(a, b) {
                Some(result) => Value::Int(result),
                None => Value::Double(real(a as f64, b as f64)),
            },
            _ => match (number(left), number(right)) {
                (Some(a), Some(b)) => Value::Double(real(a, b)),
                _ => Value::Null,
            },
        },
    }
}
