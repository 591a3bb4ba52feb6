//! Values read by a type, and values as text.

use super::time;
use crate::model::{FieldKind, TICKS_PER_SECOND, Value};
use serde_json::Value as Json;
use std::borrow::Cow;

/// Whether values of the kind are text.
pub const fn is_text(kind: FieldKind) -> bool {
    matches!(kind, FieldKind::Keyword | FieldKind::Wildcard | FieldKind::Text | FieldKind::Guid)
}

/// A value of an Elasticsearch field as the mapping indexes it; `None` where it stays as it is.
pub fn by_mapping(value: &Value, kind: FieldKind) -> Option<Value> {
    match (kind, value) {
        (
            FieldKind::Keyword | FieldKind::Wildcard | FieldKind::Text,
            Value::Int(_) | Value::Double(_) | Value::Bool(_),
        ) => Some(Value::String(to_text(value).into_owned())),
        (FieldKind::Long, Value::String(_) | Value::Double(_)) => to_number(value).map(truncate),
        (FieldKind::Double, Value::String(_)) => to_number(value),
        (FieldKind::Boolean, Value::String(text)) => to_bool(text),
        (FieldKind::Date, Value::String(_) | Value::Int(_)) => {
            time::mapped_period(value, 0).map(|period| Value::DateTime(period.first))
        }
        _ => None,
    }
}

/// A value of a Kusto column as ingestion reads it; `None` where it stays as it is.
pub fn by_column(value: &Value, kind: FieldKind) -> Option<Value> {
    match (kind, value) {
        (_, Value::Null) => None,
        (kind, Value::String(_)) if is_text(kind) => None,
        (kind, _) if is_text(kind) => Some(Value::String(to_text(value).into_owned())),
        (FieldKind::Long, Value::String(_)) => Some(to_number(value).map_or(Value::Null, truncate)),
        (FieldKind::Double, Value::String(_)) => Some(to_number(value).unwrap_or(Value::Null)),
        (FieldKind::Double, Value::Int(number)) => Some(Value::Double(*number as f64)),
        (FieldKind::Boolean, Value::String(text)) => Some(to_bool(&text.to_lowercase()).unwrap_or(Value::Null)),
        (FieldKind::Boolean, Value::Int(number)) => Some(Value::Bool(*number != 0)),
        (FieldKind::Date, Value::String(text)) => Some(time::parse_time(text).map_or(Value::Null, Value::DateTime)),
        (FieldKind::Timespan, Value::String(text)) => Some(parse_timespan(text).map_or(Value::Null, Value::Duration)),
        (FieldKind::Dynamic, Value::String(text)) if text.trim_start().starts_with(['{', '[']) => parse_json(text),
        _ => None,
    }
}

fn truncate(number: Value) -> Value {
    match number {
        Value::Double(fraction) if fraction.abs() < 9e15 => Value::Int(fraction as i64),
        other => other,
    }
}

fn to_bool(text: &str) -> Option<Value> {
    match text {
        "true" => Some(Value::Bool(true)),
        // Elasticsearch reads the empty text as false.
        "false" | "" => Some(Value::Bool(false)),
        _ => None,
    }
}

/// The number of a number or of a text that is one.
pub fn to_number(value: &Value) -> Option<Value> {
    match value {
        Value::Int(_) | Value::Double(_) => Some(value.clone()),
        Value::String(text) => {
            let text = text.trim();
            if !text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first)) {
                return None;
            }
            match text.parse::<i64>() {
                Ok(whole) => Some(Value::Int(whole)),
                Err(_) => text.parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::Double),
            }
        }
        _ => None,
    }
}

/// `[-][d.]hh:mm:ss[.fffffff]`, as Kusto prints a timespan, in ticks.
fn parse_timespan(text: &str) -> Option<i64> {
    let (negative, text) = match text.trim().strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.trim()),
    };
    let (days, clock) = match text.split_once('.') {
        Some((days, clock)) if clock.contains(':') => (days.parse::<i64>().ok()?, clock),
        _ => (0, text),
    };
    let mut parts = clock.splitn(3, ':');
    let hours: i64 = parts.next()?.parse().ok()?;
    let minutes: i64 = parts.next()?.parse().ok()?;
    let seconds: f64 = parts.next().unwrap_or("0").parse().ok()?;
    let whole =
        days.checked_mul(86_400)?.checked_add(hours.checked_mul(3600)?)?.checked_add(minutes.checked_mul(60)?)?;
    let ticks = whole.checked_mul(TICKS_PER_SECOND)?.checked_add((seconds * TICKS_PER_SECOND as f64).round() as i64)?;
    Some(if negative { -ticks } else { ticks })
}

/// A text read as JSON; `None` where it is none.
pub fn parse_json(text: &str) -> Option<Value> {
    serde_json::from_str::<Json>(text).ok().map(|json| Value::from(&json))
}

/// A value as text: numbers and booleans as JSON prints them, lists and objects as compact JSON, times as ISO 8601,
/// null as the empty text.
pub fn to_text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null => Cow::Borrowed(""),
        Value::String(text) => Cow::Borrowed(text),
        Value::Bool(flag) => Cow::Borrowed(if *flag { "true" } else { "false" }),
        Value::Int(number) => Cow::Owned(number.to_string()),
        Value::DateTime(ticks) => Cow::Owned(time::to_iso(*ticks)),
        other => Cow::Owned(to_json(other).to_string()),
    }
}

/// A value as JSON: times as ISO 8601, timespans as seconds.
pub fn to_json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(flag) => Json::Bool(*flag),
        Value::Int(number) => Json::from(*number),
        Value::Double(number) => Json::from(*number),
        Value::String(text) => Json::String(text.clone()),
        Value::DateTime(ticks) => Json::String(time::to_iso(*ticks)),
        Value::Duration(ticks) => Json::from(*ticks as f64 / TICKS_PER_SECOND as f64),
        Value::Array(items) => Json::Array(items.iter().map(to_json).collect()),
        Value::Object(entries) => {
            Json::Object(entries.iter().map(|(key, value)| (key.clone(), to_json(value))).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timespans_as_kusto_prints_them() {
        assert_eq!(parse_timespan("00:00:01"), Some(TICKS_PER_SECOND));
        assert_eq!(parse_timespan("-1.00:00:00.5"), Some(-(86_400 * TICKS_PER_SECOND + TICKS_PER_SECOND / 2)));
        assert_eq!(parse_timespan("soon"), None);
    }

    #[test]
    fn numbers_in_texts() {
        for (text, number) in [
            ("4625", Some(Value::Int(4625))),
            (" -1.5", Some(Value::Double(-1.5))),
            ("1e3", Some(Value::Double(1000.0))),
            ("0x10", None),
            ("inf", None),
            ("", None),
        ] {
            assert_eq!(to_number(&Value::text(text)), number, "{text}");
        }
    }
}
