//! Kusto's functions ([`crate::model::function::kusto`]): arithmetic and dispatch; texts, times and lists stand beside.

use super::{
    arithmetic, convert, kusto_list as list, kusto_net as net, kusto_series as series, kusto_text as text,
    kusto_time as time,
};
use crate::evaluate::EvalError;
use crate::model::function::{self, kusto as k};
use crate::model::{Function, Value};

/// Calls a Kusto function; `None` where it is none, or is not written.
pub fn call(function: Function, arguments: &[Value], now: i64) -> Option<Result<Value, EvalError>> {
    if function == function::CONCAT_OR_EMPTY {
        return Some(Ok(Value::String(arguments.iter().map(convert::scalar_text).collect())));
    }
    text::call(function, arguments)
        .or_else(|| time::call(function, arguments).map(Ok))
        .or_else(|| list::call(function, arguments).map(Ok))
        .or_else(|| net::call(function, arguments).map(Ok))
        .or_else(|| series::call(function, arguments).map(Ok))
        .or_else(|| number(function, arguments, now).map(Ok))
}

fn number(function: Function, arguments: &[Value], now: i64) -> Option<Value> {
    let null = Value::Null;
    let arg = |at: usize| arguments.get(at).unwrap_or(&null);
    let (x, y) = (arg(0), arg(1));
    let or_null = |value: Option<Value>| value.unwrap_or(Value::Null);
    let real = |operation: fn(f64) -> f64| convert::to_double(x).map_or(Value::Null, |x| Value::Double(operation(x)));
    let whole = |operation: fn(i64, i64) -> i64| match (convert::to_long(x), convert::to_long(y)) {
        (Some(a), Some(b)) => Value::Int(operation(a, b)),
        _ => Value::Null,
    };
    let flag = |test: fn(f64) -> bool| x.as_f64().map_or(Value::Null, |x| Value::Bool(test(x)));
    Some(match function {
        k::ADD => or_null(arithmetic::add(x, y)),
        k::SUBTRACT => or_null(arithmetic::subtract(x, y)),
        k::MULTIPLY => or_null(arithmetic::multiply(x, y)),
        k::DIVIDE => or_null(arithmetic::divide(x, y)),
        k::MODULO => or_null(arithmetic::modulo(x, y)),
        k::NEGATE => or_null(arithmetic::negate(x)),
        k::BIN | k::FLOOR => or_null(arithmetic::bin(x, y, &Value::Null)),
        k::BIN_AT => or_null(arithmetic::bin(x, y, arg(2))),
        k::TOSTRING => Value::String(convert::scalar_text(x)),
        k::TOLONG => convert::to_long(x).map_or(Value::Null, Value::Int),
        // Whole numbers wrap, fractions stop at the ends, texts beyond are none.
        k::TOINT => match (x, convert::to_long(x)) {
            (Value::Int(number), _) => Value::Int(i64::from(*number as i32)),
            (Value::Double(_), Some(number)) => Value::Int(number.clamp(i64::from(i32::MIN), i64::from(i32::MAX))),
            (_, Some(number)) if i32::try_from(number).is_ok() => Value::Int(number),
            _ => Value::Null,
        },
        k::TODOUBLE | k::TODECIMAL => convert::to_double(x).map_or(Value::Null, Value::Double),
        k::TOBOOL => convert::to_bool(x).map_or(Value::Null, Value::Bool),
        k::TODATETIME => convert::to_time(x).map_or(Value::Null, Value::DateTime),
        k::TOTIMESPAN => convert::to_duration(x).map_or(Value::Null, Value::Duration),
        k::TOGUID => x.as_str().and_then(guid).map_or(Value::Null, Value::String),
        k::TOHEX => match convert::to_long(x) {
            Some(number) => {
                let width = convert::to_long(y).and_then(|width| usize::try_from(width).ok()).unwrap_or(0).min(64);
                Value::String(format!("{number:0>width$x}"))
            }
            None => Value::text(""),
        },
        k::PARSE_JSON => match x {
            Value::String(text) => convert::parse_json(text),
            other => other.clone(),
        },
        k::DYNAMIC_TO_JSON => Value::String(convert::json_text(&list::sorted(x))),
        k::COALESCE | k::COLUMN_IFEXISTS => arguments
            .iter()
            .find(|value| !value.is_null() && value.as_str() != Some(""))
            .or(arguments.last())
            .cloned()
            .unwrap_or(Value::Null),
        k::GETTYPE => Value::text(type_name(x)),
        k::INDEX => match (x, y) {
            (Value::Object(_), Value::String(name)) => x.get(name).cloned().unwrap_or(Value::Null),
            (Value::Array(items), Value::Int(at)) => {
                let at = if *at < 0 { at + i64::try_from(items.len()).unwrap_or(0) } else { *at };
                usize::try_from(at).ok().and_then(|at| items.get(at)).cloned().unwrap_or(Value::Null)
            }
            _ => Value::Null,
        },
        k::ISNULL => Value::Bool(x.is_null()),
        k::ISEMPTY => Value::Bool(x.is_null() || x.as_str() == Some("")),
        k::ROUND => {
            let digits = convert::to_long(y).unwrap_or(0).clamp(-15, 15);
            let factor = 10f64.powi(i32::try_from(digits).unwrap_or(0));
            convert::to_double(x).map_or(Value::Null, |x| Value::Double(round(x * factor) / factor))
        }
        k::ABS => match x {
            Value::Int(number) => Value::Int(number.wrapping_abs()),
            Value::Double(number) => Value::Double(number.abs()),
            Value::Duration(ticks) => Value::Duration(ticks.wrapping_abs()),
            _ => Value::Null,
        },
        k::SIGN => x.as_f64().map_or(Value::Null, |x| Value::Double(if x == 0.0 { 0.0 } else { x.signum() })),
        k::CEILING => real(f64::ceil),
        k::SQRT => real(f64::sqrt),
        k::EXP => real(f64::exp),
        k::EXP2 => real(f64::exp2),
        k::EXP10 => real(|x| 10f64.powf(x)),
        k::LOG | k::LOG2 | k::LOG10 if convert::to_double(x).is_some_and(|x| x < 0.0) => Value::Null,
        k::LOG => real(f64::ln),
        k::LOG2 => real(f64::log2),
        k::LOG10 => real(f64::log10),
        k::SIN => real(f64::sin),
        k::COS => real(f64::cos),
        k::TAN => real(f64::tan),
        k::ASIN => real(f64::asin),
        k::ACOS => real(f64::acos),
        k::ATAN => real(f64::atan),
        k::DEGREES => real(f64::to_degrees),
        k::RADIANS => real(f64::to_radians),
        k::PI => Value::Double(std::f64::consts::PI),
        k::POW | k::ATAN2 => match (convert::to_double(x), convert::to_double(y)) {
            (Some(a), Some(b)) => Value::Double(if function == k::POW { a.powf(b) } else { a.atan2(b) }),
            _ => Value::Null,
        },
        k::ISNAN => flag(f64::is_nan),
        k::ISINF => flag(f64::is_infinite),
        k::ISFINITE => flag(f64::is_finite),
        k::MAX_OF => extreme(arguments, std::cmp::Ordering::Greater),
        k::MIN_OF => extreme(arguments, std::cmp::Ordering::Less),
        k::BINARY_AND => whole(|a, b| a & b),
        k::BINARY_OR => whole(|a, b| a | b),
        k::BINARY_XOR => whole(|a, b| a ^ b),
        k::BINARY_NOT => convert::to_long(x).map_or(Value::Null, |x| Value::Int(!x)),
        k::BINARY_SHIFT_LEFT => whole(|a, b| a.wrapping_shl(u32::try_from(b.rem_euclid(64)).unwrap_or(0))),
        k::BINARY_SHIFT_RIGHT => whole(|a, b| a.wrapping_shr(u32::try_from(b.rem_euclid(64)).unwrap_or(0))),
        k::RANGE => {
            let step = if arguments.len() > 2 {
                arg(2).clone()
            } else if matches!(x, Value::DateTime(_)) {
                Value::Duration(super::clock::HOUR)
            } else {
                Value::Int(1)
            };
            steps(x, y, &step).map_or(Value::Null, Value::Array)
        }
        k::INGESTION_TIME => Value::DateTime(now),
        k::FORMAT_BYTES => match convert::to_double(x) {
            Some(bytes) => Value::String(bytes_in_words(bytes, convert::to_long(y).unwrap_or(0), arg(2).as_str())),
            None => Value::text(""),
        },
        _ => return None,
    })
}

/// The greatest number of elements that a range is written out to.
const LONGEST: usize = 1_048_576;

/// The values from, to, by; `None` where they do not fit together.
pub fn steps(from: &Value, to: &Value, step: &Value) -> Option<Vec<Value>> {
    let mut out = Vec::new();
    let mut at = from.clone();
    let forwards = match step {
        Value::Int(step) | Value::Duration(step) => *step > 0,
        Value::Double(step) => *step > 0.0,
        _ => return None,
    };
    let beyond = if forwards { std::cmp::Ordering::Greater } else { std::cmp::Ordering::Less };
    while list::order(&at, to)? != beyond {
        let next = arithmetic::add(&at, step)?;
        if list::order(&next, &at)? == std::cmp::Ordering::Equal || out.len() >= LONGEST {
            return None;
        }
        out.push(std::mem::replace(&mut at, next));
    }
    Some(out)
}

fn extreme(arguments: &[Value], wanted: std::cmp::Ordering) -> Value {
    let mut best: Option<&Value> = None;
    for value in arguments.iter().filter(|value| !value.is_null()) {
        if best.is_none_or(|best| list::order(value, best) == Some(wanted)) {
            best = Some(value);
        }
    }
    best.cloned().unwrap_or(Value::Null)
}

/// Half away from zero.
fn round(number: f64) -> f64 {
    number.round()
}

fn guid(text: &str) -> Option<String> {
    let digits: String =
        text.trim().trim_matches(['{', '}', '(', ')']).chars().filter(|letter| *letter != '-').collect();
    if digits.len() != 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let digits = digits.to_ascii_lowercase();
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or("");
    Some(format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)))
}

/// The name of a dynamic value's type.
fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Int(_) => "long",
        Value::Double(_) => "double",
        Value::String(_) => "string",
        Value::DateTime(_) => "datetime",
        Value::Duration(_) => "timespan",
        Value::Array(_) => "array",
        Value::Object(_) => "dictionary",
    }
}

fn bytes_in_words(bytes: f64, digits: i64, unit: Option<&str>) -> String {
    const UNITS: [&str; 7] = ["Bytes", "KB", "MB", "GB", "TB", "PB", "EB"];
    let mut number = bytes;
    let mut name = "Bytes";
    for (at, known) in UNITS.into_iter().enumerate() {
        name = known;
        number = bytes / 1024f64.powi(i32::try_from(at).unwrap_or(0));
        if unit.map_or(number.abs() < 1024.0, |unit| unit.eq_ignore_ascii_case(known)) {
            break;
        }
    }
    let factor = 10f64.powi(i32::try_from(digits.clamp(0, 15)).unwrap_or(0));
    format!("{} {name}", convert::double_text(round(number * factor) / factor))
}
