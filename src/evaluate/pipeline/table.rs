//! Steps over whole tables that few dialects have ([`TableStep`]).

use super::rows::{self, Data};
use crate::evaluate::functions::{convert, kusto_list as list};
use crate::evaluate::{Access, Context, EvalError, Scope, eval};
use crate::model::{
    Column, Expr, FieldKind, FieldType, KeyValues, NestedLevel, Networks, Step, TableStep, Unpack, UnpackConflict,
    Value,
};
use std::collections::HashMap;

/// Runs a step over the whole table.
pub fn run(data: Data, step: &TableStep, context: &Context<'_>) -> Result<Data, EvalError> {
    match step {
        TableStep::Series(series) => super::series::run(data, series, context),
        TableStep::KeyValues(pairs) => key_values(data, pairs, context),
        TableStep::TopNested(levels) => top_nested(data, levels, context),
        TableStep::Partition { by, steps } => partition(data, by, steps, context),
        TableStep::Unpack(unpack) => unpacked(data, unpack, context),
        TableStep::Pivot { column, aggregate, by } => pivot(data, column, aggregate, by.as_deref(), context),
        TableStep::Networks(networks) => lookup(data, networks, context),
        TableStep::Invoke { name, .. } => Err(EvalError::Unsupported(format!("the workspace's function `{name}`"))),
    }
}

/// Rows by the value of an expression, groups in the order of their first rows.
fn groups(data: &Data, expr: &Expr, context: &Context<'_>) -> Result<Vec<(Value, Vec<usize>)>, EvalError> {
    let mut found: Vec<(Value, Vec<usize>)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for (at, row) in data.rows.iter().enumerate() {
        let value = eval(expr, &Scope::new(row, Access::Common), context)?;
        let place = *places.entry(list::key(&value)).or_insert_with(|| {
            found.push((value, Vec::new()));
            found.len() - 1
        });
        if let Some((_, rows)) = found.get_mut(place) {
            rows.push(at);
        }
    }
    Ok(found)
}

/// Some rows of a table.
fn part(data: &Data, rows: &[usize]) -> Data {
    Data { columns: data.columns.clone(), rows: rows.iter().filter_map(|at| data.rows.get(*at)).cloned().collect() }
}

fn partition(data: Data, by: &Expr, steps: &[Step], context: &Context<'_>) -> Result<Data, EvalError> {
    let mut all = Data::default();
    for (_, rows) in groups(&data, by, context)? {
        let mut inner = part(&data, &rows);
        for step in steps {
            inner = super::apply(step, inner, context)?;
        }
        all.append(inner, context);
    }
    Ok(all)
}

fn key_values(mut data: Data, pairs: &KeyValues, context: &Context<'_>) -> Result<Data, EvalError> {
    let mut columns: Vec<Vec<Value>> = vec![Vec::with_capacity(data.rows.len()); pairs.keys.len()];
    for row in &data.rows {
        let text = eval(&pairs.subject, &Scope::new(row, Access::Common), context)?;
        let found = split_pairs(&convert::scalar_text(&text), pairs);
        for ((name, ty), cells) in pairs.keys.iter().zip(&mut columns) {
            let value = found.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
            cells.push(value.map_or(Value::Null, |value| rows::converted(Value::String(value), ty)));
        }
    }
    for ((name, ty), values) in pairs.keys.iter().zip(columns) {
        data.set(name, FieldType::parse(ty), values, context);
    }
    Ok(data)
}

/// The pairs of a text in order; the first of a key counts.
fn split_pairs(text: &str, pairs: &KeyValues) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut rest = text;
    loop {
        let Some(at) = rest.find(pairs.separator.as_str()) else { return found };
        // A pair that ends before the separator has no value.
        if !pairs.pair.is_empty()
            && let Some(end) = rest.get(..at).and_then(|head| head.rfind(pairs.pair.as_str()))
        {
            rest = rest.get(end + pairs.pair.len()..).unwrap_or("");
            continue;
        }
        let key = rest.get(..at).unwrap_or("").trim().to_owned();
        rest = rest.get(at + pairs.separator.len()..).unwrap_or("");
        let (value, behind) = value_of(rest, pairs);
        if !found.iter().any(|(known, _)| *known == key) {
            found.push((key, value));
        }
        match behind {
            Some(behind) => rest = behind,
            None => return found,
        }
    }
}

/// The value at the start of a text, and what stands behind its pair.
fn value_of<'t>(text: &'t str, pairs: &KeyValues) -> (String, Option<&'t str>) {
    let opening = text.chars().next().and_then(|first| pairs.quotes.iter().find(|(open, _)| *open == first));
    if let Some((open, close)) = opening {
        let mut value = String::new();
        let mut letters = text.char_indices().skip(1);
        while let Some((at, letter)) = letters.next() {
            if Some(letter) == pairs.escape {
                value.extend(letters.next().map(|(_, next)| next));
                continue;
            }
            if letter == *close {
                let behind = text.get(at + letter.len_utf8()..).unwrap_or("");
                let behind = behind.find(pairs.pair.as_str()).and_then(|end| behind.get(end + pairs.pair.len()..));
                return (value, behind);
            }
            value.push(letter);
        }
        return (text.get(open.len_utf8()..).unwrap_or("").to_owned(), None);
    }
    let mut end = text.find(pairs.pair.as_str()).filter(|_| !pairs.pair.is_empty());
    if pairs.greedy {
        // The value goes on as long as what follows is no pair.
        while let Some(at) = end {
            let behind = text.get(at + pairs.pair.len()..).unwrap_or("");
            let next = behind.find(pairs.pair.as_str()).unwrap_or(behind.len());
            if behind.get(..next).is_some_and(|pair| pair.contains(pairs.separator.as_str())) || behind.is_empty() {
                break;
            }
            end = behind.find(pairs.pair.as_str()).map(|next| at + pairs.pair.len() + next);
        }
    }
    match end {
        Some(at) => (text.get(..at).unwrap_or("").to_owned(), text.get(at + pairs.pair.len()..)),
        None => (text.to_owned(), None),
    }
}

fn top_nested(data: Data, levels: &[NestedLevel], context: &Context<'_>) -> Result<Data, EvalError> {
    let nowhere = Value::Object(Vec::new());
    // The cells so far, and the rows that belong to them.
    let all: Vec<usize> = (0..data.rows.len()).collect();
    let mut found: Vec<(Vec<Value>, Vec<usize>)> = vec![(Vec::new(), all)];
    for level in levels {
        let count = match &level.count {
            Some(count) => {
                let count = eval(count, &Scope::new(&nowhere, Access::Common), context)?;
                convert::to_long(&count).and_then(|count| usize::try_from(count).ok()).unwrap_or(0)
            }
            None => usize::MAX,
        };
        let mut next = Vec::new();
        for (cells, rows) in found {
            let inside = part(&data, &rows);
            let mut ranked = Vec::new();
            for (value, members) in groups(&inside, &level.of.value, context)? {
                let order = super::aggregate::of_group(&level.by.value, &inside, &members, context)?;
                let members: Vec<usize> = members.iter().filter_map(|at| rows.get(*at)).copied().collect();
                ranked.push((order, value, members));
            }
            ranked.sort_by(
                |(a, ..), (b, ..)| {
                    if level.descending { list::total_order(b, a) } else { list::total_order(a, b) }
                },
            );
            let rest = if ranked.len() > count { ranked.split_off(count) } else { Vec::new() };
            for (order, value, members) in ranked {
                let mut cells = cells.clone();
                cells.extend([value, order]);
                next.push((cells, members));
            }
            if let (Some(others), false) = (&level.others, rest.is_empty()) {
                let members: Vec<usize> = rest.into_iter().flat_map(|(_, _, members)| members).collect();
                let order = super::aggregate::of_group(&level.by.value, &data, &members, context)?;
                let mut cells = cells.clone();
                cells.extend([eval(others, &Scope::new(&nowhere, Access::Common), context)?, order]);
                next.push((cells, members));
            }
        }
        found = next;
    }
    let mut result = Data { columns: Vec::new(), rows: vec![Value::Object(Vec::new()); found.len()] };
    for (at, level) in levels.iter().enumerate() {
        for (place, column) in [(2 * at, &level.of), (2 * at + 1, &level.by)] {
            let values = found.iter().map(|(cells, _)| cells.get(place).cloned().unwrap_or(Value::Null)).collect();
            result.set(&column.name, data.type_of(&column.value), values, context);
        }
    }
    Ok(result)
}

fn unpacked(data: Data, unpack: &Unpack, context: &Context<'_>) -> Result<Data, EvalError> {
    let bags = data.values(&unpack.column);
    let mut members: Vec<String> = Vec::new();
    for bag in &bags {
        if let Value::Object(found) = bag {
            for (name, _) in found {
                let name = format!("{}{name}", unpack.prefix);
                if !unpack.ignored.contains(&name) && !members.contains(&name) {
                    members.push(name);
                }
            }
        }
    }
    members.sort();
    // A member may take the place of the column that it stands in.
    let stays = members.contains(&unpack.column);
    let kept: Vec<(String, String)> = data
        .columns
        .iter()
        .filter(|(name, _)| stays || *name != unpack.column)
        .map(|(name, _)| (name.clone(), name.clone()))
        .collect();
    let mut result = data.arranged(kept);
    for name in members {
        let source = name != unpack.column && result.columns.iter().any(|(known, _)| *known == name);
        match unpack.conflict {
            UnpackConflict::Error if source => {
                return Err(EvalError::Unsupported(format!("a member of a bag with the name of the column `{name}`")));
            }
            UnpackConflict::KeepSource if source => continue,
            _ => {}
        }
        let key = name.strip_prefix(unpack.prefix.as_str()).unwrap_or(&name);
        let values: Vec<Value> = bags.iter().map(|bag| bag.get(key).cloned().unwrap_or(Value::Null)).collect();
        let wanted = unpack.schema.as_ref().and_then(|schema| schema.iter().find(|(known, _)| *known == name));
        match wanted {
            Some((_, ty)) => {
                let values = values.into_iter().map(|value| rows::converted(value, ty)).collect();
                result.set(&name, FieldType::parse(ty), values, context);
            }
            None if unpack.schema.is_none() => result.set(&name, None, values, context),
            None => {}
        }
    }
    for (name, ty) in unpack.schema.iter().flatten() {
        if !result.columns.iter().any(|(known, _)| known == name) {
            let values = vec![Value::Null; result.rows.len()];
            result.set(name, FieldType::parse(ty), values, context);
        }
    }
    Ok(result)
}

fn pivot(
    data: Data,
    column: &str,
    aggregate: &Expr,
    by: Option<&[String]>,
    context: &Context<'_>,
) -> Result<Data, EvalError> {
    let subject = aggregate_subject(aggregate);
    let by: Vec<Column> = match by {
        Some(names) => names.iter().map(|name| plain(name)).collect(),
        None => data
            .columns
            .iter()
            .map(|(name, _)| name)
            .filter(|name| *name != column && Some(name.as_str()) != subject)
            .map(|name| plain(name))
            .collect(),
    };
    let names = groups(&data, &plain(column).value, context)?;
    let mut names: Vec<Value> = names.into_iter().map(|(value, _)| value).collect();
    names.sort_by(list::total_order);
    let ty = data.type_of(aggregate);
    let keys = super::aggregate::run(part(&data, &(0..data.rows.len()).collect::<Vec<_>>()), &[], &by, context)?;
    let place = |row: &Value| -> String {
        let cells: Vec<String> =
            by.iter().map(|column| list::key(row.get(&column.name).unwrap_or(&Value::Null))).collect();
        cells.join("\u{0}")
    };
    let mut cells: HashMap<(String, String), Vec<usize>> = HashMap::new();
    for (at, row) in data.rows.iter().enumerate() {
        let name = list::key(row.get(column).unwrap_or(&Value::Null));
        cells.entry((place(row), name)).or_default().push(at);
    }
    let places: Vec<String> = keys.rows.iter().map(place).collect();
    let mut result = keys;
    for name in names {
        let key = list::key(&name);
        let mut values = Vec::with_capacity(places.len());
        for place in &places {
            let rows = cells.get(&(place.clone(), key.clone())).map_or(&[] as &[usize], Vec::as_slice);
            values.push(super::aggregate::of_group(aggregate, &data, rows, context)?);
        }
        result.set(&convert::scalar_text(&name), ty, values, context);
    }
    Ok(result)
}

/// The column that an aggregate is about.
fn aggregate_subject(aggregate: &Expr) -> Option<&str> {
    let Expr::Aggregate(_, arguments, _) = aggregate else { return None };
    arguments.first()?.as_field()?.path.as_column()
}

fn plain(name: &str) -> Column {
    let field = crate::model::FieldRef::new(crate::model::FieldPath::column(name), crate::model::ArrayMode::Whole);
    Column { name: name.to_owned(), value: Expr::Field(field) }
}

fn lookup(data: Data, networks: &Networks, context: &Context<'_>) -> Result<Data, EvalError> {
    use crate::evaluate::functions::kusto;
    use crate::model::function::kusto as k;
    let right = super::data(&networks.right, context)?;
    let new: Vec<(String, Option<FieldType>)> = right
        .columns
        .iter()
        .filter(|(name, _)| !networks.also.contains(name) && !data.columns.iter().any(|(known, _)| known == name))
        .cloned()
        .collect();
    let mut columns = data.columns.clone();
    columns.extend(new.iter().cloned());
    let mut found = Data { columns, rows: Vec::new() };
    let cell = |row: &Value, name: &str| row.get(name).cloned().unwrap_or(Value::Null);
    for row in &data.rows {
        let address = cell(row, &networks.address);
        let mut matched = false;
        for other in &right.rows {
            let also = networks.also.iter().all(|name| list::same(&cell(row, name), &cell(other, name)));
            let network = cell(other, &networks.network);
            let inside = kusto::call(k::IPV4_IS_IN_RANGE, &[address.clone(), network], context.now);
            if also && matches!(inside, Some(Ok(Value::Bool(true)))) {
                matched = true;
                found.rows.push(paired(row, Some(other), &new));
            }
        }
        if !matched && networks.unmatched {
            found.rows.push(paired(row, None, &new));
        }
        if found.rows.len() > super::MOST_ROWS {
            return Err(EvalError::TooMuch("pairs of this many rows".to_owned()));
        }
    }
    let mut result = Data::default();
    result.append(found, context);
    Ok(result)
}

/// A row with the columns of another behind it.
fn paired(row: &Value, other: Option<&Value>, new: &[(String, Option<FieldType>)]) -> Value {
    let mut cells = match row {
        Value::Object(cells) => cells.clone(),
        _ => Vec::new(),
    };
    for (name, ty) in new {
        let missing = if ty.is_some_and(|ty| ty.kind == FieldKind::Keyword) { Value::text("") } else { Value::Null };
        cells.push((name.clone(), other.and_then(|other| other.get(name)).cloned().unwrap_or(missing)));
    }
    Value::Object(cells)
}
