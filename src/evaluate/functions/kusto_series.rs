//! Kusto's functions on series: lists of numbers over equal steps.

use super::convert;
use crate::model::function::kusto as k;
use crate::model::{Function, Value};

/// The numbers of a list; NaN for anything else in it.
fn numbers(value: &Value) -> Option<Vec<f64>> {
    match value {
        Value::Array(items) => Some(items.iter().map(|item| convert::to_double(item).unwrap_or(f64::NAN)).collect()),
        _ => None,
    }
}

fn list(numbers: impl IntoIterator<Item = f64>) -> Value {
    Value::Array(numbers.into_iter().map(Value::Double).collect())
}

fn index(at: usize) -> Value {
    Value::Int(i64::try_from(at).unwrap_or(i64::MAX))
}

/// Calls a function on series; `None` where it is none, or is not written.
pub fn call(function: Function, arguments: &[Value]) -> Option<Value> {
    let null = Value::Null;
    let arg = |at: usize| arguments.get(at).unwrap_or(&null);
    let (x, y) = (arg(0), arg(1));
    let one = |value: Option<Value>| value.unwrap_or(Value::Null);
    Some(match function {
        k::SERIES_FILL_LINEAR => one(filled(x)),
        k::SERIES_STATS => one(numbers(x).map(|items| stats(&items))),
        k::SERIES_FIT_LINE => one(numbers(x).and_then(|items| fit_line(&items))),
        k::SERIES_SUM => one(numbers(x).map(|items| Value::Double(items.iter().sum()))),
        k::SERIES_PRODUCT => one(numbers(x).map(|items| Value::Double(items.iter().product()))),
        k::SERIES_ABS => one(numbers(x).map(|items| list(items.into_iter().map(f64::abs)))),
        k::SERIES_GREATER => compared(x, y, |a, b| a > b),
        k::SERIES_GREATER_EQUALS => compared(x, y, |a, b| a >= b),
        k::SERIES_LESS => compared(x, y, |a, b| a < b),
        k::SERIES_LESS_EQUALS => compared(x, y, |a, b| a <= b),
        k::SERIES_EQUALS => compared(x, y, |a, b| a == b),
        k::SERIES_NOT_EQUALS => compared(x, y, |a, b| a != b),
        k::SERIES_DOT_PRODUCT => match (numbers(x), numbers(y)) {
            (Some(a), Some(b)) => Value::Double(a.iter().zip(&b).map(|(a, b)| a * b).sum()),
            _ => Value::Null,
        },
        k::SERIES_PEARSON_CORRELATION => match (numbers(x), numbers(y)) {
            (Some(a), Some(b)) if a.len() == b.len() && !a.is_empty() => correlation(&a, &b),
            _ => Value::Null,
        },
        k::SERIES_IIR => match (numbers(x), numbers(y), numbers(arg(2))) {
            (Some(items), Some(b), Some(a)) => recursive(&items, &b, &a),
            _ => Value::Null,
        },
        _ => return None,
    })
}

fn compared(x: &Value, y: &Value, holds: fn(f64, f64) -> bool) -> Value {
    match (x, y) {
        (Value::Array(a), Value::Array(b)) => Value::Array(
            a.iter()
                .zip(b)
                .map(|(a, b)| match (convert::to_double(a), convert::to_double(b)) {
                    (Some(a), Some(b)) => Value::Bool(holds(a, b)),
                    _ => Value::Null,
                })
                .collect(),
        ),
        _ => Value::Null,
    }
}

/// Nulls between two numbers lie on the line between them; at the ends they take the nearest number.
fn filled(value: &Value) -> Option<Value> {
    let Value::Array(items) = value else { return None };
    let known: Vec<(usize, f64)> =
        items.iter().enumerate().filter_map(|(at, item)| Some((at, convert::to_double(item)?))).collect();
    let filled = items.iter().enumerate().map(|(at, item)| {
        if !item.is_null() {
            return item.clone();
        }
        let before = known.iter().rev().find(|(place, _)| *place < at);
        let behind = known.iter().find(|(place, _)| *place > at);
        match (before, behind) {
            (Some((from, a)), Some((to, b))) => Value::Double(a + (b - a) * (at - from) as f64 / (to - from) as f64),
            (Some((_, only)), None) | (None, Some((_, only))) => Value::Double(*only),
            (None, None) => Value::Null,
        }
    });
    Some(Value::Array(filled.collect()))
}

fn mean(items: &[f64]) -> f64 {
    items.iter().sum::<f64>() / items.len() as f64
}

/// min, min_idx, max, max_idx, avg, stdev, variance.
fn stats(items: &[f64]) -> Value {
    if items.is_empty() {
        return Value::Null;
    }
    let (mut least, mut greatest) = ((0, f64::INFINITY), (0, f64::NEG_INFINITY));
    for (at, number) in items.iter().enumerate() {
        if *number < least.1 {
            least = (at, *number);
        }
        if *number > greatest.1 {
            greatest = (at, *number);
        }
    }
    let mean = mean(items);
    let squares: f64 = items.iter().map(|number| (number - mean).powi(2)).sum();
    let variance = if items.len() > 1 { squares / (items.len() - 1) as f64 } else { 0.0 };
    Value::Array(vec![
        Value::Double(least.1),
        index(least.0),
        Value::Double(greatest.1),
        index(greatest.0),
        Value::Double(mean),
        Value::Double(variance.sqrt()),
        Value::Double(variance),
    ])
}

/// rsquare, slope, variance, rvariance, interception, line_fit: least squares over the places 0, 1, 2...
fn fit_line(items: &[f64]) -> Option<Value> {
    if items.is_empty() {
        return None;
    }
    let length = items.len() as f64;
    let middle = (length - 1.0) / 2.0;
    let mean = mean(items);
    let (mut across, mut along) = (0.0, 0.0);
    for (at, number) in items.iter().enumerate() {
        let distance = at as f64 - middle;
        across += distance * (number - mean);
        along += distance * distance;
    }
    let slope = if along > 0.0 { across / along } else { 0.0 };
    let interception = mean - slope * middle;
    let line: Vec<f64> = (0..items.len()).map(|at| interception + slope * at as f64).collect();
    let total: f64 = items.iter().map(|number| (number - mean).powi(2)).sum();
    let rest: f64 = items.iter().zip(&line).map(|(number, fit)| (number - fit).powi(2)).sum();
    let freedom = (length - 1.0).max(1.0);
    let rsquare = if total > 0.0 { 1.0 - rest / total } else { 0.0 };
    Some(Value::Array(vec![
        Value::Double(rsquare),
        Value::Double(slope),
        Value::Double(total / freedom),
        Value::Double(rest / freedom),
        Value::Double(interception),
        list(line),
    ]))
}

fn correlation(a: &[f64], b: &[f64]) -> Value {
    let (one, other) = (mean(a), mean(b));
    let both: f64 = a.iter().zip(b).map(|(a, b)| (a - one) * (b - other)).sum();
    let spread = |items: &[f64], mean: f64| items.iter().map(|item| (item - mean).powi(2)).sum::<f64>();
    Value::Double(both / (spread(a, one) * spread(b, other)).sqrt())
}

/// a0 * y[i] = b0 * x[i] + b1 * x[i-1] ... - a1 * y[i-1] - ...
fn recursive(items: &[f64], b: &[f64], a: &[f64]) -> Value {
    let Some((first, earlier)) = a.split_first() else { return Value::Null };
    let mut out: Vec<f64> = Vec::with_capacity(items.len());
    for at in 0..items.len() {
        let back = |list: &[f64], by: usize| at.checked_sub(by).and_then(|at| list.get(at)).copied().unwrap_or(0.0);
        let new: f64 = b.iter().enumerate().map(|(by, weight)| weight * back(items, by)).sum();
        let old: f64 = earlier.iter().enumerate().map(|(by, weight)| weight * back(&out, by + 1)).sum();
        out.push((new - old) / first);
    }
    list(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ints(items: &[i64]) -> Value {
        Value::Array(items.iter().map(|item| Value::Int(*item)).collect())
    }

    #[test]
    fn a_line_through_points_on_it_fits_them() {
        let Some(Value::Array(fit)) = call(k::SERIES_FIT_LINE, &[ints(&[1, 3, 5])]) else { panic!() };
        assert_eq!(fit.get(..2), Some(&[Value::Double(1.0), Value::Double(2.0)][..]));
        assert_eq!(fit.get(4), Some(&Value::Double(1.0)));
    }

    #[test]
    fn nulls_lie_on_the_line_between_their_neighbours() {
        let list = Value::Array(vec![Value::Null, Value::Int(1), Value::Null, Value::Int(3)]);
        let expected = Value::Array(vec![Value::Double(1.0), Value::Int(1), Value::Double(2.0), Value::Int(3)]);
        assert_eq!(call(k::SERIES_FILL_LINEAR, &[list]), Some(expected));
    }
}
