//! What a query uses, as the official parser's reports count it.
//!
//! - Operators by canonical name (`filter` counts as `where`).
//! - Functions as spelled, aggregates included, plugins of `evaluate` and functions that the query defines left out;
//!   `toscalar`, and `materialize` behind `let`, are functions here.
//! - String operators by canonical name: tests of text and the `in` family.
//! - Tables: names that stand where a table must (the source of a pipeline, an operand of `union`, the right side of a
//!   `join`, inside `toscalar(...)`), and are neither defined by `let` nor parameters, nor patterns with `*`.

use std::collections::HashSet;

use super::functions::is_built_in;
use super::syntax::{
    Call, Expr, ExprKind, FunctionBody, LetValue, Operator, OperatorKind, Parameter, Script, Statement, StatementKind,
    StepKind, Visitor, walk_body, walk_call, walk_expr, walk_operator, walk_script, walk_statement,
};
use crate::diagnostic::Diagnostic;
use crate::dialect::Inventory;

/// Counts what a query uses.
///
/// # Errors
/// The syntax errors of the text.
pub fn inventory(text: &str) -> Result<Inventory, Vec<Diagnostic>> {
    super::split::parse_all(text).map(|queries| {
        let mut total = Inventory::default();
        for query in &queries {
            add(&mut total, of_script(&query.script));
        }
        total
    })
}

fn add(total: &mut Inventory, more: Inventory) {
    for (list, words) in [
        (&mut total.operators, more.operators),
        (&mut total.functions, more.functions),
        (&mut total.string_operators, more.string_operators),
        (&mut total.tables, more.tables),
    ] {
        for (word, count) in words {
            *list.entry(word).or_insert(0) += count;
        }
    }
}

/// Counts what a parsed query uses.
pub fn of_script(script: &Script) -> Inventory {
    let mut counter = Counter::default();
    walk_script(&mut counter, script);
    let Counter { mut found, defined, parameters } = counter;
    found.functions.retain(|name, _| {
        is_built_in(name) || matches!(name.as_str(), "toscalar" | "materialize") || !defined.contains(name.as_str())
    });
    found.tables.retain(|name, _| !defined.contains(name.as_str()) && !parameters.contains(name.as_str()));
    found
}

#[derive(Default)]
struct Counter<'a> {
    found: Inventory,
    /// Names that a `let` defines anywhere.
    defined: HashSet<&'a str>,
    /// Names of parameters.
    parameters: HashSet<&'a str>,
}

impl<'a> Counter<'a> {
    /// Counts the table that an expression names where a table must stand.
    fn source(&mut self, expr: &'a Expr) {
        match &expr.kind {
            ExprKind::Paren(inner) | ExprKind::Materialize(inner) => self.source(inner),
            ExprKind::DataScope { value, .. } => self.source(value),
            ExprKind::ToValue { scalar: false, query, .. } => self.source(query),
            ExprKind::Name(name) => Inventory::count(&mut self.found.tables, &name.text),
            ExprKind::Call(call) => self.table_call(call),
            ExprKind::Path(path) => match path.steps.last().map(|step| &step.kind) {
                Some(StepKind::Member(name)) => Inventory::count(&mut self.found.tables, &name.text),
                Some(StepKind::Call(call)) => self.table_call(call),
                _ => {}
            },
            _ => {}
        }
    }

    /// `table("name")` and `materialized_view("name")` name a table.
    fn table_call(&mut self, call: &'a Call) {
        if !matches!(call.name.text.as_str(), "table" | "materialized_view") {
            return;
        }
        if let Some(ExprKind::Literal(literal)) = call.arguments.first().map(|argument| &argument.value.kind)
            && let Some(name) = literal.as_str()
            && !name.is_empty()
        {
            Inventory::count(&mut self.found.tables, name);
        }
    }

    fn declare(&mut self, parameters: &'a [Parameter]) {
        self.parameters.extend(parameters.iter().map(|parameter| parameter.name.text.as_str()));
    }

    fn sources(&mut self, list: impl IntoIterator<Item = &'a Expr>) {
        for expr in list {
            self.source(expr);
        }
    }
}

impl<'a> Visitor<'a> for Counter<'a> {
    fn statement(&mut self, statement: &'a Statement) {
        match &statement.kind {
            StatementKind::Let(statement) => {
                self.defined.insert(&statement.name.text);
                if let LetValue::Function(function) = &statement.value {
                    self.declare(&function.parameters);
                }
            }
            StatementKind::QueryParameters(parameters) => self.declare(parameters),
            StatementKind::Query(query) => self.source(query),
            _ => {}
        }
        walk_statement(self, statement);
    }

    fn body(&mut self, body: &'a FunctionBody) {
        self.sources(&body.result);
        walk_body(self, body);
    }

    fn call(&mut self, call: &'a Call) {
        Inventory::count(&mut self.found.functions, &call.name.text);
        walk_call(self, call);
    }

    fn expr(&mut self, expr: &'a Expr) {
        match &expr.kind {
            ExprKind::Query(query) => self.sources(&query.source),
            ExprKind::ToValue { scalar, query, .. } => {
                if *scalar {
                    Inventory::count(&mut self.found.functions, "toscalar");
                }
                self.source(query);
            }
            ExprKind::Materialize(query) => {
                Inventory::count(&mut self.found.functions, "materialize");
                self.source(query);
            }
            ExprKind::Text { op, .. } => Inventory::count(&mut self.found.string_operators, op.canonical()),
            ExprKind::In { op, .. } => Inventory::count(&mut self.found.string_operators, op.spelling()),
            ExprKind::ViewCombine(_) => Inventory::count(&mut self.found.operators, "summarize"),
            _ => {}
        }
        walk_expr(self, expr);
    }

    fn operator(&mut self, operator: &'a Operator) {
        Inventory::count(&mut self.found.operators, operator.name());
        match &operator.kind {
            OperatorKind::Join(join) | OperatorKind::Lookup(join) => self.source(&join.right),
            OperatorKind::Union(tables) => self.sources(tables),
            OperatorKind::Search(search) => self.sources(search.tables.iter().flatten()),
            OperatorKind::Find(find) => self.sources(find.tables.iter().flatten()),
            OperatorKind::Scan(scan) => self.declare(scan.declare.as_deref().unwrap_or_default()),
            // The plugin itself is no function.
            OperatorKind::Evaluate { call, .. } => {
                for parameter in operator.parameters.iter().flat_map(|parameter| &parameter.values) {
                    self.expr(parameter);
                }
                walk_call(self, call);
                return;
            }
            _ => {}
        }
        walk_operator(self, operator);
    }
}
