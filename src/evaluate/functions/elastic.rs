//! Elasticsearch's own functions ([`crate::model::function::elastic`]): null of what they do not know.

use std::cmp::Ordering;

use super::super::{EvalError, address, coerce, compare, time};
use crate::model::function::elastic as f;
use crate::model::{Function, TICKS_PER_SECOND, Value};

/// Calls a function of Elasticsearch; `None` where it is none, or is not written.
pub fn call(function: Function, arguments: &[Value]) -> Option<Result<Value, EvalError>> {
    let null = Value::Null;
    let arg = |index: usize| arguments.get(index).unwrap_or(&null);
    let (x, y, z) = (arg(0), arg(1), arg(2));
    let texts = |make: fn(&str, &str) -> Value| match (x.as_str(), y.as_str()) {
        (Some(text), Some(other)) => make(text, other),
        _ => Value::Null,
    };
    let number = |make: fn(f64) -> f64| match x {
        Value::Int(_) => x.clone(),
        _ => x.as_f64().map_or(Value::Null, |number| Value::Double(make(number))),
    };
    Some(Ok(match function {
        f::DIVIDE => match (x, y) {
            (Value::Int(a), Value::Int(b)) => a.checked_div(*b).map_or(Value::Null, Value::Int),
            _ => match (x.as_f64(), y.as_f64()) {
                (Some(a), Some(b)) if b != 0.0 => Value::Double(a / b),
                _ => Value::Null,
            },
        },
        f::SLICE => slice(x, y, (arguments.len() > 2).then_some(z)),
        f::INDEX_OF => index_of(x, y, z, arguments.len() > 2, false),
        f::INDEX_OF_FOLD => index_of(x, y, z, arguments.len() > 2, true),
        f::BETWEEN => between(arguments, false),
        f::BETWEEN_FOLD => between(arguments, true),
        f::ES_TO_STRING => each(x, |value| match value {
            Value::Null | Value::Object(_) => None,
            Value::DateTime(ticks) => Some(Value::String(time::to_iso(*ticks))),
            other => Some(Value::String(coerce::to_text(other).into_owned())),
        }),
        f::ES_TO_LONG | f::ES_TO_INTEGER => each(x, |value| to_long(value).filter(|number| fits(function, number))),
        f::ES_TO_DOUBLE => each(x, |value| match value {
            Value::Bool(flag) => Some(Value::Double(f64::from(u8::from(*flag)))),
            other => coerce::to_number(other)?.as_f64().map(Value::Double),
        }),
        f::ES_TO_BOOLEAN => each(x, |value| match value {
            Value::Bool(_) => Some(value.clone()),
            Value::String(text) => Some(Value::Bool(text.eq_ignore_ascii_case("true"))),
            other => other.as_f64().map(|number| Value::Bool(number != 0.0)),
        }),
        f::ES_TO_IP => each(x, |value| value.as_str().filter(|text| address::parse(text).is_some()).map(Value::text)),
        f::ES_SUBSTRING => substring(x, y, z),
        f::ES_LOCATE => match (x.as_str(), y.as_str()) {
            (Some(text), Some(part)) => {
                let from = z.as_f64().map_or(0, |place| (place as usize).saturating_sub(1));
                Value::Int(find(text, part, from, false).map_or(0, |at| at + 1))
            }
            _ => Value::Null,
        },
        f::ES_SPLIT => match (x.as_str(), y.as_str()) {
            (Some(text), Some(by)) if !by.is_empty() => flat(text.split(by).map(Value::text).collect()),
            _ => Value::Null,
        },
        f::ES_LEFT => take(x, y, false),
        f::ES_RIGHT => take(x, y, true),
        f::ES_LTRIM => x.as_str().map_or(Value::Null, |text| Value::text(text.trim_start())),
        f::ES_RTRIM => x.as_str().map_or(Value::Null, |text| Value::text(text.trim_end())),
        f::ES_REVERSE => x.as_str().map_or(Value::Null, |text| Value::String(text.chars().rev().collect())),
        f::ES_REPEAT => match (x.as_str(), y) {
            (Some(text), Value::Int(times)) => repeated(text, *times)?,
            _ => Value::Null,
        },
        f::ES_SPACE => match x {
            Value::Int(times) => repeated(" ", *times)?,
            _ => Value::Null,
        },
        f::ES_REPLACE => return Some(replace(x, y, z)),
        f::ES_GREATEST => extreme(arguments, Ordering::Greater),
        f::ES_LEAST => extreme(arguments, Ordering::Less),
        f::ES_ABS => match x {
            Value::Int(number) => number.checked_abs().map_or(Value::Null, Value::Int),
            _ => number(f64::abs),
        },
        f::ES_CEIL => number(f64::ceil),
        f::ES_FLOOR => number(f64::floor),
        f::ES_ROUND => match (x, y) {
            (Value::Int(_), _) => x.clone(),
            (Value::Double(number), Value::Int(places)) => {
                let factor = 10f64.powi(i32::try_from(*places).ok()?);
                Value::Double((number * factor).round() / factor)
            }
            (Value::Double(number), _) => Value::Double(number.round()),
            _ => Value::Null,
        },
        f::ES_POW => match (x.as_f64(), y.as_f64()) {
            (Some(base), Some(exponent)) => finite(base.powf(exponent)),
            _ => Value::Null,
        },
        f::ES_SQRT => x.as_f64().map_or(Value::Null, |number| finite(number.sqrt())),
        f::ES_DATE_DIFF => date_diff(x, y, z),
        f::ES_MV_COUNT => match list(x) {
            [] => Value::Null,
            items => Value::Int(i64::try_from(items.len()).ok()?),
        },
        f::ES_MV_FIRST => list(x).first().cloned().unwrap_or(Value::Null),
        f::ES_MV_LAST => list(x).last().cloned().unwrap_or(Value::Null),
        f::ES_MV_MAX => extreme(list(x), Ordering::Greater),
        f::ES_MV_MIN => extreme(list(x), Ordering::Less),
        f::ES_MV_SUM => sum(list(x)).unwrap_or(Value::Null),
        f::ES_MV_AVG => match (sum(list(x)).and_then(|sum| sum.as_f64()), list(x).len()) {
            (Some(sum), count) if count > 0 => Value::Double(sum / count as f64),
            _ => Value::Null,
        },
        f::ES_MV_DEDUPE => {
            let mut kept: Vec<Value> = Vec::new();
            for item in list(x) {
                if !kept.contains(item) {
                    kept.push(item.clone());
                }
            }
            flat(kept)
        }
        f::ES_MV_CONCAT => match (list(x).iter().map(Value::as_str).collect::<Option<Vec<_>>>(), y.as_str()) {
            (Some(parts), Some(by)) if !parts.is_empty() => Value::String(parts.join(by)),
            _ => Value::Null,
        },
        f::ES_MV_APPEND if x.is_null() || y.is_null() => Value::Null,
        f::ES_MV_APPEND => flat(list(x).iter().chain(list(y)).cloned().collect()),
        f::ES_MV_INTERSECTION => flat(list(x).iter().filter(|item| list(y).contains(item)).cloned().collect()),
        f::ES_MV_SLICE => mv_slice(list(x), y, if arguments.len() > 2 { z } else { y }),
        f::ES_MV_SORT => {
            let mut items = list(x).to_vec();
            items.sort_by(|one, other| compare::order(one, other, false).unwrap_or(Ordering::Equal));
            if y.as_str().is_some_and(|order| order.eq_ignore_ascii_case("desc")) {
                items.reverse();
            }
            flat(items)
        }
        f::ES_URL_DECODE => x.as_str().and_then(url_decode).map_or(Value::Null, Value::String),
        f::ES_JSON_EXTRACT => texts(|text, path| json_extract(text, path).unwrap_or(Value::Null)),
        _ => return None,
    }))
}

/// The values of a list, or the one value; none of null.
pub(super) fn list(value: &Value) -> &[Value] {
    match value {
        Value::Null => &[],
        Value::Array(items) => items,
        other => std::slice::from_ref(other),
    }
}

/// One value stands for itself, none is null.
pub(super) fn flat(mut items: Vec<Value>) -> Value {
    match items.len() {
        0 => Value::Null,
        1 => items.pop().unwrap_or(Value::Null),
        _ => Value::Array(items),
    }
}

/// A conversion of each value; what cannot be converted is left out.
fn each(value: &Value, make: impl Fn(&Value) -> Option<Value>) -> Value {
    flat(list(value).iter().filter_map(make).collect())
}

fn to_long(value: &Value) -> Option<Value> {
    match value {
        Value::Bool(flag) => Some(Value::Int(i64::from(*flag))),
        Value::DateTime(ticks) => {
            let epoch = time::from_epoch_millis(0)?;
            Some(Value::Int((ticks - epoch) / (TICKS_PER_SECOND / 1000)))
        }
        other => match coerce::to_number(other)? {
            Value::Int(number) => Some(Value::Int(number)),
            Value::Double(number) if number.abs() < 9.2e18 => Some(Value::Int(number.round() as i64)),
            _ => None,
        },
    }
}

fn fits(function: Function, number: &Value) -> bool {
    function != f::ES_TO_INTEGER || matches!(number, Value::Int(number) if i32::try_from(*number).is_ok())
}

fn finite(number: f64) -> Value {
    if number.is_finite() { Value::Double(number) } else { Value::Null }
}

fn repeated(text: &str, times: i64) -> Option<Value> {
    let times = usize::try_from(times).ok()?;
    // Elasticsearch refuses results above a megabyte.
    (text.len().saturating_mul(times) <= 1 << 20).then(|| Value::String(text.repeat(times)))
}

/// Where a text stands in another, in characters, at or behind a place.
fn find(text: &str, part: &str, from: usize, fold: bool) -> Option<i64> {
    let (text, part) =
        if fold { (text.to_lowercase(), part.to_lowercase()) } else { (text.to_owned(), part.to_owned()) };
    let skipped = text.char_indices().nth(from).map_or(text.len(), |(at, _)| at);
    let at = text.get(skipped..)?.find(&part)? + skipped;
    i64::try_from(text.get(..at)?.chars().count()).ok()
}

fn index_of(text: &Value, part: &Value, from: &Value, given: bool, fold: bool) -> Value {
    let from = match from {
        Value::Int(from) => usize::try_from(*from).ok(),
        Value::Null if !given => Some(0),
        _ => None,
    };
    match (text.as_str(), part.as_str(), from) {
        (Some(text), Some(part), Some(from)) => find(text, part, from, fold).map_or(Value::Null, Value::Int),
        _ => Value::Null,
    }
}

/// Indexes from 0, from the end where they are negative; what is out of range is moved to the nearest end.
fn slice(text: &Value, start: &Value, end: Option<&Value>) -> Value {
    let (Some(text), Value::Int(start)) = (text.as_str(), start) else { return Value::Null };
    let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let place = |index: i64| (if index < 0 { index.saturating_add(length) } else { index }).clamp(0, length);
    let end = match end {
        None | Some(Value::Null) => length,
        Some(Value::Int(end)) => place(*end),
        Some(_) => return Value::Null,
    };
    let start = place(*start);
    let count = usize::try_from(end - start).unwrap_or(0);
    Value::String(text.chars().skip(usize::try_from(start).unwrap_or(0)).take(count).collect())
}

fn between(arguments: &[Value], fold: bool) -> Value {
    let text = |index: usize| arguments.get(index).and_then(Value::as_str);
    let (Some(text), Some(left), Some(right)) = (text(0), text(1), text(2)) else { return Value::Null };
    let greedy = arguments.get(3) == Some(&Value::Bool(true));
    let (source, left, right) = match fold {
        true => (text.to_lowercase(), left.to_lowercase(), right.to_lowercase()),
        false => (text.to_owned(), left.to_owned(), right.to_owned()),
    };
    // Folding may change lengths; the places are taken from the text as it is where they agree.
    let original = if source.len() == text.len() { text } else { source.as_str() };
    let found = source.find(&left).map(|at| at + left.len()).and_then(|start| {
        let rest = source.get(start..)?;
        let end = if greedy { rest.rfind(&right) } else { rest.find(&right) }?;
        original.get(start..start + end)
    });
    Value::text(found.unwrap_or(""))
}

/// Places from 1, from the end where negative.
fn substring(text: &Value, start: &Value, length: &Value) -> Value {
    let (Some(text), Value::Int(start)) = (text.as_str(), start) else { return Value::Null };
    let count = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let from = match *start {
        0 => 0,
        start if start > 0 => start - 1,
        start => (count + start).max(0),
    };
    let take = match length {
        Value::Int(length) => usize::try_from(*length).unwrap_or(0),
        _ => usize::MAX,
    };
    Value::String(text.chars().skip(usize::try_from(from).unwrap_or(0)).take(take).collect())
}

fn take(text: &Value, count: &Value, end: bool) -> Value {
    let (Some(text), Value::Int(count)) = (text.as_str(), count) else { return Value::Null };
    let count = usize::try_from(*count).unwrap_or(0);
    let skip = if end { text.chars().count().saturating_sub(count) } else { 0 };
    Value::String(text.chars().skip(skip).take(count).collect())
}

fn replace(text: &Value, pattern: &Value, with: &Value) -> Result<Value, EvalError> {
    let (Some(text), Some(pattern), Some(with)) = (text.as_str(), pattern.as_str(), with.as_str()) else {
        return Ok(Value::Null);
    };
    let error = |reason: String| EvalError::Regex { pattern: pattern.to_owned(), reason };
    // Java's possessive quantifiers only stop backtracking, which this engine does not do.
    let regex =
        regex::Regex::new(&pattern.replace("++", "+").replace("*+", "*")).map_err(|found| error(found.to_string()))?;
    Ok(Value::String(regex.replace_all(text, with).into_owned()))
}

fn extreme(values: &[Value], wanted: Ordering) -> Value {
    let mut found: Option<&Value> = None;
    for value in values {
        if value.is_null() {
            return Value::Null;
        }
        if found.is_none_or(|found| compare::order(value, found, false) == Some(wanted)) {
            found = Some(value);
        }
    }
    found.cloned().unwrap_or(Value::Null)
}

fn sum(values: &[Value]) -> Option<Value> {
    values
        .iter()
        .try_fold(Value::Int(0), |sum, value| match (&sum, value) {
            (Value::Int(a), Value::Int(b)) => a.checked_add(*b).map(Value::Int),
            _ => Some(Value::Double(sum.as_f64()? + value.as_f64()?)),
        })
        .filter(|_| !values.is_empty())
}

fn mv_slice(items: &[Value], start: &Value, end: &Value) -> Value {
    let (Value::Int(start), Value::Int(end)) = (start, end) else { return Value::Null };
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let place = |index: i64| if index < 0 { index + length } else { index };
    let (start, end) = (place(*start).max(0), place(*end).min(length - 1));
    let kept = items.iter().zip(0i64..).filter(|(_, at)| (start..=end).contains(at)).map(|(item, _)| item.clone());
    flat(kept.collect())
}

pub(super) fn moment(value: &Value) -> Option<i64> {
    match value {
        Value::DateTime(ticks) => Some(*ticks),
        Value::String(text) => time::parse_time(text),
        _ => None,
    }
}

/// The value at a rank of 0 to 100, between its neighbours where it lies between them.
pub(crate) fn percentile(numbers: &[f64], rank: f64) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = (rank.clamp(0.0, 100.0) / 100.0) * sorted.len().saturating_sub(1) as f64;
    let (below, part) = (place.floor() as usize, place.fract());
    let low = sorted.get(below).copied().unwrap_or(f64::NAN);
    let high = sorted.get(below + 1).copied().unwrap_or(low);
    low + (high - low) * part
}

fn date_diff(unit: &Value, from: &Value, to: &Value) -> Value {
    let name = unit.as_str().map(str::to_ascii_lowercase);
    let months = match name.as_deref() {
        Some("month" | "months" | "mm" | "m") => 1,
        Some("quarter" | "quarters" | "qq" | "q") => 3,
        Some("year" | "years" | "yyyy" | "yy") => 12,
        _ => 0,
    };
    if let (true, Some(from), Some(to)) = (months > 0, moment(from), moment(to)) {
        return Value::Int(whole_months(from, to) / months);
    }
    // Ticks of the unit; nanoseconds are finer than a tick.
    let (length, finer) = match name.as_deref() {
        Some("nanosecond" | "nanoseconds" | "ns") => (1, 100),
        Some("microsecond" | "microseconds" | "mcs") => (10, 1),
        Some("millisecond" | "milliseconds" | "ms") => (TICKS_PER_SECOND / 1000, 1),
        Some("second" | "seconds" | "ss" | "s") => (TICKS_PER_SECOND, 1),
        Some("minute" | "minutes" | "mi" | "n") => (60 * TICKS_PER_SECOND, 1),
        Some("hour" | "hours" | "hh") => (3_600 * TICKS_PER_SECOND, 1),
        Some("day" | "days" | "dd" | "d" | "dayofyear" | "dy" | "y" | "weekday" | "weekdays" | "dw") => {
            (86_400 * TICKS_PER_SECOND, 1)
        }
        Some("week" | "weeks" | "wk" | "ww") => (604_800 * TICKS_PER_SECOND, 1),
        _ => return Value::Null,
    };
    match (moment(from), moment(to)) {
        // The answer is an integer; what is larger is null.
        (Some(from), Some(to)) => ((to - from) / length)
            .checked_mul(finer)
            .filter(|count| i32::try_from(*count).is_ok())
            .map_or(Value::Null, Value::Int),
        _ => Value::Null,
    }
}

/// How many whole months lie between two times, negative where the second comes first.
fn whole_months(from: i64, to: i64) -> i64 {
    let (first, second) = (time::civil(from), time::civil(to));
    let months = (second.year - first.year) * 12 + second.month - first.month;
    let later = (second.day, second.ticks).cmp(&(first.day, first.ticks));
    match months {
        1.. if later == Ordering::Less => months - 1,
        ..=-1 if later == Ordering::Greater => months + 1,
        _ => months,
    }
}

fn url_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16));
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

/// The value at a path of keys such as `$.a.b`, texts without their quotes.
fn json_extract(text: &str, path: &str) -> Option<Value> {
    let mut value = coerce::parse_json(text)?;
    for key in path.trim_start_matches('$').split('.').filter(|key| !key.is_empty()) {
        value = value.get(key)?.clone();
    }
    match value {
        Value::Null => None,
        Value::String(_) => Some(value),
        other => Some(Value::String(coerce::to_text(&other).into_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(function: Function, arguments: &[Value]) -> Value {
        call(function, arguments).unwrap().unwrap()
    }

    #[test]
    fn each_function_by_its_own_definition() {
        let text = Value::text;
        let int = Value::Int;
        let list = |items: &[i64]| Value::Array(items.iter().copied().map(Value::Int).collect());
        let cases: Vec<(Function, Vec<Value>, Value)> = vec![
            (f::DIVIDE, vec![int(7), int(2)], int(3)),
            (f::DIVIDE, vec![int(-7), int(2)], int(-3)),
            (f::DIVIDE, vec![Value::Double(7.0), int(2)], Value::Double(3.5)),
            (f::DIVIDE, vec![int(7), int(0)], Value::Null),
            (f::SLICE, vec![text("host$"), int(0), int(-1)], text("host")),
            (f::SLICE, vec![text("host"), int(-2)], text("st")),
            (f::SLICE, vec![text("host"), int(3), int(1)], text("")),
            (f::SLICE, vec![text("host"), int(-9), int(99)], text("host")),
            (f::SLICE, vec![Value::Null, int(0)], Value::Null),
            (f::INDEX_OF, vec![text("abcabc"), text("c")], int(2)),
            (f::INDEX_OF, vec![text("abcabc"), text("c"), int(3)], int(5)),
            (f::INDEX_OF, vec![text("abc"), text("C")], Value::Null),
            (f::INDEX_OF_FOLD, vec![text("abc"), text("C")], int(2)),
            (f::BETWEEN, vec![text("a<b>c>"), text("<"), text(">")], text("b")),
            (f::BETWEEN, vec![text("a<b>c>"), text("<"), text(">"), Value::Bool(true)], text("b>c")),
            (f::BETWEEN, vec![text("a"), text("<"), text(">")], text("")),
            (f::BETWEEN_FOLD, vec![text("xAyBz"), text("a"), text("b")], text("y")),
            (f::ES_SUBSTRING, vec![text("elastic"), int(2), int(3)], text("las")),
            (f::ES_SUBSTRING, vec![text("elastic"), int(-3)], text("tic")),
            (f::ES_LOCATE, vec![text("hello"), text("ll")], int(3)),
            (f::ES_LOCATE, vec![text("hello"), text("x")], int(0)),
            (f::ES_SPLIT, vec![text("a/b"), text("/")], Value::Array(vec![text("a"), text("b")])),
            (f::ES_SPLIT, vec![text("a"), text("/")], text("a")),
            (f::ES_REPLACE, vec![text("a1b22"), text("[0-9]+"), text("#")], text("a#b#")),
            (f::ES_MV_COUNT, vec![list(&[1, 2])], int(2)),
            (f::ES_MV_COUNT, vec![int(1)], int(1)),
            (f::ES_MV_COUNT, vec![Value::Null], Value::Null),
            (f::ES_MV_MAX, vec![list(&[1, 3, 2])], int(3)),
            (f::ES_MV_SUM, vec![list(&[1, 3, 2])], int(6)),
            (f::ES_MV_SLICE, vec![list(&[1, 2, 3, 4]), int(1), int(2)], list(&[2, 3])),
            (f::ES_MV_SLICE, vec![list(&[1, 2, 3, 4]), int(-2), int(-1)], list(&[3, 4])),
            (f::ES_MV_DEDUPE, vec![list(&[1, 1])], int(1)),
            (f::ES_MV_CONCAT, vec![Value::Array(vec![text("a"), text("b")]), text(" ")], text("a b")),
            (f::ES_TO_LONG, vec![text("12")], int(12)),
            (f::ES_TO_INTEGER, vec![text("99999999999")], Value::Null),
            (f::ES_TO_STRING, vec![list(&[1, 2])], Value::Array(vec![text("1"), text("2")])),
            (
                f::ES_DATE_DIFF,
                vec![text("seconds"), text("2024-01-01T00:00:00Z"), text("2024-01-01T00:01:30Z")],
                int(90),
            ),
            (f::ES_URL_DECODE, vec![text("a%20b+c")], text("a b c")),
            (f::ES_URL_DECODE, vec![text("a%2")], Value::Null),
            (f::ES_JSON_EXTRACT, vec![text("{\"a\":{\"b\":5}}"), text("$.a.b")], text("5")),
            (f::ES_GREATEST, vec![int(1), Value::Null], Value::Null),
        ];
        for (function, arguments, expected) in cases {
            assert_eq!(run(function, &arguments), expected, "{}{arguments:?}", function.0);
        }
    }
}
