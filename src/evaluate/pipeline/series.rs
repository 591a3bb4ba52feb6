//! Lists of aggregates over equal steps of an axis (`make-series`).

use super::rows::Data;
use crate::evaluate::functions::{arithmetic_sum, kusto, kusto_list as list};
use crate::evaluate::{Access, Context, EvalError, Scope, eval};
use crate::model::function::kusto as k;
use crate::model::{FieldKind, FieldType, Series, Value};
use std::cmp::Ordering;
use std::collections::HashMap;

/// The greatest length of a series.
const LONGEST: usize = 1_000_000;

/// The rows of one series, by the index of the step that they lie in.
struct Group {
    keys: Vec<Value>,
    steps: HashMap<usize, Vec<usize>>,
}

/// Runs `make-series`: a row for each group; its lists are as long as the axis has steps.
pub fn run(data: Data, series: &Series, context: &Context<'_>) -> Result<Data, EvalError> {
    let nowhere = Value::Object(Vec::new());
    let constant = |expr| eval(expr, &Scope::new(&nowhere, Access::Common), context);
    let step = constant(&series.step)?;
    let from = series.from.as_ref().map(constant).transpose()?;
    let to = series.to.as_ref().map(constant).transpose()?;
    let mut places = Vec::with_capacity(data.rows.len());
    for row in &data.rows {
        let scope = Scope::new(row, Access::Common);
        let at = eval(&series.axis.value, &scope, context)?;
        let keys =
            series.by.iter().map(|column| eval(&column.value, &scope, context)).collect::<Result<Vec<_>, _>>()?;
        places.push((at, keys));
    }
    let axis = axis(&places, from.as_ref(), to.as_ref(), &step, series.closed)?;
    let mut groups: Vec<Group> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for (row, (at, keys)) in places.into_iter().enumerate() {
        let Some(place) = place(&axis, &at, &step) else { continue };
        let key: Vec<String> = keys.iter().map(list::key).collect();
        let group = *known.entry(key.join("\u{0}")).or_insert_with(|| {
            groups.push(Group { keys, steps: HashMap::new() });
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(group) {
            group.steps.entry(place).or_default().push(row);
        }
    }
    if groups.is_empty() && series.nonempty && series.by.is_empty() {
        groups.push(Group { keys: Vec::new(), steps: HashMap::new() });
    }
    if groups.len().saturating_mul(axis.len()) > super::MOST_ROWS {
        return Err(EvalError::TooMuch("series of this many steps".to_owned()));
    }
    let mut result = Data { columns: Vec::new(), rows: vec![Value::Object(Vec::new()); groups.len()] };
    for (at, column) in series.by.iter().enumerate() {
        let values = groups.iter().map(|group| group.keys.get(at).cloned().unwrap_or(Value::Null)).collect();
        result.set(&column.name, data.type_of(&column.value), values, context);
    }
    let lists = Some(FieldType::scalar(FieldKind::Dynamic));
    for (column, default) in &series.aggregates {
        let default = constant(default)?;
        let mut values = Vec::with_capacity(groups.len());
        for group in &groups {
            let mut cells = Vec::with_capacity(axis.len());
            for place in 0..axis.len() {
                cells.push(match group.steps.get(&place) {
                    Some(rows) => super::aggregate::of_group(&column.value, &data, rows, context)?,
                    None => default.clone(),
                });
            }
            values.push(Value::Array(cells));
        }
        result.set(&column.name, lists, values, context);
    }
    let values = groups.iter().map(|_| Value::Array(axis.clone())).collect();
    result.set(&series.axis.name, lists, values, context);
    Ok(result)
}

/// The starts of all steps: from the given start, or the first step with rows, to the given end (not part of it), or the
/// last step with rows.
fn axis(
    rows: &[(Value, Vec<Value>)],
    from: Option<&Value>,
    to: Option<&Value>,
    step: &Value,
    closed: bool,
) -> Result<Vec<Value>, EvalError> {
    let values = || rows.iter().map(|(at, _)| at).filter(|at| !at.is_null());
    let bin = |at: &Value| kusto::call(k::BIN, &[at.clone(), step.clone()], 0).and_then(Result::ok);
    let least = || values().min_by(|a, b| list::total_order(a, b)).and_then(bin);
    let given = from.and_then(|from| if closed { bin(from) } else { Some(from.clone()) });
    let Some(start) = given.or_else(least) else { return Ok(Vec::new()) };
    let last = values().max_by(|a, b| list::total_order(a, b)).cloned();
    let mut axis = Vec::new();
    let mut at = start;
    loop {
        let inside = match (to, &last) {
            (Some(to), _) if closed => list::order(&at, to).is_some_and(Ordering::is_le),
            (Some(to), _) => list::order(&at, to) == Some(Ordering::Less),
            (None, Some(last)) => list::order(&at, last).is_some_and(Ordering::is_le),
            (None, None) => false,
        };
        if !inside {
            return Ok(axis);
        }
        if axis.len() >= LONGEST {
            return Err(EvalError::TooMuch("a series of this many steps".to_owned()));
        }
        let Some(next) = arithmetic_sum([&at, step].into_iter()) else { return Ok(axis) };
        if list::order(&at, &next) != Some(Ordering::Less) {
            return Err(EvalError::Unsupported("a series whose steps do not go forward".to_owned()));
        }
        axis.push(std::mem::replace(&mut at, next));
    }
}

/// The step that a value lies in.
fn place(axis: &[Value], at: &Value, step: &Value) -> Option<usize> {
    if at.is_null() {
        return None;
    }
    let behind = axis.partition_point(|start| list::order(start, at).is_some_and(Ordering::is_le));
    let place = behind.checked_sub(1)?;
    let end = arithmetic_sum([axis.get(place)?, step].into_iter())?;
    (list::order(at, &end) == Some(Ordering::Less)).then_some(place)
}
