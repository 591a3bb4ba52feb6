//! Arithmetic on numbers, times and lengths of time as Kusto does it (spec/kusto-semantics.md, "Null, empty, missing").

use crate::model::Value;

/// `a + b`; `None` stands for null.
pub(super) fn add(left: &Value, right: &Value) -> Option<Value> {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => Some(Value::Int(a.wrapping_add(*b))),
        (Value::DateTime(a), Value::Duration(b)) | (Value::Duration(b), Value::DateTime(a)) => {
            a.checked_add(*b).filter(|ticks| in_calendar(*ticks)).map(Value::DateTime)
        }
        (Value::Duration(a), Value::Duration(b)) => a.checked_add(*b).map(Value::Duration),
        _ => numbers(left, right, |a, b| a + b),
    }
}

/// `a - b`; `None` stands for null.
pub(super) fn subtract(left: &Value, right: &Value) -> Option<Value> {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => Some(Value::Int(a.wrapping_sub(*b))),
        (Value::DateTime(a), Value::Duration(b)) => {
            a.checked_sub(*b).filter(|ticks| in_calendar(*ticks)).map(Value::DateTime)
        }
        (Value::DateTime(a), Value::DateTime(b)) => a.checked_sub(*b).map(Value::Duration),
        (Value::Duration(a), Value::Duration(b)) => a.checked_sub(*b).map(Value::Duration),
        _ => numbers(left, right, |a, b| a - b),
    }
}

/// `a * b`; `None` stands for null.
pub(super) fn multiply(left: &Value, right: &Value) -> Option<Value> {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => Some(Value::Int(a.wrapping_mul(*b))),
        (Value::Duration(a), Value::Int(b)) | (Value::Int(b), Value::Duration(a)) => {
            a.checked_mul(*b).map(Value::Duration)
        }
        (Value::Duration(a), Value::Double(b)) | (Value::Double(b), Value::Duration(a)) => {
            ticks(*a as f64 * b).map(Value::Duration)
        }
        _ => numbers(left, right, |a, b| a * b),
    }
}

/// `a / b`; `None` stands for null.
pub(super) fn divide(left: &Value, right: &Value) -> Option<Value> {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => a.checked_div(*b).map(Value::Int),
        (Value::Duration(a), Value::Duration(b)) => Some(Value::Double(*a as f64 / *b as f64)),
        (Value::Duration(a), Value::Int(b)) => a.checked_div(*b).map(Value::Duration),
        (Value::Duration(a), Value::Double(b)) => ticks(*a as f64 / b).map(Value::Duration),
        _ => numbers(left, right, |a, b| a / b),
    }
}

/// `a % b`, Euclidean; `None` stands for null.
pub(super) fn modulo(left: &Value, right: &Value) -> Option<Value> {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => a.checked_rem_euclid(*b).map(Value::Int),
        (Value::Duration(a), Value::Duration(b)) => a.checked_rem_euclid(*b).map(Value::Duration),
        (Value::DateTime(a), Value::Duration(b)) => a.checked_rem_euclid(*b).map(Value::Duration),
        _ => numbers(left, right, |a, b| a.rem_euclid(b)),
    }
}

/// `-a`; `None` stands for null.
pub(super) fn negate(value: &Value) -> Option<Value> {
    match value {
        Value::Int(number) => Some(Value::Int(number.wrapping_neg())),
        Value::Double(number) => Some(Value::Double(-number)),
        Value::Duration(number) => number.checked_neg().map(Value::Duration),
        _ => None,
    }
}

/// `bin(value, size)` counted from `origin` (0 for numbers and times alike); `None` stands for null.
pub(super) fn bin(value: &Value, size: &Value, origin: &Value) -> Option<Value> {
    let whole = |value: i64, size: i64, origin: i64| {
        if size <= 0 {
            return None;
        }
        let distance = value.checked_sub(origin)?;
        value.checked_sub(distance.rem_euclid(size))
    };
    match (value, size) {
        (Value::DateTime(ticks), Value::Duration(size)) => {
            let origin = if let Value::DateTime(origin) = origin { *origin } else { 0 };
            whole(*ticks, *size, origin).map(Value::DateTime)
        }
        (Value::Duration(ticks), Value::Duration(size)) => {
            let origin = if let Value::Duration(origin) = origin { *origin } else { 0 };
            whole(*ticks, *size, origin).map(Value::Duration)
        }
        (Value::Int(number), Value::Int(size)) => {
            let origin = if let Value::Int(origin) = origin { *origin } else { 0 };
            whole(*number, *size, origin).map(Value::Int)
        }
        _ => {
            let (value, size) = (value.as_f64()?, size.as_f64()?);
            let origin = origin.as_f64().unwrap_or(0.0);
            (size > 0.0).then(|| Value::Double(((value - origin) / size).floor() * size + origin))
        }
    }
}

/// Whether ticks are a time between the years 1 and 9999.
pub(super) fn in_calendar(ticks: i64) -> bool {
    (0..=3_155_378_975_999_999_999).contains(&ticks)
}

fn ticks(number: f64) -> Option<i64> {
    (number.is_finite() && number.abs() < 9.2e18).then_some(number as i64)
}

fn numbers(left: &Value, right: &Value, operation: impl Fn(f64, f64) -> f64) -> Option<Value> {
    Some(Value::Double(operation(left.as_f64()?, right.as_f64()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn int(number: i64) -> Value {
        Value::Int(number)
    }

    #[test]
    fn whole_numbers_truncate_and_the_remainder_is_euclidean() {
        for (a, b, quotient, remainder) in
            [(7, 2, 3, 1), (-7, 2, -3, 1), (7, -2, -3, 1), (-7, 3, -2, 2), (-7, -3, 2, 2)]
        {
            assert_eq!(divide(&int(a), &int(b)), Some(int(quotient)), "{a}/{b}");
            assert_eq!(modulo(&int(a), &int(b)), Some(int(remainder)), "{a}%{b}");
        }
        assert_eq!(divide(&int(1), &int(0)), None);
        assert_eq!(add(&Value::Null, &int(1)), None);
    }
}
