//! Recognised shapes as text.

use super::literal;
use super::sequence::Sequence;
use super::{Raiser, Said};
use crate::model::{Expr, Pipeline, Shape, StepKind, TICKS_PER_SECOND};

/// A shape in the words of the language.
pub(in crate::dialect::kusto) fn write(raiser: &mut Raiser<'_>, shape: &Shape, tables: &[String]) -> Said<String> {
    match shape {
        Shape::Threshold { events, by, at_least, window: None } => {
            let by = groups(raiser, by)?;
            let by = if by.is_empty() { String::new() } else { format!(" by {}", by.join(", ")) };
            let events = raiser.pipeline(events, tables)?;
            Ok(format!("{events}\n| summarize Count = count(){by}\n| where Count >= {at_least}"))
        }
        Shape::Cardinality { events, of, by, at_least, window: None } => {
            let values = of.iter().map(|value| raiser.text_of(value)).collect::<Said<Vec<_>>>()?;
            let value = match values.as_slice() {
                [one] => one.clone(),
                many => format!("strcat_delim(\"\\n\", {})", many.join(", ")),
            };
            let by = groups(raiser, by)?;
            let by = if by.is_empty() { String::new() } else { format!(" by {}", by.join(", ")) };
            let events = raiser.pipeline(events, tables)?;
            Ok(format!("{events}\n| summarize Distinct = count_distinct({value}){by}\n| where Distinct >= {at_least}"))
        }
        Shape::Threshold { .. } | Shape::Cardinality { .. } => {
            Err("a window of its own: it counts over the whole look-back".to_owned())
        }
        Shape::NewValue { events, of, history, recent: Some(recent) } => {
            new_value(raiser, events, of, *history, *recent, tables)
        }
        Shape::NewValue { .. } => Err("a new value without a recent window".to_owned()),
        Shape::Sequence { stages, absent, max_span, until, unordered } => {
            Sequence { stages, absent, max_span: *max_span, until: until.as_ref(), unordered: *unordered, tables }
                .write(raiser)
        }
        Shape::Absence { .. } => Err("an event that does not come".to_owned()),
    }
}

/// What makes a group: columns, and values under names of their own.
fn groups(raiser: &mut Raiser<'_>, by: &[Expr]) -> Said<Vec<String>> {
    let mut out: Vec<String> = Vec::new();
    for value in by {
        let text = raiser.text_or_scalar(value)?;
        match value.as_field() {
            Some(field) if field.path.as_column().is_some() => out.push(text),
            Some(field) => out.push(format!("{} = {text}", column_name(&field.path.to_string(), &out))),
            None => out.push(format!("{} = {text}", column_name("Key", &out))),
        }
    }
    Ok(out)
}

/// A name for the column of a path: the last words of it.
pub(super) fn column_name(path: &str, taken: &[String]) -> String {
    let mut name = String::new();
    for word in path.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        let mut letters = word.chars();
        if let Some(first) = letters.next() {
            name.push(first.to_ascii_uppercase());
            name.push_str(letters.as_str());
        }
    }
    if name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) {
        name.insert_str(0, "Key");
    }
    let mut candidate = name.clone();
    let mut number = 1;
    while taken.iter().any(|other| other.split(" = ").next() == Some(&candidate)) {
        number += 1;
        candidate = format!("{name}{number}");
    }
    candidate
}

fn new_value(
    raiser: &mut Raiser<'_>,
    events: &Pipeline,
    of: &[Expr],
    history: u64,
    recent: u64,
    tables: &[String],
) -> Said<String> {
    if events.steps.iter().any(|step| !matches!(step.kind, StepKind::Filter(_))) {
        return Err("a new value over more than a filter".to_owned());
    }
    let ticks = |seconds: u64| i64::try_from(seconds).unwrap_or(0).saturating_mul(TICKS_PER_SECOND);
    let mut keys = Vec::new();
    let mut extends = Vec::new();
    for value in of {
        let text = raiser.text_or_scalar(value)?;
        match value.as_field() {
            Some(field) if field.path.as_column().is_some() => keys.push(text),
            Some(field) => {
                let name = column_name(&field.path.to_string(), &keys);
                extends.push(format!("{name} = {text}"));
                keys.push(name);
            }
            None => return Err("a new value that is computed".to_owned()),
        }
    }
    let source = raiser.source(&events.source, tables)?;
    let mut filters = Vec::new();
    raiser.lines(&events.steps, &mut filters)?;
    if !extends.is_empty() {
        filters.push(format!("| extend {}", extends.join(", ")));
    }
    let keys = keys.join(", ");
    let inner: Vec<String> = filters.iter().map(|line| format!("    {line}")).collect();
    Ok(format!(
        "{source}\n| where TimeGenerated > ago({recent})\n{}\n| join kind=leftanti (\n    {source}\n    | where TimeGenerated between (ago({history}) .. ago({recent}))\n{}\n    | distinct {keys}\n) on {keys}",
        filters.join("\n"),
        inner.join("\n"),
        recent = literal::duration(ticks(recent)),
        history = literal::duration(ticks(history)),
    ))
}

impl Raiser<'_> {
    /// A grouping value: dynamic ones as text, since the engine groups by no dynamic value.
    pub(super) fn text_or_scalar(&mut self, value: &Expr) -> Said<String> {
        let term = self.scalar(value)?;
        Ok(match term.ty {
            crate::dialect::kusto::bind::Ty::Dynamic => format!("tostring({})", term.text),
            _ => term.text,
        })
    }
}
