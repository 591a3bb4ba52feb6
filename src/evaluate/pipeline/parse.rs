//! Texts taken apart into columns.

use super::rows::{self, Data};
use super::{dissect, grok};
use crate::evaluate::functions::{convert, kusto_text};
use crate::evaluate::{Access, Context, EvalError, Scope, eval};
use crate::model::{Expr, FieldKind, FieldType, ParseKind, ParsePart, Value};

/// Adds the columns of a pattern; where a text does not fit, all of them are null (or empty).
pub fn run(
    mut data: Data,
    subject: &Expr,
    kind: ParseKind,
    parts: &[ParsePart],
    filter: bool,
    context: &Context<'_>,
) -> Result<Data, EvalError> {
    match kind {
        ParseKind::Dissect => return dissected(data, subject, parts, context),
        ParseKind::Grok => return grokked(data, subject, parts, context),
        _ => {}
    }
    let pattern = kusto_text::pattern(&regex_of(kind, parts))?;
    let columns: Vec<(&str, Option<&str>)> = parts
        .iter()
        .filter_map(|part| match part {
            ParsePart::Column(name, ty) => Some((name.as_str(), ty.as_deref())),
            _ => None,
        })
        .collect();
    let mut cells: Vec<Vec<Value>> = vec![Vec::new(); columns.len()];
    let mut fits = Vec::with_capacity(data.rows.len());
    for row in &data.rows {
        let text = convert::scalar_text(&eval(subject, &Scope::new(row, Access::Common), context)?);
        let mut values: Option<Vec<Value>> = pattern.captures(&text).map(|captures| {
            columns
                .iter()
                .enumerate()
                .map(|(at, (_, ty))| {
                    let found = Value::text(captures.name(&format!("c{at}")).map_or("", |found| found.as_str()));
                    ty.map_or(found.clone(), |ty| rows::converted(found, ty))
                })
                .collect()
        });
        let converts = values.as_ref().is_some_and(|values| !values.iter().any(Value::is_null));
        if kind == ParseKind::Simple && !converts {
            values = None;
        }
        fits.push(if kind == ParseKind::Relaxed { values.is_some() } else { converts });
        let values = values.unwrap_or_else(|| vec![Value::Null; columns.len()]);
        for (cells, value) in cells.iter_mut().zip(values) {
            cells.push(value);
        }
    }
    for ((name, ty), values) in columns.iter().zip(cells) {
        let ty = ty.map_or(Some(FieldType::scalar(FieldKind::Keyword)), FieldType::parse);
        data.set(name, ty, values, context);
    }
    if filter {
        let mut fits = fits.into_iter();
        data.rows.retain(|_| fits.next().unwrap_or(false));
    }
    Ok(data)
}

/// `DISSECT`: all columns are null where a text does not fit.
fn dissected(mut data: Data, subject: &Expr, parts: &[ParsePart], context: &Context<'_>) -> Result<Data, EvalError> {
    let pattern = dissect::Pattern::new(parts);
    let columns = pattern.columns();
    let mut cells: Vec<Vec<Value>> = vec![Vec::with_capacity(data.rows.len()); columns.len()];
    for row in &data.rows {
        let text = eval(subject, &Scope::new(row, Access::Common), context)?;
        let found = text.as_str().and_then(|text| pattern.apply(text)).unwrap_or_default();
        for (name, cells) in columns.iter().zip(&mut cells) {
            let value = found.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
            cells.push(value.unwrap_or(Value::Null));
        }
    }
    for (name, values) in columns.iter().zip(cells) {
        data.set(name, Some(FieldType::scalar(FieldKind::Keyword)), values, context);
    }
    Ok(data)
}

/// `GROK`: all columns are null where a text does not fit.
fn grokked(mut data: Data, subject: &Expr, parts: &[ParsePart], context: &Context<'_>) -> Result<Data, EvalError> {
    let grok = grok::Grok::new(parts)?;
    let mut cells: Vec<Vec<Value>> = vec![Vec::with_capacity(data.rows.len()); grok.columns().len()];
    for row in &data.rows {
        let text = eval(subject, &Scope::new(row, Access::Common), context)?;
        let found = match text.as_str() {
            Some(text) => grok.apply(text),
            None => vec![Value::Null; cells.len()],
        };
        for (cells, value) in cells.iter_mut().zip(found) {
            cells.push(value);
        }
    }
    for ((name, _), values) in grok.columns().iter().zip(cells) {
        data.set(name, None, values, context);
    }
    Ok(data)
}

/// The pattern as a regular expression with a group for each column.
fn regex_of(kind: ParseKind, parts: &[ParsePart]) -> String {
    let mut out = String::new();
    let mut flags = String::new();
    let mut column = 0;
    let mut rest = parts;
    if let (ParseKind::Regex, Some((ParsePart::Text(first), tail))) = (kind, parts.split_first())
        && let Some(found) = first.strip_prefix("(?").and_then(|text| text.strip_suffix(')'))
        && found.chars().all(|flag| matches!(flag, 'i' | 's' | 'm' | 'U'))
    {
        flags.push_str(found);
        rest = tail;
    }
    for (at, part) in rest.iter().enumerate() {
        let last = at + 1 == rest.len();
        match part {
            ParsePart::Separator(_) => {}
            ParsePart::Skip => out.push_str(if last || kind == ParseKind::Regex { ".*" } else { ".*?" }),
            ParsePart::Text(text) if kind == ParseKind::Regex => out.push_str(&format!("(?:{text})")),
            ParsePart::Text(text) => out.push_str(&regex::escape(text)),
            ParsePart::Column(_, ty) => {
                let inner = match (kind, ty.as_deref()) {
                    (ParseKind::Regex, Some("long" | "int")) => "-?\\d+",
                    (ParseKind::Regex, Some("real" | "double")) => "-?\\d*\\.?\\d+",
                    (ParseKind::Regex, _) => ".*",
                    (_, _) if last => ".*",
                    _ => ".*?",
                };
                out.push_str(&format!("(?P<c{column}>{inner})"));
                column += 1;
            }
        }
    }
    format!("(?s{flags})^{out}$")
}
