//! Functions as Python 3 and Panther's runtime run them ([`crate::model::function`], `python_*` and `panther_*`).
//!
//! Null where Python raises; the readers ask beside such a call whether it runs.

use super::python_text as text;
use super::{Context, EvalError};
use crate::evaluate::{address, coerce, compare, python_walk};
use crate::model::{Function, Value, function as f};
use std::cmp::Ordering;

/// The longest list that a function makes of a number.
const LONGEST: i64 = 100_000;

/// Calls a function of Python or Panther; `None` where it is none.
pub fn call(function: Function, arguments: &[Value], context: &Context<'_>) -> Option<Result<Value, EvalError>> {
    if !f::PYTHON_ALL.contains(&function) {
        return None;
    }
    Some(run(function, arguments, context))
}

fn run(function: Function, arguments: &[Value], context: &Context<'_>) -> Result<Value, EvalError> {
    let null = Value::Null;
    let arg = |index: usize| arguments.get(index).unwrap_or(&null);
    let (x, y, z) = (arg(0), arg(1), arg(2));
    if let Some(answer) = text::call(function, arguments)? {
        return Ok(answer);
    }
    let flag = Value::Bool;
    Ok(match function {
        f::PYTHON_OR => {
            if truthy(x) {
                x.clone()
            } else {
                y.clone()
            }
        }
        f::PYTHON_GET => get(x, y, false).cloned().unwrap_or(Value::Null),
        f::PYTHON_HAS => flag(get(x, y, false).is_some()),
        f::PYTHON_GET_ANY_CASE => get(x, y, true).cloned().unwrap_or(Value::Null),
        f::PYTHON_HAS_ANY_CASE => flag(get(x, y, true).is_some()),
        f::PYTHON_DEEP_GET => {
            let any_case = *z == Value::Bool(true);
            let mut at = Some(x);
            for key in items(y) {
                at = at.and_then(|value| get(value, key, any_case));
            }
            at.cloned().unwrap_or(Value::Null)
        }
        f::PYTHON_HAS_PATH => {
            let mut at = Some(x);
            for key in items(y) {
                at = match (at, key) {
                    (Some(Value::Array(list)), Value::Int(index)) => {
                        let length = i64::try_from(list.len()).unwrap_or(0);
                        let index = if *index < 0 { index + length } else { *index };
                        usize::try_from(index).ok().and_then(|index| list.get(index))
                    }
                    (Some(value), key) => get(value, key, false),
                    (None, _) => None,
                };
            }
            flag(at.is_some())
        }
        f::PYTHON_NETWORK_IS => match (x.as_str().and_then(address::parse_network), y.as_str()) {
            (Some(network), Some(property)) => {
                match (text::ip_is(network.network(), property), text::ip_is(network.broadcast(), property)) {
                    (Some(first), Some(last)) => flag(first && last),
                    _ => return Err(EvalError::Unsupported(format!("the property `{property}` of a network"))),
                }
            }
            _ => flag(false),
        },
        f::PANTHER_LOOKUP => {
            let mut at = Some(x);
            for key in arguments.get(1..).unwrap_or(&[]) {
                at = at.and_then(|value| get(value, key, true));
            }
            at.cloned().unwrap_or(Value::Null)
        }
        f::PYTHON_LOOK_UP => match y {
            Value::String(_) => get(x, y, false).unwrap_or(z).clone(),
            _ => z.clone(),
        },
        f::PYTHON_LEN => length(x).map_or(Value::Null, Value::Int),
        f::PYTHON_ITERATE => match x {
            Value::Array(_) => x.clone(),
            Value::String(text) => Value::Array(text.chars().map(|c| Value::String(c.to_string())).collect()),
            Value::Object(entries) => Value::Array(entries.iter().map(|(key, _)| Value::String(key.clone())).collect()),
            _ => Value::Null,
        },
        f::PYTHON_KEYS => entries(x, |key, _| Value::String(key.to_owned())),
        f::PYTHON_VALUES => entries(x, |_, value| value.clone()),
        f::PYTHON_ITEMS => entries(x, |key, value| Value::Array(vec![Value::String(key.to_owned()), value.clone()])),
        f::PYTHON_DICT => {
            let mut made: Vec<(String, Value)> = Vec::new();
            for pair in items(x) {
                let [key, value] = items(pair) else { return Ok(Value::Null) };
                let key = match key {
                    Value::String(text) => text.clone(),
                    other => text::display(other, false),
                };
                match made.iter_mut().find(|(known, _)| *known == key) {
                    Some((_, slot)) => *slot = value.clone(),
                    None => made.push((key, value.clone())),
                }
            }
            Value::Object(made)
        }
        f::PYTHON_FLATTEN => {
            let mut flat = Vec::new();
            for inner in items(x) {
                match inner {
                    Value::Array(more) => flat.extend(more.iter().cloned()),
                    Value::Null => {}
                    other => flat.push(other.clone()),
                }
            }
            Value::Array(flat)
        }
        f::PYTHON_SET => {
            let mut once: Vec<Value> = Vec::new();
            for item in items(x) {
                if !once.iter().any(|known| same(known, item, context)) {
                    once.push(item.clone());
                }
            }
            Value::Array(once)
        }
        f::PYTHON_SORTED => {
            let mut list = items(x).to_vec();
            let Some(()) = sort(&mut list) else { return Ok(Value::Null) };
            if *y == Value::Bool(true) {
                list.reverse();
            }
            Value::Array(list)
        }
        f::PYTHON_MIN | f::PYTHON_MAX => {
            let mut best: Option<&Value> = None;
            for item in items(x) {
                let Some(known) = best else {
                    best = Some(item);
                    continue;
                };
                match (compare::order(item, known, true), function) {
                    (Some(Ordering::Less), f::PYTHON_MIN) | (Some(Ordering::Greater), f::PYTHON_MAX) => {
                        best = Some(item)
                    }
                    (Some(_), _) => {}
                    (None, _) => return Ok(Value::Null),
                }
            }
            best.cloned().unwrap_or(Value::Null)
        }
        f::PYTHON_SUM => {
            let mut total = Value::Int(0);
            for item in items(x) {
                total = match (number(&total), number(item)) {
                    (Some(Number::Whole(a)), Some(Number::Whole(b))) => whole(i128::from(a) + i128::from(b)),
                    (Some(a), Some(b)) => Value::Double(a.real() + b.real()),
                    _ => return Ok(Value::Null),
                };
            }
            total
        }
        f::PYTHON_ABS => match number(x) {
            Some(Number::Whole(value)) => whole(i128::from(value).abs()),
            Some(Number::Real(value)) => Value::Double(value.abs()),
            None => Value::Null,
        },
        f::PYTHON_ROUND => match (number(x), y) {
            (Some(Number::Whole(value)), _) => Value::Int(value),
            (Some(Number::Real(value)), Value::Int(digits)) => {
                let text = format!("{value:.*}", usize::try_from(*digits).unwrap_or(0).min(30));
                Value::Double(text.parse().unwrap_or(value))
            }
            (Some(Number::Real(value)), _) => whole(value.round_ties_even() as i128),
            _ => Value::Null,
        },
        f::PYTHON_FLOOR_DIVIDE => match (number(x), number(y)) {
            (Some(Number::Whole(_)), Some(Number::Whole(0))) => Value::Null,
            (Some(Number::Whole(a)), Some(Number::Whole(b))) => {
                let (a, b) = (i128::from(a), i128::from(b));
                let down = if (a % b != 0) && ((a < 0) != (b < 0)) { 1 } else { 0 };
                whole(a / b - down)
            }
            (Some(a), Some(b)) if b.real() != 0.0 => Value::Double((a.real() / b.real()).floor()),
            _ => Value::Null,
        },
        f::PYTHON_MODULO => match (number(x), number(y)) {
            (Some(Number::Whole(_)), Some(Number::Whole(0))) => Value::Null,
            (Some(Number::Whole(a)), Some(Number::Whole(b))) => {
                let (a, b) = (i128::from(a), i128::from(b));
                whole(((a % b) + b) % b)
            }
            (Some(a), Some(b)) if b.real() != 0.0 => {
                let (a, b) = (a.real(), b.real());
                Value::Double(a - b * (a / b).floor())
            }
            _ => Value::Null,
        },
        f::PYTHON_ENUMERATE => Value::Array(
            items(x)
                .iter()
                .enumerate()
                .map(|(index, item)| Value::Array(vec![Value::Int(i64::try_from(index).unwrap_or(0)), item.clone()]))
                .collect(),
        ),
        f::PYTHON_ZIP => {
            let shortest = arguments.iter().map(|list| items(list).len()).min().unwrap_or(0);
            let row = |index: usize| {
                Value::Array(arguments.iter().filter_map(|list| items(list).get(index).cloned()).collect())
            };
            Value::Array((0..shortest).map(row).collect())
        }
        f::PYTHON_RANGE => match number(x) {
            Some(Number::Whole(count)) if count <= LONGEST => Value::Array((0..count.max(0)).map(Value::Int).collect()),
            Some(Number::Whole(_)) => return Err(EvalError::TooMuch("a range this long".to_owned())),
            _ => Value::Null,
        },
        f::PYTHON_SLICE => slice(x, y, z, arg(3)),
        f::PYTHON_IP_IS => match (address_of(x), y.as_str()) {
            (Some(address), Some(property)) => match text::ip_is(address, property) {
                Some(answer) => flag(answer),
                None => return Err(EvalError::Unsupported(format!("the property `{property}` of an address"))),
            },
            _ => flag(false),
        },
        f::PYTHON_IN_NETWORK => match (address_of(x), y.as_str().and_then(address::parse_network)) {
            (Some(address), Some(network)) => flag(address::contains(&network, address)),
            _ => flag(false),
        },
        f::PYTHON_IS_NETWORK => flag(x.as_str().is_some_and(|text| {
            let found = address::parse_network(text);
            let strict = *y != Value::Bool(false);
            let own = text.split('/').next().and_then(address::parse);
            found.is_some_and(|network| !strict || own.is_some_and(|own| own == network.network()))
        })),
        f::PYTHON_NETWORKS => {
            let read = |value: &Value| value.as_str().and_then(address::parse_network);
            match (read(x), y.as_str(), read(z)) {
                (Some(a), Some("subnet_of"), Some(b)) => flag(b.contains(&a)),
                (Some(a), Some("supernet_of"), Some(b)) => flag(a.contains(&b)),
                (Some(a), Some(_), Some(b)) => flag(a.contains(&b) || b.contains(&a)),
                _ => flag(false),
            }
        }
        f::PYTHON_JSON_LOADS => x.as_str().and_then(coerce::parse_json).unwrap_or(Value::Null),
        f::PYTHON_IS_JSON => flag(x.as_str().is_some_and(|text| coerce::parse_json(text).is_some())),
        f::PANTHER_DEEP_WALK => {
            python_walk::walk(x, items(y), z, arg(3).as_str().unwrap_or("all"), *arg(4) == Value::Bool(true), context)
                .unwrap_or(Value::Null)
        }
        f::PANTHER_DEEP_WALK_RUNS => flag(
            python_walk::walk(x, items(y), z, arg(3).as_str().unwrap_or("all"), *arg(4) == Value::Bool(true), context)
                .is_some(),
        ),
        other => return Err(EvalError::Unsupported(format!("the function `{}`", other.0))),
    })
}

/// A number as Python counts it: a boolean is one.
enum Number {
    Whole(i64),
    Real(f64),
}

impl Number {
    fn real(&self) -> f64 {
        match self {
            Number::Whole(value) => *value as f64,
            Number::Real(value) => *value,
        }
    }
}

fn number(value: &Value) -> Option<Number> {
    match value {
        Value::Bool(flag) => Some(Number::Whole(i64::from(*flag))),
        Value::Int(value) => Some(Number::Whole(*value)),
        Value::Double(value) => Some(Number::Real(*value)),
        _ => None,
    }
}

fn whole(value: i128) -> Value {
    i64::try_from(value).map_or(Value::Double(value as f64), Value::Int)
}

/// Python's truth.
pub fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Int(number) => *number != 0,
        Value::Double(number) => *number != 0.0,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(entries) => !entries.is_empty(),
        Value::DateTime(_) => true,
        Value::Duration(ticks) => *ticks != 0,
    }
}

fn items(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        _ => &[],
    }
}

fn entries(value: &Value, make: impl Fn(&str, &Value) -> Value) -> Value {
    match value {
        Value::Object(entries) => Value::Array(entries.iter().map(|(key, value)| make(key, value)).collect()),
        _ => Value::Null,
    }
}

fn same(a: &Value, b: &Value, context: &Context<'_>) -> bool {
    (a.is_null() && b.is_null())
        || compare::equal(a, b, crate::model::Case::Sensitive, crate::model::Typing::Python, context)
}

/// The value behind a key of a dict; the exact key wins over one in another case.
pub fn get<'v>(value: &'v Value, key: &Value, any_case: bool) -> Option<&'v Value> {
    let Value::Object(entries) = value else { return None };
    let key = key.as_str()?;
    let exact = entries.iter().find(|(known, _)| known == key);
    let found = exact.or_else(|| {
        let lower = key.to_lowercase();
        entries.iter().find(|(known, _)| any_case && known.to_lowercase() == lower)
    });
    found.map(|(_, value)| value)
}

/// What `ipaddress.ip_address` makes of a text or a number.
fn address_of(value: &Value) -> Option<std::net::IpAddr> {
    let number = match value {
        Value::String(text) => return address::parse(text),
        Value::Bool(flag) => i64::from(*flag),
        Value::Int(number) => *number,
        _ => return None,
    };
    match u32::try_from(number) {
        Ok(short) => Some(std::net::Ipv4Addr::from(short).into()),
        Err(_) => u128::try_from(number).ok().map(|long| std::net::Ipv6Addr::from(long).into()),
    }
}

fn length(value: &Value) -> Option<i64> {
    let count = match value {
        Value::String(text) => text.chars().count(),
        Value::Array(items) => items.len(),
        Value::Object(entries) => entries.len(),
        _ => return None,
    };
    i64::try_from(count).ok()
}

/// Sorts in place; `None` where two elements have no order.
fn sort(list: &mut [Value]) -> Option<()> {
    let mut failed = false;
    list.sort_by(|a, b| {
        compare::order(a, b, true).unwrap_or_else(|| {
            failed = true;
            Ordering::Equal
        })
    });
    (!failed || list.len() < 2).then_some(())
}

fn slice(value: &Value, low: &Value, high: &Value, step: &Value) -> Value {
    let bound = |value: &Value| match number(value) {
        Some(Number::Whole(value)) => Some(value),
        _ => None,
    };
    let step = bound(step).unwrap_or(1);
    let Some(length) = length(value) else { return Value::Null };
    if step == 0 {
        return Value::Null;
    }
    let place = |index: i64, least: i64, most: i64| {
        let index = if index < 0 { index.saturating_add(length) } else { index };
        index.clamp(least, most)
    };
    let (low, high) = if step > 0 {
        (bound(low).map_or(0, |i| place(i, 0, length)), bound(high).map_or(length, |i| place(i, 0, length)))
    } else {
        (
            bound(low).map_or(length - 1, |i| place(i, -1, length - 1)),
            bound(high).map_or(-1, |i| place(i, -1, length - 1)),
        )
    };
    let mut chosen = Vec::new();
    let mut at = low;
    while (step > 0 && at < high) || (step < 0 && at > high) {
        if let Ok(index) = usize::try_from(at) {
            chosen.push(index);
        }
        at = at.saturating_add(step);
    }
    match value {
        Value::String(text) => {
            let characters: Vec<char> = text.chars().collect();
            Value::String(chosen.iter().filter_map(|index| characters.get(*index)).collect())
        }
        Value::Array(items) => Value::Array(chosen.iter().filter_map(|index| items.get(*index)).cloned().collect()),
        _ => Value::Null,
    }
}
