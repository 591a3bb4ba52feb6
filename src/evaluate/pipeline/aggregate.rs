//! Groups and their aggregates.

use super::elastic;
use super::rows::Data;
use crate::evaluate::functions::{arithmetic_sum, convert, kusto_list as list};
use crate::evaluate::{Access, Context, EvalError, Scope, eval, holds};
use crate::model::function::kusto::aggregate as a;
use crate::model::walk::{self, Fold};
use crate::model::{Column, Expr, Function, Predicate, Value};
use std::cmp::Ordering;
use std::collections::HashMap;

/// One row for each group, groups in the order of their first rows; without `by` one row even of nothing.
pub fn run(data: Data, aggregates: &[Column], by: &[Column], context: &Context<'_>) -> Result<Data, EvalError> {
    let mut groups: Vec<(Vec<Value>, Vec<usize>)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for (at, row) in data.rows.iter().enumerate() {
        let scope = Scope::new(row, Access::Common);
        let mut values = Vec::with_capacity(by.len());
        for column in by {
            values.push(eval(&column.value, &scope, context)?);
        }
        let several = context.access == Access::Elastic && values.iter().any(|value| matches!(value, Value::Array(_)));
        for values in if several { elastic::keys(&values)? } else { vec![values] } {
            let key: String = values.iter().flat_map(|value| [list::key(value), "\u{0}".to_owned()]).collect();
            let place = *places.entry(key).or_insert_with(|| {
                groups.push((values, Vec::new()));
                groups.len() - 1
            });
            if let Some((_, rows)) = groups.get_mut(place) {
                rows.push(at);
            }
        }
    }
    if groups.is_empty() && by.is_empty() {
        groups.push((Vec::new(), Vec::new()));
    }
    let mut result = Data { columns: Vec::new(), rows: vec![Value::Object(Vec::new()); groups.len()] };
    // ES|QL puts the keys behind the aggregates.
    let behind = context.access == Access::Elastic;
    if !behind {
        set_keys(&mut result, &data, &groups, by, context);
    }
    for column in aggregates {
        if column.name == "*" {
            whole_rows(&mut result, &data, &groups, &column.value, context)?;
            continue;
        }
        let ty = data.type_of(&column.value);
        let mut values = Vec::with_capacity(groups.len());
        for (_, rows) in &groups {
            values.push(of_group(&column.value, &data, rows, context)?);
        }
        result.set(&column.name, ty, values, context);
    }
    if behind {
        set_keys(&mut result, &data, &groups, by, context);
    }
    Ok(result)
}

fn set_keys(result: &mut Data, data: &Data, groups: &[(Vec<Value>, Vec<usize>)], by: &[Column], context: &Context<'_>) {
    for (at, column) in by.iter().enumerate() {
        let values = groups.iter().map(|(keys, _)| keys.get(at).cloned().unwrap_or(Value::Null)).collect();
        result.set(&column.name, data.type_of(&column.value), values, context);
    }
}

/// `arg_max(x, *)`: the other columns of the row that was chosen.
fn whole_rows(
    result: &mut Data,
    data: &Data,
    groups: &[(Vec<Value>, Vec<usize>)],
    aggregate: &Expr,
    context: &Context<'_>,
) -> Result<(), EvalError> {
    let Expr::Aggregate(function, arguments, _) = aggregate else {
        return Err(EvalError::Unsupported("an aggregate of every column".to_owned()));
    };
    let mut chosen: Vec<Option<&Value>> = Vec::new();
    for (_, rows) in groups {
        let at = match arguments.first() {
            Some(key) => extreme(key, data, rows, *function == a::ARG_MAX, context)?,
            None => rows.first().copied(),
        };
        chosen.push(at.and_then(|at| data.rows.get(at)));
    }
    for (name, ty) in &data.columns {
        let key = arguments.first().and_then(|key| key.as_field()).and_then(|field| field.path.as_column());
        if result.columns.iter().any(|(known, _)| known == name) || key == Some(name) {
            continue;
        }
        let values =
            chosen.iter().map(|row| row.and_then(|row| row.get(name)).cloned().unwrap_or(Value::Null)).collect();
        result.set(name, *ty, values, context);
    }
    Ok(())
}

/// The value of an expression over aggregates for one group.
pub(super) fn of_group(expr: &Expr, data: &Data, rows: &[usize], context: &Context<'_>) -> Result<Value, EvalError> {
    struct Inline<'x, 'c> {
        data: &'x Data,
        rows: &'x [usize],
        context: &'x Context<'c>,
        error: Option<EvalError>,
    }
    impl Fold for Inline<'_, '_> {
        fn expr(&mut self, expr: Expr) -> Expr {
            match expr {
                Expr::Aggregate(function, arguments, filter) => {
                    match aggregate(function, &arguments, filter.as_deref(), self.data, self.rows, self.context) {
                        Ok(value) => Expr::Literal(value),
                        Err(error) => {
                            self.error.get_or_insert(error);
                            Expr::Literal(Value::Null)
                        }
                    }
                }
                other => walk::expr_parts(self, other),
            }
        }
    }
    if let Expr::Aggregate(function, arguments, filter) = expr {
        return aggregate(*function, arguments, filter.as_deref(), data, rows, context);
    }
    let mut inline = Inline { data, rows, context, error: None };
    let expr = inline.expr(expr.clone());
    if let Some(error) = inline.error {
        return Err(error);
    }
    let nothing = Value::Object(Vec::new());
    let row = rows.first().and_then(|at| data.rows.get(*at)).unwrap_or(&nothing);
    eval(&expr, &Scope::new(row, Access::Common), context)
}

/// The row where a value is greatest or least; nulls only where there is nothing else.
fn extreme(
    key: &Expr,
    data: &Data,
    rows: &[usize],
    greatest: bool,
    context: &Context<'_>,
) -> Result<Option<usize>, EvalError> {
    let mut best: Option<(usize, Value)> = None;
    for at in rows {
        let Some(row) = data.rows.get(*at) else { continue };
        let value = eval(key, &Scope::new(row, Access::Common), context)?;
        let better = match &best {
            None => true,
            Some((_, known)) if known.is_null() => !value.is_null(),
            Some((_, Value::Double(known))) if known.is_nan() => false,
            Some(_) if matches!(value, Value::Double(number) if number.is_nan()) => true,
            Some((_, known)) => {
                let wanted = if greatest { Ordering::Greater } else { Ordering::Less };
                !value.is_null() && list::total_order(&value, known) == wanted
            }
        };
        if better {
            best = Some((*at, value));
        }
    }
    Ok(best.map(|(at, _)| at))
}

fn aggregate(
    function: Function,
    arguments: &[Expr],
    filter: Option<&Predicate>,
    data: &Data,
    rows: &[usize],
    context: &Context<'_>,
) -> Result<Value, EvalError> {
    let mut kept: Vec<usize> = Vec::new();
    let rows = match filter {
        None => rows,
        Some(filter) => {
            for at in rows {
                if let Some(row) = data.rows.get(*at)
                    && holds(filter, &Scope::new(row, Access::Common), context)?
                {
                    kept.push(*at);
                }
            }
            &kept
        }
    };
    if function == a::COUNT_ROWS {
        return Ok(Value::Int(i64::try_from(rows.len()).unwrap_or(i64::MAX)));
    }
    if let (a::ARG_MAX | a::ARG_MIN, Some(key)) = (function, arguments.first()) {
        let at = extreme(key, data, rows, function == a::ARG_MAX, context)?;
        return match (at.and_then(|at| data.rows.get(at)), arguments.get(1).or(arguments.first())) {
            (Some(row), Some(value)) => eval(value, &Scope::new(row, Access::Common), context),
            _ => Ok(Value::Null),
        };
    }
    let Some(subject) = arguments.first() else {
        return Err(EvalError::Unsupported(format!("the aggregate `{}` without arguments", function.0)));
    };
    let mut all = Vec::with_capacity(rows.len());
    for at in rows {
        if let Some(row) = data.rows.get(*at) {
            all.push(eval(subject, &Scope::new(row, Access::Common), context)?);
        }
    }
    let own: Vec<&Value> = rows.iter().filter_map(|at| data.rows.get(*at)).collect();
    if let Some(answer) = elastic::aggregate(function, &all, arguments, &own, context) {
        return answer;
    }
    // ES|QL counts and compares each of several values.
    if context.access == Access::Elastic {
        all = all.iter().flat_map(elastic::values_of).cloned().collect();
        if function == a::MAKE_SET {
            return Ok(elastic::several(list::distinct(&all)));
        }
    }
    let constant = |at: usize| -> Result<Option<Value>, EvalError> {
        let nothing = Value::Object(Vec::new());
        arguments.get(at).map(|argument| eval(argument, &Scope::new(&nothing, Access::Common), context)).transpose()
    };
    let present = || all.iter().filter(|value| !value.is_null());
    let limit = match constant(1)? {
        Some(limit) => convert::to_long(&limit).and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX),
        None => 1_048_576,
    };
    Ok(match function {
        a::COUNT_DISTINCT => count(list::distinct(present()).len()),
        a::COUNT_DISTINCT_ALL => count(list::distinct(&all).len()),
        a::SUM => arithmetic_sum(present()).unwrap_or(Value::Int(0)),
        a::AVG => {
            let number = present().count();
            match arithmetic_sum(present()) {
                Some(Value::Duration(total)) if number > 0 => {
                    Value::Duration(total / i64::try_from(number).unwrap_or(1))
                }
                Some(total) if number > 0 => Value::Double(total.as_f64().unwrap_or(f64::NAN) / number as f64),
                _ => Value::Double(f64::NAN),
            }
        }
        a::MIN | a::MAX => {
            let wanted = if function == a::MAX { Ordering::Greater } else { Ordering::Less };
            let mut best: Option<&Value> = None;
            for value in present() {
                if matches!(value, Value::Double(number) if number.is_nan()) {
                    return Ok(value.clone());
                }
                if best.is_none_or(|best| list::total_order(value, best) == wanted) {
                    best = Some(value);
                }
            }
            best.cloned().unwrap_or(Value::Null)
        }
        a::MAKE_LIST => {
            // Lists are taken apart; the null of a dynamic column is an element.
            let dynamic = data.type_of(subject).is_some_and(|ty| ty.kind == crate::model::FieldKind::Dynamic);
            let kept = all.iter().filter(|value| dynamic || !value.is_null());
            let flat = kept.flat_map(|value| match value {
                Value::Array(items) => items.as_slice(),
                one => std::slice::from_ref(one),
            });
            Value::Array(flat.take(limit).cloned().collect())
        }
        a::MAKE_LIST_WITH_NULLS => Value::Array(all.iter().take(limit).cloned().collect()),
        a::MAKE_SET => {
            let flat = present().flat_map(|value| match value {
                Value::Array(items) => items.as_slice(),
                one => std::slice::from_ref(one),
            });
            let mut set = list::distinct(flat.filter(|value| !value.is_null()));
            set.truncate(limit);
            Value::Array(set)
        }
        a::MAKE_BAG => {
            let mut members: Vec<(String, Value)> = Vec::new();
            for value in present() {
                if let Value::Object(more) = value {
                    for (name, value) in more {
                        if !members.iter().any(|(known, _)| known == name) {
                            members.push((name.clone(), value.clone()));
                        }
                    }
                }
            }
            Value::Object(members)
        }
        a::TAKE_ANY => {
            present().find(|value| value.as_str() != Some("")).or(all.first()).cloned().unwrap_or(Value::Null)
        }
        a::STDEV | a::STDEVP | a::VARIANCE | a::VARIANCEP => {
            let numbers: Vec<f64> = present().filter_map(convert::to_double).collect();
            spread(function, &numbers)
        }
        a::PERCENTILE => percentile(&all, constant(1)?),
        a::PERCENTILES_ARRAY => {
            let mut ranks = Vec::new();
            for at in 1..arguments.len() {
                match constant(at)? {
                    Some(Value::Array(items)) => ranks.extend(items),
                    Some(rank) => ranks.push(rank),
                    None => {}
                }
            }
            Value::Array(ranks.into_iter().map(|rank| percentile(&all, Some(rank))).collect())
        }
        a::BINARY_ALL_AND => bits(&all, |x, y| x & y),
        a::BINARY_ALL_OR => bits(&all, |x, y| x | y),
        a::BINARY_ALL_XOR => bits(&all, |x, y| x ^ y),
        other => return Err(EvalError::Unsupported(format!("the aggregate `{}`", other.0))),
    })
}

fn count(number: usize) -> Value {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

fn bits(values: &[Value], combine: fn(i64, i64) -> i64) -> Value {
    values.iter().filter_map(convert::to_long).reduce(combine).map_or(Value::Null, Value::Int)
}

fn spread(function: Function, numbers: &[f64]) -> Value {
    if numbers.is_empty() {
        return Value::Double(0.0);
    }
    let length = numbers.len() as f64;
    let mean = numbers.iter().sum::<f64>() / length;
    let squares = numbers.iter().map(|number| (number - mean).powi(2)).sum::<f64>();
    let sample = function == a::STDEV || function == a::VARIANCE;
    let variance = match (sample, numbers.len()) {
        (true, 1) => 0.0,
        (true, _) => squares / (length - 1.0),
        _ => squares / length,
    };
    let root = function == a::STDEV || function == a::STDEVP;
    Value::Double(if root { variance.sqrt() } else { variance })
}

/// The value at the nearest rank.
fn percentile(values: &[Value], rank: Option<Value>) -> Value {
    let mut sorted: Vec<&Value> = values.iter().filter(|value| !value.is_null()).collect();
    sorted.sort_by(|left, right| list::total_order(left, right));
    let rank = rank.as_ref().and_then(convert::to_double).unwrap_or(50.0).clamp(0.0, 100.0);
    let place = (rank / 100.0 * sorted.len() as f64).ceil().max(1.0) as usize;
    sorted.get(place - 1).or(sorted.last()).map_or(Value::Null, |value| (*value).clone())
}
