//! Events in order as joins by key and time.
//!
//! Elasticsearch walks through the events of a key and reports each sequence it completes (spec/elastic-semantics.md,
//! "EQL"): a later first event takes the place of an earlier one, and a completed sequence is used up. So of all chains
//! of events in order that lie within the span, it reports for each last event the one that began last, and for each
//! first event the one that ends first. The query joins the chains and keeps these, a row a sequence.

use super::literal;
use super::shape::column_name;
use super::{Raiser, Said};
use crate::model::{
    AbsentStage, Expr, Predicate, Source, Stage, Step, StepKind, TICKS_PER_SECOND, Test, TestKind, Value,
};
use std::collections::{HashMap, HashSet};

/// Stages that are joined at most: every further one multiplies the rows.
const MOST_STAGES: usize = 8;
/// The column with the name of a row's table.
const TABLE: &str = "Type";
/// Events in a row at most.
const MOST_RUNS: u64 = 1000;

/// A sequence and the tables that its events come from.
pub(super) struct Sequence<'a> {
    pub stages: &'a [Stage],
    pub absent: &'a [AbsentStage],
    pub max_span: Option<f64>,
    pub until: Option<&'a Stage>,
    pub unordered: bool,
    pub tables: &'a [String],
}

/// A stage as text: the rows of its events with their keys and times.
struct Block {
    lines: Vec<String>,
    /// The column with the time of its first event, and that of its last.
    first: String,
    last: String,
}

impl Sequence<'_> {
    /// The sequence in the words of the language.
    pub fn write(&self, raiser: &mut Raiser<'_>) -> Said<String> {
        self.check()?;
        let keys = self.key_names();
        let on = if keys.is_empty() { "Joined".to_owned() } else { keys.join(", ") };
        let mut lines: Vec<String> = Vec::new();
        let mut times: Vec<(String, String)> = Vec::new();
        for (at, stage) in self.stages.iter().enumerate() {
            let block = self.block(raiser, stage, &keys, &time_name(at), at == 0)?;
            if at == 0 {
                lines = block.lines;
                // A run takes time itself.
                if let Some(seconds) = self.max_span.filter(|_| block.first != block.last) {
                    let span = literal::duration(ticks(seconds));
                    lines.push(format!("| where {} <= {} + {span}", block.last, block.first));
                }
            } else {
                join("inner", &block.lines, &on, &mut lines);
                lines.extend(self.order(at, &times, &block).map(|condition| format!("| where {condition}")));
            }
            times.push((block.first, block.last));
        }
        let (first, last) = match (times.first(), times.last()) {
            (Some((first, _)), Some((_, last))) => (first.clone(), last.clone()),
            _ => return Err("a sequence of no events".to_owned()),
        };
        let columns: Vec<String> = times
            .iter()
            .flat_map(
                |(first, last)| if first == last { vec![first.clone()] } else { vec![first.clone(), last.clone()] },
            )
            .collect();
        // Before and behind a sequence it matters which one was completed: of those that end with one event the one that
        // began last, of those that began with one event the one that ends first.
        let outside = self.absent.iter().any(|absent| absent.before == 0 || absent.before >= self.stages.len());
        if outside && first != last {
            let others = columns.iter().filter(|column| **column != first && **column != last);
            let rest: Vec<&str> = others.map(String::as_str).collect();
            let rest = if rest.is_empty() { String::new() } else { format!(", {}", rest.join(", ")) };
            if rest.is_empty() {
                lines.push(format!("| summarize {first} = max({first}) by {on}, {last}"));
                lines.push(format!("| summarize {last} = min({last}) by {on}, {first}"));
            } else {
                lines.push(format!("| summarize arg_max({first}{rest}) by {on}, {last}"));
                lines.push(format!("| summarize arg_min({last}{rest}) by {on}, {first}"));
            }
        }
        for (number, absent) in self.absent.iter().enumerate() {
            let name = numbered("AbsentTime", number);
            let block = self.block(raiser, &absent.stage, &keys, &name, false)?;
            let span = self.max_span.map(|seconds| literal::duration(ticks(seconds)));
            let between = match (absent.before, span) {
                (0, Some(span)) => format!("{name} >= {last} - {span} and {name} < {first}"),
                (0, None) => format!("{name} < {first}"),
                (at, span) => match (times.get(at - 1), times.get(at), span) {
                    (Some((_, before)), Some((behind, _)), _) => format!("{name} > {before} and {name} < {behind}"),
                    (_, None, Some(span)) => format!("{name} > {last} and {name} <= {first} + {span}"),
                    _ => format!("{name} > {last}"),
                },
            };
            without(&block.lines, &between, &on, &columns, &mut lines);
        }
        if let Some(until) = self.until {
            let block = self.block(raiser, until, &keys, "UntilTime", false)?;
            let between = format!("UntilTime > {first} and UntilTime <= {last}");
            without(&block.lines, &between, &on, &columns, &mut lines);
        }
        if self.unordered {
            let (first, last) = (call("min_of", &columns), call("max_of", &columns));
            lines.push(format!("| summarize FirstTime = min({first}), LastTime = max({last}) by {on}"));
        } else {
            // Of the chains that end with one event, the one that began last; of those that began with one, the first
            // to end: these are the sequences that Elasticsearch reports.
            lines.push(format!("| summarize FirstTime = max({first}) by {on}, LastTime = {last}"));
            lines.push(format!("| summarize LastTime = min(LastTime) by {on}, FirstTime"));
        }
        if keys.is_empty() {
            lines.push("| project-away Joined".to_owned());
        }
        Ok(lines.join("\n"))
    }

    fn check(&self) -> Said<()> {
        if self.stages.is_empty() {
            return Err("a sequence of no events".to_owned());
        }
        if self.stages.len() > MOST_STAGES {
            return Err(format!("a sequence of more than {MOST_STAGES} kinds of events"));
        }
        if self.stages.iter().any(|stage| stage.runs > MOST_RUNS) {
            return Err(format!("more than {MOST_RUNS} events in a row"));
        }
        if self.unordered && (!self.absent.is_empty() || self.until.is_some() || self.max_span.is_some()) {
            return Err("events in any order that others end".to_owned());
        }
        Ok(())
    }

    /// The names of the key columns: a field's own where every stage has it, else one made from the first stage's.
    fn key_names(&self) -> Vec<String> {
        let Some(stage) = self.stages.first() else { return Vec::new() };
        let mut names: Vec<String> = Vec::new();
        for (at, key) in stage.by.iter().enumerate() {
            let column = key.as_field().and_then(|field| field.path.as_column());
            let same = self.every_stage().all(|other| {
                other.by.get(at).and_then(Expr::as_field).and_then(|field| field.path.as_column()) == column
            });
            let name = match column {
                Some(column) if same && !names.contains(&literal::name(column)) => literal::name(column),
                _ => column_name(&key.as_field().map_or("Key".to_owned(), |field| field.path.to_string()), &names),
            };
            names.push(name);
        }
        names
    }

    fn every_stage(&self) -> impl Iterator<Item = &Stage> {
        self.stages.iter().chain(self.absent.iter().map(|absent| &absent.stage)).chain(self.until)
    }

    /// The events of a stage with their keys, and their time under this name.
    fn block(&self, raiser: &mut Raiser<'_>, stage: &Stage, keys: &[String], time: &str, main: bool) -> Said<Block> {
        let (source, filter) = match self.own_table(stage) {
            Some((table, rest)) => (raiser.source(&Source::Table(table.to_owned()), self.tables)?, rest),
            None => (raiser.source(&Source::Events, self.tables)?, stage.filter.clone()),
        };
        let mut lines = vec![source];
        if filter != Predicate::Always(true) {
            let step = Step::new(StepKind::Filter(filter), stage.span);
            raiser.lines(&[step], &mut lines)?;
        }
        let mut columns = Vec::new();
        let mut present = Vec::new();
        for (key, name) in stage.by.iter().zip(keys) {
            let text = raiser.text_or_scalar(key)?;
            if !key.as_field().is_some_and(|field| field.optional) {
                present.push(format!("isnotempty({text})"));
            }
            columns.push(if text == *name { text } else { format!("{name} = {text}") });
        }
        if keys.is_empty() {
            columns.push("Joined = true".to_owned());
        }
        // An event without a key is in no sequence; the engine would join empty keys.
        if !present.is_empty() {
            lines.push(format!("| where {}", present.join(" and ")));
        }
        if stage.runs <= 1 || !main && !self.stages.contains(stage) {
            columns.insert(0, format!("{time} = TimeGenerated"));
            lines.push(format!("| project {}", columns.join(", ")));
            return Ok(Block { lines, first: time.to_owned(), last: time.to_owned() });
        }
        let (first, last) = (format!("{time}OfRun"), time.to_owned());
        columns.insert(0, format!("{last} = TimeGenerated"));
        lines.push(format!("| project {}", columns.join(", ")));
        let back = stage.runs - 1;
        let mut sort: Vec<String> = keys.iter().map(|key| format!("{key} asc")).collect();
        sort.push(format!("{last} asc"));
        lines.push(format!("| sort by {}", sort.join(", ")));
        let mut same: Vec<String> = keys.iter().map(|key| format!("prev({key}, {back}) == {key}")).collect();
        same.push(format!("isnotnull(prev({last}, {back}))"));
        lines.push(format!("| extend {first} = iff({}, prev({last}, {back}), datetime(null))", same.join(" and ")));
        lines.push(format!("| where isnotnull({first})"));
        Ok(Block { lines, first, last })
    }

    /// The one table of several that a stage asks for by the column with a table's name, and the rest of its condition.
    fn own_table(&self, stage: &Stage) -> Option<(&str, Predicate)> {
        if self.tables.len() < 2 {
            return None;
        }
        let (first, rest) = stage.filter.conjuncts().split_first()?;
        let Predicate::Test(Test { subject, kind: TestKind::Equals { value, .. }, .. }) = first else { return None };
        if subject.as_field()?.path.as_column()? != TABLE {
            return None;
        }
        let Some(Value::String(name)) = value.as_literal() else { return None };
        let table = self.tables.iter().find(|table| *table == name)?;
        Some((table, Predicate::all(rest.iter().cloned())))
    }

    /// The condition on the times of a stage and the stages before it.
    fn order(&self, at: usize, times: &[(String, String)], block: &Block) -> Option<String> {
        if self.unordered {
            return None;
        }
        let (first, _) = times.first()?;
        let (_, before) = times.last()?;
        let apart = match (self.stages.get(at - 1), self.stages.get(at)) {
            (Some(one), Some(other)) => disjoint(&one.filter, &other.filter),
            _ => false,
        };
        let mut parts = vec![format!("{} {} {before}", block.first, if apart { ">=" } else { ">" })];
        if let Some(seconds) = self.max_span {
            parts.push(format!("{} <= {first} + {}", block.last, literal::duration(ticks(seconds))));
        }
        Some(parts.join(" and "))
    }
}

fn ticks(seconds: f64) -> i64 {
    (seconds * TICKS_PER_SECOND as f64).round() as i64
}

fn call(name: &str, arguments: &[String]) -> String {
    match arguments {
        [one] => one.clone(),
        many => format!("{name}({})", many.join(", ")),
    }
}

fn time_name(at: usize) -> String {
    format!("Time{}", at + 1)
}

fn numbered(name: &str, number: usize) -> String {
    if number == 0 { name.to_owned() } else { format!("{name}{}", number + 1) }
}

/// Adds a join with a block.
fn join(kind: &str, block: &[String], on: &str, lines: &mut Vec<String>) {
    lines.push(format!("| join kind={kind} ("));
    lines.extend(block.iter().flat_map(|line| line.lines().map(|line| format!("    {line}")).collect::<Vec<_>>()));
    lines.push(format!(") on {on}"));
}

/// Keeps the sequences with no event of the block where it must not be.
fn without(block: &[String], between: &str, on: &str, columns: &[String], lines: &mut Vec<String>) {
    join("leftouter", block, on, lines);
    lines.push(format!("| summarize Hindered = countif({between}) by {on}, {}", columns.join(", ")));
    lines.push("| where Hindered == 0".to_owned());
    lines.push("| project-away Hindered".to_owned());
}

/// Whether no event can meet both conditions: one field must equal constants that have none in common.
pub(in crate::dialect::kusto) fn disjoint(one: &Predicate, other: &Predicate) -> bool {
    let (one, other) = (constants(one), constants(other));
    one.iter().any(|(field, values)| other.get(field).is_some_and(|others| values.is_disjoint(others)))
}

/// The constants that a condition's conjuncts ask of fields, in lower case.
fn constants(predicate: &Predicate) -> HashMap<String, HashSet<String>> {
    let mut found: HashMap<String, HashSet<String>> = HashMap::new();
    let conjuncts = predicate.conjuncts();
    for conjunct in if conjuncts.is_empty() { std::slice::from_ref(predicate) } else { conjuncts } {
        let Predicate::Test(Test { subject: Expr::Field(field), kind, .. }) = conjunct else { continue };
        let text = |value: &Expr| match value.as_literal() {
            Some(Value::String(text)) => Some(text.to_lowercase()),
            Some(Value::Int(number)) => Some(number.to_string()),
            _ => None,
        };
        let values: Option<HashSet<String>> = match kind {
            TestKind::Equals { value, .. } => text(value).map(|value| HashSet::from([value])),
            TestKind::In { values, .. } => values.iter().map(text).collect(),
            _ => None,
        };
        if let Some(values) = values {
            found.entry(field.path.to_string()).or_insert(values);
        }
    }
    found
}
