//! Kusto's functions on lists and bags, and the order of its values.

use super::{arithmetic, convert};
use crate::model::function::kusto as k;
use crate::model::{Function, Value};
use std::cmp::Ordering;

/// The order of two values of one type; `None` where there is none.
pub fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Int(a), Value::Int(b))
        | (Value::DateTime(a), Value::DateTime(b))
        | (Value::Duration(a), Value::Duration(b)) => Some(a.cmp(b)),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}

/// A total order for sorting: null first, then by type, then by value; NaN behind null.
pub fn total_order(left: &Value, right: &Value) -> Ordering {
    fn rank(value: &Value) -> u8 {
        match value {
            Value::Null => 0,
            Value::Double(number) if number.is_nan() => 1,
            Value::Bool(_) => 2,
            Value::Int(_) | Value::Double(_) => 3,
            Value::DateTime(_) => 4,
            Value::Duration(_) => 5,
            Value::String(_) => 6,
            Value::Array(_) => 7,
            Value::Object(_) => 8,
        }
    }
    rank(left).cmp(&rank(right)).then_with(|| {
        order(left, right).unwrap_or_else(|| match (left, right) {
            (Value::Array(_) | Value::Object(_), _) => convert::json_text(left).cmp(&convert::json_text(right)),
            _ => Ordering::Equal,
        })
    })
}

/// Whether two values are the same to sets, groups and joins.
pub fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Int(_) | Value::Double(_), Value::Int(_) | Value::Double(_)) => left.as_f64() == right.as_f64(),
        _ => left == right,
    }
}

/// A value as a key of a group: equal values have equal keys.
pub fn key(value: &Value) -> String {
    match value {
        Value::Null => "n".to_owned(),
        Value::Double(number) if number.fract() == 0.0 && number.abs() < 9e15 => format!("i{}", *number as i64),
        Value::Int(number) => format!("i{number}"),
        Value::Double(number) => format!("d{number}"),
        Value::Bool(flag) => format!("b{flag}"),
        Value::String(text) => format!("s{text}"),
        Value::DateTime(ticks) => format!("t{ticks}"),
        Value::Duration(ticks) => format!("u{ticks}"),
        Value::Array(_) | Value::Object(_) => format!("j{}", convert::json_text(value)),
    }
}

/// A value with the members of every bag in order of their names.
pub fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        Value::Object(members) => {
            let mut members: Vec<(String, Value)> =
                members.iter().map(|(name, value)| (name.clone(), sorted(value))).collect();
            members.sort_by(|left, right| left.0.cmp(&right.0));
            Value::Object(members)
        }
        other => other.clone(),
    }
}

/// Values once each, in the order of their first appearance.
pub fn distinct<'v>(values: impl IntoIterator<Item = &'v Value>) -> Vec<Value> {
    let mut seen = std::collections::HashSet::new();
    values.into_iter().filter(|value| seen.insert(key(value))).cloned().collect()
}

/// Calls a function on lists and bags; `None` where it is none.
pub fn call(function: Function, arguments: &[Value]) -> Option<Value> {
    let null = Value::Null;
    let arg = |at: usize| arguments.get(at).unwrap_or(&null);
    let (x, y) = (arg(0), arg(1));
    let items = match x {
        Value::Array(items) => Some(items.as_slice()),
        _ => None,
    };
    let with = |made: Option<Vec<Value>>| made.map_or(Value::Null, Value::Array);
    Some(match function {
        k::PACK_ARRAY => Value::Array(arguments.to_vec()),
        k::BAG_PACK => {
            let mut members: Vec<(String, Value)> = Vec::new();
            for pair in arguments.chunks(2) {
                if let [name, value] = pair {
                    set(&mut members, convert::scalar_text(name), value.clone(), true);
                }
            }
            Value::Object(members)
        }
        k::BAG_KEYS => match x {
            Value::Object(members) => Value::Array(members.iter().map(|(name, _)| Value::text(name)).collect()),
            _ => Value::Null,
        },
        k::BAG_MERGE => {
            let mut members = Vec::new();
            let mut any = false;
            for bag in arguments {
                if let Value::Object(more) = bag {
                    any = true;
                    for (name, value) in more {
                        set(&mut members, name.clone(), value.clone(), false);
                    }
                }
            }
            if any { Value::Object(members) } else { Value::Null }
        }
        k::BAG_HAS_KEY => Value::Bool(y.as_str().is_some_and(|name| x.get(name).is_some())),
        k::BAG_REMOVE_KEYS => match (x, y) {
            (Value::Object(members), Value::Array(names)) => Value::Object(
                members
                    .iter()
                    .filter(|(name, _)| !names.iter().any(|gone| gone.as_str() == Some(name)))
                    .cloned()
                    .collect(),
            ),
            _ => x.clone(),
        },
        k::BAG_SET_KEY => match (x, y.as_str()) {
            (Value::Object(members), Some(name)) => {
                let mut members = members.clone();
                set(&mut members, name.to_owned(), arg(2).clone(), true);
                Value::Object(members)
            }
            _ => Value::Null,
        },
        k::BAG_ZIP => match (x, y) {
            (Value::Array(names), Value::Array(values)) => Value::Object(
                names
                    .iter()
                    .enumerate()
                    .map(|(at, name)| (convert::dynamic_text(name), values.get(at).cloned().unwrap_or(Value::Null)))
                    .collect(),
            ),
            _ => Value::Null,
        },
        k::TREEPATH => {
            let mut paths = Vec::new();
            tree(x, String::new(), &mut paths);
            Value::Array(paths)
        }
        k::ARRAY_CONCAT => {
            let mut all = Vec::new();
            let mut any = false;
            for value in arguments {
                if let Value::Array(more) = value {
                    any = true;
                    all.extend(more.iter().cloned());
                }
            }
            if any { Value::Array(all) } else { Value::Null }
        }
        k::ARRAY_SLICE => with(items.and_then(|items| {
            let length = i64::try_from(items.len()).ok()?;
            let place = |value: &Value| convert::to_long(value).map(|at| if at < 0 { length + at } else { at });
            let (from, to) = (place(y)?.max(0), place(arg(2))?.min(length - 1));
            Some(
                items
                    .iter()
                    .enumerate()
                    .filter(|(at, _)| i64::try_from(*at).is_ok_and(|at| at >= from && at <= to))
                    .map(|(_, item)| item.clone())
                    .collect(),
            )
        })),
        k::ARRAY_INDEX_OF => items.map_or(Value::Null, |items| {
            let found = items.iter().position(|item| same(item, y));
            Value::Int(found.and_then(|at| i64::try_from(at).ok()).unwrap_or(-1))
        }),
        k::ARRAY_SUM => items.map_or(Value::Null, |items| {
            let mut total = Value::Int(0);
            for item in items {
                match arithmetic::add(&total, item) {
                    Some(sum) => total = sum,
                    None => return Value::Null,
                }
            }
            total.as_f64().map_or(Value::Null, Value::Double)
        }),
        k::ARRAY_REVERSE => with(items.map(|items| items.iter().rev().cloned().collect())),
        k::ARRAY_SORT_ASC | k::ARRAY_SORT_DESC => with(items.map(|items| {
            let (mut values, nulls): (Vec<Value>, Vec<Value>) = items.iter().cloned().partition(|item| !item.is_null());
            values.sort_by(total_order);
            if function == k::ARRAY_SORT_DESC {
                values.reverse();
            }
            values.extend(nulls);
            values
        })),
        k::ARRAY_ROTATE_LEFT | k::ARRAY_ROTATE_RIGHT => with(items.map(|items| {
            let mut items = items.to_vec();
            let length = i64::try_from(items.len()).unwrap_or(1).max(1);
            let by = convert::to_long(y).unwrap_or(0);
            let by = if function == k::ARRAY_ROTATE_LEFT { by } else { -by };
            let by = usize::try_from(by.rem_euclid(length)).unwrap_or(0).min(items.len());
            items.rotate_left(by);
            items
        })),
        k::ARRAY_SHIFT_LEFT | k::ARRAY_SHIFT_RIGHT => with(items.map(|items| {
            let by = convert::to_long(y).unwrap_or(0);
            let by = if function == k::ARRAY_SHIFT_LEFT { by } else { -by };
            let fill = arg(2);
            (0..items.len())
                .map(|at| {
                    let from = i64::try_from(at).unwrap_or(0).saturating_add(by);
                    usize::try_from(from).ok().and_then(|from| items.get(from)).unwrap_or(fill).clone()
                })
                .collect()
        })),
        k::ARRAY_SPLIT => with(items.map(|items| {
            let length = i64::try_from(items.len()).unwrap_or(0);
            let mut cuts: Vec<i64> = match y {
                Value::Array(cuts) => cuts.iter().filter_map(convert::to_long).collect(),
                other => convert::to_long(other).into_iter().collect(),
            };
            for cut in &mut cuts {
                *cut = if *cut < 0 { length + *cut } else { *cut }.clamp(0, length);
            }
            cuts.push(length);
            let mut from = 0;
            cuts.into_iter()
                .map(|cut| {
                    let (a, b) = (usize::try_from(from).unwrap_or(0), usize::try_from(cut).unwrap_or(0));
                    from = from.max(cut);
                    Value::Array(items.get(a..b).unwrap_or(&[]).to_vec())
                })
                .collect()
        })),
        k::ARRAY_IFF => with(items.map(|flags| {
            let pick = |value: &Value, at: usize| match value {
                Value::Array(items) => items.get(at).cloned().unwrap_or(Value::Null),
                other => other.clone(),
            };
            flags
                .iter()
                .enumerate()
                .map(|(at, flag)| if convert::to_bool(flag) == Some(true) { pick(y, at) } else { pick(arg(2), at) })
                .collect()
        })),
        k::REPEAT => {
            let times = convert::to_long(y).and_then(|times| usize::try_from(times).ok()).unwrap_or(0).min(1 << 20);
            Value::Array(vec![x.clone(); times])
        }
        k::ZIP => {
            let lists: Vec<&[Value]> = arguments
                .iter()
                .filter_map(|list| if let Value::Array(items) = list { Some(items.as_slice()) } else { None })
                .collect();
            let longest = lists.iter().map(|list| list.len()).max().unwrap_or(0);
            let row = |at: usize| {
                Value::Array(lists.iter().map(|list| list.get(at).cloned().unwrap_or(Value::Null)).collect())
            };
            Value::Array((0..longest).map(row).collect())
        }
        k::SET_INTERSECT => sets(arguments, |first, rest| {
            distinct(first)
                .into_iter()
                .filter(|item| rest.iter().all(|list| list.iter().any(|other| same(other, item))))
                .collect()
        }),
        k::SET_UNION => {
            sets(arguments, |first, rest| distinct(first.iter().chain(rest.iter().flat_map(|list| list.iter()))))
        }
        k::SET_DIFFERENCE => sets(arguments, |first, rest| {
            distinct(first)
                .into_iter()
                .filter(|item| !rest.iter().any(|list| list.iter().any(|other| same(other, item))))
                .collect()
        }),
        k::SET_HAS_ELEMENT => items.map_or(Value::Null, |items| Value::Bool(items.iter().any(|item| same(item, y)))),
        k::SET_EQUALS => match (x, y) {
            (Value::Array(a), Value::Array(b)) => {
                let inside = |a: &[Value], b: &[Value]| a.iter().all(|item| b.iter().any(|other| same(other, item)));
                Value::Bool(inside(a, b) && inside(b, a))
            }
            _ => Value::Null,
        },
        k::JACCARD_INDEX => match (x, y) {
            (Value::Array(a), Value::Array(b)) => {
                let union = distinct(a.iter().chain(b)).len();
                let both = distinct(a).into_iter().filter(|item| b.iter().any(|other| same(other, item))).count();
                Value::Double(both as f64 / union as f64)
            }
            _ => Value::Null,
        },
        k::SERIES_FILL_FORWARD | k::SERIES_FILL_BACKWARD => with(items.map(|items| {
            let mut last = Value::Null;
            let mut fill = |item: &Value| {
                if !item.is_null() {
                    last = item.clone();
                }
                last.clone()
            };
            if function == k::SERIES_FILL_FORWARD {
                items.iter().map(fill).collect()
            } else {
                let mut back: Vec<Value> = items.iter().rev().map(&mut fill).collect();
                back.reverse();
                back
            }
        })),
        k::SERIES_FILL_CONST => with(
            items.map(|items| items.iter().map(|item| if item.is_null() { y.clone() } else { item.clone() }).collect()),
        ),
        k::SERIES_ADD => pairwise(x, y, arithmetic::add),
        k::SERIES_SUBTRACT => pairwise(x, y, arithmetic::subtract),
        k::SERIES_MULTIPLY => pairwise(x, y, arithmetic::multiply),
        k::SERIES_DIVIDE => pairwise(x, y, |a, b| Some(Value::Double(a.as_f64()? / b.as_f64()?))),
        _ => return None,
    })
}

fn pairwise(x: &Value, y: &Value, operation: fn(&Value, &Value) -> Option<Value>) -> Value {
    let length = match (x, y) {
        (Value::Array(a), Value::Array(b)) => a.len().min(b.len()),
        (Value::Array(a), _) => a.len(),
        (_, Value::Array(b)) => b.len(),
        _ => return Value::Null,
    };
    let at = |value: &Value, at: usize| match value {
        Value::Array(items) => items.get(at).cloned().unwrap_or(Value::Null),
        other => other.clone(),
    };
    Value::Array((0..length).map(|place| operation(&at(x, place), &at(y, place)).unwrap_or(Value::Null)).collect())
}

fn sets(arguments: &[Value], combine: impl Fn(&[Value], &[&[Value]]) -> Vec<Value>) -> Value {
    let lists: Option<Vec<&[Value]>> = arguments
        .iter()
        .map(|list| if let Value::Array(items) = list { Some(items.as_slice()) } else { None })
        .collect();
    match lists.as_deref() {
        Some([first, rest @ ..]) => Value::Array(combine(first, rest)),
        _ => Value::Null,
    }
}

fn set(members: &mut Vec<(String, Value)>, name: String, value: Value, replace: bool) {
    match members.iter_mut().find(|(known, _)| *known == name) {
        Some((_, known)) if replace => *known = value,
        Some(_) => {}
        None => members.push((name, value)),
    }
}

fn tree(value: &Value, path: String, paths: &mut Vec<Value>) {
    match value {
        Value::Object(members) => {
            for (name, inner) in members {
                let path = format!("{path}['{name}']");
                paths.push(Value::String(path.clone()));
                tree(inner, path, paths);
            }
        }
        Value::Array(items) => {
            if let Some(first) = items.first() {
                let path = format!("{path}[0]");
                paths.push(Value::String(path.clone()));
                tree(first, path, paths);
            }
        }
        _ => {}
    }
}
