//! Sources and steps as text.

use super::condition::Place;
use super::literal;
use super::scalar::strip;
use super::tables::value_at;
use super::{Raiser, Said};
use crate::model::{
    Column, ExpandColumn, ExpandKind, Expr, Join, JoinKind, NamePattern, NullsOrder, ParseKind, ParsePart, Select,
    SortKey, Source, Step, StepKind,
};

impl Raiser<'_> {
    /// Where rows come from; `tables` are those of the rule.
    pub(super) fn source(&mut self, source: &Source, tables: &[String]) -> Said<String> {
        match source {
            Source::Events => Ok(match tables {
                [] => "Events".to_owned(),
                [one] => table(one),
                many => format!("union {}", many.iter().map(|name| table(name)).collect::<Vec<_>>().join(", ")),
            }),
            // One table of several that the rule reads keeps its own name; where there is one, it may be another by now.
            Source::Table(name) => Ok(match tables {
                _ if is_call(name) => name.clone(),
                [one] => table(one),
                _ => table(name),
            }),
            Source::Union(parts) => {
                // A workspace may lack one of several tables; without this the whole rule fails there.
                let fuzzy = if of_several_tables(parts) { "isfuzzy=true " } else { "" };
                let parts = parts.iter().map(|part| self.sub(part)).collect::<Said<Vec<_>>>()?;
                Ok(format!("union {fuzzy}{}", parts.join(", ")))
            }
            Source::Pipeline(inner) => self.pipeline(inner, tables),
            Source::Inline(table) => {
                let columns: Vec<String> =
                    table.columns.iter().map(|(name, ty)| format!("{}: {ty}", literal::name(name))).collect();
                let values: Vec<String> = table
                    .rows
                    .iter()
                    .flat_map(|row| row.iter().zip(&table.columns))
                    .map(|(value, (_, ty))| match value {
                        crate::model::Value::Null if ty == "string" => "\"\"".to_owned(),
                        crate::model::Value::Null => format!("{ty}(null)"),
                        value => literal::value(value),
                    })
                    .collect();
                Ok(format!("datatable ({}) [{}]", columns.join(", "), values.join(", ")))
            }
            Source::Row(columns) => Ok(format!("print {}", self.columns(columns)?)),
            Source::Range { name, from, to, step } => {
                let (from, to, step) = (self.scalar(from)?.text, self.scalar(to)?.text, self.scalar(step)?.text);
                Ok(format!("range {} from {from} to {to} step {step}", literal::name(name)))
            }
        }
    }

    /// A pipeline inside another.
    pub(super) fn sub(&mut self, pipeline: &crate::model::Pipeline) -> Said<String> {
        if let (Source::Table(name), []) = (&pipeline.source, pipeline.steps.as_slice()) {
            return Ok(table(name));
        }
        let text = Raiser::new(self.types).pipeline(pipeline, &[])?;
        Ok(format!("(\n    {}\n)", text.replace('\n', "\n    ")))
    }

    pub(super) fn columns(&mut self, columns: &[Column]) -> Said<String> {
        if columns.iter().any(|column| value_at(&column.value).is_some()) {
            return self.columns_of_calls(columns);
        }
        let parts = columns
            .iter()
            .map(|column| {
                if column.name == "*" {
                    return Ok("*".to_owned());
                }
                let value = self.scalar(&column.value)?.text;
                let name = literal::name(&column.name);
                Ok(if value == name { name } else { format!("{name} = {}", strip(&value)) })
            })
            .collect::<Said<Vec<_>>>()?;
        Ok(parts.join(", "))
    }

    pub(super) fn aggregates(&mut self, columns: &[Column]) -> Said<String> {
        use crate::model::function::kusto::aggregate::{ARG_MAX, ARG_MIN, TAKE_ANY};
        let mut parts: Vec<String> = Vec::new();
        let mut rest = columns;
        while let Some((first, tail)) = rest.split_first() {
            rest = tail;
            match &first.value {
                Expr::Aggregate(function, arguments, None) if *function == ARG_MAX || *function == ARG_MIN => {
                    let word = if *function == ARG_MAX { "arg_max" } else { "arg_min" };
                    let key = arguments.first().ok_or("an extreme of nothing")?;
                    let mut values = vec![self.scalar(key)?.text];
                    let mut names = vec![literal::name(&first.name)];
                    while let Some((next, tail)) = rest.split_first() {
                        let Expr::Aggregate(other, arguments, None) = &next.value else { break };
                        if other != function || arguments.first() != Some(key) {
                            break;
                        }
                        rest = tail;
                        match arguments.get(1) {
                            None => values.push("*".to_owned()),
                            Some(value) => {
                                values.push(self.scalar(value)?.text);
                                names.push(literal::name(&next.name));
                            }
                        }
                    }
                    let call = format!("{word}({})", values.join(", "));
                    parts.push(if names == values.iter().filter(|value| *value != "*").cloned().collect::<Vec<_>>() {
                        call
                    } else if names.len() == 1 {
                        format!("{} = {call}", names.join(", "))
                    } else {
                        format!("({}) = {call}", names.join(", "))
                    });
                }
                Expr::Aggregate(function, arguments, None) if *function == TAKE_ANY && arguments.is_empty() => {
                    parts.push("take_any(*)".to_owned());
                }
                value => {
                    let text = self.scalar(value)?.text;
                    parts.push(format!("{} = {}", literal::name(&first.name), strip(&text)));
                }
            }
        }
        Ok(parts.join(", "))
    }

    /// A step other than a filter, with its `|`.
    pub(super) fn step(&mut self, step: &Step) -> Said<String> {
        let may = std::mem::replace(&mut self.may_count, false);
        let result = self.operator(step);
        self.may_count = may;
        result
    }

    fn operator(&mut self, step: &Step) -> Said<String> {
        Ok(match &step.kind {
            StepKind::Filter(predicate) => format!("| where {}", self.condition(predicate, false, Place::And)?),
            StepKind::Extend(columns) => format!("| extend {}", self.columns(columns)?),
            StepKind::Project(columns) => format!("| project {}", self.columns(columns)?),
            StepKind::Select(select) => match select {
                Select::Keep { names, ordered: true } if names.iter().any(|name| name.0.contains('*')) => {
                    return Err("a pattern of columns in an order".to_owned());
                }
                Select::Keep { names, .. } | Select::Drop(names) if names.iter().any(is_quoted_pattern) => {
                    return Err("a pattern of names that need quotes".to_owned());
                }
                Select::Keep { names, ordered } => {
                    format!("| {} {}", if *ordered { "project" } else { "project-keep" }, patterns(names))
                }
                Select::Drop(names) => format!("| project-away {}", patterns(names)),
                Select::Reorder(names) => format!("| project-reorder {}", patterns(names)),
                Select::Rename(pairs) => {
                    let pairs: Vec<String> = pairs
                        .iter()
                        .map(|(new, old)| format!("{} = {}", literal::name(new), literal::name(old)))
                        .collect();
                    format!("| project-rename {}", pairs.join(", "))
                }
            },
            StepKind::Aggregate { inline: true, .. } => return Err("aggregates beside the rows".to_owned()),
            StepKind::Aggregate { aggregates, by, .. } => {
                let aggregates = self.aggregates(aggregates)?;
                let by = self.columns(by)?;
                match (aggregates.is_empty(), by.is_empty()) {
                    (_, true) => format!("| summarize {aggregates}"),
                    (true, _) => format!("| summarize by {by}"),
                    _ => format!("| summarize {aggregates} by {by}"),
                }
            }
            StepKind::Join(join) => self.join(join)?,
            StepKind::Union(parts) => {
                let parts = parts.iter().map(|part| self.sub(part)).collect::<Said<Vec<_>>>()?;
                format!("| union {}", parts.join(", "))
            }
            StepKind::Expand { columns, kind, index, limit, keep_empty } => {
                if *keep_empty {
                    return Err("rows that stay without elements".to_owned());
                }
                let kind = if *kind == ExpandKind::Array { "kind=array " } else { "" };
                let index =
                    index.as_ref().map_or(String::new(), |name| format!("with_itemindex={} ", literal::name(name)));
                let limit = limit.map_or(String::new(), |limit| format!(" limit {limit}"));
                format!("| mv-expand {kind}{index}{}{limit}", self.expanded(columns)?)
            }
            StepKind::Apply { columns, steps } => {
                let columns = self.expanded(columns)?;
                let mut lines = Vec::new();
                let mut inner = Raiser::new(self.types);
                inner.lines(steps, &mut lines)?;
                let body = lines.join("\n    ");
                let body = body.strip_prefix("| ").unwrap_or(&body).to_owned();
                format!("| mv-apply {columns} on (\n    {body}\n)")
            }
            StepKind::Parse { subject, kind, parts, filter } => {
                let (word, kind) = match kind {
                    ParseKind::Simple => (if *filter { "parse-where" } else { "parse" }, ""),
                    ParseKind::Relaxed => (if *filter { "parse-where" } else { "parse" }, "kind=relaxed "),
                    ParseKind::Regex => (if *filter { "parse-where" } else { "parse" }, "kind=regex "),
                    ParseKind::Dissect | ParseKind::Grok => return Err("patterns of DISSECT and GROK".to_owned()),
                };
                let subject = self.text_of(subject)?;
                let parts: Vec<String> = parts
                    .iter()
                    .map(|part| match part {
                        ParsePart::Skip | ParsePart::Separator(_) => "*".to_owned(),
                        ParsePart::Text(text) => literal::text(text),
                        ParsePart::Column(name, None) => literal::name(name),
                        ParsePart::Column(name, Some(ty)) => format!("{}: {ty}", literal::name(name)),
                    })
                    .collect();
                format!("| {word} {kind}{subject} with {}", parts.join(" "))
            }
            StepKind::Sort(keys) => {
                let keys = keys.iter().map(|key| self.sort_key(key)).collect::<Said<Vec<_>>>()?;
                format!("| sort by {}", keys.join(", "))
            }
            StepKind::Limit(count) => format!("| take {}", self.scalar(count)?.text),
            StepKind::Distinct(columns) => {
                let mut extend = Vec::new();
                let mut names = Vec::new();
                for column in columns {
                    if column.name == "*" {
                        names.push("*".to_owned());
                        continue;
                    }
                    let (name, value) = (literal::name(&column.name), self.scalar(&column.value)?.text);
                    if name != value {
                        extend.push(format!("{name} = {}", strip(&value)));
                    }
                    names.push(name);
                }
                let extend =
                    if extend.is_empty() { String::new() } else { format!("| extend {}\n", extend.join(", ")) };
                format!("{extend}| distinct {}", names.join(", "))
            }
            StepKind::Table(table) => self.table_step(table)?,
            StepKind::Unread(_) => return Err("a step that was not read".to_owned()),
        })
    }

    fn join(&mut self, join: &Join) -> Said<String> {
        let (word, kind) = match join.kind {
            JoinKind::InnerUnique => ("join", "innerunique"),
            JoinKind::Inner => ("join", "inner"),
            JoinKind::LeftOuter => ("join", "leftouter"),
            JoinKind::RightOuter => ("join", "rightouter"),
            JoinKind::FullOuter => ("join", "fullouter"),
            JoinKind::LeftSemi => ("join", "leftsemi"),
            JoinKind::RightSemi => ("join", "rightsemi"),
            JoinKind::LeftAnti => ("join", "leftanti"),
            JoinKind::RightAnti => ("join", "rightanti"),
            JoinKind::Lookup => ("lookup", "leftouter"),
            JoinKind::LookupInner => ("lookup", "inner"),
        };
        let right = self.sub(&join.right)?;
        let right = if right.starts_with('(') { right } else { format!("({right})") };
        let on = join
            .on
            .iter()
            .map(|(left, right)| {
                let (Some(left), Some(right)) = (
                    left.as_field().and_then(|field| field.path.as_column()),
                    right.as_field().and_then(|field| field.path.as_column()),
                ) else {
                    return Err("a join on computed values".to_owned());
                };
                Ok(if left == right {
                    literal::name(left)
                } else {
                    format!("$left.{} == $right.{}", literal::name(left), literal::name(right))
                })
            })
            .collect::<Said<Vec<_>>>()?;
        Ok(format!("| {word} kind={kind} {right} on {}", on.join(", ")))
    }

    fn expanded(&mut self, columns: &[ExpandColumn]) -> Said<String> {
        let parts = columns
            .iter()
            .map(|column| {
                let (name, value) = (literal::name(&column.name), self.scalar(&column.value)?.text);
                let to = column.to.as_ref().map_or(String::new(), |ty| format!(" to typeof({ty})"));
                Ok(if name == value { format!("{name}{to}") } else { format!("{name} = {value}{to}") })
            })
            .collect::<Said<Vec<_>>>()?;
        Ok(parts.join(", "))
    }

    fn sort_key(&mut self, key: &SortKey) -> Said<String> {
        let term = self.scalar(&key.value)?;
        let text = if term.ty == crate::dialect::kusto::bind::Ty::Dynamic {
            format!("tostring({})", term.text)
        } else {
            term.text
        };
        let order = if key.descending { "desc" } else { "asc" };
        let nulls = match (key.descending, key.nulls) {
            (true, NullsOrder::First) => " nulls first",
            (false, NullsOrder::Last) => " nulls last",
            _ => "",
        };
        Ok(format!("{text} {order}{nulls}"))
    }
}

fn patterns(names: &[NamePattern]) -> String {
    let names: Vec<String> =
        names.iter().map(|name| if name.0.contains('*') { name.0.clone() } else { literal::name(&name.0) }).collect();
    names.join(", ")
}

/// Whether a pattern with `*` holds what only a name in quotes may hold, where `*` is a letter like any other.
fn is_quoted_pattern(name: &NamePattern) -> bool {
    name.0.contains('*') && !name.0.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '*'))
}

/// A table; calls such as `_GetWatchlist('x')` stand as they are.
fn table(name: &str) -> String {
    if is_call(name) { name.to_owned() } else { literal::name(name) }
}

/// Whether the name of a table is the text of a call, or of rows from outside.
fn is_call(name: &str) -> bool {
    (name.contains('(') && name.ends_with(')')) || name.starts_with("externaldata")
}

/// Whether pipelines read more than one table by name.
fn of_several_tables(parts: &[crate::model::Pipeline]) -> bool {
    let mut names = parts.iter().filter_map(|part| match &part.source {
        Source::Table(name) => Some(name),
        _ => None,
    });
    names.next().is_some_and(|first| names.any(|name| name != first))
}
