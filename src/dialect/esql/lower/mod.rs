//! Syntax tree + field types → model (spec/elastic-semantics.md, "ES|QL").
//!
//! Three-valued logic ends here: a condition is asked when it is true, or when it is false, and null is neither. A
//! comparison asks for the one value of a field ([`ArrayMode::Single`]): several values make it null.

mod condition;
mod depends;
mod patterns;
mod value;

use std::collections::HashMap;

use super::tree::*;
use crate::diagnostic::codes::elastic;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::dialect::elastic::lower::path;
use crate::dialect::syntax::attach;
use crate::dialect::{Read, ReadContext};
use crate::model::function::{elastic as functions, kusto};
use crate::model::{
    ArrayMode, Column, ExpandColumn, ExpandKind, Expr as Value, FieldKind, FieldRef, Logic, NamePattern, NullsOrder,
    Pipeline, Predicate, Select, SortKey, Source, Step, StepKind, TICKS_PER_SECOND, Test, TestKind, Unread, function,
};

/// What a query looks for. `text` is what the tree's spans refer to. What the model cannot hold is in `unread`.
pub fn lower(query: &Query, text: &str, context: &ReadContext<'_>) -> Read {
    let mut nodes = Vec::new();
    nodes_of(&query.commands, &mut nodes);
    let mut lowering = Lowering {
        text,
        context,
        comments: attach(text, &query.comments, &nodes),
        computed: HashMap::new(),
        unknown: depends::Unknown::default(),
        orphans: Vec::new(),
        unread: Vec::new(),
        diagnostics: Vec::new(),
        tables: Vec::new(),
    };
    let mut pipeline = lowering.pipeline(&query.commands);
    let settings = query.settings.iter().map(|setting| {
        let reason = "the settings in front of a query change how it is run".to_owned();
        let index = lowering.leave((elastic::ESQL_UNREAD, reason, setting.span), setting.span);
        Step::new(StepKind::Unread(index), setting.span)
    });
    let settings: Vec<Step> = settings.collect();
    pipeline.steps.splice(0..0, settings);
    let lookback = lookback(&pipeline);
    let mut read = Read::new(Logic::Pipeline(pipeline));
    read.unread = lowering.unread;
    read.diagnostics = lowering.diagnostics;
    read.tables = lowering.tables;
    read.lookback = lookback;
    read
}

/// Why something is not in the model: the code, the reason, the place.
type Gap = (Code, String, Span);

struct Lowering<'a> {
    text: &'a str,
    context: &'a ReadContext<'a>,
    comments: HashMap<usize, Vec<String>>,
    /// Columns that a command has computed, with what they are known to be: no field's type holds for them.
    computed: HashMap<String, Option<FieldKind>>,
    /// Columns whose values no event decides.
    unknown: depends::Unknown,
    /// Words of comments at conditions that were not read.
    orphans: Vec<String>,
    unread: Vec<Unread>,
    diagnostics: Vec<Diagnostic>,
    tables: Vec<String>,
}

impl Lowering<'_> {
    fn pipeline(&mut self, commands: &[Command]) -> Pipeline {
        let mut source = Source::Events;
        let mut steps = Vec::new();
        for command in commands {
            let before = steps.len();
            match &command.kind {
                CommandKind::From { indices, .. } => source = self.source(indices),
                CommandKind::Row(fields) => source = Source::Row(self.columns(fields)),
                _ => {
                    let known = self.unread.len();
                    if let Err(gap) = self.step(command, &mut steps) {
                        // What was left of its parts is in the whole.
                        self.unread.truncate(known);
                        self.keep(command, gap, &mut steps);
                    }
                }
            }
            if let Some(step) = steps.get_mut(before) {
                step.comments = self.comments.remove(&command.span.start).unwrap_or_default();
                step.comments.append(&mut self.orphans);
            }
        }
        Pipeline { source, steps }
    }

    /// A command that no event decides is kept as it stands; where it does nothing but add columns, as those columns.
    fn keep(&mut self, command: &Command, gap: Gap, steps: &mut Vec<Step>) {
        let made = self.made_by(command);
        let index = self.leave(gap, command.span);
        let kind = match made.is_empty() {
            true => StepKind::Unread(index),
            false => {
                StepKind::Extend(made.into_iter().map(|name| Column { name, value: Value::Unread(index) }).collect())
            }
        };
        steps.push(Step::new(kind, command.span));
    }

    /// The columns of a DISSECT or GROK whose text no event decides.
    fn taken_apart(&mut self, subject: &Expr, names: Vec<String>, kind: StepKind, span: Span) -> StepKind {
        for name in &names {
            self.computed.insert(name.clone(), None);
        }
        let Some(gap) = self.depends(subject) else {
            names.iter().for_each(|name| self.unknown.remove(name));
            return kind;
        };
        let cause = self.cause_of(subject).unwrap_or_default();
        names.iter().for_each(|name| self.unknown.add(name, &cause));
        let index = self.leave(gap, span);
        StepKind::Extend(names.into_iter().map(|name| Column { name, value: Value::Unread(index) }).collect())
    }

    /// A plain name is a table; patterns stand for the events of the rule's log sources.
    fn source(&mut self, indices: &[Index]) -> Source {
        let mut names = Vec::new();
        let mut queries = Vec::new();
        for index in indices {
            match index {
                Index::Pattern { name, .. } => names.push(name.clone()),
                Index::Query(commands) => queries.push(self.pipeline(commands)),
            }
        }
        self.tables.extend(names.iter().cloned());
        let plain = match names.as_slice() {
            [] => None,
            [one] if !one.contains(['*', ':', '-', '<', '.']) => Some(Source::Table(one.clone())),
            _ => Some(Source::Events),
        };
        match (plain, queries.len()) {
            (Some(source), 0) => source,
            (None, 1) => queries.pop().map_or(Source::Events, |inner| Source::Pipeline(Box::new(inner))),
            (plain, _) => {
                let plain = plain.map(|source| Pipeline { source, steps: Vec::new() });
                Source::Union(plain.into_iter().chain(queries).collect())
            }
        }
    }

    fn step(&mut self, command: &Command, steps: &mut Vec<Step>) -> Result<(), Gap> {
        let span = command.span;
        let kind = match &command.kind {
            CommandKind::Where(condition) => StepKind::Filter(self.truth(condition, true)),
            CommandKind::Eval(fields) => StepKind::Extend(self.columns(fields)),
            CommandKind::Stats { inline, aggregates, by } => return self.stats(*inline, aggregates, by, span, steps),
            CommandKind::Keep(names) => StepKind::Select(Select::Keep { names: patterns(names), ordered: true }),
            CommandKind::Drop(names) => StepKind::Select(Select::Drop(patterns(names))),
            CommandKind::Rename(pairs) => {
                for (old, new) in pairs {
                    let kind = self.column_kind(&old.name);
                    self.computed.insert(new.name.clone(), kind);
                    match self.unknown.cause(&old.name).map(str::to_owned) {
                        Some(cause) => self.unknown.add(&new.name, &cause),
                        None => self.unknown.remove(&new.name),
                    }
                }
                let pairs = pairs.iter().map(|(old, new)| (new.name.clone(), old.name.clone()));
                StepKind::Select(Select::Rename(pairs.collect()))
            }
            CommandKind::Sort(orders) => {
                let mut keys = Vec::new();
                for order in orders {
                    let first = order.nulls_first.unwrap_or(order.descending);
                    let value = match self.depends(&order.value) {
                        Some(gap) => Value::Unread(self.leave(gap, order.value.span)),
                        None => self.whole(&order.value)?,
                    };
                    keys.push(SortKey {
                        value,
                        descending: order.descending,
                        nulls: if first { NullsOrder::First } else { NullsOrder::Last },
                    });
                }
                StepKind::Sort(keys)
            }
            CommandKind::Limit(count) => StepKind::Limit(self.value(count)?),
            CommandKind::Dissect { subject, pattern, options } => {
                let (kind, names) = patterns::dissect(pattern, options, self.value(subject)?)?;
                self.taken_apart(subject, names, kind, span)
            }
            CommandKind::Grok { subject, patterns } => {
                let (kind, names) = patterns::grok(patterns, self.value(subject)?);
                self.taken_apart(subject, names, kind, span)
            }
            CommandKind::MvExpand(name) if self.unknown.cause(&name.name).is_some() => {
                let reason = format!("it makes a row of each value of `{}`, which no event decides", name.name);
                return Err((elastic::ESQL_UNREAD, reason, span));
            }
            CommandKind::MvExpand(name) => StepKind::Expand {
                columns: vec![ExpandColumn {
                    name: name.name.clone(),
                    value: column(&name.name, ArrayMode::Whole),
                    to: None,
                }],
                kind: ExpandKind::Array,
                index: None,
                limit: None,
                keep_empty: true,
            },
            CommandKind::From { .. } | CommandKind::Row(_) => return Ok(()),
            CommandKind::Show | CommandKind::Fork(_) | CommandKind::Other { .. } => {
                return Err((elastic::ESQL_UNREAD, refusal(&command.kind), span));
            }
        };
        steps.push(Step::new(kind, span));
        Ok(())
    }

    /// Computed columns. One that was not read stands beside the others, and so does all that depends on it.
    fn columns(&mut self, fields: &[Field]) -> Vec<Column> {
        let mut columns = Vec::new();
        for field in fields {
            let name = self.name_of(field);
            let value = self.column(&field.value, &name);
            let kind = self.kind(&value);
            self.computed.insert(name.clone(), kind);
            columns.push(Column { name, value });
        }
        columns
    }

    /// The value of a column of this name.
    fn column(&mut self, value: &Expr, name: &str) -> Value {
        let before = self.unread.len();
        let read = match self.depends(value) {
            Some(gap) => Err(gap),
            None => self.whole(value),
        };
        match read {
            Ok(value) => {
                self.unknown.remove(name);
                value
            }
            Err(gap) => {
                // What was left of its parts is in the whole.
                self.unread.truncate(before);
                let cause = self.cause_of(value).unwrap_or_else(|| format!("the column `{name}`, which was not read"));
                self.unknown.add(name, &cause);
                Value::Unread(self.leave(gap, value.span))
            }
        }
    }

    /// What a value is known to be.
    fn kind(&self, value: &Value) -> Option<FieldKind> {
        super::kinds::kind(value, &|name| self.column_kind(name))
    }

    fn column_kind(&self, name: &str) -> Option<FieldKind> {
        match self.computed.get(name) {
            Some(kind) => *kind,
            None => crate::dialect::elastic::lower::kind_of(name, self.context.types),
        }
    }

    /// The name in front of `=`, else the expression as written.
    fn name_of(&self, field: &Field) -> String {
        match (&field.name, &field.value.kind) {
            (Some(name), _) => name.name.clone(),
            (None, ExprKind::Name(name)) => name.name.clone(),
            (None, _) => field.value.span.text(self.text).to_owned(),
        }
    }

    fn stats(
        &mut self,
        inline: bool,
        aggregates: &[Aggregate],
        by: &[Field],
        span: Span,
        steps: &mut Vec<Step>,
    ) -> Result<(), Gap> {
        let mut keys = Vec::new();
        let mut causes: Vec<(String, String)> = Vec::new();
        for field in by {
            let name = self.name_of(field);
            let value = match self.depends(&field.value) {
                Some(gap) => {
                    let cause = self.cause_of(&field.value).unwrap_or_default();
                    causes.push((name.clone(), cause));
                    Value::Unread(self.leave(gap, field.value.span))
                }
                None => self.whole(&field.value)?,
            };
            keys.push(Column { name, value });
        }
        // Groups that no event decides leave nothing known of what is counted in them.
        let grouped = causes.first().map(|(_, cause)| cause.clone());
        let mut values = Vec::new();
        for aggregate in aggregates {
            let name = self.name_of(&aggregate.field);
            let parts = std::iter::once(&aggregate.field.value).chain(&aggregate.filter);
            let gap = parts.clone().find_map(|part| self.depends(part));
            let value = match gap {
                Some(gap) => {
                    let cause = parts.into_iter().find_map(|part| self.cause_of(part)).unwrap_or_default();
                    causes.push((name.clone(), cause));
                    let end = aggregate.filter.as_ref().map_or(aggregate.field.value.span, |filter| filter.span);
                    let whole = aggregate.field.value.span.to(end);
                    Value::Unread(self.leave(gap, whole))
                }
                None => {
                    let filter = aggregate.filter.as_ref().map(|filter| self.truth(filter, true));
                    if let Some(cause) = &grouped {
                        causes.push((name.clone(), cause.clone()));
                    }
                    self.aggregated(&aggregate.field.value, filter.as_ref())?
                }
            };
            values.push(Column { name, value });
        }
        // A key that is a field keeps its type.
        let kinds: Vec<(String, Option<FieldKind>)> =
            values.iter().chain(&keys).map(|column| (column.name.clone(), self.kind(&column.value))).collect();
        if !inline {
            self.computed.clear();
            self.unknown.clear();
        }
        for (name, kind) in kinds {
            self.unknown.remove(&name);
            self.computed.insert(name, kind);
        }
        causes.iter().for_each(|(name, cause)| self.unknown.add(name, cause));
        steps.push(Step::new(StepKind::Aggregate { aggregates: values, by: keys, inline }, span));
        Ok(())
    }

    /// An expression of aggregates. `filter` is the aggregate's own `WHERE`.
    fn aggregated(&mut self, expr: &Expr, filter: Option<&Predicate>) -> Result<Value, Gap> {
        let ExprKind::Call { name, args, star, .. } = &expr.kind else {
            return match &expr.kind {
                ExprKind::Literal(_) => self.value(expr),
                ExprKind::Negative(inner) => Ok(Value::Call(function::NEGATE, vec![self.aggregated(inner, filter)?])),
                ExprKind::Cast { inner, to } => {
                    let inner = self.aggregated(inner, filter)?;
                    value::cast(inner, to, expr.span)
                }
                ExprKind::Arithmetic { first, rest } => {
                    let mut value = self.aggregated(first, filter)?;
                    for (operator, operand) in rest {
                        value = Value::Call(value::operator(*operator), vec![value, self.aggregated(operand, filter)?]);
                    }
                    Ok(value)
                }
                _ => Err((elastic::ESQL_UNREAD, "an aggregate of this form is not read".to_owned(), expr.span)),
            };
        };
        let both = |own: Predicate| match filter {
            Some(filter) => Predicate::all([filter.clone(), own]),
            None => own,
        };
        let only = filter.cloned().map(Box::new);
        let aggregate = |function, args, filter: Option<Box<Predicate>>| Ok(Value::Aggregate(function, args, filter));
        let known = match (name.as_str(), args.as_slice()) {
            ("count", []) => return aggregate(kusto::aggregate::COUNT_ROWS, Vec::new(), only),
            ("count", [one]) if !star && !matches!(one.kind, ExprKind::Literal(_)) => functions::AGG_COUNT,
            ("count", _) => return aggregate(kusto::aggregate::COUNT_ROWS, Vec::new(), only),
            // Null is no value to count.
            ("count_distinct", [one, ..]) => {
                let subject = self.whole(one)?;
                let present = Test::new(subject.clone(), TestKind::Present, one.span).into();
                return aggregate(kusto::aggregate::COUNT_DISTINCT, vec![subject], Some(Box::new(both(present))));
            }
            ("min", [_]) => kusto::aggregate::MIN,
            ("max", [_]) => kusto::aggregate::MAX,
            ("values", [_]) => kusto::aggregate::MAKE_SET,
            ("sum", [_]) => functions::AGG_SUM,
            ("avg", [_]) => functions::AGG_AVG,
            ("median", [_]) => functions::AGG_MEDIAN,
            ("std_dev", [_]) => functions::AGG_STD_DEV,
            ("percentile", [_, _]) => functions::AGG_PERCENTILE,
            ("top", [_, _, ..]) => functions::AGG_TOP,
            ("first", [_, _]) => functions::AGG_FIRST,
            ("last", [_, _]) => functions::AGG_LAST,
            ("variance", [_]) => functions::AGG_VARIANCE,
            ("median_absolute_deviation", [_]) => functions::AGG_MEDIAN_DEVIATION,
            ("weighted_avg", [_, _]) => functions::AGG_WEIGHTED_AVG,
            ("present", [_]) => functions::AGG_PRESENT,
            ("absent", [_]) => functions::AGG_ABSENT,
            // A function of aggregates.
            _ => {
                let function = value::function(name, args.len()).ok_or_else(|| self.no_counterpart(name, expr.span))?;
                let args = args.iter().map(|arg| self.aggregated(arg, filter)).collect::<Result<Vec<_>, _>>()?;
                return Ok(Value::Call(function, args));
            }
        };
        let args = args.iter().map(|arg| self.whole(arg)).collect::<Result<Vec<_>, _>>()?;
        aggregate(known, args, only)
    }

    fn no_counterpart(&self, name: &str, span: Span) -> Gap {
        (elastic::ESQL_UNREAD, format!("the function {} has no counterpart in the model", name.to_uppercase()), span)
    }

    /// Enters what could not be read. `whole` is what is kept as it was written because of it.
    fn leave(&mut self, (code, reason, span): Gap, whole: Span) -> usize {
        self.unread.push(Unread { code, reason, span: Some(span), text: whole.text(self.text).to_owned() });
        self.unread.len() - 1
    }

    /// Enters a condition that could not be read. `wanted`: whether it was to hold, or to fail.
    fn leave_condition(&mut self, gap: Gap, whole: Span, wanted: bool) -> usize {
        let index = self.leave(gap, whole);
        if !wanted && let Some(entry) = self.unread.last_mut() {
            entry.text = format!("NOT ({})", entry.text);
        }
        index
    }
}

/// The name of a command for people.
fn inventory_name(kind: &CommandKind) -> String {
    match super::inventory::name(kind).to_uppercase().as_str() {
        "JOIN" => "LOOKUP JOIN".to_owned(),
        "LIMIT_BY" => "LIMIT BY".to_owned(),
        name => name.to_owned(),
    }
}

/// Why a command is kept as text only: what it would take to run it.
fn refusal(kind: &CommandKind) -> String {
    let name = inventory_name(kind);
    let why = match name.as_str() {
        "COMPLETION" | "RERANK" => "asks a language model, whose answer no event decides",
        "ENRICH" => "adds columns of an enrich policy, which is not in the rule",
        "LOOKUP JOIN" => "adds columns of a lookup index, which is not in the rule",
        "CHANGE_POINT" => "asks Elasticsearch's own statistics",
        "SAMPLE" => "keeps rows by chance",
        "FORK" | "FUSE" | "RRF" | "MMR" => "ranks the rows of several branches",
        "URI_PARTS" | "REGISTERED_DOMAIN" | "USER_AGENT" | "IP_LOCATION" => {
            "takes a text apart with Elasticsearch's own tables"
        }
        "METRICS_INFO" | "TS_INFO" => "lists metrics, not events",
        "LIMIT BY" | "DEDUP" => "keeps some rows of each group, whichever come first",
        "SHOW" => "reads the cluster, not events",
        _ => "has no counterpart in the model",
    };
    format!("the command {name} {why}")
}

/// A column by its dotted name.
fn column(name: &str, mode: ArrayMode) -> Value {
    Value::Field(FieldRef::new(path(name), mode))
}

fn patterns(names: &[Name]) -> Vec<NamePattern> {
    names.iter().map(|name| NamePattern(name.name.clone())).collect()
}

/// Spans of commands and of the conditions in them, for comments.
fn nodes_of(commands: &[Command], nodes: &mut Vec<Span>) {
    for command in commands {
        nodes.push(command.span);
        if let CommandKind::Where(condition) = &command.kind {
            leaves(condition, nodes);
        }
    }
}

fn leaves(expr: &Expr, nodes: &mut Vec<Span>) {
    match &expr.kind {
        ExprKind::Or(operands) | ExprKind::And(operands) => operands.iter().for_each(|operand| leaves(operand, nodes)),
        ExprKind::Not(inner) => leaves(inner, nodes),
        _ => nodes.push(expr.span),
    }
}

/// The look-back that filters on `@timestamp` state before anything is aggregated, in seconds.
fn lookback(pipeline: &Pipeline) -> Option<u64> {
    let mut least: Option<i64> = None;
    for step in &pipeline.steps {
        let StepKind::Filter(predicate) = &step.kind else {
            if matches!(step.kind, StepKind::Aggregate { .. }) {
                break;
            }
            continue;
        };
        for conjunct in predicate.conjuncts() {
            let Predicate::Test(test) = conjunct else { continue };
            let TestKind::Compare { ordering, value, .. } = &test.kind else { continue };
            let later = matches!(ordering, crate::model::Ordering::Greater | crate::model::Ordering::GreaterOrEqual);
            let named = test.subject.as_field().is_some_and(|field| field.path.to_string() == "@timestamp");
            if let (true, true, Value::Call(function::SUBTRACT, args)) = (later, named, value)
                && let [Value::Call(function::NOW, _), Value::Literal(crate::model::Value::Duration(ticks))] =
                    args.as_slice()
            {
                least = Some(least.map_or(*ticks, |least| least.min(*ticks)));
            }
        }
    }
    least.and_then(|ticks| u64::try_from(ticks / TICKS_PER_SECOND).ok())
}
