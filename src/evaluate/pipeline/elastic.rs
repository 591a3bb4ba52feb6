//! Rows as ES|QL has them (spec/elastic-semantics.md, "ES|QL"): flat columns by their dotted names, of which a cell may
//! hold several values; groups by each value; aggregates that count each value.

use super::rows::Data;
use crate::evaluate::functions::elastic::percentile;
use crate::evaluate::functions::{arithmetic_sum, kusto_list as list};
use crate::evaluate::{Access, Context, EvalError, Scope, coerce, eval};
use crate::model::function::elastic as f;
use crate::model::{Column, Expr, FieldKind, FieldType, Function, Value};
use std::cmp::Ordering;
use std::collections::HashMap;

/// The fields that ECS maps as times, whatever else is known.
const TIMES: [&str; 5] = ["@timestamp", "event.created", "event.start", "event.end", "event.ingested"];

/// The most groups that the values of one row may open.
const MOST_GROUPS_OF_A_ROW: usize = 10_000;

/// The type of a field: the schema's, else that of the times of every event.
pub fn type_of(name: &str, context: &Context<'_>) -> Option<FieldType> {
    context.types.type_of(name).or_else(|| TIMES.contains(&name).then_some(FieldType::scalar(FieldKind::Date)))
}

/// An event as a row of flat columns: objects and lists gone through, null left out, one value as itself.
pub fn row(event: &Value, context: &Context<'_>) -> Value {
    let mut cells: Vec<(String, Vec<Value>)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    flatten(event, String::new(), &mut cells, &mut places);
    let cells = cells.into_iter().map(|(name, mut values)| {
        if let Some(ty) = type_of(&name, context) {
            for value in &mut values {
                if let Some(read) = coerce::by_mapping(value, ty.kind) {
                    *value = read;
                }
            }
        }
        (name, several(values))
    });
    Value::Object(cells.collect())
}

fn flatten(value: &Value, name: String, cells: &mut Vec<(String, Vec<Value>)>, places: &mut HashMap<String, usize>) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                flatten(member, name, cells, places);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| flatten(item, name.clone(), cells, places)),
        Value::Null => {}
        leaf => {
            let at = *places.entry(name.clone()).or_insert_with(|| {
                cells.push((name, Vec::new()));
                cells.len() - 1
            });
            if let Some((_, values)) = cells.get_mut(at) {
                values.push(leaf.clone());
            }
        }
    }
}

/// None is null, one value is itself, several are a list.
pub fn several(mut values: Vec<Value>) -> Value {
    match values.len() {
        0 => Value::Null,
        1 => values.pop().unwrap_or(Value::Null),
        _ => Value::Array(values),
    }
}

/// The values of a cell; none of null.
pub fn values_of(value: &Value) -> &[Value] {
    match value {
        Value::Null => &[],
        Value::Array(items) => items,
        one => std::slice::from_ref(one),
    }
}

/// The keys of the groups that a row belongs to: one for each combination of the values of its keys.
///
/// # Errors
/// [`EvalError::TooMuch`] above [`MOST_GROUPS_OF_A_ROW`].
pub fn keys(values: &[Value]) -> Result<Vec<Vec<Value>>, EvalError> {
    let mut keys: Vec<Vec<Value>> = vec![Vec::with_capacity(values.len())];
    for value in values {
        let choices = match values_of(value) {
            [] => vec![Value::Null],
            some => list::distinct(some),
        };
        if keys.len().saturating_mul(choices.len()) > MOST_GROUPS_OF_A_ROW {
            return Err(EvalError::TooMuch("groups by fields of this many values".to_owned()));
        }
        keys = keys
            .into_iter()
            .flat_map(|key| {
                choices.iter().map(move |choice| {
                    let mut key = key.clone();
                    key.push(choice.clone());
                    key
                })
            })
            .collect();
    }
    Ok(keys)
}

/// `INLINE STATS`: the rows stay, and each gets the values of its group.
///
/// # Errors
/// Those of the aggregates and keys.
pub fn inline(mut data: Data, aggregates: &[Column], by: &[Column], context: &Context<'_>) -> Result<Data, EvalError> {
    let mut members: Vec<Vec<usize>> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut of_row = Vec::with_capacity(data.rows.len());
    let mut key_values: Vec<Vec<Value>> = vec![Vec::with_capacity(data.rows.len()); by.len()];
    for (at, row) in data.rows.iter().enumerate() {
        let mut key = String::new();
        for (column, values) in by.iter().zip(&mut key_values) {
            let value = eval(&column.value, &Scope::new(row, Access::Common), context)?;
            key.push_str(&list::key(&value));
            key.push('\u{0}');
            values.push(value);
        }
        let place = *places.entry(key).or_insert_with(|| {
            members.push(Vec::new());
            members.len() - 1
        });
        if let Some(rows) = members.get_mut(place) {
            rows.push(at);
        }
        of_row.push(place);
    }
    let mut found = Vec::with_capacity(aggregates.len());
    for column in aggregates {
        let mut values = Vec::with_capacity(members.len());
        for rows in &members {
            values.push(super::aggregate::of_group(&column.value, &data, rows, context)?);
        }
        found.push((column.name.clone(), data.type_of(&column.value), values));
    }
    for (column, values) in by.iter().zip(key_values) {
        if column.value.as_field().is_none_or(|field| field.path.to_string() != column.name) {
            let ty = data.type_of(&column.value);
            data.set(&column.name, ty, values, context);
        }
    }
    for (name, ty, values) in found {
        let cells = of_row.iter().map(|place| values.get(*place).cloned().unwrap_or(Value::Null)).collect();
        data.set(&name, ty, cells, context);
    }
    Ok(data)
}

/// An aggregate of ES|QL's own; `None` where it is none. `cells` holds the argument's cell of every row of the group,
/// `argument` the further arguments: constants, or of `FIRST` and `LAST` a cell of every row.
///
/// # Errors
/// Those of the arguments.
pub fn aggregate(
    function: Function,
    cells: &[Value],
    arguments: &[Expr],
    rows: &[&Value],
    context: &Context<'_>,
) -> Option<Result<Value, EvalError>> {
    let all = || cells.iter().flat_map(values_of);
    let numbers = || -> Vec<f64> { all().filter_map(Value::as_f64).collect() };
    let constant = |at: usize| -> Result<Value, EvalError> {
        let nothing = Value::Object(Vec::new());
        match arguments.get(at) {
            Some(argument) => eval(argument, &Scope::new(&nothing, Access::Common), context),
            None => Ok(Value::Null),
        }
    };
    let of_numbers = |make: fn(&[f64]) -> f64| match numbers().as_slice() {
        [] => Value::Null,
        some => Value::Double(make(some)),
    };
    Some(Ok(match function {
        f::AGG_COUNT => Value::Int(i64::try_from(all().count()).unwrap_or(i64::MAX)),
        f::AGG_PRESENT => Value::Bool(all().next().is_some()),
        f::AGG_ABSENT => Value::Bool(all().next().is_none()),
        f::AGG_SUM => arithmetic_sum(all()).unwrap_or(Value::Null),
        f::AGG_AVG => of_numbers(mean),
        f::AGG_MEDIAN => of_numbers(|numbers| percentile(numbers, 50.0)),
        f::AGG_STD_DEV => of_numbers(|numbers| variance(numbers).sqrt()),
        f::AGG_VARIANCE => of_numbers(variance),
        f::AGG_MEDIAN_DEVIATION => of_numbers(|numbers| {
            let middle = percentile(numbers, 50.0);
            percentile(&numbers.iter().map(|number| (number - middle).abs()).collect::<Vec<_>>(), 50.0)
        }),
        f::AGG_PERCENTILE => match (constant(1), numbers()) {
            (Err(error), _) => return Some(Err(error)),
            (Ok(rank), numbers) => match rank.as_f64() {
                Some(rank) if !numbers.is_empty() => Value::Double(percentile(&numbers, rank)),
                _ => Value::Null,
            },
        },
        f::AGG_WEIGHTED_AVG => match weighted(cells, arguments, rows, context) {
            Ok(value) => value,
            Err(error) => return Some(Err(error)),
        },
        f::AGG_TOP => {
            let (count, order) = match (constant(1), constant(2)) {
                (Ok(count), Ok(order)) => (count, order),
                (Err(error), _) | (_, Err(error)) => return Some(Err(error)),
            };
            let mut values: Vec<Value> = all().cloned().collect();
            values.sort_by(list::total_order);
            if order.as_str().is_some_and(|order| order.eq_ignore_ascii_case("desc")) {
                values.reverse();
            }
            let count = count.as_f64().map_or(0, |count| count.max(0.0) as usize);
            values.truncate(count);
            several(values)
        }
        f::AGG_FIRST | f::AGG_LAST => {
            let wanted = if function == f::AGG_LAST { Ordering::Greater } else { Ordering::Less };
            let mut best: Option<(Value, &Value)> = None;
            for (cell, row) in cells.iter().zip(rows) {
                let place = match arguments.get(1).map(|by| eval(by, &Scope::new(row, Access::Common), context)) {
                    Some(Ok(place)) => place,
                    Some(Err(error)) => return Some(Err(error)),
                    None => Value::Null,
                };
                if cell.is_null() || place.is_null() {
                    continue;
                }
                if best.as_ref().is_none_or(|(known, _)| list::total_order(&place, known) == wanted) {
                    best = Some((place, cell));
                }
            }
            best.map_or(Value::Null, |(_, cell)| cell.clone())
        }
        _ => return None,
    }))
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len().max(1) as f64
}

/// The variance of a population.
fn variance(numbers: &[f64]) -> f64 {
    let middle = mean(numbers);
    numbers.iter().map(|number| (number - middle).powi(2)).sum::<f64>() / numbers.len().max(1) as f64
}

fn weighted(cells: &[Value], arguments: &[Expr], rows: &[&Value], context: &Context<'_>) -> Result<Value, EvalError> {
    let (mut total, mut weights) = (0.0, 0.0);
    for (cell, row) in cells.iter().zip(rows) {
        let Some(by) = arguments.get(1) else { continue };
        let weight = eval(by, &Scope::new(row, Access::Common), context)?;
        if let (Some(number), Some(weight)) = (cell.as_f64(), weight.as_f64()) {
            total += number * weight;
            weights += weight;
        }
    }
    Ok(if weights == 0.0 { Value::Null } else { Value::Double(total / weights) })
}

/// The columns of a row under every name that `KEEP` spells out, null where the events at hand lack one.
pub fn named(data: &mut Data, names: impl Iterator<Item = String>, context: &Context<'_>) {
    for name in names {
        if !data.columns.iter().any(|(known, _)| *known == name) {
            let nothing = vec![Value::Null; data.rows.len()];
            data.set(&name, type_of(&name, context), nothing, context);
        }
    }
}
