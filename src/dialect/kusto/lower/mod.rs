//! From syntax tree to detection model, exactly as `spec/kusto-semantics.md` says.
//!
//! `table` walks the operators, `scalar` yields values with their types, `condition` and `text` end three-valued logic,
//! `summarize` names aggregates, `comments` hands comments on, `lookback` finds bounds on the event time.
//!
//! As long as operators only filter and compute columns, a computed column stands for the value it was computed from:
//! conditions then speak of the event's own fields, and a rule that only filters is one filter.

mod check;
mod comments;
mod condition;
mod expand;
mod flow;
mod join;
mod lookback;
mod operators;
mod plugins;
mod project;
mod refused;
mod scalar;
mod search;
mod series;
mod summarize;
mod table;
mod text;
mod usage;

use self::flow::Flow;
use self::scalar::Typed;
use super::bind::Columns;
use super::syntax::{Expr, ExprKind, Function, LetValue, Script, Statement, StatementKind};
use crate::diagnostic::{Code, Diagnostic, Span, codes};
use crate::dialect::{Read, ReadContext};
use crate::model::{FieldTypes, Logic, Pipeline, Predicate, Source, Step, StepKind, Unread};
use std::collections::HashMap;
use std::rc::Rc;

/// How much may be read of one script, functions and `let` names written out: nodes of the tree.
const FUEL: usize = 400_000;
/// How deep functions may call functions.
const MAX_CALLS: usize = 32;

/// What a name defined by `let` stands for.
#[derive(Clone)]
enum Binding<'a> {
    Scalar(Typed),
    Table(Rc<Flow>),
    Function(&'a Function, usize),
}

/// The state of one reading.
struct Lowerer<'a> {
    text: &'a str,
    script: &'a Script,
    types: &'a dyn FieldTypes,
    unread: Vec<Unread>,
    diagnostics: Vec<Diagnostic>,
    tables: Vec<String>,
    /// Whether rows of several sources meet: bounds on the event time move to the schedule only where they do not.
    several: bool,
    guesses: HashMap<&'a str, super::bind::Ty>,
    /// Columns whose type is guessed, or computed from such.
    unsure: std::collections::HashSet<String>,
    names: HashMap<&'a str, Vec<(usize, Binding<'a>)>>,
    defined: usize,
    /// Names defined from the first to the second number cannot be seen (inside a function defined earlier).
    hidden: (usize, usize),
    calls: usize,
    fuel: usize,
    /// Places of the conditions that bound the event time from below, with the look-back in ticks.
    bounds: Vec<(Span, i64)>,
    serial: usize,
}

/// Lowers the last query of a script as a rule: what only feeds an alert are its outputs, what only bounds the event
/// time is its look-back.
pub(super) fn lower(text: &str, script: &Script, context: &ReadContext<'_>) -> Read {
    Lowerer::new(text, script, context).script(false)
}

/// Lowers the last query of a script for running it: every step stays.
pub(super) fn lower_rows(text: &str, script: &Script, context: &ReadContext<'_>) -> Read {
    Lowerer::new(text, script, context).script(true)
}

impl<'a> Lowerer<'a> {
    fn new(text: &'a str, script: &'a Script, context: &'a ReadContext<'_>) -> Self {
        Lowerer {
            text,
            script,
            types: context.types,
            unread: Vec::new(),
            diagnostics: Vec::new(),
            tables: Vec::new(),
            several: false,
            guesses: usage::guesses(script),
            unsure: std::collections::HashSet::new(),
            names: HashMap::new(),
            defined: 0,
            hidden: (0, 0),
            calls: 0,
            fuel: FUEL,
            bounds: Vec::new(),
            serial: 0,
        }
    }

    fn script(&mut self, rows: bool) -> Read {
        let script = self.script;
        let mut result = None;
        for statement in &script.statements {
            match &statement.kind {
                StatementKind::Query(query) => {
                    if result.is_some() {
                        let message = "a script of several queries: the last one is read";
                        self.diagnostics.push(Diagnostic::note(codes::kusto::SEVERAL_QUERIES, message).at(query.span));
                    }
                    result = Some(query);
                }
                _ => self.statement(statement),
            }
        }
        let Some(query) = result else {
            let index = self.miss(codes::kusto::UNREAD, "the script has no query", script.span);
            return self.finish(Logic::Unread(index), Vec::new());
        };
        let mut flow = self.table(query, None);
        let outputs = flow.outputs();
        let mut pipeline = if rows {
            flow.pipeline()
        } else {
            let steps = flow.take_steps();
            Pipeline { source: flow.source, steps }
        };
        if !self.several && !rows {
            lookback::remove(&mut pipeline, &self.bounds);
        }
        flow::join_filters(&mut pipeline);
        if pipeline.steps.is_empty() && matches!(pipeline.source, Source::Table(_)) {
            pipeline.steps.push(Step::new(StepKind::Filter(Predicate::Always(true)), query.span));
        }
        self.never_true(&pipeline);
        self.finish(Logic::Pipeline(pipeline), outputs)
    }

    fn finish(&mut self, logic: Logic, outputs: Vec<crate::model::OutputField>) -> Read {
        let mut read = Read::new(logic);
        read.unread = std::mem::take(&mut self.unread);
        read.diagnostics = std::mem::take(&mut self.diagnostics);
        read.tables = std::mem::take(&mut self.tables);
        read.outputs = outputs;
        let greatest = self.bounds.iter().map(|(_, ticks)| *ticks).max();
        read.lookback = greatest.map(|ticks| (ticks.max(0) / crate::model::TICKS_PER_SECOND).unsigned_abs());
        read
    }

    /// A statement in front of the query.
    fn statement(&mut self, statement: &'a Statement) {
        match &statement.kind {
            StatementKind::Let(definition) => {
                let name = definition.name.text.as_str();
                match &definition.value {
                    LetValue::Function(function) => {
                        let at = self.defined;
                        self.define(name, Binding::Function(function, at));
                    }
                    LetValue::Expr(value) => {
                        let binding = self.value_of_let(value);
                        self.define(name, binding);
                    }
                    LetValue::EntityGroup(_) | LetValue::EntityGroupCall(_) => {
                        let index = self.miss(codes::kusto::UNREAD, "an entity group", statement.span);
                        self.define(name, Binding::Scalar(Typed::unread(index)));
                    }
                }
            }
            StatementKind::QueryParameters(parameters) => {
                for parameter in parameters {
                    if let Some(default) = &parameter.default {
                        let value = self.scalar(default, &Columns::closed(Vec::new()));
                        self.define(&parameter.name.text, Binding::Scalar(value));
                    }
                }
            }
            // Options of the engine, not of the rule.
            StatementKind::Set { .. } | StatementKind::Query(_) => {}
            StatementKind::Pattern(_) | StatementKind::Alias { .. } | StatementKind::Restrict { .. } => {
                self.miss(codes::kusto::UNREAD, "this kind of statement", statement.span);
            }
        }
    }

    fn value_of_let(&mut self, value: &'a Expr) -> Binding<'a> {
        if self.is_table(value) {
            Binding::Table(Rc::new(self.table(value, None)))
        } else {
            Binding::Scalar(self.scalar(value, &Columns::closed(Vec::new())))
        }
    }

    fn define(&mut self, name: &'a str, binding: Binding<'a>) {
        let index = self.defined;
        self.defined += 1;
        self.names.entry(name).or_default().push((index, binding));
    }

    fn lookup(&self, name: &str) -> Option<&Binding<'a>> {
        let (from, to) = self.hidden;
        let entries = self.names.get(name)?;
        entries.iter().rev().find(|(index, _)| *index < from || *index >= to).map(|(_, binding)| binding)
    }

    /// Runs `body` inside a function that was defined when `defined_at` names were known.
    fn inside<T>(&mut self, defined_at: usize, body: impl FnOnce(&mut Self) -> T) -> T {
        let (hidden, start) = (self.hidden, self.defined);
        self.hidden = (defined_at, start);
        self.calls += 1;
        let result = body(self);
        self.calls -= 1;
        self.hidden = hidden;
        for entries in self.names.values_mut() {
            entries.retain(|(index, _)| *index < start);
        }
        self.defined = start;
        result
    }

    /// Whether an expression is a table, not a scalar.
    fn is_table(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Query(_)
            | ExprKind::DataTable(_)
            | ExprKind::ExternalData(_)
            | ExprKind::ContextualDataTable { .. }
            | ExprKind::InlineExternalTable(_)
            | ExprKind::ViewCombine(_)
            | ExprKind::DataScope { .. }
            | ExprKind::Wildcard(_)
            | ExprKind::Materialize(_) => true,
            ExprKind::ToValue { scalar, .. } => !scalar,
            ExprKind::Paren(inner) => self.is_table(inner),
            ExprKind::Name(name) => !matches!(self.lookup(&name.text), Some(Binding::Scalar(_))),
            ExprKind::Call(call) => match self.lookup(&call.name.text) {
                Some(Binding::Function(function, _)) => {
                    function.body.result.as_ref().is_some_and(|result| self.is_table_inside(function, result))
                }
                _ => !table::is_scalar_call(&call.name.text),
            },
            ExprKind::Path(path) => match &path.first.unwrap_parentheses().kind {
                ExprKind::Call(call) => {
                    matches!(call.name.text.as_str(), "cluster" | "database" | "workspace" | "app" | "resource")
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// As [`Self::is_table`] for the result of a function, whose parameters and own names hide outer ones.
    fn is_table_inside(&self, function: &Function, result: &Expr) -> bool {
        let ExprKind::Name(name) = &result.unwrap_parentheses().kind else { return self.is_table(result) };
        if let Some(parameter) = function.parameters.iter().find(|parameter| parameter.name.text == name.text) {
            return !matches!(parameter.ty, super::syntax::ParameterType::Scalar(_));
        }
        for statement in function.body.statements.iter().rev() {
            if let StatementKind::Let(definition) = &statement.kind
                && definition.name.text == name.text
                && let LetValue::Expr(value) = &definition.value
            {
                return self.is_table(value);
            }
        }
        self.is_table(result)
    }

    /// Notes something that is not read; the index of its entry.
    fn miss(&mut self, code: Code, reason: impl Into<String>, span: Span) -> usize {
        let reason = format!("{} is not read", reason.into());
        if let Some(index) = self.unread.iter().position(|entry| entry.span == Some(span) && entry.reason == reason) {
            return index;
        }
        self.unread.push(Unread { code, reason, span: Some(span), text: span.text(self.text).to_owned() });
        self.unread.len() - 1
    }

    fn missed(&mut self, code: Code, reason: impl Into<String>, span: Span) -> Predicate {
        Predicate::Unread { index: self.miss(code, reason, span), span }
    }

    /// Takes fuel for one node; `false` when there is none left.
    fn burn(&mut self, amount: usize) -> bool {
        let enough = self.fuel >= amount;
        self.fuel = self.fuel.saturating_sub(amount);
        enough
    }

    fn fresh(&mut self, stem: &str) -> String {
        self.serial += 1;
        format!("{stem}{}", self.serial)
    }
}
