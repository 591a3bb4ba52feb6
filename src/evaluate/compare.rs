//! Equality and order of two values under a type rule ([`Typing`]).

use super::{Context, address, coerce, text, time};
use crate::model::{Case, FieldKind, FieldType, Ordering, Typing, Value};
use std::cmp::Ordering as Cmp;

/// Whether two values are equal. Null equals nothing, not even null.
pub fn equal(left: &Value, right: &Value, case: Case, typing: Typing, context: &Context<'_>) -> bool {
    if left.is_null() || right.is_null() {
        return false;
    }
    match typing {
        Typing::Typed => same(left, right, case, false),
        Typing::Python => same(left, right, case, true),
        Typing::Text => text::equal(&coerce::to_text(left), &coerce::to_text(right), case),
        Typing::Mapped(kind) => mapped_equal(left, right, case, kind, context.now),
    }
}

/// By JSON type. Times also equal the texts that stand for them. `python`: true is 1 and false is 0.
fn same(left: &Value, right: &Value, case: Case, python: bool) -> bool {
    match (left, right) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::String(a), Value::String(b)) => text::equal(a, b, case),
        (Value::Int(a), Value::Int(b)) => a == b,
        (Value::DateTime(a), Value::DateTime(b)) | (Value::Duration(a), Value::Duration(b)) => a == b,
        (Value::DateTime(time), Value::String(text)) | (Value::String(text), Value::DateTime(time)) => {
            time::parse_time(text) == Some(*time)
        }
        (Value::Int(_) | Value::Double(_), Value::Int(_) | Value::Double(_)) => {
            numbers(left, right) == Some(Cmp::Equal)
        }
        (Value::Bool(flag), number @ (Value::Int(_) | Value::Double(_)))
        | (number @ (Value::Int(_) | Value::Double(_)), Value::Bool(flag)) => {
            python && number.as_f64() == Some(if *flag { 1.0 } else { 0.0 })
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b, case, python))
        }
        (Value::Object(a), Value::Object(_)) => {
            let Value::Object(b) = right else { return false };
            a.len() == b.len()
                && a.iter().all(|(key, value)| right.get(key).is_some_and(|other| same(value, other, case, python)))
        }
        _ => false,
    }
}

/// The order of two numbers, exact over the whole range of both kinds.
fn numbers(left: &Value, right: &Value) -> Option<Cmp> {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Int(whole), Value::Double(fraction)) => whole_to_fraction(*whole, *fraction),
        (Value::Double(fraction), Value::Int(whole)) => whole_to_fraction(*whole, *fraction).map(Cmp::reverse),
        (Value::Double(a), Value::Double(b)) => a.partial_cmp(b),
        _ => None,
    }
}

fn whole_to_fraction(whole: i64, fraction: f64) -> Option<Cmp> {
    if fraction.is_nan() {
        return None;
    }
    let floor = fraction.floor();
    if floor >= 9_223_372_036_854_775_808.0 {
        return Some(Cmp::Less);
    }
    if floor < -9_223_372_036_854_775_808.0 {
        return Some(Cmp::Greater);
    }
    Some(whole.cmp(&(floor as i64)).then(if fraction > floor { Cmp::Less } else { Cmp::Equal }))
}

fn mapped_equal(left: &Value, right: &Value, case: Case, kind: FieldType, now: i64) -> bool {
    match kind.kind {
        FieldKind::Long | FieldKind::Double => match (coerce::to_number(left), coerce::to_number(right)) {
            (Some(a), Some(b)) => numbers(&a, &b) == Some(Cmp::Equal),
            _ => false,
        },
        FieldKind::Boolean => match (boolean(left), boolean(right)) {
            (Some(a), Some(b)) => a == b,
            _ => false,
        },
        FieldKind::Ip => {
            let (left, right) = (coerce::to_text(left), coerce::to_text(right));
            match (address::parse(&left), address::parse_network(&right)) {
                (Some(address), Some(network)) => address::contains(&network, address),
                _ => false,
            }
        }
        FieldKind::Date => match (time::mapped_period(left, now), time::mapped_period(right, now)) {
            (Some(value), Some(period)) => (period.first..=period.last).contains(&value.first),
            _ => false,
        },
        FieldKind::Timespan => same(left, right, case, false),
        FieldKind::Keyword | FieldKind::Wildcard | FieldKind::Text | FieldKind::Dynamic | FieldKind::Guid => {
            match (left, right) {
                // An untyped field holds its numbers as numbers; a typed one has become text before this.
                (Value::Int(_) | Value::Double(_), _) if !matches!(right, Value::Array(_) | Value::Object(_)) => {
                    coerce::to_number(right).is_some_and(|right| numbers(left, &right) == Some(Cmp::Equal))
                }
                _ => text::equal(&coerce::to_text(left), &coerce::to_text(right), case),
            }
        }
    }
}

fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => match text.as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// Whether `left` orders so against `right`; false where they have no order.
pub fn ordered(left: &Value, ordering: Ordering, right: &Value, typing: Typing, context: &Context<'_>) -> bool {
    if left.is_null() || right.is_null() {
        return false;
    }
    let order = match typing {
        Typing::Typed => order(left, right, false),
        Typing::Python => order(left, right, true),
        Typing::Text => Some(coerce::to_text(left).chars().cmp(coerce::to_text(right).chars())),
        Typing::Mapped(kind) => match kind.kind {
            FieldKind::Date => return date_ordered(left, ordering, right, context.now),
            FieldKind::Long | FieldKind::Double => match (coerce::to_number(left), coerce::to_number(right)) {
                (Some(a), Some(b)) => numbers(&a, &b),
                _ => None,
            },
            FieldKind::Ip => match (address::parse(&coerce::to_text(left)), address::parse(&coerce::to_text(right))) {
                (Some(a), Some(b)) => Some(as_v6(a).cmp(&as_v6(b))),
                _ => None,
            },
            FieldKind::Timespan => order(left, right, false),
            FieldKind::Boolean => boolean(left).zip(boolean(right)).map(|(a, b)| a.cmp(&b)),
            _ => match (left, coerce::to_number(right)) {
                (Value::Int(_) | Value::Double(_), Some(number)) => numbers(left, &number),
                (Value::Int(_) | Value::Double(_), None) => None,
                _ => Some(coerce::to_text(left).chars().cmp(coerce::to_text(right).chars())),
            },
        },
    };
    order.is_some_and(|order| holds(order, ordering))
}

/// Elasticsearch compares addresses as their 16 bytes.
fn as_v6(address: std::net::IpAddr) -> u128 {
    match address {
        std::net::IpAddr::V4(v4) => u128::from(v4.to_ipv6_mapped()),
        std::net::IpAddr::V6(v6) => u128::from(v6),
    }
}

const fn holds(order: Cmp, ordering: Ordering) -> bool {
    match ordering {
        Ordering::Less => order.is_lt(),
        Ordering::LessOrEqual => order.is_le(),
        Ordering::Greater => order.is_gt(),
        Ordering::GreaterOrEqual => order.is_ge(),
    }
}

/// Elasticsearch rounds the bound: `>` and `<=` look at the end of what the text stands for, the others at its start.
fn date_ordered(left: &Value, ordering: Ordering, right: &Value, now: i64) -> bool {
    let (Some(left), Some(bound)) = (time::mapped_period(left, now), time::mapped_period(right, now)) else {
        return false;
    };
    match ordering {
        Ordering::Less => left.first < bound.first,
        Ordering::LessOrEqual => left.first <= bound.last,
        Ordering::Greater => left.first > bound.last,
        Ordering::GreaterOrEqual => left.first >= bound.first,
    }
}

/// The natural order of two values of one kind: numbers, times (or the text of one), lengths of time, text by code
/// point, booleans where `python`. `None` where there is none.
pub fn order(left: &Value, right: &Value, python: bool) -> Option<Cmp> {
    match (left, right) {
        (Value::String(a), Value::String(b)) => Some(a.chars().cmp(b.chars())),
        (Value::DateTime(a), Value::DateTime(b)) | (Value::Duration(a), Value::Duration(b)) => Some(a.cmp(b)),
        (Value::DateTime(a), Value::String(b)) => time::parse_time(b).map(|b| a.cmp(&b)),
        (Value::String(a), Value::DateTime(b)) => time::parse_time(a).map(|a| a.cmp(b)),
        (Value::Bool(a), Value::Bool(b)) if python => Some(a.cmp(b)),
        (Value::Bool(flag), number) if python => numbers(&Value::Int(i64::from(*flag)), number),
        (number, Value::Bool(flag)) if python => numbers(number, &Value::Int(i64::from(*flag))),
        (Value::Array(a), Value::Array(b)) if python => {
            for (a, b) in a.iter().zip(b) {
                match order(a, b, true)? {
                    Cmp::Equal => {}
                    other => return Some(other),
                }
            }
            Some(a.len().cmp(&b.len()))
        }
        _ => numbers(left, right),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TypeMap;
    use serde_json::{Value as Json, json};

    fn value(json: &Json) -> Value {
        Value::from(json)
    }

    #[test]
    fn equality_by_type_rule() {
        let types = TypeMap::default();
        let now = time::parse_time("2024-06-15T12:00:00Z").unwrap();
        let context = Context::new(super::super::Access::Common, &types, now);
        let mapped = |name: &str| Typing::Mapped(FieldType::parse(name).unwrap());
        for (left, right, typing, expected) in [
            (json!(1), json!(1.0), Typing::Typed, true),
            (json!(1), json!("1"), Typing::Typed, false),
            (json!(true), json!(1), Typing::Typed, false),
            (json!(true), json!(1), Typing::Python, true),
            (json!([true]), json!([1]), Typing::Python, true),
            (json!({"a": 1, "b": 2}), json!({"b": 2, "a": 1}), Typing::Python, true),
            (json!(null), json!(null), Typing::Typed, false),
            (json!(1), json!("1"), Typing::Text, true),
            (json!(true), json!("true"), Typing::Text, true),
            (json!("4625"), json!(4625), mapped("keyword"), true),
            (json!(4625), json!("4625"), mapped("keyword"), true),
            (json!(5.0), json!("5"), mapped("keyword"), true),
            (json!("4625"), json!("4625"), mapped("long"), true),
            (json!(4625), json!("x"), mapped("long"), false),
            (json!(true), json!("true"), mapped("boolean"), true),
            (json!("2001:DB8::1"), json!("2001:db8:0::1"), mapped("ip"), true),
            (json!("10.1.2.3"), json!("10.0.0.0/8"), mapped("ip"), true),
            (json!("2024-06-15T23:00:00Z"), json!("2024-06-15"), mapped("date"), true),
            (json!("2024-06-16T00:00:00Z"), json!("2024-06-15"), mapped("date"), false),
            (json!("2024-06-14T12:00:00Z"), json!("now-1d"), mapped("date"), true),
            (json!(9_007_199_254_740_993i64), json!(9_007_199_254_740_992.0), Typing::Typed, false),
        ] {
            assert_eq!(
                equal(&value(&left), &value(&right), Case::Sensitive, typing, &context),
                expected,
                "{left} {right} {typing:?}"
            );
        }
    }

    #[test]
    fn order_by_type_rule() {
        let types = TypeMap::default();
        let now = time::parse_time("2024-06-15T12:00:00Z").unwrap();
        let context = Context::new(super::super::Access::Common, &types, now);
        let mapped = |name: &str| Typing::Mapped(FieldType::parse(name).unwrap());
        use Ordering::{Greater, GreaterOrEqual, Less, LessOrEqual};
        for (left, ordering, right, typing, expected) in [
            (json!(2), Greater, json!(1.5), Typing::Typed, true),
            (json!("b"), Greater, json!("a"), Typing::Typed, true),
            (json!("10"), Less, json!("9"), Typing::Typed, true),
            (json!("10"), Greater, json!(9), Typing::Typed, false),
            (json!("10"), Greater, json!(9), mapped("long"), true),
            (json!(null), Less, json!(9), Typing::Typed, false),
            (json!(true), Less, json!(2), Typing::Python, true),
            (json!(true), Less, json!(2), Typing::Typed, false),
            (json!("10.0.0.9"), Less, json!("10.0.0.10"), mapped("ip"), true),
            (json!("2024-06-15T23:00:00Z"), Greater, json!("2024-06-15"), mapped("date"), false),
            (json!("2024-06-15T23:00:00Z"), LessOrEqual, json!("2024-06-15"), mapped("date"), true),
            (json!("2024-06-15T00:00:00Z"), Less, json!("2024-06-15"), mapped("date"), false),
            (json!("2024-06-15T11:00:00Z"), GreaterOrEqual, json!("now-1d"), mapped("date"), true),
            (json!(1_718_409_600_000i64), GreaterOrEqual, json!("2024-06-15"), mapped("date"), true),
        ] {
            assert_eq!(
                ordered(&value(&left), ordering, &value(&right), typing, &context),
                expected,
                "{left} {ordering:?} {right}"
            );
        }
    }
}
